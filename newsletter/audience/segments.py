"""Read segments.toml: who is in each segment, which topics and sections it gets, and its name in each language.

    [[segment]]
    id = "advisers"
    rank = 1
    topics = ["rahoitus"]
    [segment.name]
    fi = "Yritysneuvojat"
    [segment.who]
    attribute = "role"
    equals = "yritysneuvoja"

A rule is one of these tables:

    { attribute = "role", equals = "x" }      the attribute has this value, however its letters are cased
    { attribute = "role", in = ["x", "y"] }   ... or one of these
    { language = "sv" }   { language = ["fi", "sv"] }
    { tag = "x" }
    { all = [rule, ...] }   { any = [rule, ...] }   { not = rule }

Its door is `read_segments`, which shows all faults of the file at once, and `StrayCount`, which explains why people are
in no segment. What the rules mean say `domain.audience.matches` and `storage.rules`.
"""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from newsletter.domain.audience import (
    AllOf,
    AnyOf,
    AttributeIn,
    HasTag,
    LanguageIn,
    Not,
    Rule,
    Segment,
    Subscriber,
    SubscriberStatus,
    comparable,
    facts_asked,
    segments_of,
)
from newsletter.domain.content import Language, SectionId, SegmentId, TopicId
from newsletter.errors import ConfigurationError, Fault, counted
from newsletter.toml_file import KeyPath, TomlFile, did_you_mean, read_toml

SEGMENTS_MAX = 30
"""Each segment is a bit of a whole number in the database; PostgreSQL's INTEGER has 31."""

WORDS_EXIST_IN = (Language("fi"), Language("sv"), Language("en"))
"""The languages a reader can want and a name can be given in, also where the publication does not use them yet."""

EVERYBODY = AllOf(rules=())
"""Stands in for a rule that could not be read, so that reading goes on to the next fault."""

_RULE_DEPTH_MAX = 20
_RULE_KEYS = ("all", "any", "not", "attribute", "language", "tag")
_ATTRIBUTE_TESTS = ("equals", "in")
_SEGMENT_KEYS = ("id", "rank", "name", "who", "topics", "sections")
_REQUIRED_KEYS = ("id", "rank", "name", "who")
_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")

Word = TypeVar("Word", TopicId, SectionId)


def read_segments(
    path: Path,
    *,
    topics: Sequence[TopicId],
    sections: Sequence[SectionId],
    languages: Sequence[Language],
    shown_as: Path | None = None,
) -> tuple[Segment, ...]:
    """Read the segments of a publication, in order of rank.

    Args:
        path: The file.
        topics: The publication's topics; a segment may name only these.
        sections: Its sections, likewise.
        languages: Its languages; every segment is named in each of them.
        shown_as: How messages name the file; the path itself by default.

    Raises:
        ConfigurationError: The file is missing or no TOML, or something in it is wrong; then `faults` holds all that
            is, each with its line and key.
    """
    file = read_toml(path, shown_as=shown_as, error=ConfigurationError)
    reader = _SegmentsReader(file, topics=topics, sections=sections, languages=languages)
    segments = reader.read()
    if reader.faults:
        count = len(reader.faults)
        raise ConfigurationError(
            f"{file.path.name} has {counted(count, 'fault')}.",
            hint="Mend what is listed and run this again.",
            place=reader.faults[0].place,
            faults=reader.faults,
        )
    return tuple(sorted(segments, key=lambda segment: segment.rank))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """What some people who are in no segment have where the rules ask for something else.

    Attributes:
        name: Of the attribute, or `tag`.
        value: As first written; empty when they have none.
        people: How many.
        nearest: The value that looks most alike among those that rules name; empty when none does.
    """

    name: str
    value: str
    people: int
    nearest: str

    def __str__(self) -> str:
        """Write it in one sentence."""
        if not self.value:
            return f"{self.name} is missing: {self.people}."
        rules = f"a rule names {self.nearest!r}" if self.nearest else "no rule names it or anything like it"
        return f"{self.name} {self.value!r}: {self.people}; {rules}."


