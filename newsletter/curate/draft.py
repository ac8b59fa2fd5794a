"""Turn picks into a draft: the words of an issue before the editor's first change.

Doors: `make_draft` for a whole issue, `issue_item` for one item. Pure. Must not know how the draft is kept.
"""

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from newsletter.curate.excerpt import shorten, summarise
from newsletter.curate.select import Choice, section_for
from newsletter.domain.content import (
    Article,
    Event,
    Item,
    ItemKey,
    Language,
    SectionId,
    SegmentId,
    fingerprint,
    published_day,
)
from newsletter.domain.issue import EditionWords, IssueItem, IssueLabel, ItemKind, ItemMark, ItemVariant
from newsletter.domain.period import Period, ends_before
from newsletter.domain.pick import Pick, PickGrade
from newsletter.language.catalogue import MessageId, translate
from newsletter.language.formats import NO_BREAK_SPACE, month_heading

SUBJECT_SIZE = 70
"""Characters: more is cut off on a phone."""
PREHEADER_SIZE = 110
PREHEADER_TITLES = 3

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_BUT_LINE_FEED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An issue that is about to be written down for its editor.

    Attributes:
        items: What at least one segment gets, by key, in the order of the file.
        picks: Why each item was picked or left out, for the comments.
        left_out: Title of each item that nobody gets, in the order in which they are worth a look.
    """

    label: IssueLabel
    date: date
    items: Mapping[ItemKey, IssueItem]
    order: Mapping[SegmentId, tuple[ItemKey, ...]]
    words: Mapping[Language, EditionWords]
    picks: tuple[Pick, ...] = ()
    left_out: Mapping[ItemKey, str] = field(default_factory=dict)


def make_draft(
    picks: Sequence[Pick],
    items: Iterable[Item],
    choice: Choice,
    *,
    markdown_of: Callable[[str], str],
    translations: Mapping[ItemKey, Mapping[Language, Item]] | None = None,
) -> Draft:
    """Give the draft of an issue.

    `items` are at least those that have a pick.
    """
    by_key = {item.key: item for item in items}
    picked = [pick for pick in picks if pick.grade is PickGrade.PICKED]
    chosen: dict[ItemKey, IssueItem] = {}
    for pick in picked:
        if pick.key not in chosen:
            chosen[pick.key] = issue_item(
                by_key[pick.key],
                choice,
                section=pick.section,
                markdown_of=markdown_of,
                translations=(translations or {}).get(pick.key),
            )
    order = {
        segment.id: tuple(pick.key for pick in picked if pick.segment_id == segment.id)
        for segment in sorted(choice.segments, key=lambda segment: segment.rank)
    }
    contents = [[chosen[key] for key in keys] for keys in order.values() if keys]
    return Draft(
        label=IssueLabel(choice.period.label),
        date=choice.date,
        items=chosen,
        order=order,
        words={language: _words(contents, choice, language) for language in choice.publication.languages},
        picks=tuple(picks),
        left_out={key: _one_line(by_key[key].title) for key in left_out_in_order(picks) if key not in chosen},
    )


def left_out_in_order(picks: Iterable[Pick]) -> list[ItemKey]:
    """Give what was left out for somebody, what is best worth a look first."""
    ranks: dict[ItemKey, int] = {}
    for pick in picks:
        if pick.offer is not None:
            ranks[pick.key] = min(pick.offer.rank, ranks.get(pick.key, pick.offer.rank))
    return sorted(ranks, key=lambda key: ranks[key])


def issue_item(
    item: Item,
    choice: Choice,
    *,
    markdown_of: Callable[[str], str],
    section: SectionId | None = None,
    translations: Mapping[Language, Item] | None = None,
) -> IssueItem:
    """Give an item's words for the editor: its lead, and its whole text where no link leads to it.

    By default the section is the first that fits.
    """
    placed = section if section is not None else section_for(item, choice)
    made = _made(item, placed, choice, markdown_of)
    others = {language: _made(other, placed, choice, markdown_of) for language, other in (translations or {}).items()}
    return replace(made, variants={language: _variant(other, made) for language, other in others.items()})


def _made(item: Item, section: SectionId, choice: Choice, markdown_of: Callable[[str], str]) -> IssueItem:
    if isinstance(item, Article):
        return _from_article(item, section, choice, markdown_of)
    return _from_event(item, section, choice, markdown_of)


def _variant(other: IssueItem, original: IssueItem) -> ItemVariant:
    """Give what a translation says otherwise than its original."""
    return ItemVariant(
        title=other.title,
        lead=other.lead,
        body=other.body or None,
        link=None if other.link == original.link else other.link or "",
        place=None if other.place == original.place else other.place,
        image_alt=other.image_alt or None,
    )


def _from_article(article: Article, section: SectionId, choice: Choice, markdown_of: Callable[[str], str]) -> IssueItem:
    return IssueItem(
        key=article.key,
        kind=ItemKind.ARTICLE,
        title=_one_line(article.title) or article.key,
        lead=_one_line(summarise(article.summary, choice.text_of(article.body_html), language=article.language)),
        body="" if article.url else _lines(markdown_of(article.body_html)),
        link=article.url,
        section=section,
        language=article.language,
        author=_one_line(article.author or "") or None,
        published=published_day(article, choice.publication.zone),
        image=article.image,
        image_alt=_one_line(article.image_alt),
        source_id=article.source_id,
        fingerprint=fingerprint(article),
    )


def _from_event(event: Event, section: SectionId, choice: Choice, markdown_of: Callable[[str], str]) -> IssueItem:
    zone = choice.publication.zone
    lead = _one_line(summarise("", event.summary, language=event.language))
    has_more = not event.url and len(lead) < len(_one_line(event.summary))
    end = event.end if event.end is not None and not ends_before(event.start, event.end, zone) else None
    made = IssueItem(
        key=event.key,
        kind=ItemKind.EVENT,
        title=_one_line(event.title) or event.key,
        lead=lead,
        body=_lines(markdown_of(_html_of(event.summary))) if has_more else "",
        link=event.url,
        section=section,
        language=event.language,
        author=None,
        start=_in_zone(event.start, choice),
        end=None if end is None else _in_zone(end, choice),
        place=_one_line(event.place or "") or None,
        image=event.image,
        image_alt=_one_line(event.image_alt),
        source_id=event.source_id,
        fingerprint=fingerprint(event),
    )
    return replace(made, mark=_mark(made, choice))


def _mark(event: IssueItem, choice: Choice) -> ItemMark | None:
    """Say what readers who have the issues before want to know of an event."""
    before = choice.memory.sent.get(event.key)
    if before is None:
        return None if choice.memory.offered_until is None else ItemMark.NEW
    told = None if before.label == choice.period.label else before.version
    if told is not None and (told.start, told.place) != (event.start, event.place):
        return ItemMark.MOVED
    return None


def _in_zone(when: date | datetime, choice: Choice) -> date | datetime:
    return when.astimezone(choice.publication.zone) if isinstance(when, datetime) else when


def _html_of(text: str) -> str:
    """Write plain text as paragraphs, so that one converter decides what Markdown needs escaped."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "".join(f"<p>{html.escape(paragraph).replace(chr(10), '<br>')}</p>" for paragraph in paragraphs)


