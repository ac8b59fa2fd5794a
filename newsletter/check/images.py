"""The pictures of a mail: reachable, of a kind that mail programs show, sized, light, sharp.

An address is always judged; weight and sharpness where the file was measured (`CheckInput.images`). Its door is
`CHECKS`.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.check.links import is_own
from newsletter.check.page.html import Image, excerpt, shown_address
from newsletter.check.page.reading import ImageFile, Reading
from newsletter.check.page.rules import Hit, check, checks_of
from newsletter.domain.issue import Severity
from newsletter.language.catalogue import MessageId

IMAGE_HEAVIEST_BYTES = 1_048_576
IMAGE_COMFORTABLE_BYTES = 100_000
IMAGES_TOGETHER_BYTES = 800_000
SHARPNESS_LEAST = 1.0
SHARPNESS_MOST = 3.0
"""Pixels of the picture per pixel it is shown in: below it blurs, above it only weighs."""

UNSHOWN_KINDS = frozenset({"avif", "bmp", "heic", "svg", "tif", "tiff", "webp"})
"""File endings of pictures that one or another of the big mail programs leaves blank."""

_STYLED_ADDRESS = re.compile(r"url\(\s*['\"]?(https?://[^'\")\s]+)", re.IGNORECASE)


def _sources(reading: Reading) -> dict[str, None]:
    """Give the addresses of all images that the HTML shows, each once; an empty one too."""
    return dict.fromkeys(image.source for image in reading.page.images)


@check(
    code="image-address",
    severity=Severity.ERROR,
    message=MessageId("The image “{source}” cannot be loaded: its address is not a complete one with https."),
    fix=MessageId("Give the image's whole https address, or let the template embed the file."),
    basis="Mail has no page that a relative address could start from; mixed content is blocked",
)
def image_address(reading: Reading) -> Iterator[Hit]:
    """Find sources that are neither https with a host, nor embedded (cid), nor data."""
    for source in _sources(reading):
        scheme, host = _scheme_and_host(source)
        if scheme not in {"cid", "data"} and not (scheme == "https" and host):
            yield Hit(facts={"source": shown_address(source)}, place=reading.place_of_text(source))


def _scheme_and_host(address: str) -> tuple[str, str]:
    """Take an address apart; one that cannot be is empty."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return parts.scheme, parts.hostname or ""


@check(
    code="image-from-foreign-host",
    severity=Severity.WARNING,
    message=MessageId("An image is loaded from {host}, which is not ours and learns who opens the mail."),
    fix=MessageId("Keep the image on our own site, or add the host to links.own_hosts if it is ours."),
    basis="House; privacy",
)
def image_from_foreign_host(reading: Reading) -> Iterator[Hit]:
    """Find hosts of images and backgrounds that are not the publication's own."""
    styles = " ".join([reading.page.sheet, *(element.get("style", "") for element in reading.page.elements)])
    backgrounds = (element.get("background") for element in reading.page.elements)
    addresses = [*_sources(reading), *filter(None, backgrounds), *_STYLED_ADDRESS.findall(styles)]
    for host in dict.fromkeys(host for _, host in map(_scheme_and_host, addresses)):
        if host and not is_own(host, reading.publication):
            yield Hit(facts={"host": host})


@check(
    code="image-without-width",
    severity=Severity.WARNING,
    message=MessageId("{count} image has no width."),
    fix=MessageId("The template must give each image its width in whole pixels, or Outlook shows it at its full size."),
    basis="Outlook for Windows ignores widths of styles",
)
def image_without_width(reading: Reading) -> Iterator[Hit]:
    """Count images whose width attribute is missing or no whole number."""
    count = sum(not (image.width or "").strip().isdecimal() for image in reading.page.images)
    if count:
        yield Hit(facts={"count": str(count)})


