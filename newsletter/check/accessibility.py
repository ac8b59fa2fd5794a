"""What keeps people who use a screen reader, big letters or a keyboard from reading the mail.

Rules are those of WCAG 2.1 A and AA (EN 301 549 chapter 9) that the HTML alone can answer; contrast and scrolling are
seen in a browser only. Its door is `CHECKS`.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from newsletter.check.page.html import Run, excerpt, plain, shown_address
from newsletter.check.page.reading import Reading
from newsletter.check.page.rules import Hit, check, checks_of
from newsletter.domain.issue import Severity
from newsletter.language.catalogue import MessageId

TEXT_SMALLEST_PIXELS = 14.0
LINE_HEIGHT_LEAST = 1.4
LARGE_TEXT_PIXELS = 20.0
"""From here on a text is a headline, whose lines may stand closer."""
LINE_HEIGHT_TEXT_LEAST_CHARACTERS = 60
"""A shorter text is one line, which has no line below it."""

VAGUE_LINK_TEXTS = frozenset(
    {
        *("lue lisää", "lue", "lisää", "tästä", "täällä", "täältä", "tästä linkistä", "linkki", "klikkaa tästä"),
        *("läs mer", "läs", "mer", "här", "klicka här", "länk", "se mer"),
        *("read more", "more", "here", "click here", "click", "link", "learn more", "this link"),
    }
)
"""Texts that say nothing when a screen reader lists the links of a mail."""

_FILE_NAME = re.compile(r"[\w.-]+\.(?:png|jpe?g|gif|webp|svg|avif|bmp|tiff?)\Z", re.IGNORECASE)
_VML = re.compile(
    r"<v:(?P<shape>rect|roundrect|oval|shape|image|line)\b(?P<attributes>[^<>]*)(?:/>|>(?P<inside>.*?)</v:(?P=shape)>)",
    re.IGNORECASE | re.DOTALL,
)
_REACHED = re.compile(r"<(?:a|h[1-6])\b", re.IGNORECASE)
_UNDETERMINED = frozenset({"und", "zxx", "mul", "mis"})
_LAYOUT_ROLES = frozenset({"presentation", "none"})
_DATA_ROLES = frozenset({"table", "grid", "treegrid"})


@check(
    code="language-missing",
    severity=Severity.ERROR,
    message=MessageId("The mail does not say which language it is in, so a screen reader may read it in a wrong one."),
    fix=MessageId("The template must give the edition's language as lang."),
    basis="WCAG 3.1.1, EN 301 549 9.3.1.1",
)
def language_missing(reading: Reading) -> Iterator[Hit]:
    """Find html without a lang that names a language."""
    if _primary_language(reading) in {"", *_UNDETERMINED}:
        yield Hit()


@check(
    code="language-differs",
    severity=Severity.ERROR,
    message=MessageId("The mail says it is in “{found}”, but the edition is in “{wanted}”."),
    fix=MessageId("The template must give the edition's own language as lang."),
    basis="WCAG 3.1.1, EN 301 549 9.3.1.1",
)
def language_differs(reading: Reading) -> Iterator[Hit]:
    """Find html whose lang is another language than the edition's."""
    found, wanted = _primary_language(reading), reading.edition.key.language
    if found not in {"", *_UNDETERMINED, wanted}:
        yield Hit(facts={"found": reading.page.language, "wanted": wanted})


@check(
    code="content-language-missing",
    severity=Severity.ERROR,
    message=MessageId(
        "The content of the mail does not say itself: {missing}. Some mail programs drop what the page says."
    ),
    fix=MessageId("The template must put lang and dir on an element inside the body that holds all content."),
    basis="WCAG 3.1.1; Email Markup Consortium and Parcel: content inside body has lang and dir",
)
def content_language_missing(reading: Reading) -> Iterator[Hit]:
    """Find headings that no element inside the body gives a language and a direction."""
    headings = reading.page.root.xpath("//body//*[self::h1 or self::h2 or self::h3]")
    missing = [
        name
        for name in ("lang", "dir")
        if not all(
            heading.xpath(f"boolean(ancestor::*[not(self::html or self::body)][@{name}])") for heading in headings
        )
    ]
    if missing:
        yield Hit(facts={"missing": ", ".join(missing)})


@check(
    code="vml-unread",
    severity=Severity.WARNING,
    message=MessageId("A drawing for Outlook, near “{found}”, lacks its alt text or holds a link or heading."),
    fix=MessageId('Give it alt="", or what it shows, and put links and headings outside it.'),
    basis="Parcel: VML has alt text and holds no links or headings, which no keyboard or screen reader reaches there",
)
def vml_unread(reading: Reading) -> Iterator[Hit]:
    """Find shapes of VML without an alt, and those around something that must be reached."""
    for shape in _VML.finditer(reading.message.html):
        if "alt=" not in shape["attributes"] or _REACHED.search(shape["inside"] or ""):
            yield Hit(facts={"found": shape[0][:60]})


