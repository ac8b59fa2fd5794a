"""Content: where it comes from, what was fetched, and what a parser made of it.

The words Source, Snapshot, Harvest, Article, Event, Item and Topic of the glossary. `collect` makes these, `storage`
keeps them, `curate` chooses among them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from zoneinfo import ZoneInfo

from newsletter.domain.period import day_of, first_moment, moment_after

SourceId = NewType("SourceId", str)
ItemKey = NewType("ItemKey", str)
"""The stable name of an item: lower-case ASCII letters, digits and hyphens, so that it can be a bare TOML key."""
TopicId = NewType("TopicId", str)
ANY_TOPIC = TopicId("any")
"""Among the topics of a segment or a section: what is about no topic, too."""
SectionId = NewType("SectionId", str)
SegmentId = NewType("SegmentId", str)
Language = NewType("Language", str)
"""`fi`, `sv` or `en`."""


class SourceKind(StrEnum):
    """How a source is read; one module of `collect` per kind."""

    TEXT = "text"
    FEED = "feed"
    CALENDAR = "calendar"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place where content comes from.

    Attributes:
        location: An http(s) address, or a file or folder as an absolute path.
        language: Of its items, unless an item says otherwise.
        zone: Of its times that carry none.
        segments: Put on every item of the source, beside what an item says of itself.
        topics: Likewise: topics every item of the source has as primary ones.
        allow_private_hosts: It may stand on this machine or in the office's own network.
        speaks_every: Within how many days it says something new; None leaves that to its history.
    """

    id: SourceId
    kind: SourceKind
    location: str
    language: Language
    zone: ZoneInfo
    segments: tuple[SegmentId, ...] = ()
    topics: tuple[TopicId, ...] = ()
    is_enabled: bool = True
    allow_private_hosts: bool = False
    speaks_every: int | None = None

    @property
    def is_remote(self) -> bool:
        """Tell whether the source is an address on the network."""
        return self.location.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The bytes one fetch brought, with what came along.

    Attributes:
        location: Where the bytes came from in the end (after redirects).
        media_type: As the server or the file name says, lower-case, without parameters; empty if unknown.
        headers: Response headers with lower-case names; empty for files.
        body: The bytes. For a folder: a canonical archive of its files (see `collect.folder`).
    """

    source_id: SourceId
    fetched_at: datetime
    location: str
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes

    @property
    def sha256(self) -> str:
        """Give the hex digest of the body: two snapshots with the same one hold the same content."""
        return hashlib.sha256(self.body).hexdigest()


class ProblemGrade(StrEnum):
    """How bad a problem of a source is."""

    NOTE = "note"
    WARNING = "warning"
    FAILED = "failed"
    """The item, or the whole source where no item is named, was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSeen:
    """An item that its source had at the last look.

    Attributes:
        identity: What the source calls it.
    """

    identity: str
    title: str
    starts_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that a reader of a source has to tell the project manager.

    Attributes:
        breaks_contract: The source is not what it was: it moved, shrank, fell silent, or lost its dates.
        item: Which item (title, UID, file name), or None for the whole source.
    """

    source_id: SourceId
    grade: ProblemGrade
    message: str
    item: str | None = None
    line: int | None = None
    hint: str | None = None
    breaks_contract: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """Something published.

    Attributes:
        key: Stable over collections, given by `collect.identity`.
        identity: What the source calls it (guid, canonical address, or date and title), unique in the source.
        title: Plain text on one line.
        url: Absolute http(s) address, or None; never invented.
        body_html: The text as HTML reduced to the short allow-list (`collect.markup`): safe, without style or image.
        links: Absolute addresses in the text, in order, each once.
        tags: As the source has them, without `#`.
        segments: Named by the source or the item itself; these win over topics.
        topics: Named likewise, as primary topics.
        alternates: Where the same text stands in other languages: addresses, or identities in the same source.
        image: A picture of the publication's that the editor chose, as a path from its folder, or None.
    """

    key: ItemKey
    source_id: SourceId
    identity: str
    title: str
    url: str | None = None
    published: date | datetime | None = None
    updated: date | datetime | None = None
    author: str | None = None
    language: Language
    summary: str = ""
    body_html: str = ""
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    segments: tuple[SegmentId, ...] = ()
    topics: tuple[TopicId, ...] = ()
    alternates: tuple[str, ...] = ()
    image: str | None = None
    image_alt: str = ""


class Precision(StrEnum):
    """How exactly an event's time is known."""

    TIME = "time"
    DAY = "day"
    MONTH = "month"
    SEASON = "season"


