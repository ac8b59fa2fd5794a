"""Say in words what a rule asks for, why somebody is chosen, and who is missed by one thing."""

import difflib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo

from newsletter.domain.audience import Subscriber, comparable
from newsletter.domain.rules import (
    AllOf,
    AnyOf,
    AttributeIn,
    AttributeNumber,
    AttributeStarts,
    Comparison,
    HasAttribute,
    HasTag,
    History,
    InMunicipality,
    InSegment,
    JoinedAfter,
    JoinedBefore,
    JoinedWithin,
    LanguageIn,
    MailDomainIn,
    Mailed,
    Not,
    OfAttribute,
    Rule,
    leaves,
)
from newsletter.language.catalogue import MessageId, translate

_COMPARED = {
    Comparison.AT_LEAST: MessageId("{name} is a number of at least {number}"),
    Comparison.AT_MOST: MessageId("{name} is a number of at most {number}"),
    Comparison.MORE_THAN: MessageId("{name} is a number of more than {number}"),
    Comparison.LESS_THAN: MessageId("{name} is a number of less than {number}"),
}
_SPEAKING = {
    "bilingual": MessageId("the municipality is bilingual"),
    "finnish": MessageId("the municipality is Finnish-speaking"),
    "swedish": MessageId("the municipality is Swedish-speaking"),
}


class RuleWords:
    """Says rules in a language.

    Args:
        language: `fi`, `sv` or `en`.
        zone: In which days are named.
    """

    def __init__(self, language: str, zone: tzinfo) -> None:
        self._language = language
        self._zone = zone

    def lines(self, rule: Rule, depth: int = 0) -> Iterator[str]:
        """Give a rule, one line for each part, those of a whole set in below it."""
        parts: Sequence[Rule] = ()
        match rule:
            case AllOf(rules=()):
                said = self._say(MessageId("everybody"))
            case AllOf(rules=parts):
                said = self._say(MessageId("all of these:"))
            case AnyOf(rules=parts):
                said = self._say(MessageId("at least one of these:"))
            case Not(rule=Mailed(since=None)):
                said = self._say(MessageId("no issue was ever sent to them"))
            case Not(rule=AnyOf(rules=parts)):
                said = self._say(MessageId("none of these:"))
            case Not(rule=AllOf(rules=parts)):
                said = self._say(MessageId("not all of these:"))
            case Not(rule=inner):
                said = self._say(MessageId("not: {rule}"), rule=next(self.lines(inner)))
            case _:
                said = self.leaf(rule)
        yield "  " * depth + said
        for part in parts:
            yield from self.lines(part, depth + 1)

    def leaf(self, rule: Rule) -> str:
        """Say a rule that asks one thing of a person."""
        match rule:
            case LanguageIn(languages=languages):
                said = self._say(MessageId("wants the mail in {languages}"), languages=", ".join(languages))
            case HasTag(tag=tag):
                said = self._say(MessageId("carries the tag {tag}"), tag=tag)
            case MailDomainIn(domains=domains):
                said = self._say(MessageId("the address is at {domains}"), domains=", ".join(domains))
            case InSegment(segment=segment):
                said = self._say(MessageId("is in the segment {segment}"), segment=segment)
            case JoinedBefore() | JoinedAfter() | JoinedWithin() | Mailed():
                said = self._past(rule)
            case AllOf() | AnyOf() | Not():
                said = " ".join(line.strip() for line in self.lines(rule))
            case _:
                said = self._attribute(rule)
        return said

    def why(self, rule: Rule, person: Subscriber, history: History) -> str:
        """Say which parts of a rule that chooses a person do so."""
        return ", ".join(dict.fromkeys(self._reasons(rule, person, history)))

    def lacking(self, part: Rule) -> str:
        """Say which part of a rule keeps somebody out who is right in all else."""
        return self._say(MessageId("lacks only this: {rule}"), rule=self.leaf(part))

    def instead(self, near: AttributeIn, asking: AttributeIn) -> str:
        """Say that somebody's value looks like one that is asked for."""
        sentence = MessageId("{found}, and it is asked that {rule}")
        return self._say(sentence, found=self.leaf(near), rule=self.leaf(asking))

    def _reasons(self, rule: Rule, person: Subscriber, history: History) -> Iterator[str]:
        match rule:
            case AllOf(rules=()):
                yield self._say(MessageId("everybody"))
            case AllOf(rules=parts) | AnyOf(rules=parts):
                for part in parts:
                    if part.chooses(person, history):
                        yield from self._reasons(part, person, history)
            case AttributeIn(name=name):
                yield self._say(MessageId("{name} is {values}"), name=name, values=_said(person, name))
            case _:
                yield self.leaf(rule)

    def _attribute(self, rule: OfAttribute) -> str:
        match rule:
            case AttributeIn(name=name, values=values):
                return self._say(MessageId("{name} is {values}"), name=name, values=" / ".join(values))
            case InMunicipality(regions=(), speaking=speaking):
                return self._say(_SPEAKING[speaking])
            case InMunicipality(regions=regions):
                return self._say(MessageId("the municipality is in {regions}"), regions=", ".join(regions))
            case HasAttribute(name=name):
                return self._say(MessageId("{name} says something"), name=name)
            case AttributeStarts(name=name, prefix=prefix):
                return self._say(MessageId("{name} begins with {prefix}"), name=name, prefix=prefix)
            case AttributeNumber(name=name, comparison=comparison, number=number):
                return self._say(_COMPARED[comparison], name=name, number=f"{number:g}")

    def _past(self, rule: JoinedBefore | JoinedAfter | JoinedWithin | Mailed) -> str:
        match rule:
            case JoinedBefore(at=at):
                return self._say(MessageId("joined before {day}"), day=self._day(at))
            case JoinedAfter(at=at):
                return self._say(MessageId("joined on {day} or later"), day=self._day(at))
            case JoinedWithin(days=days):
                return self._say(MessageId("joined within the last {count} day"), count=days)
            case Mailed(since=since) if since is not None:
                return self._say(MessageId("an issue was sent to them on {day} or later"), day=self._day(since))
            case _:
                return self._say(MessageId("an issue was sent to them"))

    def _day(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d}"

    def _say(self, sentence: MessageId, **facts: str | int) -> str:
        return translate(self._language, sentence, **facts)


