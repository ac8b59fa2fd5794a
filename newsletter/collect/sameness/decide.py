"""Decide which records are one thing, by what they are called, where they stand and what they say.

The door is `decide`. Three things make one of two: a source's own name for an item (UID, or a guid in another
language), an address that leads to the same page, and what a person says. What only looks like it is offered. Two that
stand side by side in one snapshot are two. Pure: what addresses answer comes from outside.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from newsletter.collect.sameness import likeness
from newsletter.domain.content import Article, Event, Item, ItemKey, SourceId
from newsletter.domain.period import day_of, first_moment
from newsletter.domain.sameness import Look, Pair, Verdict, pair_of
from newsletter.domain.told import Kept

_BUCKET_MOST = 40
"""So many records under one address or beginning share something that tells nothing."""
_EDGE_WORDS = 6
_GUID_LEAST = 8
"""A shorter one (`1`, `news-3`) is a number that many sites give."""
_UID_LEAST = 16
_NO_ZONE: Final = ZoneInfo("UTC")
_FOREVER: Final = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the rules go by beside the records.

    Attributes:
        pairs: What was decided before.
        looks: What addresses answered, by address.
        calendars: Sources whose names are UIDs, which hold everywhere.
        zones: Of the sources; they decide what one day is.
    """

    pairs: Sequence[Pair]
    looks: Mapping[str, Look]
    calendars: Collection[SourceId]
    zones: Mapping[SourceId, ZoneInfo]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows.

    Attributes:
        pairs: New, or decided otherwise than before.
        unasked: Addresses whose answer would settle an offer.
    """

    pairs: tuple[Pair, ...]
    unasked: tuple[str, ...] = ()


def decide(records: Sequence[Kept], touched: Collection[ItemKey], known: Known) -> Decision:
    """Say which records are the same, perhaps the same, or two after all.

    Args:
        records: From all sources.
        touched: Those that are new, changed or gone; two others are as they were.
        known: See `Known`.
    """
    judge = _Judge(known, records)
    before = {pair.keys: pair for pair in known.pairs}
    by_key = {record.item.key: record for record in records}
    again = [tuple(sorted(keys)) for keys, pair in before.items() if not pair.is_by_person and keys <= by_key.keys()]
    found = {
        (first.item.key, second.item.key)
        for first, second in judge.candidates()
        if first.item.key in touched or second.item.key in touched
    }
    pairs: list[Pair] = []
    for first, second in sorted({*found, *((one, other) for one, other in again)}):
        earlier = before.get(frozenset((first, second)))
        if earlier is not None and earlier.is_by_person:
            continue
        verdict = judge.verdict(by_key[first], by_key[second])
        # Two that nobody took for one need no word.
        if verdict is not None and verdict != earlier and (earlier or verdict.verdict is not Verdict.TWO):
            pairs.append(verdict)
    return Decision(pairs=tuple(pairs), unasked=tuple(sorted(judge.unasked)))


class _Judge:
    """Judges two records.

    Attributes:
        unasked: Addresses it would have liked to know the answer of.
    """

    def __init__(self, known: Known, records: Sequence[Kept]) -> None:
        self.unasked: set[str] = set()
        self._known = known
        self._records = records
        self._words: dict[ItemKey, tuple[str, ...]] = {}
        self._shared = self._shared_addresses()

    def candidates(self) -> Iterator[tuple[Kept, Kept]]:
        """Give the records that share a name, an address, or a day and words, by key."""
        buckets: dict[Hashable, list[Kept]] = defaultdict(list)
        for record in self._records:
            for name in self._names(record):
                buckets[name].append(record)
        for bucket in buckets.values():
            if len(bucket) <= _BUCKET_MOST:
                yield from combinations(sorted(bucket, key=lambda record: record.item.key), 2)

    def verdict(self, one: Kept, other: Kept) -> Pair | None:
        """Judge two records, or give None when nothing speaks for their being one."""
        first, second = sorted((one, other), key=lambda record: (record.first_seen, record.item.key))
        if type(first.item) is not type(second.item):
            return None
        if _are_side_by_side(first, second):
            return self._pair(first, second, Verdict.TWO, f"they stand side by side in {first.item.source_id}")
        if isinstance(first.item, Article) and isinstance(second.item, Article):
            return self._articles(first, second, first.item, second.item)
        assert isinstance(first.item, Event)
        assert isinstance(second.item, Event)
        return self._events(first, second, first.item, second.item)

    def _articles(self, first: Kept, second: Kept, one: Article, other: Article) -> Pair | None:
        """Judge two articles."""
        day = self._day(one, one.published)
        are_of_a_day = day is not None and day == self._day(other, other.published)
        is_named_alike = one.identity == other.identity and len(one.identity) >= _GUID_LEAST
        if is_named_alike and are_of_a_day and one.language != other.language:
            return self._pair(first, second, Verdict.SAME, "the same identity in two languages")
        is_text_alike = likeness.are_texts_alike(self._text(one), self._text(other))
        is_like = is_text_alike or likeness.are_titles_alike(one.title, other.title)
        are_of_one_source = one.source_id == other.source_id
        if (because := self._same_address(one.url, other.url)) and one.url not in self._shared:
            if is_like or (are_of_a_day and not are_of_one_source):
                return self._pair(first, second, Verdict.SAME, because)
            return None if are_of_one_source else self._pair(first, second, Verdict.OFFERED, because)
        if are_of_a_day and is_text_alike:
            return self._by_answers(first, second, "the same day and nearly the same text")
        return None

    def _events(self, first: Kept, second: Kept, one: Event, other: Event) -> Pair | None:
        """Judge two events."""
        is_title_alike = likeness.are_titles_alike(one.title, other.title)
        is_start_same = self._is_same_start(one, other)
        if one.identity == other.identity and {one.source_id, other.source_id} <= set(self._known.calendars):
            # Some programs number their entries, and a number that two share may name two events.
            is_unique = "@" in one.identity or len(one.identity) >= _UID_LEAST
            verdict = Verdict.SAME if is_unique or is_title_alike or is_start_same else Verdict.OFFERED
            return self._pair(first, second, verdict, "the same UID")
        because = self._same_address(one.url, other.url)
        if because and is_start_same and is_title_alike and one.url not in self._shared:
            return self._pair(first, second, Verdict.SAME, because)
        if is_start_same and is_title_alike and likeness.are_places_alike(one.place, other.place):
            return self._pair(first, second, Verdict.OFFERED, "the same start, place and title")
        was_ahead = first.missed_at is not None and first_moment(one.start, self._zone(one)) > first.missed_at
        if because and is_title_alike and was_ahead and one.source_id == other.source_id:
            return self._pair(first, second, Verdict.OFFERED, f"{because} and title, at another time")
        return None

    def _by_answers(self, first: Kept, second: Kept, because: str) -> Pair:
        """Offer two whose texts are alike, unless their addresses settle it."""
        addresses = [url for url in (first.item.url, second.item.url) if url]
        if len(set(addresses)) < len((first, second)):
            return self._pair(first, second, Verdict.OFFERED, because)
        looks = [self._known.looks.get(address) for address in addresses]
        if all(look is not None and look.leads_to == look.address for look in looks):
            return self._pair(first, second, Verdict.TWO, "their addresses differ, and both answer")
        self.unasked.update(address for address, look in zip(addresses, looks, strict=True) if look is None)
        return self._pair(first, second, Verdict.OFFERED, because)

    def _same_address(self, one: str | None, other: str | None) -> str | None:
        """Say that two addresses are one page's, or give None; a site's front page is nobody's."""
        if one is None or other is None:
            return None
        ends = self._end(one), self._end(other)
        if ends[0] != ends[1] or not urlsplit(ends[0]).path.strip("/") + urlsplit(ends[0]).query:
            return None
        return "the same address" if one == other else "one address leads to the other"

    def _end(self, address: str) -> str:
        """Give where an address leads, as far as it was asked."""
        look = self._known.looks.get(address)
        return address if look is None or look.leads_to is None else look.leads_to

    def _shared_addresses(self) -> set[str]:
        """Give the addresses that several records of one source stand under at once: they name no item."""
        under: dict[tuple[SourceId, str, Hashable], list[Kept]] = defaultdict(list)
        for record in self._records:
            if record.item.url is not None:
                start = record.item.start if isinstance(record.item, Event) else None
                under[record.item.source_id, record.item.url, start].append(record)
        return {
            address
            for (_, address, _), group in under.items()
            if any(_are_side_by_side(one, other) for one, other in combinations(group[:_BUCKET_MOST], 2))
        }

    def _names(self, record: Kept) -> Iterator[Hashable]:
        """Give what another record of the same thing would share with this one."""
        item = record.item
        kind = type(item)
        yield kind, "identity", item.identity
        if item.url is not None:
            yield kind, "address", self._end(item.url)
        title = likeness.words_of(item.title)
        if isinstance(item, Event):
            yield kind, self._day(item, item.start), title
        elif item.published is not None:
            words, day = self._text(item), self._day(item, item.published)
            yield from ((kind, day, part) for part in (title, words[:_EDGE_WORDS], words[-_EDGE_WORDS:]))

    def _text(self, article: Article) -> tuple[str, ...]:
        """Give the words of an article's text."""
        if article.key not in self._words:
            self._words[article.key] = likeness.text_words(article)
        return self._words[article.key]

    def _zone(self, item: Item) -> ZoneInfo:
        """Give the zone of an item's days; a source that is gone from the configuration has none any more."""
        return self._known.zones.get(item.source_id, _NO_ZONE)

    def _day(self, item: Item, when: date | datetime | None) -> date | None:
        """Give the day of a date or a moment of an item."""
        return None if when is None else day_of(when, self._zone(item))

    def _is_same_start(self, one: Event, other: Event) -> bool:
        """Tell whether two begin at one moment, or on one day where one has no time."""
        if isinstance(one.start, datetime) and isinstance(other.start, datetime):
            return one.start == other.start
        return self._day(one, one.start) == self._day(other, other.start)

    @staticmethod
    def _pair(first: Kept, second: Kept, verdict: Verdict, because: str) -> Pair:
        return pair_of(first.item.key, second.item.key, verdict, because)


def _are_side_by_side(one: Kept, other: Kept) -> bool:
    """Tell whether a source had both at one time."""
    if one.item.source_id != other.item.source_id:
        return False
    ends = [_FOREVER if one.last_seen is None else one.last_seen.timestamp() for one in (one, other)]
    return one.first_seen.timestamp() <= ends[1] and other.first_seen.timestamp() <= ends[0]
