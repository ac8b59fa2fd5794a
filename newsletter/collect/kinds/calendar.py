"""Reads iCalendar (RFC 5545) files and feeds: events, one by one, also of series.

Broken entries are the rule here: each is named by its UID, and the rest is read. Choices that are stated once, here: a
time without a zone, or with a zone nobody knows, is one of the source's zone, with a warning; a series in UTC stays at
its UTC clock time over the change to summer time; the end of an all-day event is given inclusively; private events,
attendees and alarms are not read.
"""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any, Final

import icalendar

from newsletter.collect import markup
from newsletter.collect.dates import settle
from newsletter.collect.identity import canonical_url, key_for
from newsletter.collect.kinds import series
from newsletter.collect.kinds.entries import Group, decode, identity_of, read_groups
from newsletter.collect.limits import MAXIMUM_SUMMARY_CHARACTERS, MAXIMUM_TITLE_CHARACTERS
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import Event, EventStatus, Harvest, Language, Precision, Snapshot, Source
from newsletter.domain.period import first_moment
from newsletter.errors import SourceError

_LANGUAGES: Final = {"fi", "sv", "en"}
_TIMES: Final = {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}
_STATUS: Final = {"TENTATIVE": EventStatus.TENTATIVE, "CANCELLED": EventStatus.CANCELLED}
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_LONGEST_DAYS = 366
_PLACE_CHARACTERS = 200
_TAGS = re.compile(r"</?[a-zA-Z][^<>]*>")


class _UnusableError(ValueError):
    """An entry cannot be used; the message says why."""


