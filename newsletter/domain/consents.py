"""On which grounds the people of a publication are written to, counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.domain.audience import Ground
from newsletter.domain.content import Language

OLD = timedelta(days=730)
"""A proof older than two years is counted apart: somebody should look whether it still holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGroup:
    """Active people whose latest proof has the same wording.

    Attributes:
        version: The number of the wording.
        language: In which they read it; None where nobody said.
        old: How many of the proofs are older than two years.
        unsigned: Of how many nobody noted who recorded it: an older version stored them.
        confirmed: How many confirmed by the link in a mail.
    """

    ground: Ground
    wording: str
    version: int
    language: Language | None
    people: int
    oldest: datetime
    newest: datetime
    old: int
    unsigned: int
    confirmed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentReport:
    """Why the active people may be written to, and of whom something is missing.

    Attributes:
        groups: By ground, the largest first in each.
        without_ground: Active people of whom no ground is recorded.
        pending: People who have not confirmed yet.
        overdue: Of those who asked on a form how many did so more than seven days ago: they are to be removed.
    """

    groups: tuple[ConsentGroup, ...]
    without_ground: int
    pending: int
    overdue: int

    @property
    def active(self) -> int:
        """Give how many people are active; some of them may be suppressed."""
        return self.without_ground + sum(group.people for group in self.groups)
