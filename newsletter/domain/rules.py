"""The rules that choose people: each says whom it chooses, and writes itself for a hash.

`storage.rules` says the same in SQL; a test walks random rules and people and holds the two together. What a version
wrote for a hash stays so for ever: approvals carry it.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from newsletter.domain.audience import Subscriber, comparable, normal_address
from newsletter.domain.content import Language, SegmentId

MUNICIPALITY = "municipality"
"""The attribute that says where somebody is."""

NUMBER = r"^[+-]?[0-9]{1,12}(\.[0-9]{1,3})?$"
"""What a number looks like once its spaces are gone and its comma is a point: databases read these digits exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What rules ask of a person's past, and the moment from which it is seen.

    Whoever counts an audience says the moment: a sending when it fixes its own, everybody else now. What is approved is
    the rule ("within 30 days"), not the people.

    Attributes:
        joined_at: The earlier of the moment the person came into this database and of the first consent; None for
            somebody who comes now.
        mailed_at: When the last real sending began of which a mail may have reached the person; None for none.
    """

    now: datetime
    joined_at: datetime | None = None
    mailed_at: datetime | None = None

    @property
    def joined(self) -> datetime:
        """Give when the person joined."""
        return self.joined_at or self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """True when every rule is (also for none: everybody)."""

    rules: tuple["Rule", ...]

    def chooses(self, person: Subscriber, history: History) -> bool:
        """Tell whether it chooses a person."""
        return all(rule.chooses(person, history) for rule in self.rules)

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"all": [rule.written() for rule in self.rules]}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """True when at least one rule is."""

    rules: tuple["Rule", ...]

    def chooses(self, person: Subscriber, history: History) -> bool:
        """Tell whether it chooses a person."""
        return any(rule.chooses(person, history) for rule in self.rules)

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"any": [rule.written() for rule in self.rules]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """True when the rule is not."""

    rule: "Rule"

    def chooses(self, person: Subscriber, history: History) -> bool:
        """Tell whether it chooses a person."""
        return not self.rule.chooses(person, history)

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"not": self.rule.written()}


@dataclass(frozen=True, slots=True, kw_only=True)
class InSegment:
    """True when another segment's rule chooses the person."""

    segment: SegmentId
    rule: "Rule"

    def chooses(self, person: Subscriber, history: History) -> bool:
        """Tell whether it chooses a person."""
        return self.rule.chooses(person, history)

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"segment": self.segment, "who": self.rule.written()}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeIn:
    """True when the person's attribute has one of the values; a missing attribute never has."""

    name: str
    values: tuple[str, ...]

    def chooses(self, person: Subscriber, _history: History) -> bool:
        """Tell whether it chooses a person."""
        return _form_of(person.attributes, self.name) in _forms(self.values)

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"attribute": comparable(self.name), "in": sorted(_forms(self.values))}


@dataclass(frozen=True, slots=True, kw_only=True)
class InMunicipality:
    """True when the person's `municipality` is one of these names, in whichever language it is written.

    Attributes:
        names: Of every municipality that is meant, in Finnish and in Swedish.
        regions: The regions that the rule names, where it names some; in Finnish.
        speaking: The languages of the municipality, where the rule asks for them: bilingual, finnish, swedish.
    """

    names: tuple[str, ...]
    regions: tuple[str, ...] = ()
    speaking: str = ""

    def chooses(self, person: Subscriber, _history: History) -> bool:
        """Tell whether it chooses a person."""
        return _form_of(person.attributes, MUNICIPALITY) in _forms(self.names)

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"attribute": MUNICIPALITY, "in": sorted(_forms(self.names))}


@dataclass(frozen=True, slots=True, kw_only=True)
class HasAttribute:
    """True when the person's attribute says something."""

    name: str

    def chooses(self, person: Subscriber, _history: History) -> bool:
        """Tell whether it chooses a person."""
        return bool(_form_of(person.attributes, self.name))

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"attribute": comparable(self.name), "present": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeStarts:
    """True when the person's attribute begins with these letters."""

    name: str
    prefix: str

    def chooses(self, person: Subscriber, _history: History) -> bool:
        """Tell whether it chooses a person."""
        form = _form_of(person.attributes, self.name)
        return form is not None and form.startswith(comparable(self.prefix))

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"attribute": comparable(self.name), "starts with": comparable(self.prefix)}


