"""Decide about every item of a period, for every segment, and say why.

Its door is `select`. It answers with a Pick for each item near the issue, also for those left out, so that an editor
can disagree. An item's own word (named segments) beats what its words suggest (topics); dates, cancellations, what was
really sent before and the sections a segment gets beat both. Nothing falls between two issues: what no issue carried
and nobody was offered is picked though its period is over. Pure: the same items give the same picks, in whatever order
they come.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from newsletter.domain.content import (
    ANY_TOPIC,
    Article,
    Event,
    EventStatus,
    Item,
    ItemKey,
    Precision,
    SectionId,
    SegmentId,
    SourceId,
    Topic,
    TopicGrade,
    TopicHit,
    TopicId,
    fingerprint,
    overlaps,
)
from newsletter.domain.period import Period, day_of, first_moment, is_special, midnight
from newsletter.domain.pick import Cause, Offer, Pick, PickGrade
from newsletter.domain.publication import Publication, Section, SectionKind
from newsletter.domain.sameness import Pair
from newsletter.domain.segments import Segment
from newsletter.domain.told import Memory
from newsletter.language.topics import TopicMatcher

NEAR_DAYS = 45
"""Articles this near the period and events this near their window are shown as left out; others not at all."""
LONGEST_EVENT = timedelta(days=732)
"""An event that began longer ago is not looked at: collecting warns of one that lasts half of this."""
_WORDS_SHOWN_MAX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What all decisions of one issue share.

    Attributes:
        date: The planned day of sending: events are coming or over as seen from it.
        by_hand: Sources that hold what the editor wrote.
        likely: Pairs that may be one item, and that nobody has settled.
        first_seen: When items were first collected; one that is not named was there before any issue.
        gone: Events that their source has no more though their day was ahead, and when that was noticed.
    """

    period: Period
    date: date
    publication: Publication
    segments: Sequence[Segment]
    topics: Sequence[Topic]
    memory: Memory
    by_hand: frozenset[SourceId] = frozenset()
    likely: Sequence[Pair] = ()
    first_seen: Mapping[ItemKey, datetime] = field(default_factory=dict)
    gone: Mapping[ItemKey, datetime] = field(default_factory=dict)
    text_of: Callable[[str], str]

    @property
    def window(self) -> tuple[datetime, datetime]:
        """Give the half-open time in which an event is coming."""
        zone = self.publication.zone
        return midnight(self.date, zone), midnight(self.date + timedelta(days=self.publication.event_days), zone)

    @property
    def reach(self) -> tuple[tuple[datetime, datetime], tuple[datetime, datetime]]:
        """Give the half-open times from which items are looked at: of publication, and of an event's begin."""
        zone, near = self.publication.zone, timedelta(days=NEAR_DAYS)
        start, end = self.window
        oldest = midnight(self.date - timedelta(days=self.publication.late_days), zone)
        published = min(self.period.start - near, oldest), self.period.end + near
        return published, (min(start, self.period.start) - LONGEST_EVENT, max(end, self.period.end) + near)

    def is_new(self, key: ItemKey) -> bool:
        """Tell whether an item came after the last issue was made, and no issue carried it."""
        until, seen = self.memory.offered_until, self.first_seen.get(key)
        return until is not None and seen is not None and seen > until and key not in self.memory.sent


def select(items: Iterable[Item], choice: Choice) -> tuple[Pick, ...]:
    """Decide about items: segment by segment in rank order, what is picked first and in reading order.

    Picked articles stand by section, those that are about something before others, the newest first; events by start.
    Every item of the period, of the event window and near either gets a Pick for each segment; others get none.
    """
    near = sorted((item for item in items if _is_near(item, choice)), key=lambda item: item.key)
    matchers = {language: TopicMatcher(choice.topics, language) for language in {item.language for item in near}}
    studied = [_study(item, choice, matchers[item.language]) for item in near]
    ranked = sorted(choice.segments, key=lambda segment: segment.rank)
    return tuple(pick for segment in ranked for pick in _for_segment(studied, segment, choice))


