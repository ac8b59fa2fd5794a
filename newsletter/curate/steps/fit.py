"""Make edits again on a text that somebody has changed since, where they still fit.

Doors: `hunks_of`, `reversed_hunks`, `made` and `fitted`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from newsletter.curate.steps.edits import Edit, in_order, line_start

_AROUND_LINES = 2
_TELLING = 3
"""Letters and digits that a line has to hold for a place to be known by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """One replaced piece of a text.

    Attributes:
        start: Of the piece, in the old text.
        old: The piece.
        new: What stands there instead.
        left: What stands before it on its line and the lines above, and stays.
        right: Likewise behind it.
    """

    start: int
    old: str
    new: str
    left: str
    right: str


def hunks_of(text: str, edits: Iterable[Edit]) -> tuple[Hunk, ...]:
    """Give edits of a text with what stands around each."""
    ordered = in_order(edits)
    starts = [edit.end for edit in ordered]
    ends = [edit.start for edit in ordered]
    return tuple(
        Hunk(
            start=edit.start,
            old=text[edit.start : edit.end],
            new=edit.text,
            left=text[_above(text, edit.start, max([0, *starts[:number]])) : edit.start],
            right=text[edit.end : _below(text, edit.end, min([len(text), *ends[number + 1 :]]))],
        )
        for number, edit in enumerate(ordered)
    )


def reversed_hunks(hunks: Sequence[Hunk]) -> tuple[Hunk, ...]:
    """Give the hunks that take others back."""
    shift, back = 0, []
    for hunk in hunks:
        back.append(Hunk(start=hunk.start + shift, old=hunk.new, new=hunk.old, left=hunk.left, right=hunk.right))
        shift += len(hunk.new) - len(hunk.old)
    return tuple(back)


def made(hunks: Sequence[Hunk]) -> tuple[Edit, ...]:
    """Give the edits of hunks on the very text that they are of."""
    return tuple(Edit(start=hunk.start, end=hunk.start + len(hunk.old), text=hunk.new) for hunk in hunks)


def fitted(text: str, hunks: Sequence[Hunk]) -> tuple[Edit, ...] | None:
    """Give the edits of hunks on a text that was changed since; None where one of them has no place of its own."""
    edits = []
    for hunk in hunks:
        start = next(_places(text, hunk), None)
        if start is None:
            return None
        edits.append(Edit(start=start, end=start + len(hunk.old), text=hunk.new))
    ordered = in_order(edits)
    is_apart = all(one.end <= other.start for one, other in pairwise(ordered))
    return tuple(edits) if is_apart else None


def _places(text: str, hunk: Hunk) -> Iterator[int]:
    """Give the one place of a hunk, by as much around it as is still there: both sides first, then one line of one."""
    left = hunk.left[line_start(hunk.left, max(0, len(hunk.left) - 1)) :]
    right = hunk.right[: hunk.right.find("\n") + 1 or len(hunk.right)]
    for before, after in ((hunk.left, hunk.right), (left, right), (left, ""), ("", right)):
        around = before + hunk.old + after
        if sum(map(str.isalnum, around)) >= _TELLING and text.count(around) == 1:
            yield text.index(around) + len(before)


def _above(text: str, offset: int, least: int) -> int:
    """Give the offset some lines above a character, but not before another edit."""
    start = line_start(text, offset)
    for _ in range(_AROUND_LINES):
        start = line_start(text, max(0, start - 1))
    return max(start, least)


def _below(text: str, offset: int, most: int) -> int:
    """Give the offset some lines below a character, but not behind another edit."""
    end = offset
    for _ in range(_AROUND_LINES + 1):
        end = text.find("\n", end) + 1 or len(text)
    return min(end, most)
