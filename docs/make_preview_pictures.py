"""Make the pictures of docs/preview.md: the preview of the sample, as Chromium shows it.

Run `make pictures`, or this file, where Chromium and the development requirements are installed.
"""

import shutil
import sys
import tempfile
import threading
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newsletter.audience.grounds import Basis  # noqa: E402 - found by the line above
from newsletter.domain.audience import Ground  # noqa: E402
from newsletter.web.preview.server import Address, Preview  # noqa: E402 - found by the line above
from newsletter.wiring import lay_out_publication, open_newsletter  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
LABEL = "2017-11"
COLOURS = 160
ARGUMENTS = ("--disable-gpu", "--disable-background-networking", "--no-sandbox", "--hide-scrollbars")


def rehearse(folder: Path) -> None:
    """Lay out the sample, make its issue and rehearse a sending."""
    lay_out_publication(folder)
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        newsletter.lists.import_file(
            folder / "subscribers" / "example.csv", basis=Basis(ground=Ground.CONSENT, wording="an invented list")
        )
        newsletter.items.collect()
        newsletter.issues.new(LABEL, planned=date(2017, 11, 24))
        newsletter.issues.approve(LABEL, by="Aino Esimerkki")
        newsletter.deliveries.send(LABEL, by="Aino Esimerkki")


def open_page(browser: Browser, address: str, scheme: Literal["light", "dark"]) -> Page:
    """Open a screen and wait until its pictures are there."""
    page = browser.new_page(viewport={"width": 1480, "height": 860}, color_scheme=scheme)
    page.goto(address)
    page.locator("figure[data-shown]").first.wait_for()
    return page


def keep(page: Page, name: str) -> None:
    """Write what a page shows with few colours, and close it."""
    page.wait_for_timeout(800)
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
    picture.save(PICTURES / f"preview-{name}.png", optimize=True)
    print(f"docs/pictures/preview-{name}.png")
    page.close()


def show_all(browser: Browser, preview: Preview, publication: Path) -> None:
    """Take the three pictures."""
    page = open_page(browser, f"{preview.url(LABEL)}?language=en", "light")
    page.locator(".finding").first.wait_for()
    keep(page, "light")
    page = browser.new_page(viewport={"width": 1480, "height": 860}, color_scheme="dark")
    page.goto(f"{preview.url()}outbox?language=en")
    page.locator("#rail a").first.click()
    page.locator("figure[data-shown]").first.wait_for()
    page.locator("#scheme-dark").click()
    keep(page, "outbox-dark")
    page = open_page(browser, f"{preview.url(LABEL)}?language=en", "light")
    template = publication / "templates" / "email" / "pieces.mjml.j2"
    template.write_text(template.read_text("utf-8").replace("<h1>", "<h1>{{ nmae }}"), "utf-8")
    page.get_by_role("alert").wait_for()
    keep(page, "mistake")


def main() -> None:
    """Run the sample's preview and take its pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        publication = Path(folder) / "publication"
        rehearse(publication)
        preview = Preview(lambda: open_newsletter(publication / "newsletter.toml"), Address(port=0))
        serving = threading.Thread(target=preview.serve)
        serving.start()
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        try:
            show_all(browser, preview, publication)
        finally:
            browser.close()
            preview.stop()
            serving.join()


if __name__ == "__main__":
    main()
