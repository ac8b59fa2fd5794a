"""A publication with an issue in the making, and the preview of it without a server."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp

from newsletter.web.preview.guards import Access
from newsletter.web.preview.server import Address, Preview
from newsletter.web.preview.site import make_site
from newsletter.web.preview.studio import Studio
from newsletter.wiring import open_newsletter, web_templates

LABEL = "2017-11"
HOST = "127.0.0.1:8025"
Ask = Callable[..., httpx.Response]


@pytest.fixture
def publication(drafted_once: Path, tmp_path: Path) -> Path:
    """Give a publication of the test's own."""
    return shutil.copytree(drafted_once, tmp_path / "publication")


@pytest.fixture
def studio(publication: Path) -> Iterator[Studio]:
    """Give the studio of the publication, which follows no files until somebody runs it."""
    with opened(publication) as studio:
        yield studio


@pytest.fixture
def preview(publication: Path) -> Iterator[Preview]:
    """Give a preview that runs on a free port of this machine."""
    preview = Preview(lambda: open_newsletter(publication / "newsletter.toml"), Address(port=0))
    serving = threading.Thread(target=preview.serve)
    serving.start()
    yield preview
    preview.stop()
    serving.join(timeout=20)
    assert not serving.is_alive()


@pytest.fixture
def ask(studio: Studio) -> Ask:
    """Ask the site as a browser on this machine would, unless the headers say otherwise."""
    return asking(studio)


@pytest.fixture(scope="session")
def unchanged(whole_draft_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """Give the studio of a publication in three languages that no test changes: its pictures are made once."""
    with opened(shutil.copytree(whole_draft_once, tmp_path_factory.mktemp("unchanged") / "publication")) as studio:
        yield studio


@pytest.fixture(scope="session")
def look(unchanged: Studio) -> Ask:
    """Ask the site of the publication that no test changes."""
    return asking(unchanged)


@contextmanager
def opened(publication: Path) -> Iterator[Studio]:
    """Give the studio of a publication, and close it."""
    studio = Studio(lambda: open_newsletter(publication / "newsletter.toml"))
    yield studio
    studio.close()


def asking(studio: Studio, *, token: str | None = None) -> Ask:
    """Give a callable that asks the site of a studio."""
    return asking_of(make_site(studio, web_templates(), Access(names=frozenset({HOST}), token=token)))


def asking_of(site: ASGIApp) -> Ask:
    """Give a callable that asks a site."""

    def ask_site(
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        json: object = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(site, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
                return await client.request(method, path, headers=dict(headers or {}), json=json, content=content)

        return asyncio.run(answer())

    return ask_site