class Comparison(StrEnum):
    """How a number is compared with another."""

    AT_LEAST = "at least"
    AT_MOST = "at most"
    MORE_THAN = "more than"
    LESS_THAN = "less than"

    def holds(self, one: float, other: float) -> bool:
        """Tell whether the first number compares so with the second."""
        compared = {"at least": one >= other, "at most": one <= other, "more than": one > other}
        return compared.get(self.value, one < other)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeNumber:
    """True when the person's attribute is a number, see `number_in`, that compares so; a text never does."""

    name: str
    comparison: Comparison
    number: float

    def chooses(self, person: Subscriber, _history: History) -> bool:
        """Tell whether it chooses a person."""
        number = number_in(_form_of(person.attributes, self.name) or "")
        return number is not None and self.comparison.holds(number, self.number)

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"attribute": comparable(self.name), self.comparison.value: self.number}


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageIn:
    """True when the person wants one of the languages."""

    languages: tuple[Language, ...]

    def chooses(self, person: Subscriber, _history: History) -> bool:
        """Tell whether it chooses a person."""
        return person.language in self.languages

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"language": sorted(self.languages)}


@dataclass(frozen=True, slots=True, kw_only=True)
class HasTag:
    """True when the person carries the tag."""

    tag: str

    def chooses(self, person: Subscriber, _history: History) -> bool:
        """Tell whether it chooses a person."""
        return comparable(self.tag) in map(comparable, person.tags)

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"tag": comparable(self.tag)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailDomainIn:
    """True when what stands after the @ of the address is one of these, in ASCII and lower case."""

    domains: tuple[str, ...]

    def chooses(self, person: Subscriber, _history: History) -> bool:
        """Tell whether it chooses a person."""
        return normal_address(person.address).rpartition("@")[2] in self.domains

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"mail domain": sorted(self.domains)}


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedBefore:
    """True when the person joined before an aware moment."""

    at: datetime

    def chooses(self, _person: Subscriber, history: History) -> bool:
        """Tell whether it chooses a person."""
        return history.joined < self.at

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"joined before": _moment(self.at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedAfter:
    """True when the person joined at an aware moment or later."""

    at: datetime

    def chooses(self, _person: Subscriber, history: History) -> bool:
        """Tell whether it chooses a person."""
        return history.joined >= self.at

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"joined after": _moment(self.at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedWithin:
    """True when the person joined so many times 24 hours ago at most."""

    days: int

    def chooses(self, _person: Subscriber, history: History) -> bool:
        """Tell whether it chooses a person."""
        return history.joined >= history.now - timedelta(days=self.days)

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"joined within days": self.days}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailed:
    """True when a mail of a real sending may have reached the person.

    Attributes:
        since: Only sendings that began at this aware moment or later count; None for any.
    """

    since: datetime | None = None

    def chooses(self, _person: Subscriber, history: History) -> bool:
        """Tell whether it chooses a person."""
        return history.mailed_at is not None and (self.since is None or history.mailed_at >= self.since)

    def written(self) -> dict[str, object]:
        """Give it as plain values in a fixed order."""
        return {"mailed since": self.since and _moment(self.since)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAt:
    """A rule, and the aware moment from which the past of people is seen."""

    rule: "Rule"
    now: datetime


OfAttribute = AttributeIn | InMunicipality | HasAttribute | AttributeStarts | AttributeNumber
OfThePast = JoinedBefore | JoinedAfter | JoinedWithin | Mailed
Rule = AllOf | AnyOf | Not | InSegment | OfAttribute | LanguageIn | HasTag | MailDomainIn | OfThePast


def number_in(form: str) -> float | None:
    """Give the number that a text is: `1 200`, `12,5`, `-3`; None for any other text, such as `12 people`."""
    bare = form.replace(" ", "").replace(",", ".")
    return float(bare) if re.match(NUMBER, bare) else None


def leaves(rule: Rule) -> Iterator[Rule]:
    """Give the parts of a rule that ask something of a person; to be in another segment is one of them."""
    match rule:
        case AllOf(rules=rules) | AnyOf(rules=rules):
            for part in rules:
                yield from leaves(part)
        case Not(rule=inner):
            yield from leaves(inner)
        case _:
            yield rule


def facts_asked(rule: Rule) -> Iterator[tuple[str, str]]:
    """Give every attribute that a rule asks for, with each value, and every tag under the name `tag`.

    Where the rule names no value, as for a number of at least 10, the value is empty. What another segment's rule asks
    is left to that segment.
    """
    for leaf in leaves(rule):
        match leaf:
            case AttributeIn(name=name, values=values):
                yield from ((comparable(name), value) for value in values)
            case InMunicipality(names=names):
                yield from ((MUNICIPALITY, name) for name in names)
            case HasAttribute(name=name) | AttributeStarts(name=name) | AttributeNumber(name=name):
                yield comparable(name), ""
            case HasTag(tag=tag):
                yield "tag", tag
            case _:
                pass


def _form_of(attributes: Mapping[str, str], name: str) -> str | None:
    """Give an attribute as it is compared, or None where it is missing."""
    value = attributes.get(comparable(name))
    return None if value is None else comparable(value)


@functools.lru_cache(maxsize=1_000)
def _forms(values: tuple[str, ...]) -> frozenset[str]:
    """Give texts as they are compared; an import asks for every row."""
    return frozenset(map(comparable, values))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
