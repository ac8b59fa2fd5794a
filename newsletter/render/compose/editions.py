"""Which editions there are, and which items each has: `edition_keys` and `compose`."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations as combinations_of

from newsletter.domain.content import ItemKey, Language, SegmentId
from newsletter.domain.issue import (
    Edition,
    EditionBlock,
    EditionKey,
    EditionSection,
    EditionWords,
    Issue,
    IssueItem,
    ItemVariant,
)
from newsletter.domain.period import first_moment
from newsletter.domain.publication import Publication, Section, SectionKind
from newsletter.domain.segments import Segment
from newsletter.errors import IssueFileError, Place
from newsletter.render.compose.layout import laid_out

EVERY_COMBINATION_MAX = 4
"""Up to so many segments every combination gets an edition: fifteen. Beyond, only those that some subscriber is in."""


def edition_keys(
    segments: Sequence[Segment],
    languages: Sequence[Language],
    combinations: Iterable[tuple[SegmentId, ...]] | None = None,
) -> tuple[EditionKey, ...]:
    """Give the editions an issue is made in: every single segment, and every combination that readers may share.

    Fewer segments come first, then rank order, then the order of languages.

    Args:
        segments: All segments of the publication, in any order.
        languages: The languages of the publication, in its order.
        combinations: Those that occur among the subscribers, in any order of their segments; None takes every one of up
            to four segments, and none of more.
    """
    ranked = [segment.id for segment in sorted(segments, key=lambda segment: segment.rank)]
    place = {segment_id: number for number, segment_id in enumerate(ranked)}
    wanted: set[tuple[SegmentId, ...]] = {(segment_id,) for segment_id in ranked}
    if combinations is not None:
        wanted |= {tuple(sorted(set(shared), key=place.__getitem__)) for shared in combinations if shared}
    elif len(ranked) <= EVERY_COMBINATION_MAX:
        wanted |= {shared for size in range(2, len(ranked) + 1) for shared in combinations_of(ranked, size)}
    in_order = sorted(wanted, key=lambda shared: (len(shared), [place[segment_id] for segment_id in shared]))
    return tuple(EditionKey(segments=shared, language=language) for shared in in_order for language in languages)


def compose(issue: Issue, key: EditionKey, *, segments: Sequence[Segment], publication: Publication) -> Edition:
    """Lay an issue out for the readers who share some segments, in one language.

    Each item stands once: the first segment's in the editor's order, then what the others add, in theirs. Where every
    segment has its events in the order of time, a combination has too. An item without words in the language is shown
    in the first of the publication's languages that it has words in, names that language as its own and comes last.
    Dates of one event are one entry, and the form of each item is decided.

    Raises:
        IssueFileError: The issue names a section or item that does not exist, or has no words in any language.
    """
    sharing = [segment for segment in sorted(segments, key=lambda segment: segment.rank) if segment.id in key.segments]
    known = {section.id for section in publication.sections}
    lists = [[item for item in _items(issue, segment, known) if segment.gets(item.section)] for segment in sharing]
    return Edition(
        key=key,
        issue=issue,
        words=_words(
            issue, key, [segment.id for segment, items in zip(sharing, lists, strict=True) if items], publication
        ),
        segment_names=tuple(
            _in_language(segment.names, key.language, publication) or str(segment.id) for segment in sharing
        ),
        sections=laid_out(
            [
                EditionSection(
                    section=section,
                    title=_in_language(section.titles, key.language, publication),
                    items=tuple(_in_words_of(item, (key.language, *publication.languages)) for item in items),
                )
                for section in publication.sections
                if (items := _merged(lists, section, publication))
            ],
            key.language,
        ),
        blocks=tuple(
            EditionBlock(
                id=block.id,
                title=_in_language(block.titles, key.language, publication),
                text=_in_language(block.texts, key.language, publication),
            )
            for block in publication.blocks
            if block.id not in issue.leave_out
        ),
    )


def _items(issue: Issue, segment: Segment, known: Collection[str]) -> list[IssueItem]:
    """Give a segment's items in the editor's order."""
    items = []
    for item_key in issue.order.get(segment.id, ()):
        item = issue.items.get(item_key)
        if item is None:
            raise IssueFileError(
                f"Segment {str(segment.id)!r} lists the item {str(item_key)!r}, which has no table.",
                place=Place(path=issue.path),
                hint=f"Take it off the list, or write a table [item.{item_key}].",
            )
        if item.section not in known:
            raise IssueFileError(
                f"The item {str(item_key)!r} stands in the section {str(item.section)!r}, which does not exist.",
                place=Place(path=issue.path, line=item.line),
                hint=f"Sections are: {', '.join(sorted(known))}.",
            )
        items.append(item)
    return items


def _merged(lists: Sequence[Sequence[IssueItem]], section: Section, publication: Publication) -> list[IssueItem]:
    """Give the items of a section, each once, from every segment's list."""
    in_section = [[item for item in items if item.section == section.id] for items in lists]
    merged: dict[ItemKey, IssueItem] = {item.key: item for items in in_section for item in items}
    together = list(merged.values())
    is_by_time = all(items == _by_time(items, publication) for items in in_section)
    if section.kind is SectionKind.EVENTS and is_by_time:
        return _by_time(together, publication)
    return together