@check(
    code="image-kind",
    severity=Severity.WARNING,
    message=MessageId("The image {source} is of a kind ({kind}) that some mail programs do not show."),
    fix=MessageId("Use a JPEG or PNG file."),
    basis="caniemail: WebP, SVG, AVIF, Base64 images",
)
def image_kind(reading: Reading) -> Iterator[Hit]:
    """Find images written into the HTML, and those whose ending says that they may stay blank."""
    for source in _sources(reading):
        kind = "data" if source.lower().startswith("data:") else source.partition("?")[0].rpartition(".")[2].lower()
        if kind in UNSHOWN_KINDS | {"data"}:
            yield Hit(facts={"source": excerpt(source), "kind": kind}, place=reading.place_of_text(source))


@check(
    code="image-too-heavy",
    severity=Severity.ERROR,
    message=MessageId("The image {source} weighs {size} kB; {limit} kB is the most a mail should carry."),
    fix=MessageId("Make the image smaller, or save it with stronger compression."),
    basis=f"House: {IMAGE_HEAVIEST_BYTES:,} bytes",
)
def image_too_heavy(reading: Reading) -> Iterator[Hit]:
    """Find image files that a phone should not have to load."""
    for image in reading.images:
        if image.size_bytes > IMAGE_HEAVIEST_BYTES:
            yield _weight(image, IMAGE_HEAVIEST_BYTES)


@check(
    code="image-heavy",
    severity=Severity.WARNING,
    message=MessageId("The image {source} weighs {size} kB; below {limit} kB it loads quickly on a phone."),
    fix=MessageId("Make the image smaller, or save it with stronger compression."),
    basis=f"House: {IMAGE_COMFORTABLE_BYTES:,} bytes",
)
def image_heavy(reading: Reading) -> Iterator[Hit]:
    """Find image files that load slowly."""
    for image in reading.images:
        if IMAGE_COMFORTABLE_BYTES < image.size_bytes <= IMAGE_HEAVIEST_BYTES:
            yield _weight(image, IMAGE_COMFORTABLE_BYTES)


def _weight(image: ImageFile, limit_bytes: int) -> Hit:
    facts = {"size": str(image.size_bytes // 1000), "limit": str(limit_bytes // 1000)}
    return Hit(facts={"source": excerpt(image.name or image.source), **facts})


@check(
    code="images-heavy-together",
    severity=Severity.WARNING,
    message=MessageId("The images weigh {size} kB together; {limit} kB is a good limit for a mail."),
    fix=MessageId("Leave an image out, or make the heaviest ones smaller."),
    basis=f"House: {IMAGES_TOGETHER_BYTES:,} bytes",
)
def images_heavy_together(reading: Reading) -> Iterator[Hit]:
    """Add up all image files."""
    size = sum(image.size_bytes for image in reading.images)
    if size > IMAGES_TOGETHER_BYTES:
        yield Hit(facts={"size": str(size // 1000), "limit": str(IMAGES_TOGETHER_BYTES // 1000)})


@check(
    code="image-sharpness",
    severity=Severity.WARNING,
    message=MessageId(
        "The image {source} is {natural} pixels wide and shown in {shown}: it will blur, or weighs for nothing."
    ),
    fix=MessageId("Save the image at one to three times the width it is shown in; twice is best."),
    basis=f"House: {SHARPNESS_LEAST:g} to {SHARPNESS_MOST:g} times",
)
def image_sharpness(reading: Reading) -> Iterator[Hit]:
    """Find image files with too few or too many pixels for the place they are shown in."""
    files = {file.source: file for file in reading.images}
    for image in reading.page.images:
        file, shown = files.get(image.source), _shown_pixels(image)
        if file is not None and shown and not SHARPNESS_LEAST <= file.width_pixels / shown <= SHARPNESS_MOST:
            widths = {"natural": str(file.width_pixels), "shown": str(shown)}
            yield Hit(facts={"source": excerpt(file.name or file.source), **widths})


def _shown_pixels(image: Image) -> int:
    """Give the width an image is shown in; 0 when it is not said in whole pixels."""
    width = (image.width or "").strip()
    return int(width) if width.isdecimal() else 0


CHECKS = checks_of(globals())
"""In the order of the documentation."""