def section_for(item: Item, choice: Choice) -> SectionId:
    """Give the section an item would stand in: the first that fits, else the first of its kind, else any."""
    studied = _study(item, choice, TopicMatcher(choice.topics, item.language))
    sections = choice.publication.sections
    of_kind = [section for section in sections if section.kind is _kind(item)]
    return (studied.section or (of_kind or sections)[0]).id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Studied:
    """An item with all that does not depend on the segment.

    Attributes:
        topics: Found and named.
        obstacle: Why nobody gets it.
        is_late: It is too old for the issue's period, and is picked all the same.
        is_for_all: The editor wrote it, and no segment would get it by its topics.
    """

    item: Item
    topics: tuple[TopicHit, ...]
    obstacle: tuple[Cause, str] | None
    is_late: bool
    section: Section | None
    is_for_all: bool

    @property
    def primary(self) -> frozenset[TopicId]:
        """Give the topics the item is about."""
        return frozenset(hit.topic_id for hit in self.topics if hit.grade is TopicGrade.PRIMARY)


def _is_near(item: Item, choice: Choice) -> bool:
    """Tell whether the editor should hear of an item at all."""
    zone, near = choice.publication.zone, timedelta(days=NEAR_DAYS)
    if isinstance(item, Event):
        start, end = choice.window
        return overlaps(item, min(start, choice.period.start), max(end, choice.period.end) + near, zone)
    if item.published is None:
        return True
    is_near = choice.period.start - near <= first_moment(item.published, zone) < choice.period.end + near
    return is_near or _is_late(item, choice)


def _study(item: Item, choice: Choice, matcher: TopicMatcher) -> _Studied:
    """Find out what holds for every segment."""
    topics = _topics_of(item, matcher, choice)
    primary = {hit.topic_id for hit in topics if hit.grade is TopicGrade.PRIMARY}
    wanted = {topic for segment in choice.segments for topic in segment.topics}
    fitting = (
        section
        for section in choice.publication.sections
        if section.kind is _kind(item) and (not section.topics or (primary or {ANY_TOPIC}).intersection(section.topics))
    )
    return _Studied(
        item=item,
        topics=topics,
        obstacle=_article_obstacle(item, choice) if isinstance(item, Article) else _event_obstacle(item, choice),
        is_late=isinstance(item, Article) and _is_late(item, choice),
        section=next(fitting, None),
        is_for_all=item.source_id in choice.by_hand and not item.topics and not primary & wanted,
    )


def _kind(item: Item) -> SectionKind:
    return SectionKind.ARTICLES if isinstance(item, Article) else SectionKind.EVENTS


def _topics_of(item: Item, matcher: TopicMatcher, choice: Choice) -> tuple[TopicHit, ...]:
    """Give the topics that the item or its source names, and those found in its words."""
    text = choice.text_of(item.body_html) if isinstance(item, Article) and item.body_html else item.summary
    found = matcher.find(item.title, "\n\n".join((text, *item.tags)))
    known = {topic.id for topic in choice.topics}
    named = [topic_id for topic_id in dict.fromkeys(item.topics) if topic_id in known]
    said = [TopicHit(topic_id=topic_id, grade=TopicGrade.PRIMARY) for topic_id in named]
    return (*said, *(hit for hit in found if hit.topic_id not in named))


def _article_obstacle(article: Article, choice: Choice) -> tuple[Cause, str] | None:
    """Give what the date of an article has against it."""
    zone, period = choice.publication.zone, choice.period
    if article.published is None:
        return Cause.DAYLESS, "no date of publication"
    moment = first_moment(article.published, zone)
    if moment in period or _is_late(article, choice):
        return None
    cause = Cause.OLD if moment < period.start else Cause.LATER
    return cause, f"published {_written(day_of(article.published, zone))}, outside {period.label}"


def _is_late(article: Article, choice: Choice) -> bool:
    """Tell whether an article was found too late for the issue of its own period, and is not too old for this one."""
    zone = choice.publication.zone
    if article.published is None or first_moment(article.published, zone) >= choice.period.start:
        return False
    age = choice.date - day_of(article.published, zone)
    return choice.is_new(article.key) and age <= timedelta(days=choice.publication.late_days)