def _primary_language(reading: Reading) -> str:
    return reading.page.language.lower().split("-")[0]


@check(
    code="title-missing",
    severity=Severity.ERROR,
    message=MessageId("The mail's page has no title, which is what a browser's tab and a screen reader say first."),
    fix=MessageId("The template must put the subject or the publication's name into title."),
    basis="WCAG 2.4.2, EN 301 549 9.2.4.2",
)
def title_missing(reading: Reading) -> Iterator[Hit]:
    """Find a page without a title."""
    if not reading.page.title:
        yield Hit()


@check(
    code="image-without-alt",
    severity=Severity.ERROR,
    message=MessageId("The image {source} has no text for those who cannot see it."),
    fix=MessageId("Describe the image in its alt text, or give an empty one if it only decorates."),
    basis="WCAG 1.1.1, EN 301 549 9.1.1.1",
)
def image_without_alt(reading: Reading) -> Iterator[Hit]:
    """Find images without an alt attribute."""
    for image in reading.page.images:
        if image.alt is None:
            yield Hit(facts={"source": shown_address(image.source)}, place=reading.place_of_text(image.source))


@check(
    code="linked-image-without-alt",
    severity=Severity.ERROR,
    message=MessageId("The image {source} is a link, but nothing says where it leads."),
    fix=MessageId("Write the link's destination as the image's alt text."),
    basis="WCAG 1.1.1 and 2.4.4, EN 301 549 9.1.1.1",
)
def linked_image_without_alt(reading: Reading) -> Iterator[Hit]:
    """Find images that are all their link shows and have an empty alt."""
    for image in reading.page.images:
        if image.is_only_in_link and image.alt is not None and not plain(image.alt):
            yield Hit(facts={"source": shown_address(image.source)}, place=reading.place_of_text(image.source))


@check(
    code="alt-is-file-name",
    severity=Severity.ERROR,
    message=MessageId("The alt text of an image is only its file's name: “{found}”."),
    fix=MessageId("Say in a few words what the image shows."),
    basis="WCAG 1.1.1, EN 301 549 9.1.1.1",
)
def alt_is_file_name(reading: Reading) -> Iterator[Hit]:
    """Find alt texts that are a file name, of any image or of this one without its ending."""
    for image in reading.page.images:
        alt = plain(image.alt or "")
        stem = urlsplit(image.source).path.rpartition("/")[2].rpartition(".")[0]
        if _FILE_NAME.match(alt) or (alt and alt == stem and not stem.isalpha()):
            yield Hit(facts={"found": alt}, place=reading.place_of_text(alt))


@check(
    code="layout-table-without-role",
    severity=Severity.ERROR,
    message=MessageId("{count} table used for layout would be read out as a table of figures."),
    fix=MessageId('Such a table needs role="presentation" in the template.'),
    basis="WCAG 1.3.1, EN 301 549 9.1.3.1",
)
def layout_table_without_role(reading: Reading) -> Iterator[Hit]:
    """Count tables that neither hold data nor say that they are layout."""
    count = sum(_is_unmarked_layout(table) for table in reading.page.root.iter("table"))
    if count:
        yield Hit(facts={"count": str(count)})


def _is_unmarked_layout(table: HtmlElement) -> bool:
    """Tell whether a table is marked neither as layout nor, by role, header cell or caption, as data."""
    role = (table.get("role") or "").strip().lower()
    if role in _LAYOUT_ROLES | _DATA_ROLES:
        return False
    return all(next(iter(cell.iterancestors("table")), None) is not table for cell in table.iter("th", "caption"))


@check(
    code="main-heading",
    severity=Severity.WARNING,
    message=MessageId("The mail has {count} main headings (h1); it should have exactly one."),
    fix=MessageId("The template must make the mail's name the only h1."),
    basis="axe page-has-heading-one",
)
def main_heading(reading: Reading) -> Iterator[Hit]:
    """Find a mail with no h1 or several."""
    count = sum(heading.level == 1 for heading in reading.page.headings)
    if count != 1:
        yield Hit(facts={"count": str(count)})


@check(
    code="heading-level-skipped",
    severity=Severity.WARNING,
    message=MessageId("The heading “{title}” (h{level}) follows an h{before}: a level is missing between them."),
    fix=MessageId("The template must go down one heading level at a time."),
    basis="WCAG 1.3.1; axe heading-order",
)
def heading_level_skipped(reading: Reading) -> Iterator[Hit]:
    """Find headings more than one level below the one before."""
    before = 0
    for heading in reading.page.headings:
        if before and heading.level > before + 1:
            facts = {"title": excerpt(heading.name), "level": str(heading.level), "before": str(before)}
            yield Hit(facts=facts, place=reading.place_of_text(heading.name))
        before = heading.level