def _by_time(items: Sequence[IssueItem], publication: Publication) -> list[IssueItem]:
    """Give items by the time they begin; what has none comes last, and equal times stay as they were."""
    zone = publication.zone
    return sorted(
        items, key=lambda item: (item.start is None, first_moment(item.start, zone).timestamp() if item.start else 0)
    )


def _in_words_of(item: IssueItem, languages: Sequence[Language]) -> IssueItem:
    """Give an item in the first of some languages that it has words in; link and place are the wanted language's."""
    shown = next((language for language in languages if _has_words(item, language)), item.language)
    variant = item.variants.get(shown, ItemVariant()) if shown != item.language else ItemVariant()
    wanted = item.variants.get(languages[0], ItemVariant())
    link, place = (
        next((value for value in values if value is not None), None)
        for values in ((wanted.link, variant.link, item.link), (wanted.place, variant.place, item.place))
    )
    if variant.title is None:
        return replace(item, link=link or None, place=place or None)
    return replace(
        item,
        language=shown,
        title=variant.title,
        lead=variant.lead or "",
        body=variant.body or "",
        link=link or None,
        place=place or None,
        image_alt=item.image_alt if variant.image_alt is None else variant.image_alt,
    )


def _has_words(item: IssueItem, language: Language) -> bool:
    """Tell whether an item can be read in a language."""
    variant = item.variants.get(language)
    return item.language == language or (variant is not None and variant.title is not None)


def _words(issue: Issue, key: EditionKey, segments: Sequence[SegmentId], publication: Publication) -> EditionWords:
    """Give subject, preheader and greeting: the first segment's own, or everybody's, in the nearest language.

    Only segments that items are for speak: words about nothing would greet whoever is in another one too.
    """
    for language in (key.language, *publication.languages):
        for segment_id in segments:
            if words := issue.segment_words.get((language, segment_id)):
                return words
        if words := issue.words.get(language):
            return words
    raise IssueFileError(
        f"There is no subject and greeting for the edition {key}.",
        place=Place(path=issue.path),
        hint=f"Write a table [edition.{key.language}] with subject, preheader and greeting.",
    )


def _in_language(wordings: Mapping[Language, str], language: Language, publication: Publication) -> str:
    """Give a wording in a language, or in the first of the publication's that has one, or any, or empty."""
    nearest = next((known for known in (language, *publication.languages) if wordings.get(known)), None)
    return wordings[nearest] if nearest else next(iter(wordings.values()), "")
