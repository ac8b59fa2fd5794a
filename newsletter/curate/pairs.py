"""Find the items that say the same in different languages, so that each reader gets one of them.

The door is `pair`. What belongs together the sources say themselves, by address (hreflang in a feed) or by name (files
of a folder), or a person, by key; no title is ever guessed from. Pure: the same items give the same pairs, in whatever
order they come.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.curate.select import Choice
from newsletter.domain.content import Article, Item, ItemKey, Language
from newsletter.domain.period import first_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """Items with their translations put to them.

    Attributes:
        items: Those that stand for themselves, by key.
        translations: Of these, the same texts in further languages of the publication.
    """

    items: tuple[Item, ...]
    translations: Mapping[ItemKey, Mapping[Language, Item]] = field(default_factory=dict)


def pair(items: Iterable[Item], choice: Choice) -> Paired:
    """Put translations to the items they translate.

    Of several items that say the same, one stands for all: one that readers have had before others, so that it is not
    told again in another language; then one of the period, then the one in the publication's first language. Of two in
    one language both stand for themselves.
    """
    alone: list[Item] = []
    translations: dict[ItemKey, dict[Language, Item]] = {}
    for group in _groups(sorted(items, key=lambda item: item.key)):
        ranked = sorted(group, key=lambda item: _rank(item, choice))
        of_language: dict[Language, Item] = {}
        for item in ranked:
            of_language.setdefault(item.language, item)
        first = ranked[0]
        alone += [first, *(item for item in ranked if of_language[item.language] is not item)]
        others = {
            language: of_language[language]
            for language in choice.publication.languages
            if language in of_language and language != first.language
        }
        if others:
            translations[first.key] = others
    return Paired(items=tuple(sorted(alone, key=lambda item: item.key)), translations=translations)


def _groups(items: Sequence[Item]) -> list[list[Item]]:
    """Give items in groups that say the same; most are alone."""
    owners: dict[Hashable, list[int]] = defaultdict(list)
    for number, item in enumerate(items):
        for name in _own_names(item):
            owners[name].append(number)
    # Each group is known by its first member; whoever joins two groups keeps the earlier one.
    first = list(range(len(items)))

    def found(number: int) -> int:
        while first[number] != number:
            number = first[number]
        return number

    told: dict[Hashable, int] = {}
    for number, item in enumerate(items):
        for name in _names_of_alternates(item):
            # A page that several items lead to is nobody's translation.
            others = owners[name] if len(owners[name]) == 1 else []
            for other in (*others, told.setdefault(name, number)):
                low, high = sorted((found(number), found(other)))
                first[high] = low
    groups: dict[int, list[Item]] = defaultdict(list)
    for number, item in enumerate(items):
        groups[found(number)].append(item)
    return list(groups.values())


def _own_names(item: Item) -> list[Hashable]:
    """Give the names under which another item may speak of this one."""
    names: list[Hashable] = [(type(item), item.source_id, item.identity), (type(item), item.key)]
    return names if item.url is None else [*names, (type(item), item.url)]


def _names_of_alternates(item: Item) -> list[Hashable]:
    """Give the names of the items that an item calls its translations: in its own source, or by address."""
    return [
        name
        for alternate in item.alternates
        for name in ((type(item), item.source_id, alternate), (type(item), alternate))
    ]


def _rank(item: Item, choice: Choice) -> tuple[bool, bool, int, ItemKey]:
    """Place an item among those that say the same."""
    languages, zone = choice.publication.languages, choice.publication.zone
    is_of_period = not isinstance(item, Article) or (
        item.published is not None and first_moment(item.published, zone) in choice.period
    )
    place = languages.index(item.language) if item.language in languages else len(languages)
    return item.key not in choice.memory.sent, not is_of_period, place, item.key
