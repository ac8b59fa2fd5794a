"""The way out of a mail in a real Chromium: three languages, by keyboard, light and dark, on a narrow phone."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page

from newsletter.audience.tokens import unsubscribe_token
from newsletter.domain.audience import SubscriberStatus, hash_address
from newsletter.web.public.server import PublicServer
from newsletter.wiring import Newsletter, open_newsletter
from tests.web.browser.conftest import AXE

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]
TITLES = {"fi": "Peruuta uutiskirje", "sv": "Avsluta nyhetsbrevet", "en": "Leave the newsletter"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A reader's link, served.

    Attributes:
        url: The link.
        newsletter: The publication.
        address: The reader's.
    """

    url: str
    newsletter: Newsletter
    address: str

    def status(self) -> SubscriberStatus:
        """Give where the reader stands."""
        return self.newsletter.people.person(self.address).subscriber.status


@pytest.fixture
def way(whole_draft_once: Path, tmp_path: Path) -> Iterator[Way]:
    """Serve the public side of a publication whose mails name it."""
    path = shutil.copytree(whole_draft_once, tmp_path / "publication") / "newsletter.toml"
    path.write_text(path.read_text("utf-8").replace("# public_url =", "public_url ="), "utf-8")
    with open_newsletter(path) as newsletter:
        reader = next(one for one in newsletter.people.everybody() if one.status is SubscriberStatus.ACTIVE)
        key = newsletter.resources.keys.current
        outside = PublicServer(newsletter, host="127.0.0.1", port=0)
        serving = threading.Thread(target=outside.serve, args=([],))
        serving.start()
        token = unsubscribe_token(hash_address(reader.address, key), key)
        yield Way(url=f"{outside.leaving}{token}", newsletter=newsletter, address=reader.address)
        outside.stop()
        serving.join(20)


def _open(browser: Browser, width: int = 320, scheme: Scheme = "light") -> Page:
    """Open a browser of nobody in particular, without scripts of the page's own."""
    return browser.new_context(viewport={"width": width, "height": 568}, color_scheme=scheme).new_page()


def test_a_reader_leaves_by_keyboard_alone(browser: Browser, way: Way) -> None:
    """Two keys from the link to the end: the button has the focus after one, and the page says what happened."""
    page = _open(browser)
    page.goto(f"{way.url}?language=fi")
    assert way.status() is SubscriberStatus.ACTIVE
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_load_state()

    assert page.locator("h1").inner_text() == "Uutiskirje on peruutettu"
    assert way.status() is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_by_everybody(browser: Browser, way: Way, scheme: Scheme) -> None:
    """No finding of axe-core, nothing sideways at 320 px, nothing refused by our own policy, in three languages."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (npm ci)")
    page = _open(browser, scheme=scheme)
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    for language, title in TITLES.items():
        page.goto(f"{way.url}?language={language}")
        assert page.locator("h1").inner_text() == title
        _look(page)
    page.get_by_role("button").click()
    _look(page)

    assert faults == []


def _look(page: Page) -> None:
    """Find nothing that shuts somebody out."""
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = page.evaluate(f"{AXE.read_text('utf-8')}; axe.run().then(result => result.violations.map(one => one.id))")
    assert (sideways, found) == (0, [])
