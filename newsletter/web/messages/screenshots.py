"""PNG pictures of every edition, on a phone and on a desk, in light and in dark, and one sheet of them all.

Door: `take_screenshots`. The mails are those a sample reader would get.
"""

import base64
import html
from collections.abc import Callable, Sequence
from pathlib import Path

from newsletter.chromium import open_chromium
from newsletter.domain.issue import Message
from newsletter.errors import StorageError
from newsletter.service.deliveries.service import DeliveryService
from newsletter.service.issues.service import Rendering
from newsletter.web.messages.choices import Choices, Scheme
from newsletter.web.messages.frame import framed
from newsletter.web.messages.mail import read_html
from newsletter.web.messages.readers import sample_reader

DEVICES = (("phone", 375), ("desk", 1024))
SCHEMES = (Scheme.LIGHT, Scheme.DARK)
SHEET_NAME = "contact-sheet.png"
_SHEET_WIDTH = 1640
_SHEET_STYLE = (
    "body{margin:24px;background:#d9dede;font:13px system-ui,sans-serif;color:#1b2224}h1{font-size:20px}"
    "main{display:grid;grid-template-columns:375fr 375fr 1024fr 1024fr;gap:20px}figure{margin:0}"
    "figcaption{padding-bottom:6px}img{display:block;width:100%;object-fit:cover;object-position:top}"
    ".phone img{aspect-ratio:375/800}.desk img{aspect-ratio:1024/800}"
)


def take_screenshots(
    rendering: Rendering,
    deliveries: DeliveryService,
    folder: Path,
    *,
    program: Path | None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[Path, ...]:
    """Write a picture for each edition, device and light, and the sheet of them all last; give the files.

    The folder is made if it is missing; pictures of the same name are replaced. `program` is the browser, as
    `find_chromium` gives it; `progress` is told after each picture.

    Raises:
        UsageError: There is no browser, or it does not do as it is told.
        StorageError: The folder cannot be written.
    """
    chromium = open_chromium(
        program, undone="no pictures were made", otherwise="look at the editions with `newsletter preview`"
    )
    wanted = [(message, device, scheme) for message in rendering.messages for device in DEVICES for scheme in SCHEMES]
    taken: list[tuple[str, bytes]] = []
    with chromium as browser:
        for message, (device, width), scheme in wanted:
            page = framed(_mail(message, deliveries), Choices(scheme=scheme))
            taken.append((f"{message.edition}-{device}-{scheme}.png", browser.picture(page, width=width)))
            progress(len(taken), len(wanted) + 1)
        taken.append((SHEET_NAME, browser.picture(_sheet(rendering.issue.label, taken), width=_SHEET_WIDTH)))
        progress(len(taken), len(taken))
    return tuple(_write(folder / name, picture) for name, picture in taken)


def _mail(message: Message, deliveries: DeliveryService) -> str:
    """Give the HTML that a sample reader would get."""
    reader = sample_reader(message.edition.language)
    return read_html(deliveries.specimen(message, address=reader.address, name=reader.name)) or ""


def _sheet(title: str, pictures: Sequence[tuple[str, bytes]]) -> str:
    """Lay the tops of the pictures out, an edition to a row."""
    figures = "".join(
        f"<figure class={name.split('-')[-2]}><figcaption>{html.escape(name.removesuffix('.png'))}</figcaption>"
        f'<img src="data:image/png;base64,{base64.b64encode(picture).decode()}" alt=""></figure>'
        for name, picture in pictures
    )
    return (
        f"<!doctype html><meta charset=utf-8><style>{_SHEET_STYLE}</style><h1>{html.escape(title)}</h1><main>{figures}"
    )


def _write(path: Path, picture: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
    except OSError as error:
        hint = "Check the free space and the permissions of its folder."
        raise StorageError(f"{path.name} cannot be written: {error.strerror}.", hint=hint) from error
    return path