@check(
    code="heading-empty",
    severity=Severity.WARNING,
    message=MessageId("{count} heading has no text."),
    fix=MessageId("Write the heading, or take it out of the template."),
    basis="axe empty-heading",
)
def heading_empty(reading: Reading) -> Iterator[Hit]:
    """Count headings with nothing to read in them."""
    count = sum(not heading.name for heading in reading.page.headings)
    if count:
        yield Hit(facts={"count": str(count)})


@check(
    code="link-without-text",
    severity=Severity.ERROR,
    message=MessageId("The link to {address} has no text."),
    fix=MessageId("Write as the link's text what one finds there."),
    basis="WCAG 2.4.4, EN 301 549 9.2.4.4",
)
def link_without_text(reading: Reading) -> Iterator[Hit]:
    """Find links without one letter or figure to read; where a link shows an image, its alt text is to blame."""
    for link in reading.page.links:
        if not (link.is_hidden or link.holds_image or any(letter.isalnum() for letter in link.name)):
            yield Hit(facts={"address": shown_address(link.address)}, place=reading.place_of_address(link.address))


@check(
    code="link-text-vague",
    severity=Severity.WARNING,
    message=MessageId("The link text “{text}” does not say where the link leads."),
    fix=MessageId("Make the title or a few words about the destination the link's text."),
    basis="WCAG 2.4.4, EN 301 549 9.2.4.4",
)
def link_text_vague(reading: Reading) -> Iterator[Hit]:
    """Find links whose whole name could stand on any link."""
    for link in reading.page.links:
        if not link.is_hidden and link.name.casefold().strip(" .:→»>›…!") in VAGUE_LINK_TEXTS:
            yield Hit(facts={"text": link.name}, place=reading.place_of_address(link.address))


@check(
    code="link-text-ambiguous",
    severity=Severity.WARNING,
    message=MessageId("The link text “{text}” leads to {count} different places."),
    fix=MessageId("Give each destination a text of its own."),
    basis="WCAG 2.4.4, EN 301 549 9.2.4.4",
)
def link_text_ambiguous(reading: Reading) -> Iterator[Hit]:
    """Find link names that stand for more than one address."""
    addresses: dict[str, dict[str, None]] = {}
    for link in reading.page.links:
        if link.name and not link.is_hidden:
            addresses.setdefault(link.name.casefold(), {})[link.address] = None
    names = {link.name.casefold(): link.name for link in reading.page.links}
    for key, places in addresses.items():
        if len(places) > 1:
            yield Hit(facts={"text": names[key], "count": str(len(places))}, place=reading.place_of_text(names[key]))


@check(
    code="text-too-small",
    severity=Severity.WARNING,
    message=MessageId("Text is as small as {size} px, for instance “{found}”; {limit} px is the least."),
    fix=MessageId("Make it bigger in the template or the brand file."),
    basis=f"House: {TEXT_SMALLEST_PIXELS:g} px",
)
def text_too_small(reading: Reading) -> Iterator[Hit]:
    """Find the smallest text that is seen, when it is too small."""
    small = [run for run in _seen(reading) if run.size_pixels < TEXT_SMALLEST_PIXELS]
    if small:
        worst = min(small, key=lambda run: run.size_pixels)
        facts = {"size": f"{worst.size_pixels:g}", "found": excerpt(worst.text), "limit": f"{TEXT_SMALLEST_PIXELS:g}"}
        yield Hit(facts=facts)


@check(
    code="lines-too-close",
    severity=Severity.WARNING,
    message=MessageId("Lines stand as close as {height} times the letters' size, for instance in “{found}”."),
    fix=MessageId("Give body text a line height of at least {limit} in the template."),
    basis=f"House: {LINE_HEIGHT_LEAST:g}",
)
def lines_too_close(reading: Reading) -> Iterator[Hit]:
    """Find the closest lines of body text that is long enough to have several."""
    close = [(run.line_height, run) for run in _seen(reading) if _is_body(run) and run.line_height is not None]
    heights = [(height, run) for height, run in close if height < LINE_HEIGHT_LEAST]
    if heights:
        height, worst = min(heights, key=lambda pair: pair[0])
        facts = {"height": f"{height:.2g}", "found": excerpt(worst.text), "limit": f"{LINE_HEIGHT_LEAST:g}"}
        yield Hit(facts=facts)


def _seen(reading: Reading) -> list[Run]:
    return [run for run in reading.page.runs if not run.is_hidden]


def _is_body(run: Run) -> bool:
    """Tell whether a text is read line by line: no heading, not large, longer than one line."""
    is_long = len(run.text) >= LINE_HEIGHT_TEXT_LEAST_CHARACTERS
    return run.heading_level is None and run.size_pixels < LARGE_TEXT_PIXELS and is_long


CHECKS = checks_of(globals())
"""In the order of the documentation."""
