"""One change of issue.toml as data: command line, library and studio make the same four."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from newsletter.domain.content import ItemKey, SegmentId

Value = str | date | datetime
"""What can stand behind a key of issue.toml; a time is that on the wall in the publication's zone."""


class End(StrEnum):
    """An end of a segment's list."""

    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Put an item into the lists of some segments.

    Attributes:
        table: Its table as it is to be written, where the file has none.
        before: Before which item, by segment; at the end of the others' lists.
    """

    key: ItemKey
    segments: tuple[SegmentId, ...]
    table: str | None = None
    before: Mapping[SegmentId, ItemKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Take an item out of the lists of some segments; its table stays."""

    key: ItemKey
    segments: tuple[SegmentId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Put an item before another one, or at an end, in the lists of some segments."""

    key: ItemKey
    segments: tuple[SegmentId, ...]
    to: ItemKey | End


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWords:
    """Set what stands in a table.

    Attributes:
        table: ("item", KEY), ("item", KEY, "sv"), ("edition", "fi") or ("edition", "fi", SEGMENT).
        words: By key; None takes the key out.
        was: What stood there when the person decided, None for nothing; None for who did not look.
    """

    table: tuple[str, ...]
    words: Mapping[str, Value | None]
    was: Mapping[str, Value | None] | None = None


Step = Take | Drop | Move | SetWords


def said(step: Step) -> str:
    """Say in a few words what a step does."""
    if isinstance(step, SetWords):
        return f"set {', '.join(step.words)} of [{'.'.join(step.table)}]"
    segments = ", ".join(step.segments)
    match step:
        case Take():
            return f"take {step.key} for {segments}"
        case Drop():
            return f"drop {step.key} for {segments}"
        case Move(to=End()):
            return f"move {step.key} to be {step.to} for {segments}"
        case Move():
            return f"move {step.key} before {step.to} for {segments}"
