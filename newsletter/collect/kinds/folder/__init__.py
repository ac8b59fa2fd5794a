"""Reads a folder of Markdown files, each with front matter: articles, and events (`kind: event`), written by hand.

The snapshot is an archive of the files (see `archive`). `paja.sv.md` says in Swedish what `paja.md` says. Their keeper
can mend them, so a value that cannot be used is named with file and line and leaves the file out, instead of being
guessed at.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeVar

from markdown_it import MarkdownIt

from newsletter.collect import archive, markup
from newsletter.collect.dates import is_month_name, read_date
from newsletter.collect.identity import canonical_url
from newsletter.collect.kinds.folder.front_matter import Field, FrontMatterError, read_front_matter
from newsletter.collect.limits import MAXIMUM_TEXT_CHARACTERS
from newsletter.collect.maker import Draft, Maker, Words
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import EventStatus, Harvest, Item, Language, SegmentId, Snapshot, Source, TopicId
from newsletter.domain.issue import ItemKind
from newsletter.domain.picture import is_picture_path
from newsletter.errors import SourceError
from newsletter.toml_file import did_you_mean

_SHARED: Final = {"kind", "title", "language", "summary", "link", "segments", "topics", "tags", "image", "image_alt"}
_KEYS: Final = {
    ItemKind.ARTICLE: _SHARED | {"published", "date", "updated", "author"},
    ItemKind.EVENT: _SHARED | {"start", "end", "place", "organiser", "status"},
}
_LANGUAGES: Final = {"fi", "sv", "en"}
_Word = TypeVar("_Word", bound=StrEnum)

_STEM = re.compile(r"(?:\.(fi|sv|en))?\.[^./]+\Z")
_CLOCK = re.compile(r"(?:klo )?\d{1,2}[.:]\d{2}\Z")
_ORDINAL = re.compile(r"^([ ]{0,3}\d{1,2})\.(?=[ ]+([^\W\d]+))", re.MULTILINE)
_WORDS: Final = Words(
    noun="article",
    too_long="The text is longer than {} characters.",
    date_hint="Add `published: 17.11.2017` to the front matter.",
)
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False})


def parse(snapshot: Snapshot, source: Source) -> Harvest:
    """Make items of the files of a folder, in the order of their names.

    Raises:
        SourceError: The snapshot is no archive of a folder.
    """
    maker = Maker(snapshot, source, _WORDS)
    try:
        files = archive.unpack(snapshot.body)
    except ValueError as cause:
        raise SourceError(f"Source {source.id!r} is no folder's archive.", hint="Collect again.") from cause
    return maker.harvest(
        _item(name, body, source, maker, _translations(name, files)) for name, body in sorted(files.items())
    )


def _translations(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """Give the other files of a folder that say the same in another language, by their names."""
    stem = _STEM.sub("", name)
    return tuple(sorted(other for other in names if other != name and _STEM.sub("", other) == stem))


def _item(name: str, body: bytes, source: Source, maker: Maker, translations: tuple[str, ...]) -> Item | None:
    """Make the item of one file, or report all that stands in the way."""
    try:
        text = markup.sound(markup.decode(body)).replace("\r\n", "\n")
        fields, words = read_front_matter(text)
    except UnicodeDecodeError:
        maker.problems.fail("The file is no text.", item=name, hint="Save it as UTF-8.")
        return None
    except FrontMatterError as fault:
        maker.problems.fail(str(fault), item=name, line=fault.line, hint=fault.hint)
        return None
    sheet = _Sheet(name, fields, source, maker.problems)
    kind = sheet.choice("kind", ItemKind, ItemKind.ARTICLE)
    sheet.keep_keys(_KEYS[kind])
    html = _html(words)
    if "<img " in html:
        maker.problems.warn("Pictures are not taken into a mail; this one was left out.", item=name)
    draft = sheet.draft(kind, html, translations)
    if draft is None:
        return None
    return maker.article(draft) if kind is ItemKind.ARTICLE else maker.event(draft)


def _html(markdown: str) -> str:
    """Render Markdown; a paragraph that begins "17. marraskuuta" is no list."""
    escaped = _ORDINAL.sub(lambda match: match[1] + ("\\." if is_month_name(match[2]) else "."), markdown)
    return str(_MARKDOWN.render(escaped))


class _Sheet:
    """The fields of one file, asked for by what they mean."""

    def __init__(self, name: str, fields: Mapping[str, Field], source: Source, problems: ProblemLog) -> None:
        self._name = name
        self._fields = fields
        self._source = source
        self._problems = problems
        self._is_usable = True

    def draft(self, kind: ItemKind, html: str, translations: tuple[str, ...]) -> Draft | None:
        """Write the draft of an item, or report every field that is wrong."""
        title, language, url, image = self._title(), self._language(), self._url(), self._image()
        published, updated = self.when("published") or self.when("date"), self.when("updated")
        start = self.when("start")
        end = self._end(start)
        status = self.choice("status", EventStatus, EventStatus.CONFIRMED)
        if kind is ItemKind.EVENT and "start" not in self._fields:
            self.fail("An event needs a start", None, hint="Add `start: 5.12.2017 klo 9.00` to the front matter.")
        if not self._is_usable:
            return None
        summary = self.text("summary")
        return Draft(
            title=title,
            identity=self._name,
            item=self._name,
            url=url,
            published=published,
            updated=updated,
            authors=[self.text("author")],
            language=language,
            summary=summary or (markup.text_of(html) if kind is ItemKind.EVENT else ""),
            html=html,
            start=start,
            end=end,
            status=status,
            place=self.text("place"),
            organiser=self.text("organiser"),
            tags=self.names("tags"),
            segments=map(SegmentId, self.names("segments")),
            topics=map(TopicId, self.names("topics")),
            alternates=translations,
            image=image,
            image_alt=self.text("image_alt"),
        )

    def keep_keys(self, known: set[str]) -> None:
        """Warn of keys that mean nothing here and pass over them: a misspelt one would be lost without a word."""
        for key, field in self._fields.items():
            if key not in known:
                self._problems.warn(
                    f"The key {key!r} is not known here.",
                    item=self._name,
                    line=field.line,
                    hint=did_you_mean(key, known),
                )
        self._fields = {key: field for key, field in self._fields.items() if key in known}

    def text(self, key: str) -> str:
        """Give a text, or nothing."""
        field = self._fields.get(key)
        return "" if field is None else markup.one_line(" ".join(field.texts), limit=MAXIMUM_TEXT_CHARACTERS)

    def names(self, key: str) -> tuple[str, ...]:
        """Give a list of names, written as a list or with commas between them."""
        field = self._fields.get(key)
        if field is None:
            return ()
        if not field.texts and not field.is_list:
            self._problems.warn(
                f"The key {key!r} has no value.", item=self._name, line=field.line, hint="A value with # needs quotes."
            )
        texts = field.texts if field.is_list else ",".join(field.texts).split(",")
        return tuple(dict.fromkeys(name for text in texts if (name := markup.one_line(text))))

    def when(self, key: str, day: str = "") -> date | datetime | None:
        """Give a day or a moment, or None; `day` goes before what is written."""
        if not (written := self.text(key)):
            return None
        read = read_date(f"{day}{written}", self._source.zone)
        if read is None:
            self.fail(f"{written!r} is no date", key, hint="Write 17.11.2017, 2017-11-17 or 17.11.2017 klo 9.00.")
            return None
        return read.when

    def choice(self, key: str, words: type[_Word], default: _Word) -> _Word:
        """Give one of the words that may stand here."""
        written = self.text(key) or default.value
        known = [word.value for word in words]
        if written in known:
            return words(written)
        self.fail(f"{written!r} is not known here", key, hint=did_you_mean(written, known))
        return default

    def fail(self, message: str, key: str | None, *, hint: str | None = None) -> None:
        """Leave the file out, and say why."""
        line = self._fields[key].line if key is not None and key in self._fields else None
        self._problems.fail(f"{key}: {message}." if key else f"{message}.", item=self._name, line=line, hint=hint)
        self._is_usable = False

    def _title(self) -> str:
        title = self.text("title")
        if not title:
            self.fail("The file has no title", None, hint='Add `title: "..."` to the front matter.')
        return title

    def _language(self) -> Language:
        named = _STEM.search(self._name)
        written = self.text("language").lower() or (named and named[1]) or self._source.language
        if written not in _LANGUAGES:
            self.fail(f"{written!r} is no language we write", "language", hint=did_you_mean(written, _LANGUAGES))
        return Language(written)

    def _url(self) -> str | None:
        written = self.text("link")
        url = canonical_url(written) if written else None
        if written and url is None:
            self.fail(f"{written!r} is no public web address", "link", hint="Write it whole, with https://.")
        return url

    def _image(self) -> str:
        """Give the path of the item's picture."""
        written = self.text("image")
        if written and not is_picture_path(written):
            hint = "Write a path from the folder of newsletter.toml, such as content/images/paja.jpg."
            self.fail(f"{written!r} is no picture of the publication", "image", hint=hint)
        if written and "image_alt" not in self._fields:
            self._problems.warn("A picture needs its image_alt.", item=self._name, line=self._fields["image"].line)
        return written

    def _end(self, start: date | datetime | None) -> date | datetime | None:
        """Give the inclusive end; `15.00` is a time on the day of the start."""
        is_clock = isinstance(start, datetime) and _CLOCK.match(self.text("end"))
        same_day = f"{start:%d.%m.%Y} " if start is not None and is_clock else ""
        end = self.when("end", same_day)
        if start is None or end is None:
            return None
        if isinstance(start, datetime) != isinstance(end, datetime):
            self.fail("Start and end are not both days, or both times", "end", hint="Give both a time, or none.")
        elif end < start:
            self.fail("The event ends before it begins", "end")
        return end if end != start else None
