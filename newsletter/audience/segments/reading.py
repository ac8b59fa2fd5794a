"""Turn segments.toml into segments; its rules are read by `rules`."""

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple, TypeVar

from newsletter.audience.segments.rules import EVERYBODY, RULE_DEPTH_MAX, RuleReader
from newsletter.domain.content import ANY_TOPIC, Language, SectionId, SegmentId, TopicId
from newsletter.domain.rules import AllOf, AnyOf, InSegment, Not, Rule
from newsletter.domain.segments import Segment
from newsletter.errors import ConfigurationError, counted
from newsletter.toml_file import KeyPath, TomlFile, did_you_mean, read_toml

SEGMENTS_MAX = 30
"""Each segment is a bit of a whole number in the database; PostgreSQL's INTEGER has 31."""

WORDS_EXIST_IN = (Language("fi"), Language("sv"), Language("en"))
"""The languages a reader can want and a name can be given in, also where the publication does not use them yet."""

_LEAVES_MAX = 500
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
    zone: tzinfo,
    shown_as: Path | None = None,
) -> tuple[Segment, ...]:
    """Read the segments of a publication, in order of rank.

    Args:
        path: The file.
        topics: The publication's topics; a segment may name only these.
        sections: Its sections, likewise.
        languages: Its languages; every segment is named in each of them.
        zone: In which a day of a rule begins.
        shown_as: How messages name the file; the path itself by default.

    Raises:
        ConfigurationError: The file is missing or no TOML, or something in it is wrong; then `faults` holds all that
            is, each with its line and key.
    """
    file = read_toml(path, shown_as=shown_as, error=ConfigurationError)
    reader = _SegmentsReader(file, topics=topics, sections=sections, languages=languages, zone=zone)
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


class _Weight(NamedTuple):
    """How deep a rule is, and how many things it asks."""

    depth: int
    leaves: int


class _SegmentsReader:
    """Turns the parsed file into segments, collecting faults."""

    def __init__(
        self,
        file: TomlFile,
        *,
        topics: Sequence[TopicId],
        sections: Sequence[SectionId],
        languages: Sequence[Language],
        zone: tzinfo,
    ) -> None:
        self.file = file
        self.topics = topics
        self.sections = sections
        self.languages = languages
        self.known_languages = tuple(dict.fromkeys((*languages, *WORDS_EXIST_IN)))
        self.rules = RuleReader(file=file, languages=self.known_languages, zone=zone, named=self._named)
        self.faults = self.rules.faults
        self._tables: Sequence[Mapping[str, object]] = ()
        self._rules_read: dict[int, Rule] = {}
        self._being_read: list[int] = []
        self._weights: dict[SegmentId, _Weight] = {}

    def read(self) -> list[Segment]:
        """Read every `[[segment]]`."""
        self._refuse_unknown((), self.file.content, ("segment",), what="segments.toml")
        tables = self.file.content.get("segment", [])
        if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
            self._fail(("segment",), "A segment begins with [[segment]], in double brackets.")
            return []
        if not 1 <= len(tables) <= SEGMENTS_MAX:
            self._fail(("segment",), f"There must be 1 to {SEGMENTS_MAX} segments; here are {len(tables)}.")
        self._tables = tables
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
            who=self._who(int(path[1])),
            topics=self._topics((*path, "topics"), table.get("topics", ANY_TOPIC)),
            sections=self._known((*path, "sections"), table.get("sections", []), self.sections, "section"),
            line=self.file.place(path).line,
            asked=tuple(self.rules.asked.get(int(path[1]), ())),
        )

    def _who(self, number: int) -> Rule:
        """Read the rule of a segment, once, whoever names it first."""
        if number not in self._rules_read:
            self._being_read.append(number)
            table = self._tables[number]
            who = self.rules.read(("segment", number, "who"), table["who"]) if "who" in table else EVERYBODY
            self._rules_read[number] = who
            self._being_read.pop()
        return self._rules_read[number]

    def _named(self, path: KeyPath, segment: str) -> Rule:
        """Give the rule that another segment has: there must be one, in no circle, and the whole not too large."""
        ids = [str(table.get("id")) for table in self._tables]
        if segment not in ids:
            self._fail(path, f"There is no segment {segment!r}.", hint=did_you_mean(segment, ids))
            return EVERYBODY
        number = ids.index(segment)
        if number in self._being_read:
            circle = " -> ".join(ids[one] for one in [*self._being_read[self._being_read.index(number) :], number])
            self._fail(path, f"The rules name each other in a circle: {circle}.", hint="Take one of them out.")
            return EVERYBODY
        rule = InSegment(segment=SegmentId(segment), rule=self._who(number))
        self._weights[rule.segment] = weight = self._weigh(rule.rule)
        if weight.depth >= RULE_DEPTH_MAX or weight.leaves > _LEAVES_MAX:
            self._fail(
                path,
                f"With the segments it names a rule may be {RULE_DEPTH_MAX} rules deep and ask {_LEAVES_MAX} things.",
                hint="Write it flatter.",
            )
            return EVERYBODY
        return rule

    def _weigh(self, rule: Rule) -> "_Weight":
        """Measure a rule with those of the segments that it names."""
        match rule:
            case AllOf(rules=rules) | AnyOf(rules=rules):
                parts = [self._weigh(part) for part in rules]
            case Not(rule=inner):
                parts = [self._weigh(inner)]
            case InSegment(segment=segment):
                parts = [self._weights[segment]]
            case _:
                return _Weight(1, 1)
        return _Weight(1 + max((part.depth for part in parts), default=0), sum(part.leaves for part in parts))

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

    def _topics(self, path: KeyPath, value: object) -> tuple[TopicId, ...]:
        """Read the topics: names, of which "any" is what is about none; alone it is everything, as no line is."""
        return () if value == ANY_TOPIC else self._known(path, value, (*self.topics, ANY_TOPIC), "topic")

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
