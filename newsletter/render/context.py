"""The names that templates may use; `templates/email/README.md` lists them.

Door: `template_context`. The same edition gives the same names. It must not know what templates make of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from urllib.parse import quote, urlsplit

from newsletter.domain.content import ItemKey, Language
from newsletter.domain.forms import repeats_lead
from newsletter.domain.issue import Edition, IssueItem, ItemForm, ItemKind, ItemMark, Slot
from newsletter.domain.period import day_of, first_moment
from newsletter.domain.publication import Publication
from newsletter.language.catalogue import MessageId, translate
from newsletter.language.formats import (
    IN_LANGUAGES,
    DateBlock,
    clock_of,
    date_block,
    day,
    day_short,
    month_heading,
    one_after_another,
    weekday,
    when,
)
from newsletter.render.placed_picture import PlacedPicture

INSIDE_ABOVE = 6
"""An edition of more entries says at its head what is in it."""
INSIDE_LINES = 6
INSIDE_EVENTS = 3
YEAR_UNSAID = timedelta(days=300)
LAST_DAYS = timedelta(days=14)
"""From the day of sending: who waits for the next letter is too late."""
_MARKS = {
    ItemMark.NEW: MessageId("New"),
    ItemMark.MOVED: MessageId("New time or place"),
    ItemMark.LAST_DAYS: MessageId("Last days to register"),
}
MAP_ADDRESS = "https://www.openstreetmap.org/search?query="
"""A map without advertisements that follows nobody."""

# HTML and text, and all editions in a language, say the same dates.
_day = lru_cache(maxsize=256)(day)
_when = lru_cache(maxsize=256)(when)
_date_block = lru_cache(maxsize=256)(date_block)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What an edition says at its head of what is in it.

    Attributes:
        articles: In the order they are read, without the first, which follows at once.
        events: The next ones.
        article_count: Of the whole edition.
        event_count: Likewise; the dates of one event are one.
    """

    articles: tuple[IssueItem, ...]
    events: tuple[IssueItem, ...]
    article_count: int
    event_count: int


def inside(edition: Edition, publication: Publication) -> Inside | None:
    """Choose what an edition says at its head; nothing of a short one."""
    entries = [item for section in edition.sections for item in section.items]
    if len(entries) <= INSIDE_ABOVE:
        return None
    zone, sent = publication.zone, edition.issue.date
    coming = [
        (first_moment(item.start, zone), item)
        for item in entries
        if item.kind is ItemKind.EVENT
        and item.start is not None
        # Something that goes on for weeks is no next event.
        and day_of(item.start, zone) >= sent
    ]
    events = tuple(item for _, item in sorted(coming, key=lambda one: one[0])[:INSIDE_EVENTS])
    articles = tuple(item for item in entries[1:] if item.kind is ItemKind.ARTICLE)[: INSIDE_LINES - len(events)]
    event_count = sum(item.kind is ItemKind.EVENT for item in entries)
    return Inside(articles=articles, events=events, article_count=len(entries) - event_count, event_count=event_count)


