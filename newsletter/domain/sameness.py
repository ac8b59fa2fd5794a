"""When several records are one thing: what is decided of two, who belongs together, and what they say together.

A record is an item as one source has it. Doors: `groups`, `merge` and `call_by`. Pure.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from newsletter.domain.content import Article, Event, EventStatus, Item, ItemKey, Language
from newsletter.domain.told import Kept

_Value = TypeVar("_Value")


class Verdict(StrEnum):
    """What is decided of two records."""

    SAME = "same"
    OFFERED = "offered"
    """They may be the same; a person has to say."""
    TWO = "two"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two records, and what is decided of them.

    Attributes:
        first: The lower key.
        second: The higher one.
        because: One English clause that says why.
        is_by_person: A person's word: no rule goes against it.
    """

    first: ItemKey
    second: ItemKey
    verdict: Verdict
    because: str
    is_by_person: bool = False

    @property
    def keys(self) -> frozenset[ItemKey]:
        """Give both."""
        return frozenset((self.first, self.second))


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A pair with both records."""

    pair: Pair
    first: Item
    second: Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What an address answered.

    Attributes:
        leads_to: Where it ends; None when there is nothing.
    """

    address: str
    leads_to: str | None


def pair_of(one: ItemKey, other: ItemKey, verdict: Verdict, because: str, *, is_by_person: bool = False) -> Pair:
    """Give the pair of two keys, in whatever order they come."""
    first, second = sorted((one, other))
    return Pair(first=first, second=second, verdict=verdict, because=because, is_by_person=is_by_person)


def groups(pairs: Sequence[Pair]) -> dict[ItemKey, frozenset[ItemKey]]:
    """Give those who belong together, by each of their keys; who is alone is not named.

    Two that are two never come together by way of a third: of the merges that would bring them together the last are
    left out, a person's after no rule's.

    Args:
        pairs: The older before the newer.
    """
    apart = [(pair.first, pair.second) for pair in pairs if pair.verdict is Verdict.TWO]
    foes: dict[ItemKey, set[ItemKey]] = {}
    for one, other in [*apart, *((other, one) for one, other in apart)]:
        foes.setdefault(one, set()).add(other)
    joined: dict[ItemKey, frozenset[ItemKey]] = {}
    same = [pair for pair in pairs if pair.verdict is Verdict.SAME]
    for pair in sorted(same, key=lambda pair: not pair.is_by_person):
        first = joined.get(pair.first, frozenset((pair.first,)))
        second = joined.get(pair.second, frozenset((pair.second,)))
        if not any(foes.get(key, set()) & second for key in first):
            both = first | second
            joined |= dict.fromkeys(both, both)
    return joined


def merge(records: Iterable[Kept], together: Mapping[ItemKey, frozenset[ItemKey]]) -> tuple[Kept, ...]:
    """Give what records say together, by key.

    An item goes by the key of the record that was seen first. Its words are those of the calendar entry with the
    highest revision, of a record whose source still has it, of the earliest; what these lack, the others give, and the
    longest text stands. Records in several languages stay an item in each, which names the others as its translations.
    """
    gathered: dict[ItemKey, list[Kept]] = {}
    for record in records:
        gathered.setdefault(min(together.get(record.item.key, {record.item.key})), []).append(record)
    made = [one for group in gathered.values() for one in _merged(group)]
    return tuple(sorted(made, key=lambda kept: kept.item.key))


def call_by(kept: Sequence[Kept], known: Collection[ItemKey]) -> tuple[Kept, ...]:
    """Give items, each under the key of a record of it that is known already, where one is."""
    names = {
        one.item.key: next((record.key for record in one.records if record.key in known), one.item.key)
        for one in kept
        if one.item.key not in known
    }
    return tuple(
        replace(
            one,
            item=replace(
                one.item,
                key=names.get(one.item.key, one.item.key),
                alternates=tuple(names.get(ItemKey(name), name) for name in one.item.alternates),
            ),
        )
        for one in kept
    )


