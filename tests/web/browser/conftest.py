"""The preview in a real Chromium: one browser for each file, a publication and a server for each."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from newsletter.web.preview.server import Preview
from tests.conftest import REPOSITORY

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Give one Chromium for a file's tests: while it runs, no other event loop can."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def publication(whole_draft_once: Path, tmp_path: Path) -> Path:
    """Give a publication in three languages of the test's own."""
    return shutil.copytree(whole_draft_once, tmp_path / "publication")


@pytest.fixture
def page(browser: Browser, preview: Preview) -> Iterator[Page]:
    """Give a page on which a script error or a refused resource fails the test."""
    context = browser.new_context(viewport={"width": 1600, "height": 900}, locale="fi-FI")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert faults == []
