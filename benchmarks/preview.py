"""The preview's promises, measured in a real Chromium on six editions: from saving to the picture, and first sight."""

import re
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from benchmarks.harness import Line
from newsletter.audience.grounds import Basis
from newsletter.domain.audience import Ground
from newsletter.web.preview.server import Address, Preview
from newsletter.wiring import lay_out_publication, open_newsletter

LABEL = "2017-11"
EDITIONS = 6
SAVES = 20
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")
_NEXT_PICTURE = """figure => { window.next = new Promise(done => new MutationObserver(() => done(performance.now()))
    .observe(figure, {attributes: true, attributeFilter: ['data-shown']})); }"""


def from_saving_to_the_picture() -> Line:
    """Save a template twenty times; a picture counts when the browser has loaded it in place of the old one."""
    with _preview() as (publication, preview), _page() as page:
        template = publication / "templates" / "email" / "edition.mjml.j2"
        good = template.read_text("utf-8")
        page.goto(preview.url(LABEL))
        page.locator("#live.on").wait_for()
        page.locator(".finding").first.wait_for()
        figure = page.locator("figure").first
        waits = []
        for number in range(SAVES):
            figure.evaluate(_NEXT_PICTURE)
            start = time.perf_counter()
            template.write_text(good.replace("<h1>", f"<h1>{number} "), "utf-8")
            page.evaluate("() => window.next")
            waits.append((time.perf_counter() - start) * 1000)
            # A person looks at the picture; the checks are done meanwhile.
            page.wait_for_timeout(1500)
    median = statistics.median(waits)
    name = f"save a template, see the picture ({SAVES} times, {EDITIONS} editions)"
    return Line(name=name, milliseconds=median, bound=300, unit="ms", measured=median)


def first_sight_of_six_editions() -> Line:
    """Open the page with a new visitor each time; it counts when the first two pictures are loaded."""
    waits = []
    with _preview() as (_, preview):
        for _ in range(5):
            with _page() as page:
                start = time.perf_counter()
                page.goto(preview.url(LABEL), wait_until="commit")
                page.locator("figure[data-shown]").nth(1).wait_for()
                waits.append((time.perf_counter() - start) * 1000)
                assert page.locator("section.edition").count() == EDITIONS
    median = statistics.median(waits)
    name = f"first sight of {EDITIONS} editions"
    return Line(name=name, milliseconds=median, bound=1000, unit="ms", measured=median)


def weight_of_the_page() -> Line:
    """Page, style, script and icon, without the editions in their frames."""
    with _preview() as (_, preview):
        start = time.perf_counter()
        origin = preview.url().rstrip("/")
        parts = [f"/issues/{LABEL}", "/static/studio.css", "/static/studio.js", "/static/icon.svg"]
        size_bytes = sum(len(httpx.get(origin + part).raise_for_status().content) for part in parts)
        milliseconds = (time.perf_counter() - start) * 1000
    name = f"weight of the page of {EDITIONS} editions"
    return Line(name=name, milliseconds=milliseconds, bound=150, unit="KB", measured=size_bytes / 1000)


@contextmanager
def _preview() -> Iterator[tuple[Path, Preview]]:
    """Give a publication of six editions and its preview, running and looked at once."""
    with tempfile.TemporaryDirectory() as folder:
        publication = Path(folder) / "publication"
        lay_out_publication(publication)
        configuration = publication / "newsletter.toml"
        text = configuration.read_text("utf-8")
        configuration.write_text(re.sub(r"(?m)^languages = .*$", 'languages = ["fi", "sv"]', text, count=1), "utf-8")
        with open_newsletter(configuration) as newsletter:
            newsletter.lists.import_file(
                publication / "subscribers" / "example.csv",
                basis=Basis(ground=Ground.CONSENT, wording="for the benchmark"),
            )
            newsletter.items.collect()
            newsletter.issues.new(LABEL, planned=date(2017, 11, 24))
        preview = Preview(lambda: open_newsletter(configuration), Address(port=0))
        serving = threading.Thread(target=preview.serve)
        serving.start()
        httpx.get(preview.url(LABEL)).raise_for_status()
        try:
            yield publication, preview
        finally:
            preview.stop()
            serving.join()


@contextmanager
def _page() -> Iterator[Page]:
    """Give a page of a browser of its own."""
    with sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=list(_ARGUMENTS))
        yield browser.new_page(viewport={"width": 1600, "height": 900})
        browser.close()
