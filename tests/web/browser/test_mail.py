"""Every edition of the sample as its readers see and hear it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from newsletter.web.messages.choices import Choices, Scheme
from newsletter.web.messages.frame import framed
from tests.web.browser.conftest import AXE
from tests.web.browser.transcript import GOLDEN, letters, transcript

pytestmark = pytest.mark.browser

HEIGHTS_MOST = {600: 3200, 320: 5200}
FIRST_SCREEN = (375, 667)


@pytest.fixture(scope="module")
def editions(whole_draft_once: Path) -> dict[str, str]:
    """Give the HTML of every edition."""
    return letters(whole_draft_once)


@pytest.fixture
def shown(browser: Browser) -> Iterator[Page]:
    """Give a page that loads nothing from elsewhere."""
    context = browser.new_context(offline=True)
    yield context.new_page()
    context.close()


def test_what_a_screen_reader_says_is_as_it_was_reviewed(shown: Page, editions: dict[str, str]) -> None:
    """Each edition is heard as its transcript says; `python -m tests.web.browser.transcript` writes them anew."""
    said = {}
    for name, html in editions.items():
        shown.set_content(html)
        said[name] = transcript(shown)

    assert said == {path.stem: path.read_text("utf-8") for path in sorted(GOLDEN.glob("*.txt"))}


def test_every_edition_is_short_and_fits_every_screen(shown: Page, editions: dict[str, str]) -> None:
    """At most 3,200 px at 600 and 5,200 at 320, nothing sideways, and the first news on a phone's first screen."""
    too_much = []
    for name, html in editions.items():
        for width, most in HEIGHTS_MOST.items():
            shown.set_viewport_size({"width": width, "height": 700})
            shown.set_content(html)
            height, reach = shown.evaluate(
                "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
            )
            too_much += [(name, width, height, reach)] if height > most or reach > width else []
        width, height = FIRST_SCREEN
        shown.set_viewport_size({"width": width, "height": height})
        bottom = shown.evaluate("document.querySelector('h3').getBoundingClientRect().bottom")
        too_much += [(name, width, height, bottom)] if bottom > height else []

    assert too_much == []


@pytest.mark.parametrize("scheme", [Scheme.LIGHT, Scheme.DARK, Scheme.GMAIL, Scheme.OUTLOOK])
def test_axe_finds_nothing_in_any_light(browser: Browser, editions: dict[str, str], scheme: Scheme) -> None:
    """Also where a mail program darkens the mail by itself, everything can be read."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci")
    page = browser.new_page(offline=True, bypass_csp=True)
    found = []
    for name in ("advisers.fi", "managers.sv", "advisers+managers.en"):
        page.set_content(framed(editions[name], Choices(scheme=scheme)))
        page.add_script_tag(path=str(AXE))
        found += page.evaluate(
            "axe.run({rules: {region: {enabled: false}, 'landmark-one-main': {enabled: false}}})"
            ".then(found => found.violations.map(one => one.id + ': ' + one.nodes.map(node => node.html).join(' | ')))"
        )
    page.close()

    assert found == []


def test_without_pictures_no_word_is_lost(shown: Page, editions: dict[str, str]) -> None:
    """What pictures show is said by their alt texts, and those that only decorate say nothing."""
    shown.set_content(editions["advisers.fi"])

    assert shown.evaluate("[...document.images].map(one => one.alt)") == [
        "",
        "",
        "Pieni kaupunki joen rannalla: kirkontorni, taloja ja kuusia",
        "Kahvikuppi allekirjoitetun sopimuksen vieressä",
    ]
