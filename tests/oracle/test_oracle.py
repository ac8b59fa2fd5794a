"""Our letters beside what npm's mjml makes of the same MJML, pixel by pixel in a real browser."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from html import unescape
from importlib.resources import files
from io import BytesIO

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page, Route, sync_playwright

from newsletter.render.edition import render_edition
from newsletter.render.mjml import compile_mjml
from tests.oracle.npm import FOLDER, Mjml, missing
from tests.render.samples import BRAND, PUBLICATION, TEMPLATES, sample_edition

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.enable_socket,
    pytest.mark.skipif(missing() is not None, reason=str(missing())),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
SAMPLES = sorted(path.stem for path in (FOLDER / "samples").glob("*.mjml"))
WIDTHS = (800, 375)
APART_MAX = 0.02
"""The promise: at most 2 % of the pixels."""
SEEN_MIN = 12
"""Of 255: less than this is the rounding of a letter's edge."""
EXCEPTIONS: dict[str, str] = {}
"""Samples that may differ more, each with its reason."""
STYLE = re.compile(r"<mj-style.*?</mj-style>", re.DOTALL)
ARGUMENTS = ("--disable-gpu", "--disable-background-networking", "--no-sandbox", "--hide-scrollbars")


@pytest.fixture(scope="module")
def mjml() -> Iterator[Mjml]:
    """Start npm's mjml once."""
    with Mjml() as started:
        yield started


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Open one page of Chromium, without scripts and without a network."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(java_script_enabled=False)
        page.route("**/*", _answer)
        yield page
        browser.close()


def _answer(route: Route) -> None:
    """Give the same picture for every address."""
    out = BytesIO()
    Image.linear_gradient("L").resize((600, 240)).convert("RGB").save(out, "PNG")
    route.fulfill(body=out.getvalue(), content_type="image/png")


def shot(page: Page, html: str, width: int) -> Image.Image:
    """Show HTML and take its picture."""
    page.set_viewport_size({"width": width, "height": 400})
    page.set_content(html, wait_until="load")
    return Image.open(BytesIO(page.screenshot(full_page=True))).convert("RGB")


def apart(one: Image.Image, two: Image.Image) -> float:
    """Give the share of pixels that differ; what only one picture has differs."""
    size = (max(one.width, two.width), max(one.height, two.height))
    difference = ImageChops.difference(_on(one, size, "black"), _on(two, size, "white")).convert("L")
    seen = sum(difference.histogram()[SEEN_MIN:])
    return seen / (size[0] * size[1])


def _on(image: Image.Image, size: tuple[int, int], colour: str) -> Image.Image:
    """Put a picture on a larger ground."""
    ground = Image.new("RGB", size, colour)
    ground.paste(image)
    return ground


def with_plain_styles(source: str) -> str:
    """Give MJML for npm's mjml, which takes a style sheet as it stands: a reference in it ends its inliner."""
    return STYLE.sub(lambda style: unescape(style[0]), source)


def compared(page: Page, mjml: Mjml, source: str, ours: str) -> dict[int, float]:
    """Give how far apart two letters are at each width."""
    theirs, _ = mjml.compile(with_plain_styles(source))
    return {width: apart(shot(page, ours, width), shot(page, theirs, width)) for width in WIDTHS}


def test_samples_are_enough() -> None:
    """The promise is twenty samples at least."""
    assert len(SAMPLES) >= 20


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_looks_as_with_the_makers_of_mjml(page: Page, mjml: Mjml, name: str) -> None:
    """A reader sees the same letter, whichever compiler made it."""
    source = (FOLDER / "samples" / f"{name}.mjml").read_text(encoding="utf-8")

    differences = compared(page, mjml, source, compile_mjml(source, template_name=name).html)

    assert name in EXCEPTIONS or max(differences.values()) <= APART_MAX, differences


def test_our_letter_looks_as_with_the_makers_of_mjml(page: Page, mjml: Mjml) -> None:
    """The same holds for the templates of this repository."""
    message = render_edition(sample_edition(), publication=PUBLICATION, brand=BRAND, templates=TEMPLATES)

    assert max(compared(page, mjml, message.mjml, message.html).values()) <= APART_MAX


def test_a_difference_would_be_seen(page: Page, mjml: Mjml) -> None:
    """The comparison is no rubber stamp: another colour or another height is far apart."""
    source = (FOLDER / "samples" / "one-column.mjml").read_text(encoding="utf-8")
    other = source.replace("#ffffff", "#dddddd").replace("24px 0", "90px 0")

    assert min(compared(page, mjml, source, compile_mjml(other, template_name="x").html).values()) > 5 * APART_MAX


def test_schema_is_what_the_makers_of_mjml_publish() -> None:
    """The facts that templates are checked by are those of the version in package.json."""
    written = subprocess.run(["node", "schema.mjs"], cwd=FOLDER, capture_output=True, check=True).stdout

    assert written == files("newsletter.render.compiler").joinpath("mjml_schema.json").read_bytes()