def _merged(group: Sequence[Kept]) -> list[Kept]:
    """Give the item of each language."""
    if len(group) == 1:
        return list(group)
    by_language: dict[Language, list[Kept]] = {}
    for record in group:
        by_language.setdefault(record.item.language, []).append(record)
    made = [_one_of(records) if len(records) > 1 else records[0] for records in by_language.values()]
    if len(made) == 1:
        return made
    keys = [kept.item.key for kept in made]
    return [replace(kept, item=_translated(kept.item, keys)) for kept in made]


def _translated(item: Item, keys: Sequence[ItemKey]) -> Item:
    """Name the items that say the same in other languages."""
    others = (*item.alternates, *(key for key in keys if key != item.key))
    return replace(item, alternates=tuple(dict.fromkeys(others)))


def _one_of(records: Sequence[Kept]) -> Kept:
    """Make one item of records in one language."""
    ranked = sorted(records, key=_rank)
    present = [record for record in ranked if record.missed_at is None]
    oldest = min(records, key=lambda record: (record.first_seen, record.item.key))
    base = ranked[0]
    item = _filled(base.item, [record.item for record in ranked], [record.item for record in present])
    return Kept(
        item=replace(item, key=oldest.item.key),
        first_seen=oldest.first_seen,
        changed_at=base.changed_at,
        last_seen=base.last_seen,
        missed_at=base.missed_at,
        records=tuple(record.item for record in sorted(records, key=lambda record: record.first_seen)),
    )


def _rank(record: Kept) -> tuple[bool, int, float, float, ItemKey]:
    """Place a record among those that are one: the first has the word."""
    revision = record.item.sequence if isinstance(record.item, Event) else 0
    lost = 0.0 if record.last_seen is None else -record.last_seen.timestamp()
    return record.missed_at is not None, -revision, lost, record.first_seen.timestamp(), record.item.key


def _filled(base: Item, records: Sequence[Item], present: Sequence[Item]) -> Item:
    """Give the item whose words are to stand, with what only the others have."""
    standing = present or records[:1]
    longest = max((record.summary for record in standing), key=len)
    pictured = next((record for record in records if record.image), base)
    base = replace(
        base,
        url=_first(record.url for record in records),
        segments=_union(record.segments for record in standing),
        topics=_union(record.topics for record in standing),
        tags=_union(record.tags for record in standing),
        alternates=_union(record.alternates for record in records),
        image=pictured.image,
        image_alt=pictured.image_alt,
        summary=longest or _first(record.summary for record in records) or "",
    )
    return (
        _filled_article(base, records, standing)
        if isinstance(base, Article)
        else _filled_event(base, records, standing)
    )


def _filled_article(base: Article, records: Sequence[Item], standing: Sequence[Item]) -> Article:
    """Fill in what articles alone have."""
    articles = [record for record in records if isinstance(record, Article)]
    longest = max((one for one in articles if one in standing), key=lambda one: len(one.body_html))
    text = longest if longest.body_html else next((one for one in articles if one.body_html), base)
    return replace(
        base,
        published=_first(one.published for one in articles),
        updated=_first(one.updated for one in articles),
        author=_first(one.author for one in articles),
        body_html=text.body_html,
        links=text.links,
    )


def _filled_event(base: Event, records: Sequence[Item], standing: Sequence[Item]) -> Event:
    """Fill in what events alone have; one that any source calls off is off, unless a later revision says otherwise."""
    events = [record for record in records if isinstance(record, Event)]
    revised = (one.status for one in events if one in standing and one.sequence >= base.sequence)
    doubt = next((status for status in revised if status is not EventStatus.CONFIRMED), base.status)
    return replace(
        base,
        end=_first(one.end for one in events if one.start == base.start),
        place=_first(one.place for one in events),
        organiser=_first(one.organiser for one in events),
        status=doubt if base.status is EventStatus.CONFIRMED else base.status,
    )


def _first(values: Iterable[_Value | None]) -> _Value | None:
    """Give the first that says something."""
    return next((value for value in values if value), None)


def _union(lists: Iterable[tuple[_Value, ...]]) -> tuple[_Value, ...]:
    """Give what stands in any list, each once."""
    return tuple(dict.fromkeys(value for values in lists for value in values))
