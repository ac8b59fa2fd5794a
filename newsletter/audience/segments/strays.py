"""Explain why people are in no segment: what they have where the rules ask for something else."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.domain.audience import (
    Subscriber,
    SubscriberStatus,
    comparable,
)
from newsletter.domain.rules import History, facts_asked
from newsletter.domain.segments import Segment, segments_of


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

    def add(self, person: Subscriber, history: History) -> None:
        """Count a person who gets no issue because of the rules; anybody else is left out."""
        if person.status is not SubscriberStatus.ACTIVE or segments_of(person, self._segments, history):
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
