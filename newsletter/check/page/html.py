"""The HTML of a mail taken apart into what checks ask about: links, images, headings, runs of text, styles.

The door is `read_page`. One walk over the tree carries down what HTML inherits (size, line height, visibility). Must
not know what is right or wrong.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

import tinycss2
from lxml import html as lxml_html
from lxml.etree import ParserError
from lxml.html import HtmlElement

ROOT_SIZE_PIXELS = 16.0
"""The text size every mail program starts from."""

EXCERPT_LONGEST = 40
"""Characters of a culprit that a sentence quotes."""

ADDRESS_LONGEST = 80
"""Characters of an address that a sentence names."""

_INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LENGTH = re.compile(r"(-?[\d.]+)(px|pt|em|rem|%)?\Z")
_SHEET = re.compile(r"<style\b[^>]*>.*?</style\s*>", re.IGNORECASE | re.DOTALL)
_PIXELS_PER_POINT = 4 / 3
_HEADINGS: dict[object, int] = {f"h{level}": level for level in range(1, 7)}
_INHERITED = frozenset({"font-size", "line-height", "display", "visibility", "overflow"})
"""Properties that say something of what stands in an element."""
_UNREAD = frozenset({"head", "script", "style", "template", "title"})


def plain(text: str) -> str:
    """Give a text as it reads: without soft hyphens and joiners, with single ordinary spaces."""
    return " ".join(_INVISIBLE.sub("", text).split())


def excerpt(text: str) -> str:
    """Give the beginning of a text, short enough to be quoted in a sentence."""
    piece = plain(text)
    return piece if len(piece) <= EXCERPT_LONGEST else piece[: EXCERPT_LONGEST - 1].rstrip() + "…"


def shown_address(address: str) -> str:
    """Give an address as a sentence names it: whole, or its beginning when it is long."""
    return address if len(address) <= ADDRESS_LONGEST else address[: ADDRESS_LONGEST - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An `a` with an href.

    Attributes:
        address: The href, stripped.
        text: What is seen of it.
        name: What a screen reader says: its label, or its text with the alt texts of its images.
    """

    address: str
    text: str
    name: str
    holds_image: bool
    is_hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An `img`.

    Attributes:
        source: The src, stripped.
        alt: None when there is no such attribute.
        width: The attribute as written; None when there is none.
        is_only_in_link: It is all that its link shows.
    """

    source: str
    alt: str | None
    width: str | None
    is_only_in_link: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of text in one style.

    Attributes:
        line_height: As a multiple of the size; None when the mail program decides.
        heading_level: 1 to 6 in a heading, else None.
    """

    text: str
    size_pixels: float
    line_height: float | None
    heading_level: int | None
    is_hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """An h1 to h6 that can be seen.

    Attributes:
        name: As it reads, with the alt texts of its images.
        is_followed: Something to read comes before the next heading of its level or above.
    """

    level: int
    name: str
    is_followed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A mail's HTML, taken apart.

    Attributes:
        root: The parsed tree, for what is asked once only. Nobody changes it.
        elements: All of the tree in order, without comments; kept, for lxml makes each anew for who asks for it again.
        language: The lang of html, stripped; empty when there is none.
        links: Out of the mail, in order.
        jumps: What links within the mail lead to, in order: ids.
        runs: In order, hidden ones too, so that the first is what a mail program shows beside the subject.
        sheet: The text of all style elements that are not in a comment for Outlook.
        unstyled: The HTML as written, without style elements.
    """

    root: HtmlElement
    elements: tuple[HtmlElement, ...]
    language: str
    title: str
    links: tuple[Link, ...]
    jumps: tuple[str, ...]
    images: tuple[Image, ...]
    headings: tuple[Heading, ...]
    runs: tuple[Run, ...]
    sheet: str
    unstyled: str

    @property
    def seen_text(self) -> str:
        """Give all that can be seen, as it reads, in order."""
        return " ".join(run.text for run in self.runs if not run.is_hidden)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inherited:
    """What an element takes from those around it. A line height is a ratio or, where given in pixels, a length."""

    size_pixels: float = ROOT_SIZE_PIXELS
    line_ratio: float | None = None
    line_pixels: float | None = None
    heading_level: int | None = None
    is_hidden: bool = False


@dataclass(slots=True, kw_only=True)
class _Walk:
    """What one walk has met so far. `outline` holds headings with the numbers of runs before and after their own."""

    runs: list[Run] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    jumps: list[str] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    outline: list[tuple[HtmlElement, int, int]] = field(default_factory=list)


def read_page(html: str) -> Page:
    """Take a mail's HTML apart. Broken HTML is read as a browser would, and an empty one as an empty page."""
    root = _parse(html)
    elements = tuple(root.iter("*"))
    walk = _Walk()
    _visit(root, _Inherited(), walk)
    title = root.find(".//title")
    return Page(
        root=root,
        elements=elements,
        language=(root.get("lang") or "").strip(),
        title="" if title is None else plain(title.text_content()),
        links=tuple(walk.links),
        jumps=tuple(walk.jumps),
        images=tuple(walk.images),
        headings=tuple(_headings(walk)),
        runs=tuple(walk.runs),
        sheet="\n".join(style.text or "" for style in root.iter("style")),
        unstyled=_SHEET.sub("", html),
    )