def parse(snapshot: Snapshot, source: Source) -> Harvest:
    """Make events of a calendar's entries.

    Raises:
        SourceError: This is no calendar.
    """
    problems = ProblemLog(source.id)
    groups = read_groups(_text_of(snapshot, source), problems)
    reader = _Reader(snapshot, source, problems)
    events = [event for group in groups for event in reader.events(group)]
    reader.report_assumed_zones()
    return Harvest(source_id=source.id, events=tuple(events), problems=problems.found)


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

    def __init__(self, snapshot: Snapshot, source: Source, problems: ProblemLog) -> None:
        self._fetched_at = snapshot.fetched_at
        self._source = source
        self._problems = problems
        self._assumed: Counter[str] = Counter()

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

    def report_assumed_zones(self) -> None:
        """Tell once how many times were read as times of the source's zone."""
        if self._assumed:
            first = next(iter(self._assumed))
            self._problems.warn(
                f"{len(self._assumed)} entries have times without a known zone; they were read as times of"
                f" {self._source.zone.key}.",
                item=first,
                hint="Look at one of them: is the clock right?",
            )

    def _read(self, group: Group) -> list[Event]:
        """Make the events of one UID."""
        if any(_is_private(event) for event in group.events):
            self._problems.note("A private entry was left out.", item=group.identity)
            return []
        for event in group.events:
            self._check(event, group.identity)
        if not any(series.is_recurring(event) or "RECURRENCE-ID" in event for event in group.events):
            return [self._event(group.events[0], group.identity)]
        occurrences, is_cut = series.expand(group.events, fetched_at=self._fetched_at, zone=self._source.zone)
        if is_cut:
            self._problems.note("Of this series only the occurrences around today were taken.", item=group.identity)
        made: dict[str, Event] = {}
        for occurrence in occurrences:
            identity = f"{group.identity} {self._recurrence(occurrence, 'RECURRENCE-ID')}"
            if identity in made:
                # RANGE=THISANDFUTURE gives all that follow the id of the first one.
                identity = f"{group.identity} {self._recurrence(occurrence, 'DTSTART')}"
            made[identity] = self._event(occurrence, identity)
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
        if isinstance(duration, timedelta) and abs(duration) > timedelta(days=_LONGEST_DAYS * 100):
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
            self._assumed[identity_of(event)] += 1
            value = value.replace(tzinfo=self._source.zone)
        return settle(value, self._source.zone)

    def _recurrence(self, event: icalendar.Event, name: str) -> str:
        """Write which occurrence of its series this is."""
        when = self._moment(event, name)
        return when.astimezone(UTC).isoformat() if isinstance(when, datetime) else str(when)

    def _event(self, event: icalendar.Event, identity: str) -> Event:
        """Make one event."""
        title = _line(event, "SUMMARY")
        if not title:
            raise _UnusableError("it has no title (SUMMARY)")
        start = self._moment(event, "DTSTART")
        assert start is not None
        place, url = self._where(event, title)
        return Event(
            key=key_for(self._source.id, identity, title),
            source_id=self._source.id,
            identity=identity,
            title=title,
            start=start,
            end=self._end(event, start, title),
            precision=Precision.TIME if isinstance(start, datetime) else Precision.DAY,
            status=_STATUS.get(_line(event, "STATUS").upper(), EventStatus.CONFIRMED),
            place=place,
            url=url,
            organiser=_name(event),
            language=self._language(event),
            summary=_line(event, "DESCRIPTION", limit=MAXIMUM_SUMMARY_CHARACTERS),
            tags=tuple(dict.fromkeys(tag for category in event.categories if (tag := markup.one_line(str(category))))),
            segments=self._source.segments,
            topics=self._source.topics,
        )

    def _end(self, event: icalendar.Event, start: date | datetime, title: str) -> date | datetime | None:
        """Give the inclusive end, or None for one day and where the entry says no more than its start."""
        zone = self._source.zone
        end = self._written_end(event, start)
        if end is None:
            return None
        length = first_moment(end, zone) - first_moment(start, zone)
        if length < timedelta():
            self._problems.warn("The entry ends before it begins; its end was left out.", item=title)
            return None
        if length > timedelta(days=_LONGEST_DAYS):
            self._problems.warn(f"The entry lasts more than {_LONGEST_DAYS} days.", item=title)
        if isinstance(start, datetime):
            return first_moment(end, zone) if length else None
        last = end.date() if isinstance(end, datetime) else end - timedelta(days=1)
        return last if last > start else None

    def _written_end(self, event: icalendar.Event, start: date | datetime) -> date | datetime | None:
        """Give DTEND, or the start and DURATION together; the end of days is exclusive in this format."""
        duration = _value(event, "DURATION")
        if not isinstance(duration, timedelta):
            return self._moment(event, "DTEND")
        if isinstance(start, datetime):
            return settle(start.astimezone(UTC) + duration, self._source.zone)
        return start + duration

    def _where(self, event: icalendar.Event, title: str) -> tuple[str | None, str | None]:
        """Give place and web address; some programs write the address of a meeting as its place."""
        place, written = (
            _line(event, "LOCATION", limit=_PLACE_CHARACTERS),
            _line(event, "URL", limit=MAXIMUM_SUMMARY_CHARACTERS),
        )
        if place.startswith(("http://", "https://")):
            return None, canonical_url(written or place)
        url = canonical_url(written) if written else None
        if written and url is None:
            self._problems.warn("The entry's link is no public web address and was left out.", item=title)
        return place or None, url

    def _language(self, event: icalendar.Event) -> Language:
        """Give the language the title names, or the source's."""
        parameters = getattr(_first(event.get("SUMMARY")), "params", {})
        named = str(parameters.get("LANGUAGE", "")).split("-")[0].lower()
        return Language(named) if named in _LANGUAGES else self._source.language


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


def _line(event: icalendar.Event, name: str, *, limit: int = MAXIMUM_TITLE_CHARACTERS) -> str:
    """Give a text property on one line, without the HTML that some programs put into it."""
    text = unescape(str(_first(event.get(name)) or ""))
    return markup.one_line(markup.text_of(text) if _TAGS.search(text) else text, limit=limit)


def _is_private(event: icalendar.Event) -> bool:
    """Tell whether an entry is not for everybody."""
    return str(_first(event.get("CLASS")) or "").upper() in {"PRIVATE", "CONFIDENTIAL"}


def _name(event: icalendar.Event) -> str | None:
    """Give the organiser's name; a mail address is no name."""
    parameters = getattr(_first(event.get("ORGANIZER")), "params", {})
    name = markup.one_line(str(parameters.get("CN", "")))
    return name if name and "@" not in name else None
