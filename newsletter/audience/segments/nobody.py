"""Find what the rules of segments ask for and nobody has, with the nearest that somebody has."""

import difflib
from collections.abc import Sequence
from typing import Protocol

from newsletter.domain.audience import comparable
from newsletter.domain.rules import MUNICIPALITY, HasAttribute, HasTag, InMunicipality, LanguageIn, MailDomainIn, Rule
from newsletter.domain.segments import Asked, AskedOfNobody, Segment

_LOOKED_AT = 1_000
"""Of the facts that people have, the most frequent are compared with what nobody has."""


class Facts(Protocol):
    """What has to be known of the people; `storage.facts` knows it."""

    def has_people(self) -> bool:
        """Tell whether anybody is known at all."""
        ...

    def is_anybody(self, rule: Rule) -> bool:
        """Tell whether somebody has the fact that a rule asks for."""
        ...

    def attribute_names(self) -> tuple[str, ...]:
        """Give every attribute that somebody has."""
        ...

    def values(self, name: str, *, limit: int) -> tuple[str, ...]:
        """Give the most frequent values of an attribute, each as somebody wrote it."""
        ...

    def tags(self, *, limit: int) -> tuple[str, ...]:
        """Give the most frequent tags, each as somebody wrote it."""
        ...


def find_asked_of_nobody(segments: Sequence[Segment], facts: Facts) -> tuple[AskedOfNobody, ...]:
    """Give the facts that nobody has, in the order of the rules; nothing where there are no people at all."""
    if not facts.has_people():
        return ()
    return tuple(
        AskedOfNobody(segment=segment.id, asked=asked, nearest=_nearest(asked, facts))
        for segment in segments
        for asked in segment.asked
        if not facts.is_anybody(asked.rule)
    )


def _nearest(asked: Asked, facts: Facts) -> str:
    """Give what looks most alike: another name where nobody has the attribute, else another value."""
    match asked.rule:
        case MailDomainIn() | LanguageIn():
            return ""
        case HasTag(tag=tag):
            return _most_alike(tag, facts.tags(limit=_LOOKED_AT))
        case InMunicipality():
            name = MUNICIPALITY
        case _:
            name = comparable(asked.name)
    names = facts.attribute_names()
    if name not in names:
        return _most_alike(name, names)
    if isinstance(asked.rule, InMunicipality | HasAttribute):
        return ""
    return _most_alike(asked.value, facts.values(name, limit=_LOOKED_AT))


def _most_alike(word: str, known: Sequence[str]) -> str:
    forms = {comparable(one): one for one in known}
    return next((forms[form] for form in difflib.get_close_matches(comparable(word), forms, n=1)), "")
