"""One segment, looked at closely: its rule in words, who is in and why, and who is just not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.audience.segments import find_asked_of_nobody
from newsletter.audience.segments.words import RuleWords, missing_one, values_alike
from newsletter.domain.audience import Subscriber, SubscriberStatus
from newsletter.domain.rules import AllOf, Not, Rule, RuleAt
from newsletter.domain.segments import AskedOfNobody, Segment
from newsletter.service.resources import Resources

if TYPE_CHECKING:
    from newsletter.storage.audience import AudienceStore

SHOWN = 5
"""People who are named of those who are in, and of those who are just not."""
_VALUES_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Somebody who is in a segment, or just not, and why."""

    person: Subscriber
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentLook:
    """A segment, looked at closely.

    Attributes:
        rule: In words, a line for each part.
        inside: The first active people whom it chooses.
        just_not: Active people who lack one thing, or whose value looks like one that is asked for.
        asked_of_nobody: What the rule asks for and nobody has.
    """

    segment: Segment
    rule: tuple[str, ...]
    inside: tuple[Named, ...]
    just_not: tuple[Named, ...]
    asked_of_nobody: tuple[AskedOfNobody, ...]


def look_at(resources: Resources, segment: Segment, language: str) -> SegmentLook:
    """Look at a segment; words are in a language."""
    now, zone = resources.clock.now(), resources.settings.publication.zone
    words = RuleWords(language, zone)
    with resources.facts() as facts:
        nobody = find_asked_of_nobody([segment], facts)
        alike = list(values_alike(segment.who, lambda name: facts.values(name, limit=_VALUES_LOOKED_AT)))

    def page(store: "AudienceStore", rule: Rule) -> Sequence[Subscriber]:
        return store.page(limit=SHOWN, status=SubscriberStatus.ACTIVE, rule=RuleAt(rule=rule, now=now))

    def just_not(store: "AudienceStore") -> Iterator[Named]:
        outside = Not(rule=segment.who)
        for near, asking in alike:
            for person in page(store, AllOf(rules=(near, outside))):
                yield Named(person=person, why=words.instead(near, asking))
        for near_rule, part in missing_one(segment.who):
            for person in page(store, AllOf(rules=(near_rule, outside))):
                yield Named(person=person, why=words.lacking(part))

    with resources.people() as store:
        inside = page(store, segment.who)
        histories = store.histories(inside, now)
        return SegmentLook(
            segment=segment,
            rule=tuple(words.lines(segment.who)),
            inside=tuple(
                Named(person=one, why=words.why(segment.who, one, histories[one.id])) for one in inside if one.id
            ),
            just_not=tuple({one.person.id: one for one in reversed(list(just_not(store)))}.values())[::-1][:SHOWN],
            asked_of_nobody=nobody,
        )
