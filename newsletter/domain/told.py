"""What readers were told, and what is known of where an item comes from: the memory between two issues."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from newsletter.domain.content import Event, Item, ItemKey, SegmentId
from newsletter.domain.issue import IssueItem, IssueLabel
from newsletter.domain.period import first_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What readers were told of an item: what one who kept the mail still goes by."""

    title: str
    start: date | datetime | None = None
    end: date | datetime | None = None
    place: str | None = None


def version_of(item: IssueItem) -> Version:
    """Give what an issue tells of an item."""
    return Version(title=item.title, start=item.start, end=item.end, place=item.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentItem:
    """What readers have had of an item; rehearsals do not count.

    Attributes:
        label: The latest issue that carried it.
        fingerprint: Of the item as it was picked then; None for one the editor wrote.
        version: What that issue told; None where an older program sent it.
        segments: Whose editions carried it, in any issue; none where that is not known.
    """

    label: IssueLabel
    fingerprint: str | None
    version: Version | None = None
    segments: frozenset[SegmentId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An item with what is known of it where it comes from.

    Attributes:
        changed_at: When its words last changed.
        last_seen: None while its source has it; else the last time its source is known to have had it.
        missed_at: None likewise; else when a complete answer first came without it.
        records: What it was made of, the first seen first, where several records are one; none for a single one.
    """

    item: Item
    first_seen: datetime
    changed_at: datetime
    last_seen: datetime | None = None
    missed_at: datetime | None = None
    records: tuple[Item, ...] = ()

    def is_gone(self, zone: ZoneInfo) -> bool:
        """Tell whether this is an event that its source has no more, though its day was still ahead then."""
        if self.missed_at is None or not isinstance(self.item, Event):
            return False
        return first_moment(self.item.start, zone) > self.missed_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What an issue has to know of the issues before it.

    Attributes:
        offered_until: Until when what was collected had been offered to the editor of the last one sent; None before
            any was sent.
    """

    sent: Mapping[ItemKey, SentItem] = field(default_factory=dict)
    offered_until: datetime | None = None

    def knowing(self, kept: Iterable[Kept]) -> "Memory":
        """Give the memory that knows items by whichever of their records an issue carried."""
        carried = {
            one.item.key: max((self.sent[key] for key in found), key=lambda sent: sent.label)
            for one in kept
            if (found := [record.key for record in one.records if record.key in self.sent])
        }
        return replace(self, sent={**self.sent, **carried})