def _event_obstacle(event: Event, choice: Choice) -> tuple[Cause, str] | None:
    """Give what the date or status of an event has against it."""
    zone, (start, end) = choice.publication.zone, choice.window
    if event.status in (EventStatus.CANCELLED, EventStatus.POSTPONED):
        return Cause.OFF, str(event.status)
    if event.key in choice.gone:
        return Cause.GONE, f"gone from its source since {_written(day_of(choice.gone[event.key], zone))}"
    if event.precision in (Precision.MONTH, Precision.SEASON):
        return Cause.DAYLESS, "its day is not known yet"
    if overlaps(event, start, end, zone):
        return None
    if first_moment(event.start, zone) >= end:
        day = _written(day_of(event.start, zone))
        return Cause.LATER, f"starts {day}, later than {choice.publication.event_days} days ahead"
    return Cause.OVER, f"over by {_written(choice.date)}"


def _for_segment(studied: Sequence[_Studied], segment: Segment, choice: Choice) -> list[Pick]:
    """Decide for one segment, what is picked first."""
    decided = _without_duplicates([(item, _decide(item, segment, choice)) for item in studied], choice)
    picked = [(item, pick) for item, pick in decided if pick.grade is PickGrade.PICKED]
    picked.sort(key=lambda both: _reading_order(both[0], choice))
    return [pick for _, pick in picked] + [pick for _, pick in decided if pick.grade is PickGrade.LEFT_OUT]


def _without_duplicates(decided: Sequence[tuple[_Studied, Pick]], choice: Choice) -> list[tuple[_Studied, Pick]]:
    """Leave out of two items that may be one the second; the first is one that readers have had, or the older one."""
    places = {pick.key: number for number, (_, pick) in enumerate(decided)}
    kept = list(decided)
    for pair in choice.likely:
        if not pair.keys <= places.keys():
            continue
        first, second = sorted(pair.keys, key=lambda key: _seniority(key, choice))
        (_, before), (studied, pick) = kept[places[first]], kept[places[second]]
        if pick.grade is PickGrade.PICKED and (before.cause is Cause.TOLD or before.grade is PickGrade.PICKED):
            verdict = _Verdict(f"may be the same as {first}: {pair.because}", Cause.DUPLICATE)
            kept[places[second]] = studied, _pick(studied, pick.segment_id, verdict, choice)
    return kept


def _seniority(key: ItemKey, choice: Choice) -> tuple[bool, float, ItemKey]:
    """Place one of two that may be the same."""
    seen = choice.first_seen.get(key)
    return key not in choice.memory.sent, 0.0 if seen is None else seen.timestamp(), key


def _decide(studied: _Studied, segment: Segment, choice: Choice) -> Pick:
    return _pick(studied, segment.id, _verdict(studied, segment, choice), choice)


def _pick(studied: _Studied, segment_id: SegmentId, verdict: "_Verdict", choice: Choice) -> Pick:
    is_picked = verdict.cause is None
    offer = None if verdict.cause is None else verdict.cause.offer
    return Pick(
        key=studied.item.key,
        segment_id=segment_id,
        grade=PickGrade.PICKED if is_picked else PickGrade.LEFT_OUT,
        section=studied.section.id if is_picked and studied.section is not None else None,
        reason=verdict.reason,
        topics=studied.topics,
        offer=Offer.NEW if not is_picked and choice.is_new(studied.item.key) else offer,
        cause=verdict.cause,
    )


class _Verdict(NamedTuple):
    """Whether a segment gets an item.

    Attributes:
        cause: Why the segment does not get it, in a word; None when it does.
    """

    reason: str
    cause: Cause | None = None


def _verdict(studied: _Studied, segment: Segment, choice: Choice) -> _Verdict:
    """Tell whether a segment gets an item, and why: first what no wish can change, then segments, then topics."""
    if against := _told(studied.item, segment, choice) or _out_of_place(studied, segment):
        return against
    named = _named_segments(studied.item, choice)
    if segment.id in named:
        return _Verdict("named by the item or its source" + _remarks(studied, choice))
    if named:
        return _Verdict(f"meant for {', '.join(named)} only", Cause.MEANT)
    return _verdict_by_topic(studied, segment, choice)


def _out_of_place(studied: _Studied, segment: Segment) -> _Verdict | None:
    """Say what an item's date, status or section has against it."""
    if studied.obstacle is not None:
        cause, reason = studied.obstacle
        return _Verdict(reason, cause)
    if studied.section is None:
        return _Verdict(f"no section of {_kind(studied.item)} takes it", Cause.SECTION)
    if segment.sections and studied.section.id not in segment.sections:
        reason = f"belongs to the section {studied.section.id}, which this segment does not get"
        return _Verdict(reason, Cause.SECTION)
    return None


