"""Expands recurring events of a calendar, within bounds that no rule can break.

recurring-ical-events and dateutil know the rules of RFC 5545; this module decides which rules are let in, because some
never end (INTERVAL=0), explode (BYSECOND), or search to the year 9999 for a day that does not exist (30 February), and
how much of an endless series is shown. Its doors are `refusal` and `expand`.
"""

import calendar
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from math import prod
from typing import Any, Final
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from newsletter.collect.limits import MAXIMUM_OCCURRENCES, SERIES_WINDOW_DAYS
from newsletter.domain.period import first_moment

_FREQUENCIES: Final = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_LARGEST_INTERVAL = 1000
_MOST_TIMES_A_DAY = 24
_LEAP_YEAR = 2000


def is_recurring(event: icalendar.Event) -> bool:
    """Tell whether an event stands for more than one occurrence."""
    return "RRULE" in event or "RDATE" in event


def refusal(event: icalendar.Event) -> str | None:
    """Say why an event's rule is not let in, or give None.

    EXRULE went out of use with RFC 5545 (2009); read without it, a series would show what it cancels.
    """
    if "EXRULE" in event:
        return "it uses EXRULE, which is not read"
    for rule in _rules(event):
        if reason := _fault(rule):
            return reason
    return None


def _rules(event: icalendar.Event) -> list[Any]:
    rules = event.get("RRULE", [])
    return rules if isinstance(rules, list) else [rules]


def _fault(rule: Any) -> str | None:
    """Name what makes a rule endless, explosive or empty."""
    frequency = str(rule.get("FREQ", ["none"])[0]).upper()
    if frequency not in _FREQUENCIES:
        return f"it repeats {frequency}; only DAILY, WEEKLY, MONTHLY and YEARLY are read"
    if not 1 <= rule.get("INTERVAL", [1])[0] <= _LARGEST_INTERVAL:
        return f"its INTERVAL is not between 1 and {_LARGEST_INTERVAL}"
    if prod(len(rule.get(part, [0])) for part in ("BYHOUR", "BYMINUTE", "BYSECOND")) > _MOST_TIMES_A_DAY:
        return f"it repeats more than {_MOST_TIMES_A_DAY} times a day"
    if frequency != "YEARLY" and ("BYYEARDAY" in rule or "BYWEEKNO" in rule):
        return f"BYYEARDAY and BYWEEKNO do not go with {frequency}"
    if (
        frequency in {"DAILY", "WEEKLY"}
        and "BYSETPOS" in rule
        and max(map(abs, rule["BYSETPOS"])) > len(rule.get("BYDAY", [0]))
    ):
        return "its BYSETPOS is outside the days it counts"
    return None if _has_a_day(rule) else "no month has the day it names"


def _has_a_day(rule: Any) -> bool:
    """Tell whether any of the months of a rule has any of its days."""
    days = rule.get("BYMONTHDAY", [1])
    return any(
        1 <= abs(day) <= calendar.monthrange(_LEAP_YEAR, int(month))[1]
        for month in rule.get("BYMONTH", [1])
        for day in days
    )


def expand(
    events: Sequence[icalendar.Event], *, fetched_at: datetime, zone: ZoneInfo
) -> tuple[list[icalendar.Event], bool]:
    """Give the occurrences of one series by their start, and whether there are more than were given.

    A series with an end (COUNT, UNTIL, or only RDATE) is given whole. An endless one, or one of more than 200
    occurrences, is given from 400 days before the fetch to 400 days after it, and of more than 200 in that time the
    200 nearest to the fetch. Changed occurrences (RECURRENCE-ID) replace what the rule says; EXDATE removes.

    Args:
        events: All components of one UID.
        fetched_at: Aware moment around which an endless series is shown.
        zone: Of days, and of times that carry no zone.

    Raises:
        ValueError, TypeError, KeyError, OverflowError, AttributeError: The library cannot make sense of the series.
    """
    whole = icalendar.Calendar()
    for event in events:
        whole.add_component(event)
    query = recurring_ical_events.of(whole)
    if all("COUNT" in rule or "UNTIL" in rule for event in events for rule in _rules(event)):
        start = min(_start(event, zone) for event in events) - timedelta(days=2)
        occurrences = list(islice(query.after(start), MAXIMUM_OCCURRENCES + 1))
        if len(occurrences) <= MAXIMUM_OCCURRENCES:
            return occurrences, False
    around = fetched_at.astimezone(zone)
    window = timedelta(days=SERIES_WINDOW_DAYS)
    found = query.between(around - window, around + window)
    nearest = sorted(found, key=lambda event: abs(_start(event, zone) - around))[:MAXIMUM_OCCURRENCES]
    return _by_start(nearest, zone), True


def _by_start(events: Iterable[icalendar.Event], zone: ZoneInfo) -> list[icalendar.Event]:
    """Sort by start; a day begins at midnight."""
    return sorted(events, key=lambda event: _start(event, zone))


def _start(event: icalendar.Event, zone: ZoneInfo) -> datetime:
    begins: Any = event["DTSTART"]
    moment = first_moment(begins.dt, zone)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
