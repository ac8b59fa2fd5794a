"""Cuts an iCalendar file into entries and lets the library read those that are whole.

One entry without an end, or one that the library cannot stand, would cost a whole calendar; here it costs itself. The
door is `read_groups`: the entries of one UID together, ready to be made into events by `calendar`.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import icalendar
from icalendar.timezone import tzp

from newsletter.collect import markup
from newsletter.collect.limits import MAXIMUM_ITEMS
from newsletter.collect.problems import ProblemLog

_NO_ZONE = "A time zone of the calendar (VTIMEZONE) cannot be read and was left out."
_FOLD = re.compile(rb"\r?\n[ \t]")
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError)
_EMPTY_RULE = re.compile(r"RRULE(?:;[^:]*+)?:[\s;]*+\Z", re.IGNORECASE)
_DAY = re.compile(r"(DTSTART|DTEND)(?:;[^:]*+)?:(\d{8})", re.IGNORECASE)
_UID = re.compile(r"UID(?:;[^:]*)?:(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One VEVENT or VTIMEZONE as it stands in the file.

    Attributes:
        line: 1-based number of its BEGIN.
        lines: From BEGIN to END; entries inside it (alarms) are left out.
        is_whole: False when its END is missing.
    """

    line: int
    lines: tuple[str, ...]
    is_whole: bool

    @property
    def uid(self) -> str | None:
        """Give the UID as it is written."""
        return next((match[1].strip() for line in self.lines if (match := _UID.match(line))), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What belongs together under one UID.

    Attributes:
        identity: The UID, or something that stands for it.
        events: An event or the master of a series, and the changed occurrences of it.
    """

    identity: str
    events: tuple[icalendar.Event, ...]


def decode(body: bytes) -> str:
    """Decode a calendar; where lines were folded in the middle of a letter, unfold them first (RFC 5545 section 3.1).

    Raises:
        UnicodeDecodeError: This is no text.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = markup.decode(_FOLD.sub(b"", body))
    return markup.sound(text).replace("\r\n", "\n")


def read_groups(text: str, problems: ProblemLog, *, around: date, most: int = MAXIMUM_ITEMS) -> list[Group]:
    """Read the entries of a calendar, by UID in the order of the file, and report those that cannot be read.

    Of too many those nearest to a day are read, and what ended before it goes first.
    """
    entries = []
    for entry in _entries(text, "VEVENT"):
        if entry.is_whole:
            entries.append(entry)
        else:
            problems.fail("The entry has no end (END:VEVENT).", item=entry.uid, line=entry.line)
    if "END:VCALENDAR" not in text.upper():
        problems.is_cut = True
        if not problems.found:
            problems.cut("The calendar breaks off: it has no end (END:VCALENDAR).", hint="Export it again.")
    if len(entries) > most:
        told = f"Only {most} of {len(entries)} entries were read; what ended long ago was left out first."
        problems.cut(told)
        nearest = sorted(entries, key=lambda entry: _distance(entry, around))[:most]
        entries = sorted(nearest, key=lambda entry: entry.line)
    zones = []
    for zone in _entries(text, "VTIMEZONE"):
        if zone.is_whole and _is_harmless(zone):
            zones.append(zone)
        else:
            problems.warn(_NO_ZONE, line=zone.line)
    return _groups(_readable(zones, entries, problems), problems)


def _entries(text: str, name: str) -> Iterator[_Entry]:
    """Cut all entries of one kind out of a calendar. One that begins inside another shows that an END is missing."""
    begin, end = f"BEGIN:{name}", f"END:{name}"
    lines: list[str] = []
    inner: str | None = None
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        mark = line.strip().upper()
        if mark == begin:
            if lines:
                yield _Entry(line=start, lines=tuple(lines), is_whole=False)
            lines, start, inner = [line], number, None
        elif lines and mark == end:
            yield _Entry(line=start, lines=(*lines, line), is_whole=True)
            lines = []
        elif lines and name == "VEVENT" and inner is None and mark.startswith("BEGIN:"):
            inner = mark.removeprefix("BEGIN:")
        elif inner is not None:
            inner = None if mark == f"END:{inner}" else inner
        elif lines and not _EMPTY_RULE.match(mark):
            lines.append(line)
    if lines:
        yield _Entry(line=start, lines=tuple(lines), is_whole=False)


def _distance(entry: _Entry, around: date) -> tuple[bool, int]:
    """Say whether an entry is over on a day, and how many days it is from it; a series may come at any time."""
    written = {match[1].upper(): match[2] for line in entry.lines if (match := _DAY.match(line))}
    day = written.get("DTEND") or written.get("DTSTART")
    if day is None or any(line.upper().startswith(("RRULE", "RDATE")) for line in entry.lines):
        return False, 0
    try:
        days = (datetime.strptime(day, "%Y%m%d").date() - around).days  # noqa: DTZ007 - a day
    except ValueError:
        return False, 0
    return days < 0, abs(days)


def _is_harmless(zone: _Entry) -> bool:
    """Tell whether a zone's rules come once a year, as zones' do; a rule for every second would never end."""
    rules = [line.upper() for line in zone.lines if line.upper().startswith("RRULE")]
    return all("FREQ=YEARLY" in rule and "INTERVAL" not in rule for rule in rules)


def _readable(zones: list[_Entry], entries: list[_Entry], problems: ProblemLog) -> list[icalendar.Event]:
    """Read the entries together, or one by one where one of them, or a zone, would cost all."""
    try:
        return _components(zones, entries)
    except _UNREADABLE:
        pass
    sound: list[_Entry] = []
    for zone in zones:
        try:
            _components([zone], [])
            sound.append(zone)
        except _UNREADABLE:
            problems.warn(_NO_ZONE, line=zone.line)
    components: list[icalendar.Event] = []
    for entry in entries:
        try:
            components += _components(sound, [entry])
        except _UNREADABLE as fault:
            kind = type(fault).__name__
            problems.fail(f"The entry was left out: it cannot be read ({kind}).", item=entry.uid, line=entry.line)
    return components


def _components(zones: list[_Entry], entries: list[_Entry]) -> list[icalendar.Event]:
    # The library remembers zones of earlier calendars; the same calendar must always mean the same.
    tzp.use_zoneinfo()
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:newsletter"]
    lines += [line for entry in (*zones, *entries) for line in entry.lines]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", icalendar.error.GloballyUniqueTZIDGuessed)
        whole = icalendar.Calendar.from_ical("\r\n".join([*lines, "END:VCALENDAR", ""]))
    return [component for component in whole.walk("VEVENT") if isinstance(component, icalendar.Event)]


def _groups(components: list[icalendar.Event], problems: ProblemLog) -> list[Group]:
    """Put changed occurrences to their series. Different events that share a UID stay different, with a warning."""
    by_uid: dict[str, list[icalendar.Event]] = {}
    for component in components:
        by_uid.setdefault(identity_of(component), []).append(component)
    groups: list[Group] = []
    for uid, entries in by_uid.items():
        events = _newest(entries)
        if len(events) < len(entries):
            problems.note("An older revision (SEQUENCE) of the entry was left out.", item=uid)
        masters = {_signature(event): event for event in events if "RECURRENCE-ID" not in event}
        changed = [event for event in events if "RECURRENCE-ID" in event]
        if len(events) - len(changed) > 1:
            problems.warn("Several entries share this UID; each different one was taken.", item=uid)
        first, others = list(masters.values())[:1], list(masters.values())[1:]
        groups.append(Group(identity=uid, events=(*first, *changed)))
        groups += [Group(identity=f"{uid} {_signature(event)}", events=(event,)) for event in others]
    return groups


def _newest(entries: list[icalendar.Event]) -> list[icalendar.Event]:
    """Give the entries of one UID without those that a higher revision of the same occurrence replaces (RFC 5545)."""
    newest: dict[str, int] = {}
    for entry in entries:
        occurrence = _written(entry.get("RECURRENCE-ID"))
        newest[occurrence] = max(newest.get(occurrence, 0), sequence_of(entry) or 0)
    return [entry for entry in entries if sequence_of(entry) in (None, newest[_written(entry.get("RECURRENCE-ID"))])]


def identity_of(event: icalendar.Event) -> str:
    """Give the UID, or start and title of an entry that has none."""
    return markup.one_line(str(event.get("UID", ""))) or _signature(event)


def _signature(event: icalendar.Event) -> str:
    """Give what tells two entries under one UID apart: start and title as they are written."""
    return markup.one_line(" ".join(_written(event.get(name)) for name in ("DTSTART", "SUMMARY")))


def _written(value: Any) -> str:
    """Give a property as it stands in the file; of several the first."""
    value = value[0] if isinstance(value, list) else value
    return value.to_ical().decode() if value is not None else ""


def sequence_of(event: icalendar.Event) -> int | None:
    """Give the number of an entry's revision; one that says none is the first, one that cannot be read is None."""
    try:
        return max(int(event.get("SEQUENCE", 0)), 0)
    except (TypeError, ValueError):
        return None