def _told(item: Item, segment: Segment, choice: Choice) -> _Verdict | None:
    """Say that readers have had an article, in whichever segment; an event only where events are told once, too.

    What a special issue told others is told nobody unasked either, for a reader may be in both; it is offered.
    """
    before = choice.memory.sent.get(item.key)
    if before is None or before.label == choice.period.label:
        return None
    if isinstance(item, Event) and not choice.publication.events_once:
        return None
    if before.fingerprint in (None, fingerprint(item)):
        if is_special(before.label) and before.segments and segment.id not in before.segments:
            return _Verdict(f"sent in {before.label} to {', '.join(sorted(before.segments))} only", Cause.OTHERS)
        return _Verdict(f"sent in {before.label}", Cause.TOLD)
    return _Verdict(f"sent in {before.label}, updated since", Cause.UPDATED)


def _verdict_by_topic(studied: _Studied, segment: Segment, choice: Choice) -> _Verdict:
    """Tell whether a segment gets an item that names none, and why."""
    remarks = _remarks(studied, choice)
    if not segment.topics:
        return _Verdict("this segment gets every topic" + remarks)
    wanted = [hit for hit in studied.topics if hit.topic_id in studied.primary.intersection(segment.topics)]
    if wanted:
        return _Verdict("; ".join(_because(hit, studied.item) for hit in wanted) + remarks)
    if ANY_TOPIC in segment.topics and not studied.primary:
        return _Verdict("about no topic, which this segment takes" + remarks)
    if studied.is_for_all:
        return _Verdict("written by hand" + remarks)
    return _off_topic(studied, segment)


def _named_segments(item: Item, choice: Choice) -> list[SegmentId]:
    """Give the segments an item names, by rank; one that no longer exists says nothing."""
    ranked = sorted(choice.segments, key=lambda segment: segment.rank)
    return [segment.id for segment in ranked if segment.id in item.segments]


def _because(hit: TopicHit, item: Item) -> str:
    """Say which words speak of a topic, or that the source itself says so."""
    if not hit.words:
        return f"topic {hit.topic_id}: named by the item or its source"
    words = [f"{word} (title)" if word in item.title else word for word in hit.words[:_WORDS_SHOWN_MAX]]
    return f"topic {hit.topic_id}: {', '.join(words)}" + (", …" if len(hit.words) > _WORDS_SHOWN_MAX else "")


def _off_topic(studied: _Studied, segment: Segment) -> _Verdict:
    """Say what an item is about, when that is nothing for the segment."""
    about = ", ".join(hit.topic_id for hit in studied.topics if hit.topic_id in studied.primary)
    mentions = "; ".join(
        _because(hit, studied.item).replace("topic ", "mentions ", 1)
        for hit in studied.topics
        if hit.topic_id in segment.topics
    )
    reason = f"about {about}, no topic of this segment" if about else "about no topic"
    if mentions:
        return _Verdict(f"{reason}; {mentions}", Cause.MENTION)
    return _Verdict(reason, Cause.OTHER_TOPIC if about else Cause.UNTOPICAL)


def _remarks(studied: _Studied, choice: Choice) -> str:
    """Mark an event that is not certain yet, and an article that comes late."""
    item = studied.item
    if isinstance(item, Article) and item.published is not None and studied.is_late:
        return f", late: published {_written(day_of(item.published, choice.publication.zone))}"
    return ", tentative" if isinstance(item, Event) and item.status is EventStatus.TENTATIVE else ""


def _reading_order(studied: _Studied, choice: Choice) -> tuple[int, int, float, ItemKey]:
    """Place an item: by section; articles about something first and the newest first; events by start."""
    item, zone = studied.item, choice.publication.zone
    section = -1 if studied.section is None else choice.publication.sections.index(studied.section)
    if isinstance(item, Event):
        return section, 0, first_moment(item.start, zone).timestamp(), item.key
    is_topical = bool(studied.primary) or bool(_named_segments(item, choice))
    newest = 0.0 if item.published is None else -first_moment(item.published, zone).timestamp()
    return section, 0 if is_topical else 1, newest, item.key


def _written(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"
