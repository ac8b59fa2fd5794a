"""What stands together in an edition, and how much of it: repeats of one event, other languages, forms.

Door: `laid_out`. Nothing is left out here: every item given comes back, in some section.
"""

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from newsletter.domain.content import Language, SectionId
from newsletter.domain.issue import EditionSection, IssueItem, ItemForm, ItemKind
from newsletter.domain.publication import Section, SectionKind
from newsletter.language.catalogue import translate
from newsletter.language.formats import IN_LANGUAGES

_WORDS = attrgetter(
    *("title", "lead", "body", "link", "form", "language", "place", "address", "registration", "image", "image_alt")
)


def laid_out(sections: Sequence[EditionSection], language: Language) -> tuple[EditionSection, ...]:
    """Give sections as they are read: repeats joined, what is in other languages last, the form of each item decided.

    Args:
        sections: In order, each item in the words its readers get.
        language: Of the edition.
    """
    joined = [replace(section, items=_repeats_joined(section.items)) for section in sections]
    ordered = _own_language_first(joined, language)
    return tuple(
        replace(section, items=tuple(_formed(item, is_first=item is ordered[0].items[0]) for item in section.items))
        for section in ordered
    )


def _repeats_joined(items: Sequence[IssueItem]) -> tuple[IssueItem, ...]:
    """Give an event of several dates once, at the place of its first one."""
    entries: dict[object, list[IssueItem]] = {}
    for item in items:
        entries.setdefault(_event_of(item), []).append(item)
    return tuple(replace(same[0], repeats=tuple(same[1:])) for same in entries.values())


def _event_of(item: IssueItem) -> object:
    """Give what the dates of one event share; an article, and an event with words of its own, has it alone."""
    return item.key if item.kind is not ItemKind.EVENT or item.start is None else _WORDS(item)


def _own_language_first(sections: Sequence[EditionSection], language: Language) -> list[EditionSection]:
    """Put what readers get in another language into sections of its own; all stays where nothing else is there."""
    others = dict.fromkeys(item.language for section in sections for item in section.items if item.language != language)
    own = [
        replace(section, items=items)
        for section in sections
        if (items := tuple(item for item in section.items if item.language == language))
    ]
    if not own:
        return list(sections)
    return own + [
        EditionSection(
            section=Section(id=SectionId(f"in-{other}"), kind=SectionKind.ARTICLES, titles={}),
            title=_capitalised(translate(language, IN_LANGUAGES.get(other, other))),
            items=tuple(item for section in sections for item in section.items if item.language == other),
        )
        for other in others
    ]


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]


def _formed(item: IssueItem, *, is_first: bool) -> IssueItem:
    """Decide how much is shown: as the editor says, else all but the first article are cut where a link leads on."""
    if item.form is not None:
        return item
    is_whole = not item.link or (is_first and item.kind is ItemKind.ARTICLE)
    return replace(item, form=ItemForm.WHOLE if is_whole else ItemForm.LEAD)
