"""Say which item of an issue has words in which language, and which readers would get it in another.

The door is `parity`. Pure. Must not know how an edition is laid out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from newsletter.domain.content import ItemKey, Language
from newsletter.domain.issue import Issue, IssueItem


class Wording(StrEnum):
    """What an item has in a language."""

    ORIGINAL = "original"
    TRANSLATED = "translated"
    TITLE_ONLY = "title only"
    """A title, where the original has a text too."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityRow:
    """One item in every language of the publication.

    Attributes:
        wordings: By language, in the publication's order.
    """

    key: ItemKey
    title: str
    wordings: Mapping[Language, Wording]
    line: int | None

    @property
    def is_whole(self) -> bool:
        """Tell whether every reader gets the item in his or her language."""
        return set(self.wordings.values()) <= {Wording.ORIGINAL, Wording.TRANSLATED}


def parity(issue: Issue, languages: Sequence[Language]) -> tuple[ParityRow, ...]:
    """Give a row for each item that some segment gets, in the order of the file."""
    placed = {key for keys in issue.order.values() for key in keys}
    return tuple(
        ParityRow(
            key=key,
            title=item.title,
            wordings={language: _wording(item, language) for language in languages},
            line=item.line,
        )
        for key, item in issue.items.items()
        if key in placed
    )


def _wording(item: IssueItem, language: Language) -> Wording:
    """Say what an item has in a language."""
    variant = item.variants.get(language)
    if language == item.language:
        return Wording.ORIGINAL
    if variant is None or variant.title is None:
        return Wording.MISSING
    is_bare = not variant.lead and not variant.body and bool(item.lead or item.body)
    return Wording.TITLE_ONLY if is_bare else Wording.TRANSLATED
