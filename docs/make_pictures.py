"""Make the pictures of the README: one edition of the sample issue, on a phone and on a desk, in light and in dark.

Run `make pictures`, or this file, where Chromium and the development requirements are installed. The letter is rendered
from the same sample as the tests' (`tests/render/samples.py`), filled for one invented reader, and shown by the browser
without a network.
"""

import shutil
import sys
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newsletter.domain.issue import Slot  # noqa: E402 - found by the line above
from newsletter.message.slots import fill_text  # noqa: E402
from newsletter.render.brand import read_brand  # noqa: E402
from newsletter.render.edition import render_edition  # noqa: E402
from tests.render.samples import PUBLICATION, TEMPLATES, sample_edition  # noqa: E402

Scheme = Literal["light", "dark"]

PICTURES = ROOT / "docs" / "pictures"
COLOURS = 64
"""A letter has few colours; a palette of them makes a picture a third of the size."""
OURS = TEMPLATES / "brand.toml"
ANOTHER = ROOT / "docs" / "another-brand.toml"
"""Ten lines, which make the same letter another organisation's."""
VIEWS: tuple[tuple[str, int, int, Scheme, Path], ...] = (
    ("desk-light", 720, 1180, "light", OURS),
    ("phone-light", 375, 1180, "light", OURS),
    ("phone-dark", 375, 1180, "dark", OURS),
    ("another-brand", 720, 1180, "light", ANOTHER),
)
"""Name, width and height in pixels, scheme and brand file of each picture."""
ARGUMENTS = ("--disable-gpu", "--disable-background-networking", "--no-sandbox", "--hide-scrollbars")


def sample_html(brand: Path) -> str:
    """Render the sample for one reader, in the colours of a brand file."""
    message = render_edition(
        sample_edition(),
        publication=PUBLICATION,
        brand=read_brand(brand),
        templates=TEMPLATES,
    )
    values = {
        Slot.NAME: " Aino",
        Slot.UNSUBSCRIBE: "https://kirje.malli.example/peru",
        Slot.PREFERENCES: "https://kirje.malli.example/asetukset",
    }
    return fill_text(message.html, message.slots, values, is_html=True)


def shoot(browser: Browser, html: str, width: int, height: int, scheme: Scheme) -> Image.Image:
    """Show a letter and take its picture, from the top."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=False, offline=True
    )
    page = context.new_page()
    page.set_content(html)
    picture = Image.open(BytesIO(page.screenshot()))
    context.close()
    return picture.convert("RGB").quantize(COLOURS)


def main() -> None:
    """Write every picture."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=list(ARGUMENTS)
        )
        for name, width, height, scheme, brand in VIEWS:
            html = sample_html(brand)
            path = PICTURES / f"{name}.png"
            shoot(browser, html, width, height, scheme).save(path, optimize=True)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")
        browser.close()


if __name__ == "__main__":
    main()