def missing_one(rule: Rule) -> Iterator[tuple[Rule, Rule]]:
    """Give rules that choose who would be chosen but for one part of an `all`, each with that part.

    Whoever another part chooses is for the caller to leave out.
    """
    match rule:
        case AnyOf(rules=parts):
            for part in parts:
                yield from missing_one(part)
        case AllOf(rules=parts) if len(parts) > 1:
            for number, part in enumerate(parts):
                others = parts[:number] + parts[number + 1 :]
                yield AllOf(rules=(*others, Not(rule=part))), part
        case _:
            pass


def values_alike(rule: Rule, known: Callable[[str], Sequence[str]]) -> Iterator[tuple[AttributeIn, AttributeIn]]:
    """Give rules for values that look like one that is asked for and are not: a slip of the pen in a list.

    Args:
        rule: Whose values are asked for.
        known: Gives the values that people have of an attribute.

    Yields:
        A rule for one value that looks alike, and the rule that asks.
    """
    for leaf in leaves(rule):
        if isinstance(leaf, AttributeIn):
            forms = {comparable(value): value for value in known(comparable(leaf.name))}
            asked = set(map(comparable, leaf.values))
            near = {form for one in asked for form in difflib.get_close_matches(one, forms, n=2, cutoff=_ALIKE)}
            for form in sorted(near - asked):
                yield AttributeIn(name=leaf.name, values=(forms[form],)), leaf


_ALIKE = 0.8
"""Of 1 for the same letters in the same order: one or two of ten may differ."""


def _said(person: Subscriber, name: str) -> str:
    return person.attributes.get(comparable(name), "")