class StrayCount:
    """Counts the active people whom no segment's rule chooses, by the facts that rules ask for.

    Args:
        segments: All of them.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.people = 0
        self._segments = segments
        self._asked: dict[str, dict[str, str]] = {}
        for segment in segments:
            for name, value in facts_asked(segment.who):
                self._asked.setdefault(name, {}).setdefault(comparable(value), value)
        self._counts = Counter[tuple[str, str]]()
        self._written: dict[str, str] = {}

    def add(self, person: Subscriber) -> None:
        """Count a person who gets no issue because of the rules; anybody else is left out."""
        if person.status is not SubscriberStatus.ACTIVE or segments_of(person, self._segments):
            return
        self.people += 1
        for name in self._asked:
            for value in person.tags if name == "tag" else (person.attributes.get(name, ""),):
                form = comparable(value)
                self._written.setdefault(form, value)
                self._counts[name, form] += 1

    def explained(self) -> tuple[Stray, ...]:
        """Give the ten most frequent facts, those that look like what a rule names first; strange tags explain none."""
        strays = []
        for (name, form), people in self._counts.most_common(_STRAYS_LOOKED_AT):
            near = difflib.get_close_matches(form, self._asked[name], n=1) if form else []
            if near or name != "tag":
                nearest = self._asked[name][near[0]] if near else ""
                strays.append(Stray(name=name, value=self._written[form], people=people, nearest=nearest))
        return tuple(sorted(strays, key=lambda stray: not stray.nearest)[:_STRAYS_SHOWN])


_STRAYS_LOOKED_AT = 100
_STRAYS_SHOWN = 10


class _SegmentsReader:
    """Turns the parsed file into segments, collecting faults."""

    def __init__(
        self,
        file: TomlFile,
        *,
        topics: Sequence[TopicId],
        sections: Sequence[SectionId],
        languages: Sequence[Language],
    ) -> None:
        self.file = file
        self.topics = topics
        self.sections = sections
        self.languages = languages
        self.known_languages = tuple(dict.fromkeys((*languages, *WORDS_EXIST_IN)))
        self.rules = _RuleReader(file=file, languages=self.known_languages)
        self.faults = self.rules.faults

    def read(self) -> list[Segment]:
        """Read every `[[segment]]`."""
        self._refuse_unknown((), self.file.content, ("segment",), what="segments.toml")
        tables = self.file.content.get("segment", [])
        if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
            self._fail(("segment",), "A segment begins with [[segment]], in double brackets.")
            return []
        if not 1 <= len(tables) <= SEGMENTS_MAX:
            self._fail(("segment",), f"There must be 1 to {SEGMENTS_MAX} segments; here are {len(tables)}.")
        segments = [self._segment(("segment", number), table) for number, table in enumerate(tables)]
        self._refuse_repeated([(segment.id, "id", number) for number, segment in enumerate(segments)])
        self._refuse_repeated([(segment.rank, "rank", number) for number, segment in enumerate(segments)])
        return segments

    def _segment(self, path: KeyPath, table: Mapping[str, object]) -> Segment:
        """Read one segment; a wrong or missing part is replaced by a harmless one, as its fault stops the whole."""
        self._refuse_unknown(path, table, _SEGMENT_KEYS, what="A segment")
        for key in _REQUIRED_KEYS:
            if key not in table:
                self._fail((*path, key), f"The segment has no `{key}`.")
        return Segment(
            id=SegmentId(self._id((*path, "id"), table["id"]) if "id" in table else ""),
            rank=self._rank((*path, "rank"), table["rank"]) if "rank" in table else 0,
            names=self._names((*path, "name"), table["name"]) if "name" in table else {},
            who=self.rules.read((*path, "who"), table["who"]) if "who" in table else EVERYBODY,
            topics=self._known((*path, "topics"), table.get("topics", []), self.topics, "topic"),
            sections=self._known((*path, "sections"), table.get("sections", []), self.sections, "section"),
            line=self.file.place(path).line,
        )

    def _id(self, path: KeyPath, value: object) -> str:
        """Read an id."""
        if isinstance(value, str) and _ID.fullmatch(value):
            return value
        self._fail(path, "An id is 1 to 40 lower-case letters a-z, digits and hyphens, and begins with a letter.")
        return ""

    def _rank(self, path: KeyPath, value: object) -> int:
        """Read a rank; TOML's true is a whole number to Python, but no rank."""
        if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
            return value
        self._fail(path, "A rank is a whole number from 1; 1 comes first.")
        return 0

    def _names(self, path: KeyPath, value: object) -> Mapping[Language, str]:
        """Read the names; each language of the publication needs one."""
        if not isinstance(value, Mapping):
            self._fail(path, "`name` is a table with one name per language.", hint='Write name = { fi = "..." }.')
            return {}
        self._refuse_unknown(path, value, self.known_languages, what="`name`")
        for language in self.languages:
            if language not in value:
                self._fail((*path, language), f"The segment has no name in {language!r}.")
        names: dict[Language, str] = {}
        for language, name in value.items():
            if isinstance(name, str) and name.strip() and name.isprintable():
                names[Language(language)] = name.strip()
            else:
                self._fail((*path, language), "A name is a text on one line.")
        return names

    def _known(self, path: KeyPath, value: object, known: Sequence[Word], what: str) -> tuple[Word, ...]:
        """Read an array of names that the publication has, each once."""
        if not isinstance(value, list):
            self._fail(path, f"Here stands an array of {what} ids.", hint=f'Write {what}s = ["x", "y"].')
            return ()
        for number, word in enumerate(value):
            if word not in known:
                hint = did_you_mean(str(word), known)
                self._fail((*path, number), f"newsletter.toml has no {what} {word!r}.", hint=hint)
            elif word in value[:number]:
                self._fail((*path, number), f"The {what} {word!r} stands here twice.")
        return tuple(word for word in known if word in value)

    def _refuse_unknown(self, path: KeyPath, table: Mapping[str, object], known: Sequence[str], *, what: str) -> None:
        """Add a fault for every key that is not known."""
        for key in table:
            if key not in known:
                self._fail((*path, key), f"{what} has no key {key!r}.", hint=did_you_mean(key, known))

    def _refuse_repeated(self, values: Sequence[tuple[object, str, int]]) -> None:
        """Add a fault for every value that an earlier segment has too; absent ones have their fault already."""
        first: dict[object, int] = {}
        for value, key, number in values:
            if value and value in first:
                line = self.file.place(("segment", first[value], key)).line
                self._fail(("segment", number, key), f"The segment in line {line} has the same {key}.")
            first.setdefault(value, number)

    def _fail(self, path: KeyPath, message: str, *, hint: str | None = None) -> None:
        """Note a fault."""
        self.faults.append(self.file.fault(path, message, hint=hint))


