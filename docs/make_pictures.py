"""Make the pictures of the README and of docs/mail.md: the sample's mails on a phone and on a desk.

Run `make pictures`, or this file, where Chromium and the development requirements are installed. The mails are those of
the sample publication, filled for one invented reader, and shown by the browser without a network.
"""

import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from newsletter.web.messages.choices import Choices, Scheme  # noqa: E402 - found by the line above
from newsletter.web.messages.frame import framed  # noqa: E402
from newsletter.wiring import lay_out_publication, open_newsletter  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
ANOTHER = ROOT / "docs" / "another-brand.toml"
"""Ten lines, which make the same letter another organisation's."""
LABEL = "2017-11"
COLOURS = 64
"""A letter has few colours; a palette of them makes a picture a third of the size."""
GAP = 24
GROUND = "#b9c0c0"
ARGUMENTS = ("--disable-gpu", "--disable-background-networking", "--no-sandbox", "--hide-scrollbars")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A letter as somebody sees it; without a height, to its end."""

    edition: str
    width: int
    height: int | None = None
    scheme: Scheme = Scheme.LIGHT
    has_images: bool = True


def readings(edition: str) -> tuple[Shot, ...]:
    """Give an edition on a phone in light, in dark, without pictures, and on a desk."""
    return (
        Shot(edition=edition, width=375, height=1180),
        Shot(edition=edition, width=375, height=1180, scheme=Scheme.DARK),
        Shot(edition=edition, width=375, height=1180, has_images=False),
        Shot(edition=edition, width=600, height=1180),
    )


SHEETS: tuple[tuple[str, float, tuple[Shot, ...]], ...] = (
    ("desk-light", 1, (Shot(edition="advisers.fi", width=720, height=1180),)),
    ("phone-light", 1, (Shot(edition="advisers.fi", width=375, height=1180),)),
    ("phone-dark", 1, (Shot(edition="advisers.fi", width=375, height=1180, scheme=Scheme.DARK),)),
    ("mail-after", 0.2, tuple(Shot(edition="advisers.fi", width=width) for width in (320, 375, 600))),
    ("mail-fi", 0.45, readings("advisers.fi")),
    ("mail-sv", 0.45, readings("managers.sv")),
    ("mail-en", 0.45, readings("advisers+managers.en")),
)
"""Name, scale and letters of each picture."""


def render(folder: Path) -> dict[str, str]:
    """Give every edition of the sample as a reader gets it."""
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        built = newsletter.issues.write_build(newsletter.issues.render(LABEL))
    return {path.stem: path.read_text("utf-8") for path in built.glob("*.html")}


def shoot(browser: Browser, html: str, shot: Shot) -> Image.Image:
    """Show a letter and take its picture."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height or 100}, java_script_enabled=False, offline=True
    )
    page = context.new_page()
    page.set_content(framed(html, Choices(scheme=shot.scheme)))
    if not shot.has_images:
        page.set_content(framed(html, Choices(scheme=shot.scheme)).replace('src="data:', 'src="x:'))
    picture = Image.open(BytesIO(page.screenshot(full_page=shot.height is None))).convert("RGB")
    context.close()
    return picture


def keep(name: str, pictures: list[Image.Image], scale: float) -> None:
    """Write pictures side by side, smaller, with few colours."""
    width = sum(picture.width for picture in pictures) + GAP * (len(pictures) - 1)
    sheet = Image.new("RGB", (width, max(picture.height for picture in pictures)), GROUND)
    left = 0
    for picture in pictures:
        sheet.paste(picture, (left, 0))
        left += picture.width + GAP
    size = (round(sheet.width * scale), round(sheet.height * scale))
    path = PICTURES / f"{name}.png"
    small = sheet.resize(size, Image.Resampling.LANCZOS)
    small.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")


def show_looks(browser: Browser, folder: Path) -> None:
    """Take each look, and the ten lines of another organisation."""
    brand = folder / "templates" / "email" / "brand.toml"
    written = brand.read_text("utf-8")
    taken = []
    for look in ("office", "magazine", "plain"):
        brand.write_text(written.replace('look = "office"', f'look = "{look}"'), "utf-8")
        html = render(folder)["advisers.fi"]
        taken += [
            shoot(browser, html, Shot(edition="", width=375, height=1000, scheme=scheme))
            for scheme in Scheme
            if scheme is not Scheme.FORCED
        ]
    keep("looks", taken, 0.45)
    brand.write_text(ANOTHER.read_text("utf-8"), "utf-8")
    shot = Shot(edition="", width=720, height=1180)
    keep("another-brand", [shoot(browser, render(folder)["advisers.fi"], shot)], 1)


def main() -> None:
    """Write every picture."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary) / "sample"
        lay_out_publication(folder)
        with open_newsletter(folder / "newsletter.toml") as newsletter:
            newsletter.items.collect()
            newsletter.issues.new(LABEL, planned=date(2017, 11, 24))
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        letters = render(folder)
        for name, scale, shots in SHEETS:
            keep(name, [shoot(browser, letters[shot.edition], shot) for shot in shots], scale)
        show_looks(browser, folder)
        browser.close()


if __name__ == "__main__":
    main()