def template_context(
    edition: Edition,
    publication: Publication,
    brand: Mapping[str, object],
    slots: Mapping[Slot, str],
    *,
    soft_headings: Mapping[str, str],
    pictures: Mapping[str, PlacedPicture],
) -> dict[str, object]:
    """Give the names that templates may use."""
    language = edition.key.language
    said = _Said(language=language, publication=publication, sent=edition.issue.date)
    chosen = inside(edition, publication)
    mailbox = publication.sender.reply_to or publication.sender.address
    jumps = [] if chosen is None else [item.key for item in (*chosen.articles, *chosen.events)]

    def soft(heading: str) -> str:
        return soft_headings.get(heading, heading)

    def anchor(item: IssueItem) -> str:
        return _anchor(item.key, jumps)

    return {
        "edition": edition,
        "issue": edition.issue,
        "language": language,
        "publication": publication,
        "name": publication.name_in(language),
        "tagline": publication.taglines.get(language, ""),
        "month": month_heading(edition.issue.date, language),
        "readers": one_after_another(edition.segment_names, language),
        "mailbox": mailbox,
        "subscribe_link": f"mailto:{mailbox}?subject={quote(said.sentence('Subscribe'))}",
        "inside": chosen,
        "anchor": anchor,
        "brand": brand,
        "slots": {str(slot): token for slot, token in slots.items()},
        "t": said.sentence,
        "day": said.day,
        "day_short": said.day_short,
        "when": said.when,
        "clock": said.clock,
        "date_block": said.date_block,
        "repeats": said.repeats,
        "told_language": said.told_language,
        "host": _host,
        "mark": said.mark,
        "map_link": _map_link,
        "lead": _lead,
        "soft": soft,
        "picture": pictures.get,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """Days and sentences in the words of an edition."""

    language: Language
    publication: Publication
    sent: date

    def sentence(self, message_id: str, /, **facts: str | int) -> str:
        return translate(self.language, message_id, **facts)

    def told_language(self, item: IssueItem) -> str:
        return translate(self.language, IN_LANGUAGES.get(item.language, item.language))

    def mark(self, item: IssueItem) -> str:
        """Say what readers who had the issues before want to know of an event; of registration when it ends soon."""
        is_ending = item.register_by is not None and timedelta() <= item.register_by - self.sent <= LAST_DAYS
        mark = item.mark or (ItemMark.LAST_DAYS if is_ending else None)
        return "" if mark is None else translate(self.language, _MARKS[mark])

    def day(self, moment: date) -> str:
        return _day(moment, self.language)

    def day_short(self, moment: date) -> str:
        first = day_of(moment, self.publication.zone)
        return f"{weekday(first, self.language)} {day_short(first, self.language)}"

    def when(self, item: IssueItem) -> str:
        """Say all of an event's days and times in full."""
        zone = self.publication.zone
        return "; ".join(
            _when(one.start, one.end, self.language, zone) for one in (item, *item.repeats) if one.start is not None
        )

    def clock(self, item: IssueItem) -> str:
        if item.start is None:
            return ""
        return clock_of(item.start, item.end, self.language, self.publication.zone)

    def date_block(self, item: IssueItem) -> DateBlock | None:
        """Give an event's days for a narrow block; the year only of what lies so far ahead that one would wonder."""
        if item.start is None:
            return None
        block = _date_block(item.start, item.end, self.language, self.publication.zone)
        is_near = abs(day_of(item.start, self.publication.zone) - self.sent) < YEAR_UNSAID
        return block._replace(year=0) if is_near else block

    def repeats(self, item: IssueItem) -> str:
        """Say the further days of an event, with their times where these differ from the first ones."""
        clock = self.clock(item)
        days = [
            self.day_short(one.start) + (f" {self.clock(one)}" if self.clock(one) != clock else "")
            for one in item.repeats
            if one.start is not None
        ]
        return one_after_another(days, self.language)


def _anchor(key: ItemKey, jumps: list[ItemKey]) -> str:
    """Give the id under which an item is jumped to, or nothing where no line of the head leads to it."""
    return f"i{jumps.index(key) + 1}" if key in jumps else ""


def _lead(item: IssueItem) -> str:
    """Give the lead of an item; none where its text stands whole and has every word of it already."""
    is_said = item.form is ItemForm.WHOLE and bool(item.body) and repeats_lead(item)
    return "" if is_said or item.form is ItemForm.TITLE else item.lead


def _map_link(item: IssueItem) -> str:
    """Give where a map shows the place of an event; nothing where no address is known."""
    return f"{MAP_ADDRESS}{quote(item.address, safe='')}" if item.address else ""


def _host(address: str) -> str:
    """Give the part of a web address that says whose it is."""
    return (urlsplit(address).hostname or "").removeprefix("www.")