class EventStatus(StrEnum):
    """Whether an event will happen, in schema.org's and iCalendar's sense."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that will happen.

    Attributes:
        key: Stable over collections; every occurrence of a series has its own.
        identity: UID and RECURRENCE-ID, unique in the source.
        end: Inclusive last day, or aware moment; None when not known (print no end).
        precision: TIME when start is a moment, else DAY or coarser.
        status: Cancelled ones are kept, so that they can be taken out of an issue.
        sequence: The revision of a calendar's entry; a higher one replaces a lower one of the same UID.
    """

    key: ItemKey
    source_id: SourceId
    identity: str
    title: str
    start: date | datetime
    end: date | datetime | None = None
    precision: Precision = Precision.DAY
    status: EventStatus = EventStatus.CONFIRMED
    place: str | None = None
    url: str | None = None
    organiser: str | None = None
    language: Language
    summary: str = ""
    tags: tuple[str, ...] = ()
    segments: tuple[SegmentId, ...] = ()
    topics: tuple[TopicId, ...] = ()
    alternates: tuple[str, ...] = ()
    image: str | None = None
    image_alt: str = ""
    sequence: int = 0


Item = Article | Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest:
    """What a parser made of one snapshot.

    Attributes:
        articles: In the order of the source.
        events: Likewise; occurrences of a series one by one.
        is_cut: The source may hold more: its answer broke off, or was more than is read.
        is_of_its_time: Read on another day, the same snapshot would give another harvest.
    """

    source_id: SourceId
    articles: tuple[Article, ...] = ()
    events: tuple[Event, ...] = ()
    problems: tuple[Problem, ...] = ()
    is_cut: bool = False
    is_of_its_time: bool = False

    @property
    def items(self) -> tuple[Item, ...]:
        """Give articles and events together."""
        return (*self.articles, *self.events)


class Answer(StrEnum):
    """What the last look at a source brought."""

    WHOLE = "whole"
    CUT = "cut"
    """It broke off, or was more than is read: what it lacks may be there."""
    SHRUNK = "shrunk"
    """It lost over half of its coming events at once, which is more likely a fault than true."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a source fared when it was last collected with another result than before.

    Attributes:
        found: Items it held.
        rejected: Items that were left out.
        problems: What its keeper should know.
        answer: What the look brought.
        mark: What it was read from, or None where it has to be read again.
    """

    found: int = 0
    rejected: int = 0
    problems: tuple[Problem, ...] = ()
    answer: Answer
    mark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCounts:
    """What became of the items of a harvest when they were kept.

    Attributes:
        unchanged: Known and the same; nothing was written for them.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A subject with the words that speak of it.

    Attributes:
        keywords: Words per language; matched inside longer words too, the longest claim wins.
        blocked: Longer words that own their letters and speak of something else (`alihankinta` for `hankinta`).
    """

    id: TopicId
    names: Mapping[Language, str] = field(default_factory=dict)
    keywords: Mapping[Language, tuple[str, ...]]
    blocked: Mapping[Language, tuple[str, ...]] = field(default_factory=dict)


class TopicGrade(StrEnum):
    """How much an item is about a topic."""

    PRIMARY = "primary"
    MENTION = "mention"


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicHit:
    """A topic found in an item.

    Attributes:
        words: The words of the text that caused it, each once, in order; empty when the source or item says so itself.
    """

    topic_id: TopicId
    grade: TopicGrade
    words: tuple[str, ...] = ()


def overlaps(event: Event, start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """Tell whether any part of an event falls into [start, end); an event of one moment counts at that moment."""
    begins = first_moment(event.start, zone)
    if event.end is None:
        is_over = begins if isinstance(event.start, datetime) else moment_after(event.start, zone)
    else:
        is_over = moment_after(event.end, zone)
    return begins < end and (is_over > start or begins >= start)


def published_day(article: Article, zone: ZoneInfo) -> date | None:
    """Give the day an article appeared, in the publication's zone, or None when the source does not say."""
    return None if article.published is None else day_of(article.published, zone)


def fingerprint(item: Item) -> str:
    """Give a digest of what an item says (not of its key or source), to notice that it changed.

    The same words give the same digest on every machine and Python version.
    """
    names = ("title", "url", "published", "start", "end", "status", "place", "author", "summary", "body_html")
    said = {name: getattr(item, name, None) for name in names}
    written = json.dumps(said, default=lambda value: value.isoformat(), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:32]