def _words(contents: Sequence[Sequence[IssueItem]], choice: Choice, language: Language) -> EditionWords:
    """Give subject, preheader and greeting to begin with: names and titles, nothing that needs inflecting.

    Every segment's readers see them, so they promise only what all of these get.
    """
    publication = choice.publication
    if choice.period.word is not None:
        word = choice.period.word.replace("-", " ").capitalize()
        return EditionWords(subject=f"{publication.names[language]}: {word}", preheader="", greeting="")
    first = contents[0] if contents else ()
    held = [{item.key for item in items} for items in contents]
    titles = [
        title
        for item in first
        if item.kind is ItemKind.ARTICLE
        and (title := _title_in(item, language))
        and all(item.key in keys for keys in held)
    ]
    name = f"{publication.names[language]} {_period_name(choice.period, language)}"
    subject = _subject(name, titles)
    others = " · ".join([title for title in titles if not subject.endswith(f": {title}")][:PREHEADER_TITLES])
    has_events = bool(contents) and all(any(item.kind is ItemKind.EVENT for item in items) for items in contents)
    return EditionWords(
        subject=subject,
        preheader=shorten(others or publication.taglines.get(language, ""), PREHEADER_SIZE),
        greeting=translate(
            language,
            MessageId("Here is the latest news, with the events of the coming weeks. Enjoy reading!")
            if has_events
            else MessageId("Here is the latest news. Enjoy reading!"),
        ),
    )


def _subject(name: str, titles: Sequence[str]) -> str:
    """Give the name with the first title that fits beside it whole: a cut one in a subject promises half a thing."""
    subjects = (f"{name}: {title}" for title in titles)
    return next((subject for subject in subjects if len(subject) <= SUBJECT_SIZE), name)


def _title_in(item: IssueItem, language: Language) -> str | None:
    """Give an item's title in a language, or None when it has none in it."""
    if item.language == language:
        return item.title
    variant = item.variants.get(language)
    return None if variant is None else variant.title


def _period_name(period: Period, language: Language) -> str:
    """Name a period as it stands inside a line: `marraskuu 2017`, `viikko 46/2017`, `4. neljännes 2017`."""
    year, _, part = period.label.partition("-")
    if part.startswith("W"):
        return translate(language, MessageId("week {week}/{year}"), week=int(part[1:]), year=year)
    if part.startswith("Q"):
        return translate(language, MessageId("quarter {quarter}/{year}"), quarter=part[1:], year=year)
    heading = month_heading(period.start.date(), language).replace(NO_BREAK_SPACE, " ")
    return heading if language == "en" else heading.lower()


def _one_line(text: str) -> str:
    """Give a text on one line, without control characters: what stands in a heading, a subject, a comment."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _lines(text: str) -> str:
    """Give a text of several lines without control characters."""
    return _CONTROL_BUT_LINE_FEED.sub("", text.replace("\r\n", "\n").replace("\t", "    ")).strip()
