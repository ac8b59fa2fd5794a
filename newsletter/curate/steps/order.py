"""A segment's list of keys as a person laid it out: take a member out, put one in, and leave the rest as it is.

A comment behind a member, and the comments on the lines right above it, are the member's: they go with it to a new
place. What is taken out for good leaves the comments above it.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from newsletter.curate.steps.edits import BLANKS, Edit, ends_line, insertion, line_end, line_start, starts_line
from newsletter.toml_file import TomlFile

_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_COMMENT = re.compile(r"[ \t]*#[^\n]*\n")
_INDENT = "  "


class Written(NamedTuple):
    """A member as it is to be written.

    Attributes:
        raw: The key in its quotation marks.
        remark: The comment behind it, with the blanks before it, or empty.
        above: The lines of comment above it.
    """

    raw: str
    remark: str = ""
    above: str = ""


class Order:
    """One array of a text.

    Args:
        text: The whole file.
        file: The same, parsed.
        name: Of the segment.
    """

    def __init__(self, text: str, file: TomlFile, name: str) -> None:
        self.text = text
        self.array = file.spans["order", name]
        self.keys: Sequence[str] = file.content["order"][name]
        self.members = [file.spans["order", name, number] for number in range(len(self.keys))]

    def written(self, number: int) -> Written:
        """Give a member with the comments that are its own."""
        member = self.members[number]
        raw = self.text[member.start : member.end]
        if not self._is_alone(number):
            return Written(raw)
        behind = self.text[self._after(number) : line_end(self.text, member.end)].rstrip("\r\n")
        above = self.text[self._above(number) : line_start(self.text, member.start)]
        return Written(raw, behind if behind.strip(BLANKS) else "", above)

    def without(self, number: int, *, keeps_above: bool = True) -> list[Edit]:
        """Take a member out, with its line where it has one of its own.

        Args:
            number: Which.
            keeps_above: The comments above it stay.
        """
        member, comma = self.members[number], self._comma(number)
        if self._is_alone(number):
            start = line_start(self.text, member.start) if keeps_above else self._above(number)
            end = line_end(self.text, member.end)
            return [Edit(start=start, end=end), *self._loose_comma(comma, end)]
        if comma is None:
            before = None if number == 0 else self._comma(number - 1)
            is_beside = before is not None and "\n" not in self.text[before : member.start]
            return [Edit(start=before if before is not None and is_beside else member.start, end=member.end)]
        if "\n" in self.text[member.end : comma]:
            return [Edit(start=member.start, end=member.end), Edit(start=comma, end=comma + 1)]
        start, end = member.start, comma + 1
        if ends_line(self.text, end):
            while self.text[start - 1] in BLANKS:
                start -= 1
        else:
            end += len(self.text) - end - len(self.text[end:].lstrip(BLANKS))
        return [Edit(start=start, end=end)]

    def without_its_comments(self, number: int) -> list[Edit]:
        """Take a member out and leave its comments where they are."""
        if not self._is_alone(number):
            return self.without(number)
        member, after = self.members[number], self._after(number)
        return [Edit(start=member.start, end=after), *self._loose_comma(self._comma(number), after)]

    def put_before(self, number: int, member: Written, line_feed: str) -> list[Edit]:
        """Put a member before another: on a line of its own where that one has a line of its own."""
        start = self.members[number].start
        if not starts_line(self.text, start):
            return [insertion(start, f"{member.raw}, ")]
        indent = self.text[line_start(self.text, start) : start]
        line = f"{member.above}{indent}{member.raw},{member.remark}{line_feed}"
        return [insertion(self._above(number), line)]

    def put_last(self, members: Sequence[Written], line_feed: str, *, is_inline: bool = False) -> list[Edit]:
        """Put members at the end, on lines of their own.

        Args:
            members: Which.
            line_feed: The file's.
            is_inline: Behind the last one on its line, where the whole list stands on one.
        """
        closing = self.array.end - 1
        last = self.members[-1] if self.members else None
        edits = []
        if last is not None and self._comma(len(self.members) - 1) is None:
            edits.append(insertion(last.end, ","))
        if is_inline and last is not None and "\n" not in self.text[self.array.value : closing]:
            return [*edits, insertion(closing, " " + ", ".join(member.raw for member in members))]
        has_own_line = line_start(self.text, closing) > self.array.value and starts_line(self.text, closing)
        lines = "".join(f"{member.above}{self._indent()}{member.raw},{member.remark}{line_feed}" for member in members)
        if has_own_line:
            return [*edits, insertion(line_start(self.text, closing), lines)]
        return [*edits, insertion(closing, line_feed + lines)]

    def _indent(self) -> str:
        """Give the blanks before the last member that has a line of its own."""
        for member in reversed(self.members):
            if starts_line(self.text, member.start):
                return self.text[line_start(self.text, member.start) : member.start]
        return _INDENT

    def _comma(self, number: int) -> int | None:
        """Give the offset of the comma after a member."""
        gap = _GAP.match(self.text, self.members[number].end)
        end = gap.end() if gap else self.members[number].end
        return end if self.text[end] == "," else None

    def _after(self, number: int) -> int:
        """Give the offset after a member and, where it follows on the line, its comma."""
        member, comma = self.members[number], self._comma(number)
        return member.end if comma is None or "\n" in self.text[member.end : comma] else comma + 1

    def _is_alone(self, number: int) -> bool:
        """Tell whether a member shares its line with its comma and its comment only."""
        return starts_line(self.text, self.members[number].start) and ends_line(self.text, self._after(number))

    def _above(self, number: int) -> int:
        """Give the offset at which a member begins with the lines of comment right above it."""
        start = line_start(self.text, self.members[number].start)
        while start > self.array.value:
            before = line_start(self.text, start - 1)
            if before <= self.array.value or not _COMMENT.fullmatch(self.text, before, start):
                break
            start = before
        return start

    def _loose_comma(self, comma: int | None, after: int) -> list[Edit]:
        return [] if comma is None or comma < after else [Edit(start=comma, end=comma + 1)]
