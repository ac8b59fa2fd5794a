import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from newsletter.config import read_settings
from newsletter.mailers import MAILERS
from newsletter.web.preview.studio import Studio
from newsletter.web.preview.watch import ChangeSignal, Part, changes, part_of
from tests.web.conftest import LABEL

PATIENCE_SECONDS = 20
AT_THE_START = {Part.CONTENT, Part.OUTBOX}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("newsletter.toml", Part.CONFIGURATION),
        ("templates/email/edition.mjml.j2", Part.CONTENT),
        ("templates/email/brand.toml", Part.CONTENT),
        ("subscribers/segments.toml", Part.CONTENT),
        (f"issues/{LABEL}/issue.toml", Part.CONTENT),
        (f"issues/{LABEL}/issue.lock", Part.CONTENT),
        ("issues", Part.CONTENT),
        (f"outbox/{LABEL}/aa.eml", Part.OUTBOX),
        (f"issues/{LABEL}/build/advisers.fi.html", None),
        ("subscribers/example.csv", None),
        ("templates/email/.edition.mjml.j2.swp", None),
        ("newsletter.db", None),
        ("newsletter.db-journal", None),
        (".git/index", None),
    ],
)
def test_only_what_a_preview_is_made_of_is_followed(publication: Path, path: str, expected: Part | None) -> None:
    """The database, builds and editors' own files change all the time and mean nothing."""
    settings = read_settings(publication / "newsletter.toml", MAILERS, environment={})

    assert part_of(publication / path, settings) is expected


async def _first_change(publication: Path, change: Callable[[], None]) -> frozenset[Part]:
    """Follow the publication until something changed."""
    settings = read_settings(publication / "newsletter.toml", MAILERS, environment={})
    stop = asyncio.Event()

    async def again_and_again() -> None:
        # The watching begins at a moment that nobody tells, so the change is made until it is seen.
        while True:
            change()
            await asyncio.sleep(0.1)

    changing = asyncio.create_task(again_and_again())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for found in changes(settings, stop):
                if found != AT_THE_START:
                    stop.set()
    finally:
        changing.cancel()
    return found


def test_a_file_put_in_place_of_another_is_noticed(publication: Path) -> None:
    """Many editors save by writing a new file and renaming it."""
    brand = publication / "templates" / "email" / "brand.toml"

    def save() -> None:
        new = brand.with_name("brand.toml.new")
        new.write_bytes(brand.read_bytes())
        new.replace(brand)

    assert asyncio.run(_first_change(publication, save)) == {Part.CONTENT}


def test_a_folder_that_comes_later_is_followed(publication: Path) -> None:
    """The outbox is made by the first rehearsal, while the preview runs."""

    async def scene() -> list[frozenset[Part]]:
        settings = read_settings(publication / "newsletter.toml", MAILERS, environment={})
        stop, found = asyncio.Event(), []
        message = publication / "outbox" / LABEL / "aa.eml"

        async def write() -> None:
            while True:
                message.parent.mkdir(parents=True, exist_ok=True)
                message.write_text("x")
                await asyncio.sleep(0.1)

        writing = asyncio.create_task(write())
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for parts in changes(settings, stop):
                if parts == {Part.OUTBOX}:
                    found.append(parts)
                if len(found) == 3:
                    stop.set()
        writing.cancel()
        return found

    assert asyncio.run(scene()) == [{Part.OUTBOX}] * 3


async def _until(condition: Callable[[], bool], change: Callable[[], object] = lambda: None) -> None:
    """Make a change until it has had its effect."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            change()
            await asyncio.sleep(0.05)


def _while_running(studio: Studio, scene: Callable[[], Awaitable[None]]) -> None:
    """Run the studio around a scene."""

    async def running() -> None:
        following = asyncio.create_task(studio.run())
        await asyncio.sleep(0)
        try:
            await scene()
        finally:
            studio.stop()
            await following

    asyncio.run(running())


def test_the_studio_follows_the_configuration_and_heals(publication: Path, studio: Studio) -> None:
    """A mistake in newsletter.toml is told beside the last good pictures; mended, the new one counts."""
    path = publication / "newsletter.toml"
    good = path.read_text("utf-8")

    async def scene() -> None:
        view = studio.view(LABEL)
        assert view is not None
        pictures = list(view.sheet.editions)
        await _until(lambda: view.sheet.trouble is not None, lambda: path.write_text(f"{good}\nodd = 1\n"))
        assert list(view.sheet.editions) == pictures
        assert "managers.fi" in pictures
        mended = good.replace('fi = "SEUTU-uutiskirje"', 'fi = "Toinen kirje"')
        await _until(lambda: view.sheet.trouble is None, lambda: path.write_text(mended))
        await _until(lambda: "Toinen kirje" in view.sheet.editions["advisers.fi"][1].html)
        await _until(lambda: view.sheet.findings is not None)

    _while_running(studio, scene)
    assert studio.newsletter.settings.publication.names["fi"] == "Toinen kirje"  # type: ignore[index]  # text is text


def test_the_studio_rings_for_a_new_mail(publication: Path, studio: Studio) -> None:
    """A rehearsal is read while it is written."""
    rung: list[bool] = []

    async def scene() -> None:
        async def listen() -> None:
            async for has_rung in studio.outbox_changed.rings(PATIENCE_SECONDS):
                rung.append(has_rung)  # noqa: PERF401 - read while it grows

        listening = asyncio.create_task(listen())
        folder = publication / "outbox" / LABEL
        folder.mkdir(parents=True)
        await _until(lambda: bool(rung), lambda: (folder / "aa.eml").write_text("x"))
        studio.outbox_changed.end()
        await listening

    _while_running(studio, scene)
    assert rung[0] is True


def test_a_bell_tells_silence_from_ringing() -> None:
    """Whoever waits is told of each, and of the end by the end."""

    async def scene() -> list[bool]:
        signal, heard = ChangeSignal(), []
        async for has_rung in signal.rings(0.01):
            heard.append(has_rung)
            if len(heard) == 1:
                signal.ring()
            elif len(heard) == 2:
                signal.end()
        return heard

    assert asyncio.run(scene()) == [False, True]