@dataclass(frozen=True, slots=True, kw_only=True)
class _RuleReader:
    """Reads rules of one file.

    Attributes:
        file: The parsed file.
        languages: A rule may ask for these.
        faults: Grows with what is wrong.
    """

    file: TomlFile
    languages: Sequence[Language]
    faults: list[Fault] = field(default_factory=list)

    def read(self, path: KeyPath, table: object, *, depth: int = 1) -> Rule:
        """Give the rule in a table; what is wrong with it goes to `faults`."""
        if depth > _RULE_DEPTH_MAX:
            return self._fail(path, f"A rule may be {_RULE_DEPTH_MAX} rules deep.", hint="Write it flatter.")
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
            case "tag":
                return HasTag(tag=self._word(path, value))
            case _:
                return self._language(path, value)

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
        """Read `attribute` with `equals` or `in`."""
        name = self._word((*path, "attribute"), table["attribute"])
        tests = [key for key in _ATTRIBUTE_TESTS if key in table]
        if len(tests) != 1:
            return self._fail(path, "`attribute` needs one of `equals` and `in` beside it.")
        if tests[0] == "equals":
            return AttributeIn(name=name, values=(self._word((*path, "equals"), table["equals"]),))
        return AttributeIn(name=name, values=self._words((*path, "in"), table["in"]))

    def _language(self, path: KeyPath, value: object) -> Rule:
        """Read a language or an array of them."""
        words = (self._word(path, value),) if isinstance(value, str) else self._words(path, value)
        for word in words:
            if word and word not in self.languages:
                self._fail(path, f"There is no language {word!r}.", hint=did_you_mean(word, self.languages))
        return LanguageIn(languages=tuple(Language(word) for word in words))

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

    def _fail(self, path: KeyPath, message: str, *, hint: str | None = None) -> Rule:
        """Note a fault and give a rule to go on with."""
        self.faults.append(self.file.fault(path, message, hint=hint))
        return EVERYBODY


def _how_many_hint(kinds: Sequence[str]) -> str:
    """Say what to do with a rule that says nothing or several things."""
    if kinds:
        return "To ask for several things write all = [ { ... }, { ... } ]."
    return "To choose everybody write { all = [] }."
