"""Which characters of a TOML text to replace, so that all others stay."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from newsletter.toml_file import KeyPath, TomlFile

BLANKS = " \t"
_ALONE = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Characters [start, end) to take out, and what to put there instead."""

    start: int
    end: int
    text: str = ""


def insertion(offset: int, text: str) -> Edit:
    """Put a text before the character at an offset."""
    return Edit(start=offset, end=offset, text=text)


def in_order(edits: Iterable[Edit]) -> list[Edit]:
    """Give edits as they follow each other in the text; those at one place as they were given."""
    return sorted(edits, key=lambda edit: (edit.start, edit.end))


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Make edits that do not overlap."""
    pieces, done = [], 0
    for edit in in_order(edits):
        pieces += [text[done : edit.start], edit.text]
        done = edit.end
    return "".join((*pieces, text[done:]))


def line_end_of(text: str) -> str:
    """Give the end of line that a text uses."""
    return "\r\n" if "\r\n" in text else "\n"


def line_start(text: str, offset: int) -> int:
    """Give the offset at which the line of a character begins."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Give the offset after the line of a character and its line feed."""
    return text.find("\n", offset) + 1 or len(text)


def new_line(text: str, offset: int, line_feed: str) -> Iterator[Edit]:
    """End the line before an offset, where it is the last one and has no end."""
    if offset and text[offset - 1] != "\n":
        yield insertion(offset, line_feed)


def starts_line(text: str, offset: int) -> bool:
    """Tell whether nothing but blanks stands before a character on its line."""
    return not text[line_start(text, offset) : offset].strip(BLANKS)


def ends_line(text: str, offset: int) -> bool:
    """Tell whether nothing but a comment follows on the line."""
    return _ALONE.match(text, offset) is not None


def after_tables(text: str, file: TomlFile, path: KeyPath) -> int | None:
    """Give the offset after the last line of everything below a path; None where there is nothing."""
    ends = [span.end for own, span in file.spans.items() if own[: len(path)] == path]
    return line_end(text, max(ends)) if ends else None
