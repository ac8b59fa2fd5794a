"""Periods and moments: which month an item belongs to, and when something that has only a date begins and ends.

All day-to-instant conversions of the house are here, so that one rule decides what "in November" means: the
publication's own zone.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.errors import UsageError

LABEL_FORMS = "2017-11 (a month), 2017-W46 (an ISO week) or 2017-Q4 (a quarter)"
"""How a period label may look, for messages."""

_MONTH = re.compile(r"(\d{4})-(\d{2})\Z")
_WEEK = re.compile(r"(\d{4})-W(\d{2})\Z")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])\Z")
_SPECIAL = re.compile(r"(\d{4}-(?:\d{2}|W\d{2}|Q[1-4]))-([a-z][a-z0-9-]*)\Z")
"""A special issue beside the period's own: `2017-11-kutsu`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The half-open stretch of time [start, end) that an issue is about.

    Attributes:
        label: `2017-11`, `2017-W46` or `2017-Q4`; of a special issue with a word, `2017-11-kutsu`.
        word: Of a special issue; None for the period's own.
    """

    label: str
    start: datetime
    end: datetime
    word: str | None = None

    @property
    def base(self) -> str:
        """Give the label without the word of a special issue."""
        return self.label.removesuffix(f"-{self.word}") if self.word else self.label

    def __contains__(self, moment: datetime) -> bool:
        """Tell whether an aware moment falls into the period."""
        return self.start <= moment < self.end


def parse_period(label: str, zone: ZoneInfo) -> Period:
    """Turn a label into its period.

    Raises:
        UsageError: The label is none of the three forms, or names a month or week that does not exist.
    """
    base, word = label, None
    if special := _SPECIAL.match(label):
        base, word = special[1], special[2]
    bounds = _bounds(base)
    if bounds is None:
        raise UsageError(f"{label!r} is no period.", hint=f"Write {LABEL_FORMS}.")
    first, after_last = bounds
    return Period(label=label, start=midnight(first, zone), end=midnight(after_last, zone), word=word)


def is_special(label: str) -> bool:
    """Tell whether a label is of an issue beside those that follow one another."""
    return _SPECIAL.match(label) is not None


def label_after(period: Period) -> str:
    """Give the label of the next period of the same kind."""
    first = period.end.date()
    if _WEEK.match(period.base):
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02}"
    return f"{first.year}-Q{(first.month + 2) // 3}" if _QUARTER.match(period.base) else f"{first:%Y-%m}"


def _bounds(label: str) -> tuple[date, date] | None:
    """Give the first day and the day after the last, or None."""
    try:
        if match := _MONTH.match(label):
            year, month = int(match[1]), int(match[2])
            return date(year, month, 1), _month_after(year, month)
        if match := _WEEK.match(label):
            monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
            return monday, monday + timedelta(days=7)
        if match := _QUARTER.match(label):
            year, last_month = int(match[1]), int(match[2]) * 3
            return date(year, last_month - 2, 1), _month_after(year, last_month)
    except ValueError:
        return None
    return None


def _month_after(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Give the aware moment at which a day begins in a zone."""
    return datetime.combine(day, time(), tzinfo=zone)


def day_of(when: date | datetime, zone: ZoneInfo) -> date:
    """Give the calendar day of a date or an aware moment in a zone (31.10. 22:30 UTC is 1.11. in Helsinki)."""
    return when.astimezone(zone).date() if isinstance(when, datetime) else when


def first_moment(when: date | datetime, zone: ZoneInfo) -> datetime:
    """Give the moment something begins: itself, or midnight of a bare date."""
    return when if isinstance(when, datetime) else midnight(when, zone)


def moment_after(when: date | datetime, zone: ZoneInfo) -> datetime:
    """Give the first moment at which an inclusive end is over: itself, or midnight after a bare date."""
    return when if isinstance(when, datetime) else midnight(when + timedelta(days=1), zone)


def ends_before(start: date | datetime, end: date | datetime, zone: ZoneInfo) -> bool:
    """Tell whether an inclusive end lies before the start, so that neither can be believed."""
    begins = first_moment(start, zone)
    return end < begins if isinstance(end, datetime) else moment_after(end, zone) <= begins
