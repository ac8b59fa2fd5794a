"""Read one rule of segments.toml."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo

from newsletter.audience.segments.places import SPOKEN, names_in, names_speaking, region_called, regions
from newsletter.domain.content import Language
from newsletter.domain.rules import (
    AllOf,
    AnyOf,
    AttributeIn,
    AttributeNumber,
    AttributeStarts,
    Comparison,
    HasAttribute,
    HasTag,
    InMunicipality,
    JoinedAfter,
    JoinedBefore,
    JoinedWithin,
    LanguageIn,
    MailDomainIn,
    Mailed,
    Not,
    Rule,
)
from newsletter.domain.segments import Asked
from newsletter.errors import Fault, UsageError
from newsletter.toml_file import KeyPath, TomlFile, did_you_mean

EVERYBODY = AllOf(rules=())
"""Stands in for a rule that could not be read, so that reading goes on to the next fault."""

RULE_DEPTH_MAX = 20
_DAYS_MAX = 36_500
_RULE_KEYS = (
    "all",
    "any",
    "not",
    "segment",
    "attribute",
    "region",
    "municipality_is",
    "language",
    "tag",
    "mail_domain",
    "joined_after",
    "joined_before",
    "joined_within_days",
    "mailed",
    "mailed_since",
)
_COMPARISONS = {
    "at_least": Comparison.AT_LEAST,
    "at_most": Comparison.AT_MOST,
    "more_than": Comparison.MORE_THAN,
    "less_than": Comparison.LESS_THAN,
}
_ATTRIBUTE_TESTS = ("equals", "in", "present", "starts_with", *_COMPARISONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReader:
    """Reads rules of one file.

    Attributes:
        file: The parsed file.
        languages: A rule may ask for these.
        zone: A day begins at its midnight there.
        named: Gives the rule of another segment, for the path and the id that name it.
        faults: Grows with what is wrong.
        asked: Grows with each fact that the rules of a segment ask for, by its number in the file.
    """

    file: TomlFile
    languages: Sequence[Language]
    zone: tzinfo
    named: Callable[[KeyPath, str], Rule]
    faults: list[Fault] = field(default_factory=list)
    asked: dict[int, list[Asked]] = field(default_factory=dict)

    def read(self, path: KeyPath, table: object, *, depth: int = 1) -> Rule:
        """Give the rule in a table; what is wrong with it goes to `faults`."""
        if depth > RULE_DEPTH_MAX:
            return self._fail(path, f"A rule may be {RULE_DEPTH_MAX} rules deep.", hint="Write it flatter.")
        if not isinstance(table, Mapping):
            return self._fail(path, "A rule is a table.", hint='For example { attribute = "role", equals = "x" }.')
        is_known = self._refuse_unknown(path, table)
        kinds = [key for key in _RULE_KEYS if key in table]
        if not kinds and not is_known:
            # A misspelt key is one mistake and gets one fault.
            return EVERYBODY
        if len(kinds) != 1:
            return self._fail(path, f"A rule has exactly one of {', '.join(_RULE_KEYS)}.", hint=_how_many_hint(kinds))
        if kinds[0] == "attribute":
            return self._attribute(path, table)
        if stray := [key for key in _ATTRIBUTE_TESTS if key in table]:
            self._fail((*path, stray[0]), f"{stray[0]!r} belongs beside `attribute` only.")
        return self._simple(kinds[0], (*path, kinds[0]), table[kinds[0]], depth)

    def _refuse_unknown(self, path: KeyPath, table: Mapping[str, object]) -> bool:
        """Add a fault for every key that a rule does not have; True when there is none."""
        known = (*_RULE_KEYS, *_ATTRIBUTE_TESTS)
        unknown = [key for key in table if key not in known]
        for key in unknown:
            self._fail((*path, key), f"A rule has no key {key!r}.", hint=did_you_mean(key, known))
        return not unknown

    def _simple(self, kind: str, path: KeyPath, value: object, depth: int) -> Rule:
        """Read a rule whose table has one key."""
        match kind:
            case "all":
                return AllOf(rules=self._rules(path, value, depth))
            case "any":
                return AnyOf(rules=self._rules(path, value, depth))
            case "not":
                return Not(rule=self.read(path, value, depth=depth + 1))
            case "segment":
                word = self._word(path, value)
                return self.named(path, word) if word else EVERYBODY
            case _:
                return self._leaf(kind, path, value)

    def _leaf(self, kind: str, path: KeyPath, value: object) -> Rule:
        """Read a rule that asks one thing of a person."""
        match kind:
            case "tag":
                tag = HasTag(tag=self._word(path, value))
                self._note(path, tag, "tag", tag.tag)
                return tag
            case "language":
                return self._language(path, value)
            case "mail_domain":
                domains = tuple(self._domain(path, word) for word in self._one_or_more(path, value))
                for number, domain in enumerate(domains):
                    self._note((*path, number), MailDomainIn(domains=(domain,)), kind, domain)
                return MailDomainIn(domains=domains)
            case "region" | "municipality_is":
                return self._place(kind, path, value)
            case _:
                return self._past(kind, path, value)

    def _place(self, kind: str, path: KeyPath, value: object) -> Rule:
        """Read where somebody is: in a region, or in a municipality of certain languages."""
        if kind == "region":
            found = [(word, region_called(word)) for word in self._one_or_more(path, value)]
            for word, region in found:
                if word and region is None:
                    self._fail(path, f"Finland has no region {word!r}.", hint=did_you_mean(word, tuple(regions())))
            known = tuple(region for _, region in found if region)
            for number, region in enumerate(known):
                self._note((*path, number), InMunicipality(names=names_in([region])), kind, region)
            return InMunicipality(names=names_in(known), regions=known)
        word = self._word(path, value)
        if word and word not in SPOKEN:
            return self._fail(path, f"A municipality is never {word!r}.", hint=did_you_mean(word, SPOKEN))
        spoken = InMunicipality(names=names_speaking(word), speaking=word)
        self._note(path, spoken, kind, word)
        return spoken

    def _past(self, kind: str, path: KeyPath, value: object) -> Rule:
        """Read when somebody joined or was mailed."""
        if kind == "mailed" and value != "never":
            return self._fail(path, 'Here stands "never".', hint="For a day write mailed_since = 2026-01-31.")
        match kind:
            case "mailed":
                return Not(rule=Mailed())
            case "joined_after":
                return JoinedAfter(at=self._day(path, value))
            case "joined_before":
                return JoinedBefore(at=self._day(path, value))
            case "mailed_since":
                return Mailed(since=self._day(path, value))
            case _:
                return JoinedWithin(days=self._days(path, value))

    def _rules(self, path: KeyPath, value: object, depth: int) -> tuple[Rule, ...]:
        """Read the array after `all` or `any`."""
        if not isinstance(value, list):
            self._fail(
                path, f"{path[-1]!r} takes an array of rules.", hint=f"Write {path[-1]} = [ {{ ... }}, {{ ... }} ]."
            )
            return ()
        if path[-1] == "any" and not value:
            self._fail(path, "`any` of no rules chooses nobody.", hint="Name at least one rule.")
        return tuple(self.read((*path, number), rule, depth=depth + 1) for number, rule in enumerate(value))

    def _attribute(self, path: KeyPath, table: Mapping[str, object]) -> Rule:
        """Read `attribute` with what is asked of it."""
        name = self._word((*path, "attribute"), table["attribute"])
        tests = [key for key in _ATTRIBUTE_TESTS if key in table]
        if len(tests) != 1:
            return self._fail(path, f"`attribute` needs exactly one of {', '.join(_ATTRIBUTE_TESTS)} beside it.")
        test, place, value = tests[0], (*path, tests[0]), table[tests[0]]
        match test:
            case "equals" | "in":
                values = self._words(place, value) if test == "in" else (self._word(place, value),)
                for number, one in enumerate(values):
                    self._note((*place, number), AttributeIn(name=name, values=(one,)), name, one)
                return AttributeIn(name=name, values=values)
            case "starts_with":
                begins = AttributeStarts(name=name, prefix=self._word(place, value))
                self._note(place, begins, name, f"{begins.prefix}...")
                return begins
            case "present":
                self._note(place, HasAttribute(name=name), name, "")
                return self._presence(place, HasAttribute(name=name), value)
            case _:
                compared = AttributeNumber(name=name, comparison=_COMPARISONS[test], number=self._number(place, value))
                self._note(place, compared, name, f"{compared.comparison} {compared.number:g}")
                return compared

    def _presence(self, path: KeyPath, rule: HasAttribute, value: object) -> Rule:
        """Read whether an attribute shall be there."""
        if not isinstance(value, bool):
            return self._fail(path, "Here stands true or false.")
        return rule if value else Not(rule=rule)

    def _language(self, path: KeyPath, value: object) -> Rule:
        """Read a language or an array of them."""
        words = self._one_or_more(path, value)
        for word in words:
            if word and word not in self.languages:
                self._fail(path, f"There is no language {word!r}.", hint=did_you_mean(word, self.languages))
        for number, word in enumerate(words):
            self._note((*path, number), LanguageIn(languages=(Language(word),)), "language", word)
        return LanguageIn(languages=tuple(Language(word) for word in words))

    def _domain(self, path: KeyPath, word: str) -> str:
        """Give a domain as addresses have it: in ASCII and lower case."""
        from newsletter.audience.addresses import parse_address  # noqa: PLC0415 - slow to import, and seldom needed

        if not word:
            return ""
        try:
            return parse_address(f"x@{word.lower().removeprefix('@')}").rpartition("@")[2]
        except UsageError:
            self._fail(path, f"{word!r} is no domain of an address.", hint='For example mail_domain = "example.fi".')
            return ""

    def _day(self, path: KeyPath, value: object) -> datetime:
        """Give the midnight with which a day begins."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime.combine(value, time(), tzinfo=self.zone)
        self._fail(path, "Here stands a day, without quotes.", hint=f"For example {path[-1]} = 2026-01-31.")
        return datetime.combine(date.min, time(), tzinfo=self.zone)

    def _days(self, path: KeyPath, value: object) -> int:
        """Read a number of days."""
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _DAYS_MAX:
            return value
        self._fail(path, f"Here stands a whole number of days, 1 to {_DAYS_MAX}.")
        return 1

    def _number(self, path: KeyPath, value: object) -> float:
        """Read a number; TOML's true is one to Python."""
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        self._fail(path, "Here stands a number, without quotes.", hint=f"For example {path[-1]} = 10.")
        return 0.0

    def _one_or_more(self, path: KeyPath, value: object) -> tuple[str, ...]:
        """Read a text, or an array of at least one."""
        return (self._word(path, value),) if isinstance(value, str) else self._words(path, value)

    def _words(self, path: KeyPath, value: object) -> tuple[str, ...]:
        """Read an array of at least one text."""
        if not isinstance(value, list) or not value:
            self._fail(path, "Here stands an array of at least one text.", hint=f'Write {path[-1]} = ["x", "y"].')
            return ()
        return tuple(self._word((*path, number), word) for number, word in enumerate(value))

    def _word(self, path: KeyPath, value: object) -> str:
        """Read a text that is not empty; space around it would be a slip."""
        if isinstance(value, str) and value.strip() and value == value.strip():
            return value
        self._fail(path, "Here stands a text, not empty and without space around it.")
        return ""

    def _note(self, path: KeyPath, rule: Rule, name: str, value: str) -> None:
        """Note a fact that the segment whose rule is read asks for."""
        self.asked.setdefault(int(path[1]), []).append(
            Asked(rule=rule, name=name, value=value, place=self.file.place(path))
        )

    def _fail(self, path: KeyPath, message: str, *, hint: str | None = None) -> Rule:
        """Note a fault and give a rule to go on with."""
        self.faults.append(self.file.fault(path, message, hint=hint))
        return EVERYBODY


def _how_many_hint(kinds: Sequence[str]) -> str:
    """Say what to do with a rule that says nothing or several things."""
    if kinds:
        return "To ask for several things write all = [ { ... }, { ... } ]."
    return "To choose everybody write { all = [] }."
