"""Where each tag of rendered MJML comes from: file, line and column of the template it was written in.

Every tag that a template writes gets a mark of noncharacters in front of it, which macros, blocks and includes carry
along; `references` lets none of them through from a value. After rendering the marks are taken out and kept beside the
text.
Door: `Marks` (what the Jinja environment is given), `Rendered`. It must not know what the tags mean.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from jinja2.lexer import Token, TokenStream

from newsletter.errors import Place

_DIGITS = {ord(digit): 0xFDD0 + number for number, digit in enumerate("0123456789abcdef")}
_START = "\ufde0"
_MARK = re.compile("\ufde0([\ufdd0-\ufddf]{4})")
_STRAY = re.compile("[\ufdd0-\ufdef]+")
# A tag, and what only looks like markup and stops the parser.
_TAG = re.compile(r"</?[A-Za-z]|<(?![A-Za-z/])|&#|\]\]>")
_MARKS_MAX = 0x10000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a template made, with the places of its tags.

    Attributes:
        text: Without any mark.
        marked: The same with its marks; empty where there are none.
        shown_as: How places name the folder of the templates.
        sources: The text of each template, by its name.
    """

    text: str
    marked: str = ""
    shown_as: Path = Path()
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)

    def tags(self) -> tuple[list[int], list[Place]]:
        """Give where in the text each marked tag begins, ascending, and where in a template it was written.

        Only who has a complaint asks, and most letters have none.
        """
        offsets: list[int] = []
        places: list[Place] = []
        length = 0
        # What stands between two marks, and the digits of the marks, take turns.
        parts = _MARK.split(self.marked)
        for piece, digits in zip(parts[::2], parts[1::2], strict=False):
            length += len(piece)
            if written := _WRITTEN.get(digits):
                offsets.append(length)
                places.append(Place(path=self.shown_as / written.name, line=written.line, column=written.column))
        return offsets, places

    def place(self, line: int | None, column: int | None) -> Place | None:
        """Give the place in a template of a place in the text; None where no template wrote a tag before it.

        Exact at every tag, and behind one as far as the template says the same as the text; else that of the tag.
        """
        offset = _offset(self.text, line, column)
        offsets, places = self.tags()
        found = bisect_right(offsets, offset)
        if not found:
            return None
        return self._moved(places[found - 1], self.text[offsets[found - 1] : offset])

    def _moved(self, place: Place, text: str) -> Place:
        """Give the place behind a stretch of text, if that is what stands at a place of a template."""
        source = self.sources.get(place.path.relative_to(self.shown_as).as_posix(), "")
        start = _offset(source, place.line, place.column)
        if not source.startswith(text, start):
            return place
        return Place.of_offset(place.path, source, start + len(text))


class Marks:
    """The marks of one environment."""

    def __init__(self, shown_as: Path) -> None:
        self.shown_as = shown_as
        self.sources: dict[str, str] = {}

    def mark(self, stream: TokenStream, source: str) -> list[Token]:
        """Give the tokens of a template with a mark before each tag of its text."""
        line_starts = [0, *(match.end() for match in re.finditer("\n", source))]
        tokens = []
        position = 0
        for token in stream:
            if token.type != "data" or not _TAG.search(token.value):
                tokens.append(token)
                continue
            start = source.find(token.value, max(position, line_starts[token.lineno - 1]))
            if start < 0:  # pragma: no cover - the lexer takes text from the source as it stands
                tokens.append(token)
                continue
            position = start + len(token.value)
            tokens.append(Token(token.lineno, "data", _marked(token.value, start, line_starts, stream.name or "")))
        return tokens

    def taken_out(self, text: str) -> Rendered:
        """Take the marks out of what was rendered."""
        whole = _MARK.sub("", text)
        clean = _without_strays(whole)
        if clean is not whole or len(whole) == len(text):
            return Rendered(text=clean)
        return Rendered(text=whole, marked=text, shown_as=self.shown_as, sources=self.sources)


def _marked(text: str, start: int, line_starts: list[int], name: str) -> str:
    """Put a mark before each tag of a stretch of a template."""

    def marked(match: re.Match[str]) -> str:
        offset = start + match.start()
        line = bisect_right(line_starts, offset)
        digits = _digits_of(_Written(name, line, offset - line_starts[line - 1] + 1))
        return f"{_START}{digits}{match[0]}" if digits else match[0]

    return _TAG.sub(marked, text)


class _Written(NamedTuple):
    """Where in a folder of templates a tag was written."""

    name: str
    line: int
    column: int


_DIGITS_OF: dict[_Written, str] = {}
_WRITTEN: dict[str, _Written] = {}
"""What the digits of the marks stand for: the same in every folder, as is what was compiled with them."""


def _digits_of(written: _Written) -> str:
    """Give the digits of a place, the same at every reading of the template; none when there are no more."""
    if written not in _DIGITS_OF and len(_WRITTEN) < _MARKS_MAX:
        digits = f"{len(_WRITTEN):04x}".translate(_DIGITS)
        _DIGITS_OF[written] = digits
        _WRITTEN[digits] = written
    return _DIGITS_OF.get(written, "")


def _offset(text: str, line: int | None, column: int | None) -> int:
    """Count the characters before a line and column."""
    start = 0
    for _ in range((line or 1) - 1):
        start = text.find("\n", start) + 1
    return start + max((column or 1) - 1, 0)


def _without_strays(text: str) -> str:
    """Take out what is left of a mark that a template has cut, as it may when it cuts text at a length."""
    # Python tells in no time that there is none: no noncharacter is printable.
    if text.isprintable() or text.replace("\n", "").isprintable() or not _STRAY.search(text):
        return text
    return _STRAY.sub("", text)
