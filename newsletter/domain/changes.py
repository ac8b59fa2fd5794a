"""What became of an issue's events since they were picked, as far as their sources were looked at.

The door is `changes_of`. Pure; all is judged from the issue's day of sending and from what is known, never from today.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.domain.content import Answer, Event, EventStatus, ItemKey, SourceId, fingerprint
from newsletter.domain.issue import Issue, IssueItem, ItemKind
from newsletter.domain.period import ends_before, first_moment, midnight, moment_after
from newsletter.domain.told import Kept

_CALLED_OFF = (EventStatus.CANCELLED, EventStatus.POSTPONED)


class Change(StrEnum):
    """What became of an event."""

    MOVED = "moved"
    """Another time or place."""
    RENAMED = "renamed"
    CANCELLED = "cancelled"
    GONE = "gone"
    """Its source has it no more, though its day was still ahead."""
    PAST = "past"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventChange:
    """One thing that became of one event.

    Attributes:
        old: What the issue says; of one that is gone, the day its source last had it.
        new: What is known now; of one that is gone, the day it was missed.
    """

    key: ItemKey
    title: str
    change: Change
    old: str
    new: str
    since: datetime
    line: int | None = None

    def __str__(self) -> str:
        """Say it in one line."""
        return f"“{self.title}” [{self.key}] {self.change}: {self.old} -> {self.new}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The last look at a source.

    Attributes:
        looked_at: When it last answered; None for never.
        answer: What the last try brought; None when there was none.
    """

    source_id: SourceId
    looked_at: datetime | None
    answer: Answer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of an issue's events where they come from.

    Attributes:
        items: By key; one that the editor wrote is not among them.
    """

    now: datetime
    items: Mapping[ItemKey, Kept] = field(default_factory=dict)
    looks: tuple[Look, ...] = ()


def events_of(issue: Issue) -> tuple[IssueItem, ...]:
    """Give the events that somebody gets, in the order of the file."""
    unplaced = set(issue.unplaced)
    return tuple(item for item in issue.items.values() if item.kind is ItemKind.EVENT and item.key not in unplaced)


def changes_of(issue: Issue, items: Mapping[ItemKey, Kept], zone: ZoneInfo) -> tuple[EventChange, ...]:
    """Say what became of an issue's events; what the editor changed while nothing changed at its source is no news."""
    return tuple(
        change
        for event in events_of(issue)
        if event.key in items
        for change in _changes(event, items[event.key], issue.date, zone)
    )


def past_on(issue: Issue, now: datetime, zone: ZoneInfo) -> tuple[EventChange, ...]:
    """Give the events that are over before a day begins, though they were coming on the issue's planned one."""
    planned, today = midnight(issue.date, zone), midnight(now.astimezone(zone).date(), zone)
    return tuple(
        EventChange(
            key=event.key,
            title=event.title,
            change=Change.PAST,
            old=f"coming on {issue.date.isoformat()}",
            new=f"over by {today:%Y-%m-%d}",
            since=today,
            line=event.line,
        )
        for event in events_of(issue)
        if (last := event.end or event.start) is not None and planned < moment_after(last, zone) <= today
    )


def _changes(item: IssueItem, kept: Kept, sent: date, zone: ZoneInfo) -> Iterator[EventChange]:
    """Find what became of one event; one that will not be held is not moved as well."""
    event = kept.item
    if not isinstance(event, Event):
        return
    begins = first_moment(event.start, zone)
    if event.status in _CALLED_OFF:
        yield _change(item, Change.CANCELLED, str(EventStatus.CONFIRMED), str(event.status), kept.changed_at)
    elif (
        kept.missed_at is not None and kept.last_seen is not None and begins > max(kept.missed_at, midnight(sent, zone))
    ):
        seen, missed = (f"{when.astimezone(zone):%Y-%m-%d}" for when in (kept.last_seen, kept.missed_at))
        yield _change(item, Change.GONE, seen, missed, kept.missed_at)
    elif item.fingerprint not in (None, fingerprint(event)):
        end = event.end if event.end is not None and not ends_before(event.start, event.end, zone) else None
        said = _when_and_where((item.start, item.end), item.place, zone)
        known = _when_and_where((event.start, end), event.place, zone)
        if said != known:
            yield _change(item, Change.MOVED, said, known, kept.changed_at)
        if _one_line(item.title) != _one_line(event.title):
            yield _change(item, Change.RENAMED, item.title, event.title, kept.changed_at)


def _change(item: IssueItem, change: Change, old: str, new: str, since: datetime) -> EventChange:
    return EventChange(key=item.key, title=item.title, change=change, old=old, new=new, since=since, line=item.line)


def _when_and_where(times: Iterable[date | datetime | None], place: str | None, zone: ZoneInfo) -> str:
    """Write when and where an event is, so that two that are the same are written the same."""
    when = " – ".join(_written(time, zone) for time in times if time is not None)
    return ", ".join(part for part in (when, _one_line(place or "")) if part)


def _written(when: date | datetime, zone: ZoneInfo) -> str:
    return f"{when.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(when, datetime) else when.isoformat()


def _one_line(text: str) -> str:
    return " ".join(text.split())
