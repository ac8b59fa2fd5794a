"""How tall a mail is at a width, reckoned from its HTML.

The frame that shows a mail has no origin of ours, so the page cannot ask it. A frame as tall as its mail keeps its
place when the picture in it is replaced, because the page scrolls and not the frame. Boxes and lines of words are added
up as a browser would, for the plain tables that mails are made of; a test holds the sums against Chromium's. Door:
`frame_height`. It must not know whose mail it is.
"""

import math
import re
from dataclasses import dataclass, replace
from typing import Self

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

HEIGHT_MIN, HEIGHT_MAX = 240, 60_000
_SLACK = 1.03
_LETTER_WIDTH = 0.5
"""Of the font size: the middle of Finnish in common sans-serifs."""
_LINE_FILLED = 0.93
"""Of a line's width: the rest stays empty where a word did not fit."""
_BODY_WIDTH_MAX = 600
_NOT_SHOWN = frozenset({"head", "style", "script", "title", "template", "noscript"})
_INLINE = frozenset(
    {"a", "abbr", "b", "br", "code", "em", "font", "i", "img", "q", "s", "small", "span", "strong", "sub", "sup", "u"}
)
_FONT_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17}
_NARROW_WIDTH, _NARROW_SIDES = 480, 24
_DECLARATION = re.compile(r"([a-z-]+)\s*:\s*([^;]+)")
_PIXELS = re.compile(r"(-?\d+(?:\.\d+)?)px|\b0\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The words around an element.

    Attributes:
        font_pixels: Size of the letters.
        leading: Height of a line in sizes of its letters.
    """

    font_pixels: float = 16.0
    leading: float = 1.25

    def styled(self, tag: str, style: dict[str, str]) -> Self:
        """Give the line inside an element."""
        size = style.get("font-size", "")
        found = _PIXELS.search(size)
        pixels = float(found[1] or 0) if found else self.font_pixels * _FONT_SIZES.get(tag, 1.0)
        height = style.get("line-height", "")
        leading = self.leading
        if re.fullmatch(r"\d+(\.\d+)?", height.strip()):
            leading = float(height)
        elif (given := _PIXELS.search(height)) and given[1] and pixels:
            leading = float(given[1]) / pixels
        return replace(self, font_pixels=pixels, leading=leading)


def frame_height(html: str, width: int) -> int:
    """Reckon how tall a mail is at a width, in pixels: rather a little too much than too little."""
    try:
        body = lxml_html.document_fromstring(html).find("body")
    except (etree.LxmlError, ValueError, AssertionError):
        return HEIGHT_MIN
    if body is None:
        return HEIGHT_MIN
    etree.strip_tags(body, etree.Comment, etree.ProcessingInstruction)
    reckoned = _height(body, float(width), _Line(), is_narrow=width <= _NARROW_WIDTH) * _SLACK
    return max(HEIGHT_MIN, min(HEIGHT_MAX, math.ceil(reckoned)))


def _height(element: HtmlElement, width: float, around: _Line, *, is_narrow: bool) -> float:
    """Add up one element with everything in it."""
    style = _style_of(element)
    if element.tag in _NOT_SHOWN or style.get("display") == "none":
        return 0
    line = around.styled(str(element.tag), style)
    top, right, bottom, left = _sides(style.get("padding", "0"))
    if is_narrow and left > _NARROW_SIDES and right > _NARROW_SIDES:
        # Our own letters give narrow screens narrower margins (adapt.css.j2).
        left = right = _NARROW_SIDES
    above, _, below, _ = _sides(style.get("margin", "0"))
    top, bottom = _side(style, "padding-top", top), _side(style, "padding-bottom", bottom)
    left = _side(style, "padding-left", left)
    outer = _pixels(style.get("max-width"), width) if "max-width" in style else width
    inner = max(40.0, min(width, outer) - left - right)
    if element.tag == "tr":
        content = _row_height(element, inner, line, is_narrow=is_narrow)
    else:
        content = _content_height(element, inner, line, is_narrow=is_narrow)
    fixed = _pixels(style.get("height"), 0.0)
    return max(content, fixed) + top + bottom + above + _side(style, "margin-bottom", below)


def _row_height(row: HtmlElement, width: float, line: _Line, *, is_narrow: bool) -> float:
    """Give the tallest cell of a table's row; cells without a width share what is left."""
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    given = [_pixels(_style_of(cell).get("width") or f"{cell.get('width', '')}px", 0.0) for cell in cells]
    open_cells = sum(1 for one in given if not one) or 1
    rest = max(40.0, (width - sum(given)) / open_cells)
    heights = (_height(cell, own or rest, line, is_narrow=is_narrow) for cell, own in zip(cells, given, strict=True))
    return max(heights, default=0.0)


def _content_height(element: HtmlElement, width: float, line: _Line, *, is_narrow: bool) -> float:
    """Add up the lines of words and the blocks between them."""
    total, run = 0.0, element.text or ""
    for child in element:
        if child.tag not in _INLINE:
            total += _lines_height(run, width, line) + _height(child, width, line, is_narrow=is_narrow)
            run = ""
        elif child.tag == "br":
            total += _lines_height(run or "x", width, line)
            run = ""
        elif child.tag == "img":
            total += _pixels(f"{child.get('height', '')}px", 0.0)
        else:
            run += child.text_content()
        run += child.tail or ""
    return total + _lines_height(run, width, line)


def _lines_height(words: str, width: float, line: _Line) -> float:
    """Give the height of a run of words, broken at the width."""
    letters = len(" ".join(words.split()))
    if not letters:
        return 0
    filled = letters * line.font_pixels * _LETTER_WIDTH
    # A run that fits the line is never broken.
    lines = 1 if filled <= width else math.ceil(filled / (width * _LINE_FILLED))
    return lines * line.font_pixels * line.leading


def _style_of(element: HtmlElement) -> dict[str, str]:
    """Read an element's own style."""
    return {name: value.strip() for name, value in _DECLARATION.findall((element.get("style") or "").lower())}


def _sides(value: str) -> tuple[float, float, float, float]:
    """Read a margin or padding: top, right, bottom, left."""
    sides = [_pixels(part, 0.0) for part in value.split()] or [0.0]
    top = sides[0]
    right = sides[1] if len(sides) > 1 else top
    bottom = sides[2] if len(sides) > 2 else top  # noqa: PLR2004 - CSS's order of sides
    left = sides[3] if len(sides) > 3 else right  # noqa: PLR2004 - as above
    return top, right, bottom, left


def _side(style: dict[str, str], name: str, otherwise: float) -> float:
    """Read one side that is named by itself."""
    return _pixels(style[name], otherwise) if name in style else otherwise


def _pixels(value: str | None, otherwise: float) -> float:
    """Read a length in pixels."""
    found = _PIXELS.search(value or "")
    return otherwise if found is None else float(found[1] or 0)
