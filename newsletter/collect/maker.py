"""Makes the articles and events of every kind of source, and judges them: what is missing, endless, unsafe or in doubt.

A kind writes a `Draft` of each item, as its source has it; `Maker` makes the items. So every kind has the same limits
and its keeper the same answers. Whatever is cut, dropped or doubted is told.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from newsletter.collect import limits, markup
from newsletter.collect.dates import read_date
from newsletter.collect.identity import canonical_url, key_for
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import (
    Article,
    Event,
    EventStatus,
    Harvest,
    Item,
    Language,
    Precision,
    SegmentId,
    Snapshot,
    Source,
    TopicId,
)
from newsletter.domain.period import day_of, first_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a kind tells its keeper what is wrong; `{}` stands for the limit, or for what was written as a date."""

    noun: str = "entry"
    no_title: str = "An entry has neither a title nor text."
    too_long: str = "The entry's text is longer than {} characters."
    unread_date: str = "The date {!r} cannot be read."
    date_hint: str | None = None


_WORDS: Final = Words()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One item as its source has it; nothing in it need be short, clean or true.

    Attributes:
        title: Plain text.
        identity: What the source calls it; None gives it its address, or date and title.
        item: What its keeper finds it by (a file's name); None gives it its title.
        line: 1-based, in the source.
        language: None gives it the source's.
        url: Absolute.
        segments: Beside those of the source.
        topics: Likewise.
        html: An article's text.
        base: Where relative links in the text count from.
        published: As it is written, or as the kind has read it; None or empty where the source says nothing.
        updated: Likewise.
        authors: Names; one with an @ is an address, and no name.
        start: An event's first day, or its aware moment.
        end: Inclusive.
        sequence: The revision of an event.
    """

    title: str
    identity: str | None = None
    item: str | None = None
    line: int | None = None
    language: Language | None = None
    url: str | None = None
    summary: str = ""
    tags: Iterable[str] = ()
    segments: Iterable[SegmentId] = ()
    topics: Iterable[TopicId] = ()
    alternates: tuple[str, ...] = ()
    html: str = ""
    base: str | None = None
    published: str | date | datetime | None = None
    updated: str | date | datetime | None = None
    authors: Iterable[str] = ()
    start: date | datetime | None = None
    end: date | datetime | None = None
    status: EventStatus = EventStatus.CONFIRMED
    place: str = ""
    organiser: str = ""
    image: str = ""
    image_alt: str = ""
    sequence: int = 0

    @property
    def name(self) -> str | None:
        """Give what its keeper finds it by."""
        return self.item or markup.one_line(self.title) or self.identity or self.url or None


class Maker:
    """Makes the items of one snapshot.

    Attributes:
        problems: What the keeper of the source is told.
        is_of_its_time: What is made depends on when the source was fetched.
    """

    def __init__(self, snapshot: Snapshot, source: Source, words: Words = _WORDS) -> None:
        self.problems = ProblemLog(source.id)
        self.is_of_its_time = False
        self._fetched_at = snapshot.fetched_at
        self._source = source
        self._words = words
        self._assumed: list[str | None] = []
        self._is_address_told = False

    def article(self, draft: Draft) -> Article | None:
        """Make an article, or report why it was left out."""
        body_html = self._body(draft)
        if body_html is None:
            return None
        draft = self._titled(draft, body_html)
        if not draft.title:
            return None
        source = self._source
        published, url = self._published(draft), self._url(draft)
        day = "undated" if published is None else day_of(published, source.zone)
        identity = draft.identity or url or f"{day} {draft.title}"
        return Article(
            key=key_for(source.id, identity, draft.title),
            source_id=source.id,
            identity=identity,
            title=draft.title,
            url=url,
            published=published,
            updated=self._date(draft, draft.updated),
            author=", ".join(name for author in draft.authors if (name := self._name(draft, author))) or None,
            language=draft.language or source.language,
            summary=self._short(draft, draft.summary, limits.MAXIMUM_SUMMARY_CHARACTERS, "summary"),
            body_html=body_html,
            links=markup.links_of(body_html),
            tags=self._tags(draft),
            segments=tuple(dict.fromkeys((*source.segments, *draft.segments))),
            topics=tuple(dict.fromkeys((*source.topics, *draft.topics))),
            alternates=draft.alternates,
            image=draft.image or None,
            image_alt=draft.image_alt,
        )

    def event(self, draft: Draft) -> Event | None:
        """Make an event, or report why it was left out."""
        draft = self._titled(draft, "")
        if not draft.title:
            return None
        if draft.start is None:
            self._fail(draft, "The event has no start.")
            return None
        source = self._source
        url = self._url(draft)
        identity = draft.identity or url or f"{day_of(draft.start, source.zone)} {draft.title}"
        return Event(
            key=key_for(source.id, identity, draft.title),
            source_id=source.id,
            identity=identity,
            title=draft.title,
            start=draft.start,
            end=self._end(draft, draft.start),
            precision=Precision.TIME if isinstance(draft.start, datetime) else Precision.DAY,
            status=draft.status,
            place=self._short(draft, draft.place, limits.MAXIMUM_PLACE_CHARACTERS, "place") or None,
            url=url,
            organiser=self._name(draft, draft.organiser) or None,
            language=draft.language or source.language,
            summary=self._short(draft, draft.summary, limits.MAXIMUM_SUMMARY_CHARACTERS, "description"),
            tags=self._tags(draft),
            segments=tuple(dict.fromkeys((*source.segments, *draft.segments))),
            topics=tuple(dict.fromkeys((*source.topics, *draft.topics))),
            alternates=draft.alternates,
            image=draft.image or None,
            image_alt=draft.image_alt,
            sequence=draft.sequence,
        )

    def assume_zone(self, name: str | None) -> None:
        """Note that an item has a time without a known zone, which was read as one of the source's."""
        if name not in self._assumed:
            self._assumed.append(name)

    def harvest(self, items: Iterable[Item | None]) -> Harvest:
        """Give what was made: each identity once, no more items than one source may have, and all there is to tell."""
        made: dict[str, Item] = {}
        left_out: set[str] = set()
        most = limits.MAXIMUM_ITEMS
        for item in (item for item in items if item is not None):
            if item.identity in made:
                self.problems.fail("The source has this item twice; the first one was taken.", item=item.title)
            elif len(made) < most:
                made[item.identity] = item
            else:
                left_out.add(item.identity)
        if left_out:
            self.problems.cut(f"Only the first {most} items were taken; {len(left_out)} were left out.")
        self._report_assumed_zones()
        return Harvest(
            source_id=self._source.id,
            articles=tuple(item for item in made.values() if isinstance(item, Article)),
            events=tuple(item for item in made.values() if isinstance(item, Event)),
            problems=self.problems.found,
            is_cut=self.problems.is_cut,
            is_of_its_time=self.is_of_its_time,
        )

    def _report_assumed_zones(self) -> None:
        """Tell once how many items have times that were read as times of the source's zone."""
        if not self._assumed:
            return
        number, zone = len(self._assumed), self._source.zone.key
        if number == 1:
            message, where = f"A time without a zone was read as one of {zone}.", "it"
        else:
            message = f"{number} entries have times without a known zone; they were read as times of {zone}."
            where = "one of them"
        self.problems.warn(message, item=self._assumed[0], hint=f"Look at {where}: is the clock right?")

    def _body(self, draft: Draft) -> str | None:
        """Give the text as HTML of the short list, or report that it is endless."""
        if len(draft.html) > limits.MAXIMUM_MARKUP_CHARACTERS:
            self._fail(draft, f"The {self._words.noun} is longer than {limits.MAXIMUM_MARKUP_CHARACTERS} characters.")
            return None
        body_html = markup.clean_html(draft.html, base=draft.base)
        if len(body_html) > limits.MAXIMUM_TEXT_CHARACTERS:
            self._fail(draft, self._words.too_long.format(limits.MAXIMUM_TEXT_CHARACTERS))
            return None
        return body_html

    def _titled(self, draft: Draft, html: str) -> Draft:
        """Give the draft with a title for one line, or with the first words of its text where it has none."""
        if title := self._short(draft, draft.title, limits.MAXIMUM_TITLE_CHARACTERS, "title"):
            return replace(draft, title=title)
        if words := markup.one_line(markup.text_of(html), limit=limits.TITLE_FROM_TEXT_CHARACTERS):
            draft = replace(draft, title=words)
            self._warn(draft, f"An {self._words.noun} has no title; its first words stand in.")
            return draft
        self._fail(draft, self._words.no_title)
        return replace(draft, title="")

    def _published(self, draft: Draft) -> date | datetime | None:
        """Give when an article appeared; a day that is not over yet anywhere is none of the future."""
        noun, zone = self._words.noun, self._source.zone
        if not draft.published:
            self._warn(draft, f"The {noun} has no date.", self._words.date_hint)
        when = self._date(draft, draft.published)
        if when is not None and first_moment(when, zone) > self._fetched_at + timedelta(days=1):
            self._warn(draft, f"The {noun} is dated in the future: {draft.published}.")
            self.is_of_its_time = True
        return when

    def _date(self, draft: Draft, written: str | date | datetime | None) -> date | datetime | None:
        """Read a date; what cannot be read is left open, never filled in."""
        if not isinstance(written, str) or not written:
            return written or None
        read = read_date(written, self._source.zone)
        if read is None:
            shown = markup.one_line(written, limit=60)
            self._warn(draft, self._words.unread_date.format(shown), self._words.date_hint)
            return None
        if read.is_zone_assumed:
            self.assume_zone(draft.name)
        return read.when

    def _url(self, draft: Draft) -> str | None:
        """Give the address of the item's page, if readers can be sent there."""
        url = canonical_url(draft.url) if draft.url else None
        if draft.url and url is None:
            self._warn(draft, f"The {self._words.noun}'s link is no public web address and was left out.")
        return url

    def _end(self, draft: Draft, start: date | datetime) -> date | datetime | None:
        """Give the inclusive end, or None where it says no more than the start."""
        if draft.end is None or draft.end == start:
            return None
        length = first_moment(draft.end, self._source.zone) - first_moment(start, self._source.zone)
        if length < timedelta():
            self._warn(draft, f"The {self._words.noun} ends before it begins; its end was left out.")
            return None
        if length > timedelta(days=limits.MAXIMUM_EVENT_DAYS):
            self._warn(draft, f"The {self._words.noun} lasts more than {limits.MAXIMUM_EVENT_DAYS} days.")
        return draft.end

    def _name(self, draft: Draft, written: str) -> str:
        """Give a person's or an organisation's name; a mail address is none, which is told once for all."""
        if "@" not in written:
            return self._short(draft, written, limits.MAXIMUM_NAME_CHARACTERS, "name")
        if not self._is_address_told:
            self.problems.note("A mail address stands for a name; such names were left out.", item=draft.name)
        self._is_address_told = True
        return ""

    def _tags(self, draft: Draft) -> tuple[str, ...]:
        """Give the tags, each once."""
        limit = limits.MAXIMUM_TAG_CHARACTERS
        written = (self._short(draft, tag.lstrip("#"), limit, "tag") for tag in draft.tags)
        return tuple(dict.fromkeys(tag for tag in written if tag))

    def _short(self, draft: Draft, text: str, limit: int, called: str) -> str:
        """Give text on one line, and tell when it had to be cut."""
        line = markup.one_line(text, limit=limit)
        if line.endswith("…") and line != markup.one_line(text, limit=limits.MAXIMUM_MARKUP_CHARACTERS):
            self._warn(draft, f"The {called} is longer than {limit} characters and was cut.")
        return line

    def _warn(self, draft: Draft, message: str, hint: str | None = None) -> None:
        self.problems.warn(message, item=draft.name, line=draft.line, hint=hint)

    def _fail(self, draft: Draft, message: str) -> None:
        self.problems.fail(message, item=draft.name, line=draft.line)
