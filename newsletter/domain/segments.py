"""The rules that choose people, and the segments they make: what a rule means, and how it is written for a hash."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from newsletter.domain.audience import Subscriber, comparable
from newsletter.domain.content import Language, SectionId, SegmentId, TopicId


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """True when every rule is (also for none: everybody)."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """True when at least one rule is."""

    rules: tuple["Rule", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """True when the rule is not."""

    rule: "Rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeIn:
    """True when the person's attribute has one of the values; a missing attribute never has."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageIn:
    """True when the person wants one of the languages."""

    languages: tuple[Language, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HasTag:
    """True when the person carries the tag."""

    tag: str


Rule = AllOf | AnyOf | Not | AttributeIn | LanguageIn | HasTag


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A named rule that chooses subscribers, and what they get.

    Attributes:
        id: Unique; lower-case ASCII letters, digits, hyphens.
        rank: 1 is first; decides the order in combinations. Unique.
        topics: Items with one of these as a primary topic are picked; empty picks every item.
        sections: It gets these; empty means all.
        line: 1-based line in segments.toml.
    """

    id: SegmentId
    rank: int
    names: Mapping[Language, str]
    who: Rule
    topics: tuple[TopicId, ...] = ()
    sections: tuple[SectionId, ...] = ()
    line: int | None = None

    def gets(self, section: SectionId) -> bool:
        """Tell whether items of a section are for it."""
        return not self.sections or section in self.sections


def matches(rule: Rule, subscriber: Subscriber) -> bool:
    """Tell whether a rule chooses a person. `storage.rules` says the same in SQL; a test holds them together."""
    match rule:
        case AllOf(rules=rules):
            return all(matches(part, subscriber) for part in rules)
        case AnyOf(rules=rules):
            return any(matches(part, subscriber) for part in rules)
        case Not(rule=inner):
            return not matches(inner, subscriber)
        case AttributeIn(name=name, values=values):
            value = subscriber.attributes.get(comparable(name))
            return value is not None and comparable(value) in map(comparable, values)
        case LanguageIn(languages=languages):
            return subscriber.language in languages
        case HasTag(tag=tag):
            return comparable(tag) in map(comparable, subscriber.tags)


def facts_asked(rule: Rule) -> Iterator[tuple[str, str]]:
    """Give every attribute with a value that a rule asks for, and every tag under the name `tag`."""
    match rule:
        case AllOf(rules=rules) | AnyOf(rules=rules):
            for part in rules:
                yield from facts_asked(part)
        case Not(rule=inner):
            yield from facts_asked(inner)
        case AttributeIn(name=name, values=values):
            yield from ((comparable(name), value) for value in values)
        case HasTag(tag=tag):
            yield "tag", tag
        case LanguageIn():
            pass


def segments_of(subscriber: Subscriber, segments: Sequence[Segment]) -> tuple[SegmentId, ...]:
    """Give the segments a person is in, by rank: the combination whose edition that person gets."""
    ranked = sorted(segments, key=lambda segment: segment.rank)
    return tuple(segment.id for segment in ranked if matches(segment.who, subscriber))


def audience_rule(
    segments: Sequence[Segment], languages: Sequence[Language], *, without_items: Collection[SegmentId] = ()
) -> str:
    """Write segments and languages as canonical text: equal rules give equal text, whatever the file's layout.

    Of `without_items`, the segments that get nothing of the issue, nothing is written where there are none.
    """
    ranked = sorted(segments, key=lambda segment: segment.rank)
    written: dict[str, object] = {
        "languages": list(languages),
        "segments": [{"id": segment.id, "rank": segment.rank, "who": _canonical(segment.who)} for segment in ranked],
    }
    if without_items:
        written["without items"] = sorted(without_items)
    return json.dumps(written, ensure_ascii=False, sort_keys=True)


def segments_without_items(rule: str) -> tuple[SegmentId, ...]:
    """Read out of what `audience_rule` wrote which segments get nothing of the issue."""
    return tuple(SegmentId(segment) for segment in json.loads(rule).get("without items", ()))


def _canonical(rule: Rule) -> dict[str, object]:
    """Give a rule as plain values in a fixed order."""
    match rule:
        case AllOf(rules=rules):
            return {"all": [_canonical(part) for part in rules]}
        case AnyOf(rules=rules):
            return {"any": [_canonical(part) for part in rules]}
        case Not(rule=inner):
            return {"not": _canonical(inner)}
        case AttributeIn(name=name, values=values):
            return {"attribute": comparable(name), "in": sorted(set(map(comparable, values)))}
        case LanguageIn(languages=languages):
            return {"language": sorted(languages)}
        case HasTag(tag=tag):
            return {"tag": comparable(tag)}