def _parse(html: str) -> HtmlElement:
    """Parse from bytes: a declared encoding in the text would make lxml refuse a str."""
    parser = lxml_html.HTMLParser(encoding="utf-8")
    try:
        return lxml_html.document_fromstring(html.encode(), parser=parser)
    except ParserError:
        return lxml_html.document_fromstring(b"<html></html>", parser=parser)


def _visit(element: HtmlElement, around: _Inherited, walk: _Walk) -> None:
    """Walk an element and what is in it. lxml limits the depth to 256, well under Python's own limit."""
    if not isinstance(element.tag, str) or element.tag in _UNREAD:
        return
    own = _inherit(element, around)
    before = len(walk.runs)
    address = element.get("href") if element.tag == "a" else None
    if address is not None and address.startswith("#"):
        walk.jumps.append(address[1:])
    elif address is not None:
        walk.links.append(_link(element, is_hidden=own.is_hidden))
    elif element.tag == "img":
        walk.images.append(_image(element))
    _add_run(element.text, own, walk)
    for child in element:
        _visit(child, own, walk)
        _add_run(child.tail, own, walk)
    if element.tag in _HEADINGS and not own.is_hidden:
        walk.outline.append((element, before, len(walk.runs)))


def _add_run(text: str | None, style: _Inherited, walk: _Walk) -> None:
    """Keep a text if there is anything to read in it."""
    said = plain(text or "")
    if said:
        pixels, size = style.line_pixels, style.size_pixels
        walk.runs.append(
            Run(
                text=said,
                size_pixels=size,
                line_height=pixels / size if pixels is not None and size else style.line_ratio,
                heading_level=style.heading_level,
                is_hidden=style.is_hidden or size == 0,
            )
        )


def _inherit(element: HtmlElement, around: _Inherited) -> _Inherited:
    """Work out size, line height and visibility of what stands in an element."""
    style = declarations(element.get("style", ""))
    level = _HEADINGS.get(element.tag)
    if level is None and _INHERITED.isdisjoint(style) and element.get("hidden") is None:
        return around
    size = _size(style.get("font-size"), around.size_pixels)
    ratio, pixels = _line_height(style.get("line-height"), size, around)
    is_hidden = (
        around.is_hidden
        or element.get("hidden") is not None
        or style.get("display") == "none"
        or style.get("visibility") == "hidden"
        or (style.get("overflow") == "hidden" and style.get("max-height", "").rstrip("px") == "0")
    )
    return _Inherited(
        size_pixels=size,
        line_ratio=ratio,
        line_pixels=pixels,
        heading_level=around.heading_level if level is None else level,
        is_hidden=is_hidden,
    )


def _size(value: str | None, parent_pixels: float) -> float:
    """Give a font size in pixels; one that is a word or none at all is the parent's."""
    match = _LENGTH.match(value or "")
    if match is None:
        return parent_pixels
    number, unit = float(match[1]), match[2]
    per_unit = {"pt": _PIXELS_PER_POINT, "em": parent_pixels, "rem": ROOT_SIZE_PIXELS, "%": parent_pixels / 100}
    return number * per_unit.get(unit, 1.0)


def _line_height(value: str | None, size: float, around: _Inherited) -> tuple[float | None, float | None]:
    """Give a line height as (ratio, pixels), at most one of them known: a bare number is inherited as it is."""
    if value is None:
        return around.line_ratio, around.line_pixels
    match = _LENGTH.match(value)
    if match is None:
        return None, None
    return (float(match[1]), None) if match[2] is None else (None, _size(value, size))


@lru_cache(maxsize=4096)
def declarations(style: str) -> Mapping[str, str]:
    """Read an inline style: property to value, both in lower case, the last of a name winning.

    Kept, because a mail repeats a hundred styles a thousand times.
    """
    parsed = tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True)
    return MappingProxyType(
        {
            node.lower_name: tinycss2.serialize(node.value).strip().lower()
            for node in parsed
            if node.type == "declaration"
        }
    )


def _name(element: HtmlElement) -> str:
    """Give what a screen reader says of an element: its label, or its text with the alt texts in it."""
    label = plain(element.get("aria-label") or "")
    if label:
        return label
    pieces = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str):
            pieces.append(child.get("alt") or "" if child.tag == "img" else _name(child))
        pieces.append(child.tail or "")
    return plain("".join(pieces))


def _link(element: HtmlElement, *, is_hidden: bool) -> Link:
    return Link(
        address=(element.get("href") or "").strip(),
        text=plain(element.text_content()),
        name=_name(element),
        holds_image=element.find(".//img") is not None,
        is_hidden=is_hidden,
    )


def _image(element: HtmlElement) -> Image:
    link = next(iter(element.iterancestors("a")), None)
    is_alone = link is not None and not plain(link.text_content()) and len(list(link.iter("img"))) == 1
    return Image(
        source=(element.get("src") or "").strip(),
        alt=element.get("alt"),
        width=element.get("width"),
        is_only_in_link=is_alone,
    )


def _headings(walk: _Walk) -> Iterator[Heading]:
    """Give the headings, each with whether something to read follows it."""
    levels = [(_HEADINGS[element.tag], before) for element, before, _ in walk.outline]
    for index, (element, _, after) in enumerate(walk.outline):
        level = levels[index][0]
        next_one = next((before for other, before in levels[index + 1 :] if other <= level), len(walk.runs))
        yield Heading(level=level, name=_name(element), is_followed=next_one > after)
