"""Segments: named rules that choose people, the combinations they make, and how they are written for a hash."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.domain.audience import Subscriber
from newsletter.domain.content import Language, SectionId, SegmentId, TopicId
from newsletter.domain.rules import History, OfThePast, Rule, leaves
from newsletter.errors import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One fact that a segment's rule asks for.

    Attributes:
        rule: Asks for this fact alone.
        name: Of an attribute as people wrote it; or `tag`, `language`, `region`, `municipality_is`, `mail_domain`.
        value: As written; empty where the attribute only has to be there.
        place: In segments.toml.
    """

    rule: Rule
    name: str
    value: str
    place: Place

    def __str__(self) -> str:
        """Name the fact."""
        return f"{self.name} {self.value!r}" if self.value else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOfNobody:
    """A fact that a segment's rule asks for and nobody has: a slip of the pen, or people who are still to come.

    Attributes:
        nearest: What looks most alike of what somebody has; empty when nothing does.
    """

    segment: SegmentId
    asked: Asked
    nearest: str

    def __str__(self) -> str:
        """Write it in a sentence, without its place."""
        alike = f" (nearest: {self.nearest!r})" if self.nearest else ""
        return f"{self.segment} asks for {self.asked}, which nobody has{alike}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A named rule that chooses subscribers, and what they get.

    Attributes:
        id: Unique; lower-case ASCII letters, digits, hyphens.
        rank: 1 is first; decides the order in combinations. Unique.
        topics: Items with one of these as a primary topic are picked; empty picks every item.
        sections: It gets these; empty means all.
        asked: The facts its rule asks for, with their places.
    """

    id: SegmentId
    rank: int
    names: Mapping[Language, str]
    who: Rule
    topics: tuple[TopicId, ...] = ()
    sections: tuple[SectionId, ...] = ()
    line: int | None = None
    asked: tuple[Asked, ...] = field(default=(), compare=False)

    def name_in(self, language: str) -> str:
        """Give its name in a language, or in the first it has one in."""
        return self.names.get(Language(language)) or next(iter(self.names.values()), self.id)

    def gets(self, section: SectionId) -> bool:
        """Tell whether items of a section are for it."""
        return not self.sections or section in self.sections


def named(combination: Sequence[SegmentId], segments: Sequence[Segment], language: str) -> str:
    """Name segments as people know them, in a language that each has a name in; empty for none."""
    known = {segment.id: segment for segment in segments}
    return " + ".join(known[one].name_in(language) if one in known else one for one in combination)


def asks_history(segments: Sequence[Segment]) -> bool:
    """Tell whether a rule asks when somebody joined or was mailed, which takes longer to find out."""
    return any(isinstance(leaf, OfThePast) for segment in segments for leaf in leaves(segment.who))


def segments_of(subscriber: Subscriber, segments: Sequence[Segment], history: History) -> tuple[SegmentId, ...]:
    """Give the segments a person is in, by rank: the combination whose edition that person gets."""
    ranked = sorted(segments, key=lambda segment: segment.rank)
    return tuple(segment.id for segment in ranked if segment.who.chooses(subscriber, history))


def audience_rule(
    segments: Sequence[Segment], languages: Sequence[Language], *, without_items: Collection[SegmentId] = ()
) -> str:
    """Write segments and languages as canonical text: equal rules give equal text, whatever the file's layout.

    Of `without_items`, the segments that get nothing of the issue, nothing is written where there are none.
    """
    ranked = sorted(segments, key=lambda segment: segment.rank)
    written: dict[str, object] = {
        "languages": list(languages),
        "segments": [{"id": segment.id, "rank": segment.rank, "who": segment.who.written()} for segment in ranked],
    }
    if without_items:
        written["without items"] = sorted(without_items)
    return json.dumps(written, ensure_ascii=False, sort_keys=True)


def segments_without_items(rule: str) -> tuple[SegmentId, ...]:
    """Read out of what `audience_rule` wrote which segments get nothing of the issue."""
    return tuple(SegmentId(segment) for segment in json.loads(rule).get("without items", ()))
