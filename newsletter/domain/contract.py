"""What a source owes us: to be heard of as often as it should be. Pure; the doors are `silence` and `breach`."""

from collections.abc import Iterable
from datetime import date, datetime
from itertools import pairwise

from newsletter.domain.content import Problem, ProblemGrade, Source, SourceId

_DAYS_REMEMBERED = 12
"""Days on which it spoke, from which its longest pause is known."""
_DAYS_LEAST = 4
"""Fewer tell nothing."""
_PATIENCE_DAYS = 14
"""What speaks every day may have a holiday."""


def breach(source_id: SourceId, message: str, *, hint: str | None = None) -> Problem:
    """Make the problem of a source that is not any more what it was."""
    grade = ProblemGrade.WARNING
    return Problem(source_id=source_id, grade=grade, message=message, hint=hint, breaks_contract=True)


def silence(source: Source, spoke: Iterable[datetime], *, looked_at: datetime) -> Problem | None:
    """Say that a source has been silent for longer than it should be, as seen from the last look at it.

    What stands on this machine is written by a person, who knows; it is judged only by `speaks_every`.

    Args:
        source: With what it says of itself.
        spoke: Moments at which something of it appeared, in any order.
        looked_at: Aware moment.
    """
    today = looked_at.astimezone(source.zone).date()
    days = sorted({when.astimezone(source.zone).date() for when in spoke}, reverse=True)
    days = [day for day in days if day <= today][:_DAYS_REMEMBERED]
    if not days:
        return None
    silent, told = (today - days[0]).days, _expected(source, days)
    if told is None or silent <= told[0]:
        return None
    return breach(
        source.id,
        f"It has said nothing new since {days[0]}, for {silent} days; {told[1]}.",
        hint="Look at it: is it still kept? `speaks_every` below it says within how many days it should speak.",
    )


def _expected(source: Source, days: list[date]) -> tuple[int, str] | None:
    """Give how many days a source may be silent, and why; None where nobody knows."""
    if source.speaks_every is not None:
        return source.speaks_every, f"it should speak every {source.speaks_every} days"
    if len(days) < _DAYS_LEAST or not source.is_remote:
        return None
    longest = max((later - earlier).days for later, earlier in pairwise(days))
    return max(2 * longest, _PATIENCE_DAYS), f"its longest pause before was {longest} days"
