"""Reads iCalendar (RFC 5545) files and feeds: events, one by one, also of series.

Broken entries are the rule here: each is named by its UID, and the rest is read. Choices that are stated once, here: a
time without a zone, or with a zone nobody knows, is one of the source's zone, with a warning; a series in UTC stays at
its UTC clock time over the change to summer time; the end of an all-day event is given inclusively; private events,
attendees and alarms are not read.
"""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any, Final

import icalendar

from newsletter.collect import markup
from newsletter.collect.dates import settle
from newsletter.collect.kinds.calendar import series
from newsletter.collect.kinds.calendar.entries import Group, decode, identity_of, read_groups, sequence_of
from newsletter.collect.limits import MAXIMUM_EVENT_DAYS, MAXIMUM_TEXT_CHARACTERS
from newsletter.collect.maker import Draft, Maker, Words
from newsletter.domain.content import Event, EventStatus, Harvest, Language, Snapshot, Source
from newsletter.domain.period import day_of, first_moment
from newsletter.errors import SourceError

_LANGUAGES: Final = {"fi", "sv", "en"}
_TIMES: Final = {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}
_STATUS: Final = {"TENTATIVE": EventStatus.TENTATIVE, "CANCELLED": EventStatus.CANCELLED}
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_LONGEST_DURATION = timedelta(days=100 * MAXIMUM_EVENT_DAYS)
_WORDS: Final = Words(no_title="The entry was left out: it has no title (SUMMARY).")
_TAGS = re.compile(r"</?[a-zA-Z][^<>]*>")


class _UnusableError(ValueError):
    """An entry cannot be used; the message says why."""


def parse(snapshot: Snapshot, source: Source) -> Harvest:
    """Make events of a calendar's entries.

    Raises:
        SourceError: This is no calendar.
    """
    maker = Maker(snapshot, source, _WORDS)
    reader = _Reader(snapshot, source, maker)
    around = day_of(snapshot.fetched_at, source.zone)
    groups = read_groups(_text_of(snapshot, source), maker.problems, around=around)
    maker.is_of_its_time = maker.problems.is_cut
    return maker.harvest(event for group in groups for event in reader.events(group))


def _text_of(snapshot: Snapshot, source: Source) -> str:
    """Decode a calendar and refuse what is none."""
    try:
        text = decode(snapshot.body)
    except UnicodeDecodeError as cause:
        raise SourceError(f"Source {source.id!r} is no text.", hint="Export the calendar again, as .ics.") from cause
    if "BEGIN:VCALENDAR" not in text.upper():
        came = "a web page (HTML)" if re.match(r"\s*<(?:!doctype|html)", text, re.IGNORECASE) else "something else"
        raise SourceError(
            f"Source {source.id!r} gave {came} instead of a calendar.",
            hint="Open its address in a browser: has it moved, or does it ask for a login?",
        )
    return text


