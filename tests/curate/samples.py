"""A small publication with two segments, and items to choose from; every sentence is our own."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.curate.select import Choice
from newsletter.domain.content import (
    Article,
    Event,
    ItemKey,
    Language,
    SectionId,
    SegmentId,
    SourceId,
    Topic,
    TopicId,
)
from newsletter.domain.period import parse_period
from newsletter.domain.publication import Links, Publication, Section, SectionKind, Sender
from newsletter.domain.rules import AllOf
from newsletter.domain.sameness import Pair
from newsletter.domain.segments import Segment
from newsletter.domain.told import Memory, SentItem

FI, SV, EN = Language("fi"), Language("sv"), Language("en")
ZONE = ZoneInfo("Europe/Helsinki")
ADVISERS, MANAGERS = SegmentId("advisers"), SegmentId("managers")
NEWS, MONEY, EVENTS = SectionId("uutiset"), SectionId("raha"), SectionId("tapahtumat")
DAY = date(2017, 11, 24)


def topic(name: str, *keywords: str, blocked: tuple[str, ...] = ()) -> Topic:
    """Give a topic with Finnish words."""
    return Topic(id=TopicId(name), names={FI: name}, keywords={FI: keywords}, blocked={FI: blocked})


TOPICS = (
    topic("palvelut", "yrityspalvel", "neuvonta"),
    topic("hankinnat", "hankinta", "hankinna", blocked=("alihankinta", "alihankinna")),
    topic("rahoitus", "rahoit"),
)


def publication(*, languages: tuple[Language, ...] = (FI,), **changes: Any) -> Publication:
    """Give the publication."""
    sections = (
        Section(id=MONEY, kind=SectionKind.ARTICLES, titles={}, topics=(TopicId("rahoitus"),)),
        Section(id=NEWS, kind=SectionKind.ARTICLES, titles={}),
        Section(id=EVENTS, kind=SectionKind.EVENTS, titles={}),
    )
    facts: dict[str, Any] = {
        "id": "kirje",
        "names": {FI: "Seutukirje", SV: "Regionbrevet", EN: "Town letter"},
        "taglines": {FI: "Kuulumisia kaupungeista"},
        "languages": languages,
        "zone": ZONE,
        "event_days": 60,
        "sender": Sender(name="Kirje", address="kirje@example.com", organisation="Kirje", postal_address="Katu 1"),
        "links": Links(site="https://example.com", unsubscribe_address="pois@example.com"),
        "sections": sections,
    }
    return Publication(**(facts | changes))


def segment(name: SegmentId, rank: int, *topics: str, sections: tuple[SectionId, ...] = ()) -> Segment:
    """Give a segment of everybody."""
    return Segment(
        id=name,
        rank=rank,
        names={FI: name},
        who=AllOf(rules=()),
        topics=tuple(TopicId(each) for each in topics),
        sections=sections,
    )


SEGMENTS = (segment(MANAGERS, 2, "hankinnat", "rahoitus"), segment(ADVISERS, 1, "palvelut", "rahoitus"))


def choice(
    *,
    label: str = "2017-11",
    day: date = DAY,
    segments: Sequence[Segment] = SEGMENTS,
    sent: Mapping[ItemKey, SentItem] | None = None,
    offered_until: datetime | None = None,
    first_seen: Mapping[ItemKey, datetime] | None = None,
    by_hand: frozenset[SourceId] = frozenset(),
    likely: Sequence[Pair] = (),
    issued_by: Publication | None = None,
    text_of: Callable[[str], str] = lambda html: html.replace("<p>", "").replace("</p>", "\n\n").strip(),
) -> Choice:
    """Give what the decisions of the November issue share."""
    return Choice(
        period=parse_period(label, ZONE),
        date=day,
        publication=issued_by or publication(),
        segments=segments,
        topics=TOPICS,
        memory=Memory(sent=sent or {}, offered_until=offered_until),
        first_seen=first_seen or {},
        by_hand=by_hand,
        likely=likely,
        text_of=text_of,
    )


def article(key: str, title: str, published: date | datetime | None = date(2017, 11, 17), **changes: Any) -> Article:
    """Give an article."""
    facts: dict[str, Any] = {"source_id": SourceId("sivu"), "identity": key, "language": FI} | changes
    return Article(key=ItemKey(key), title=title, published=published, **facts)


def event(key: str, title: str, start: date | datetime = date(2017, 12, 5), **changes: Any) -> Event:
    """Give an event."""
    facts: dict[str, Any] = {"source_id": SourceId("kalenteri"), "identity": key, "language": FI} | changes
    return Event(key=ItemKey(key), title=title, start=start, **facts)
