"""Who did what: one line for each command that changed people, keys or sendings, or took people out of the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.domain.audience import AddressHash

KEPT_FOR = timedelta(days=730)
"""Older lines are removed as new ones are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One line of the trail; no address stands in it.

    Attributes:
        by: NEWSLETTER_BY, or the name the machine knows.
        command: With the names of its options, and none of their values: `subscriber edit --name`.
        what: The issue, segment or file it was about; or empty.
        whom: The keyed hash of the address it was about, or None.
        people: How many people it changed, took out or was about, where that was counted.
        code: With which exit code it ended.
    """

    at: datetime
    by: str
    command: str
    what: str = ""
    whom: AddressHash | None = None
    people: int | None = None
    code: int = 0