class _Reader:
    """Makes events of one calendar's entries."""

    def __init__(self, snapshot: Snapshot, source: Source, maker: Maker) -> None:
        self._fetched_at = snapshot.fetched_at
        self._source = source
        self._maker = maker
        self._problems = maker.problems

    def events(self, group: Group) -> list[Event]:
        """Make the events of one UID, or report why there are none."""
        try:
            return self._read(group)
        except _UnusableError as fault:
            self._problems.fail(f"The entry was left out: {fault}.", item=group.identity)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError) as fault:
            kind = type(fault).__name__
            self._problems.fail(f"The entry was left out: its series cannot be read ({kind}).", item=group.identity)
        return []

    def _read(self, group: Group) -> list[Event]:
        """Make the events of one UID."""
        if any(_is_private(event) for event in group.events):
            self._problems.note("A private entry was left out.", item=group.identity)
            return []
        for event in group.events:
            self._check(event, group.identity)
        if not any(series.is_recurring(event) or "RECURRENCE-ID" in event for event in group.events):
            only = self._event(group.events[0], group.identity)
            return [only] if only else []
        occurrences, is_cut = series.expand(group.events, fetched_at=self._fetched_at, zone=self._source.zone)
        if is_cut:
            self._maker.is_of_its_time = True
            self._problems.note("Of this series only the occurrences around today were taken.", item=group.identity)
        made: dict[str, Event] = {}
        for occurrence in occurrences:
            identity = f"{group.identity} {self._recurrence(occurrence, 'RECURRENCE-ID')}"
            if identity in made:
                # RANGE=THISANDFUTURE gives all that follow the id of the first one.
                identity = f"{group.identity} {self._recurrence(occurrence, 'DTSTART')}"
            if (one := self._event(occurrence, identity)) is None:
                return []
            made[identity] = one
        return list(made.values())

    def _check(self, event: icalendar.Event, identity: str) -> None:
        """Refuse an entry whose times or rules are broken, before anything is expanded."""
        if broken := [name for name, _ in event.errors if name in _TIMES]:
            raise _UnusableError(f"its {', '.join(broken)} cannot be read")
        if event.errors:
            self._problems.warn("A line of the entry cannot be read and was left out.", item=identity)
        start, *_ = [self._moment(event, name) for name in ("DTSTART", "DTEND", "RECURRENCE-ID")]
        if start is None:
            raise _UnusableError("it has no start (DTSTART)")
        duration = _value(event, "DURATION")
        if isinstance(duration, timedelta) and abs(duration) > _LONGEST_DURATION:
            raise _UnusableError("its DURATION is no sensible length")
        if reason := series.refusal(event):
            raise _UnusableError(reason)

    def _moment(self, event: icalendar.Event, name: str) -> date | datetime | None:
        """Read a time of an entry: a day, or a moment on the clock of the source's zone."""
        value = _value(event, name)
        if value is None:
            return None
        if not isinstance(value, date) or not _FIRST_YEAR <= value.year <= _LAST_YEAR:
            raise _UnusableError(f"its {name} is no sensible date")
        if not isinstance(value, datetime):
            return value
        if value.tzinfo is None:
            self._maker.assume_zone(identity_of(event))
            value = value.replace(tzinfo=self._source.zone)
        return settle(value, self._source.zone)

    def _recurrence(self, event: icalendar.Event, name: str) -> str:
        when = self._moment(event, name)
        return when.astimezone(UTC).isoformat() if isinstance(when, datetime) else str(when)

    def _event(self, event: icalendar.Event, identity: str) -> Event | None:
        start = self._moment(event, "DTSTART")
        assert start is not None
        place, url = _where(event)
        return self._maker.event(
            Draft(
                title=_line(event, "SUMMARY"),
                identity=identity,
                start=start,
                end=self._end(event, start),
                status=_STATUS.get(_line(event, "STATUS").upper(), EventStatus.CONFIRMED),
                place=place,
                url=url,
                organiser=str(_parameters(event, "ORGANIZER").get("CN", "")),
                language=_language(event),
                summary=_line(event, "DESCRIPTION"),
                tags=map(str, event.categories),
                sequence=sequence_of(event) or 0,
            )
        )

    def _end(self, event: icalendar.Event, start: date | datetime) -> date | datetime | None:
        """Give the inclusive end; the end of days is exclusive in this format."""
        end = self._written_end(event, start)
        if end is None or end == start:
            return None
        if isinstance(start, datetime):
            return first_moment(end, self._source.zone)
        return end.date() if isinstance(end, datetime) else end - timedelta(days=1)

    def _written_end(self, event: icalendar.Event, start: date | datetime) -> date | datetime | None:
        """Give DTEND, or the start and DURATION together."""
        duration = _value(event, "DURATION")
        if not isinstance(duration, timedelta):
            return self._moment(event, "DTEND")
        if isinstance(start, datetime):
            return settle(start.astimezone(UTC) + duration, self._source.zone)
        return start + duration


def _where(event: icalendar.Event) -> tuple[str, str]:
    """Give place and web address; some programs write the address of a meeting as its place."""
    place, url = _line(event, "LOCATION"), _line(event, "URL")
    return ("", url or place) if place.startswith(("http://", "https://")) else (place, url)


def _language(event: icalendar.Event) -> Language | None:
    """Give the language the title names."""
    named = str(_parameters(event, "SUMMARY").get("LANGUAGE", "")).split("-")[0].lower()
    return Language(named) if named in _LANGUAGES else None


def _first(value: Any) -> Any:
    """Give a property, or the first of several."""
    return value[0] if isinstance(value, list) else value


def _value(event: icalendar.Event, name: str) -> Any:
    """Give the date, moment or duration of a property that may stand only once."""
    value = event.get(name)
    if isinstance(value, list):
        raise _UnusableError(f"it has {name} more than once")
    try:
        return None if value is None else value.dt
    except (ValueError, AttributeError) as cause:
        raise _UnusableError(f"its {name} cannot be read") from cause


def _parameters(event: icalendar.Event, name: str) -> Any:
    """Give what a property says beside its value."""
    return getattr(_first(event.get(name)), "params", {})


def _line(event: icalendar.Event, name: str) -> str:
    """Give a text property on one line, without the HTML that some programs put into it."""
    text = unescape(str(_first(event.get(name)) or ""))
    text = markup.text_of(text) if _TAGS.search(text) else text
    return markup.one_line(text, limit=MAXIMUM_TEXT_CHARACTERS)


def _is_private(event: icalendar.Event) -> bool:
    """Tell whether an entry is not for everybody."""
    return str(_first(event.get("CLASS")) or "").upper() in {"PRIVATE", "CONFIDENTIAL"}
