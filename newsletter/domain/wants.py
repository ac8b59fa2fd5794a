"""What a reader wants: which topics, how often, and when not. An issue that is skipped is not made up for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from newsletter.domain.content import TopicId


class Cadence(StrEnum):
    """How often a reader wants the newsletter."""

    EVERY = "every"
    THIRD = "third"


TURN = 3
"""Every so many issues one with `Cadence.THIRD`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wants:
    """What a reader wants.

    Attributes:
        topics: Of the publication, sorted; none means all. They are kept, and no edition is made by them yet.
        cadence: How often. A third is counted from when it was said: the next issue, then every third one after it.
        paused_until: Aware moment at which mail comes again: a midnight of the publication's zone.
        since: When this was last said; None where nobody ever said anything.
    """

    topics: tuple[TopicId, ...] = ()
    cadence: Cadence = Cadence.EVERY
    paused_until: datetime | None = None
    since: datetime | None = field(default=None, compare=False)

    def is_paused(self, now: datetime) -> bool:
        """Tell whether nothing is wanted at an aware moment."""
        return self.paused_until is not None and now < self.paused_until


@dataclass(frozen=True, slots=True, kw_only=True)
class WantsEdit:
    """What is to change of what a reader wants; None leaves it.

    Attributes:
        topics: Their ids, or their names in any language; none of them means all.
        cadence: How often.
        paused_until: Aware moment at which mail comes again.
        is_back: Ends a pause.
    """

    topics: tuple[str, ...] | None = None
    cadence: Cadence | None = None
    paused_until: datetime | None = None
    is_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WantsChange:
    """One line of the record of what a reader wanted: what was wanted from then on.

    Attributes:
        source: How it was said: `edited by hand`, `import people.csv`, `preferences page`.
    """

    wants: Wants
    at: datetime
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How many readers want less than every issue."""

    paused: int = 0
    every_third: int = 0

    @property
    def is_any(self) -> bool:
        """Tell whether anybody does."""
        return bool(self.paused or self.every_third)

    def __str__(self) -> str:
        """Say it in a sentence's part."""
        return f"{self.paused} paused, {self.every_third} on every third issue"


def turns(counted: Sequence[int], numbers: Sequence[int]) -> tuple[int, ...]:
    """Give the numbers from which a reader who wants every third issue is due for the next one.

    A reader remembers the number of the last sending that had begun when the wish was said, or 0.

    Args:
        counted: Of the sendings that count as an issue, ascending.
        numbers: All that a reader may remember, 0 among them.
    """
    return tuple(number for number in numbers if sum(one > number for one in counted) % TURN == 0)
