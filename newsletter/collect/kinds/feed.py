"""Reads RSS 0.9 to 2.0, RDF and Atom, through feedparser and on bytes that `fetch` brought.

Feeds are broken in a few well-known ways, and the rules here are the answers: what is declared to be latin-1 may be
UTF-8, titles are escaped twice, an entry has several `alternate` links, dates are Finnish, a login page comes instead
of a feed. feedparser is given bytes in memory only: given a name it would open it. Its sanitiser is off;
`markup.clean_html` is ours.
"""

import io
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from html import escape, unescape
from typing import Any, Final
from urllib.parse import urljoin

import feedparser

from newsletter.collect import markup
from newsletter.collect.dates import read_date
from newsletter.collect.identity import canonical_url, key_for
from newsletter.collect.limits import (
    MAXIMUM_ITEMS,
    MAXIMUM_MARKUP_CHARACTERS,
    MAXIMUM_SUMMARY_CHARACTERS,
    MAXIMUM_TEXT_CHARACTERS,
)
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import Article, Harvest, Language, Snapshot, Source
from newsletter.domain.period import day_of
from newsletter.errors import SourceError

_LANGUAGES: Final = {"fi", "sv", "en"}
_TITLE_FROM_TEXT_CHARACTERS = 80
_NAME_CHARACTERS = 100
_IDENTITY_CHARACTERS = 500
# A DTD inside a feed can name files and grow without end; feeds need none.
_DOCUMENT_TYPE = re.compile(
    rb"((?:[^<]++|<\?.*?\?>|<!--.*?-->)*+)<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL
)
"""It stands before the first element, so it is looked for only there."""
_ITEM_END = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
# feedparser looks for a mail address in an author's name with a pattern that took 77 s on 100 kB.
_LONG_NAME = re.compile(
    rb"(<(?:\w+:)?(?:author|creator|contributor|publisher|managingEditor|webMaster|owner|name|email)\b[^<>]*+>"
    rb"(?:<!\[CDATA\[)?[^<\]]{400})[^<\]]++",
    re.IGNORECASE,
)
_DECLARED_ENCODING = re.compile(rb"encoding=(['\"])[\w-]+\1")
_LOOKS_LIKE_TAGS = re.compile(r"</?[a-zA-Z][^<>]*>")


def parse(snapshot: Snapshot, source: Source) -> Harvest:
    """Make articles of a feed's entries.

    Raises:
        SourceError: It is a web page, JSON, or anything else without an entry.
    """
    _refuse_what_is_no_feed(snapshot.body, source)
    problems = ProblemLog(source.id)
    body = _tamed(snapshot.body, source, problems)
    parsed = feedparser.parse(
        io.BytesIO(body),
        # No location: relative ids would be glued to it, and change when the feed moves.
        response_headers={"content-type": "application/xml"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    fault = parsed.get("bozo_exception") if parsed.bozo else None
    if not parsed.entries:
        raise SourceError(
            f"Source {source.id!r} holds no entry that can be read as RSS or Atom"
            + (f": {markup.one_line(str(fault))}." if fault else "."),
            hint="Open its address in a browser: is it still the feed?",
        )
    if fault is not None and not isinstance(fault, feedparser.CharacterEncodingOverride):
        problems.warn(
            "The feed is broken here; what could be read was taken.", line=_line(fault, body), hint="Tell its keeper."
        )
    reader = _Reader(snapshot, source, problems, parsed)
    articles = [article for entry in parsed.entries if (article := reader.article(entry)) is not None]
    return Harvest(source_id=source.id, articles=tuple(articles), problems=problems.found)


def _refuse_what_is_no_feed(body: bytes, source: Source) -> None:
    """Say what came instead of a feed, where that is plain."""
    head = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1000].lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise SourceError(
            f"Source {source.id!r} gave a web page (HTML) instead of a feed.",
            hint="Open its address in a browser: has it moved, or does it ask for a login?",
        )
    if head.startswith((b"{", b"[")):
        raise SourceError(
            f"Source {source.id!r} gave JSON; only RSS and Atom are read.", hint="Look for the site's RSS or Atom feed."
        )


def _tamed(body: bytes, source: Source, problems: ProblemLog) -> bytes:
    """Take out of a feed what makes reading it endless or unsafe, and the entries beyond the limit."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        body = _DECLARED_ENCODING.sub(b'encoding="utf-8"', body.decode("utf-16", "replace").encode(), count=1)
    if b"\0" in body:
        raise SourceError(f"Source {source.id!r} is no text in an encoding we read.", hint="Ask for UTF-8.")
    body = markup.mend_utf8(body.lstrip())
    if declared := _DOCUMENT_TYPE.match(body):
        body = declared[1] + b"\n" * body[declared.end(1) : declared.end()].count(b"\n") + body[declared.end() :]
    body = _LONG_NAME.sub(rb"\1", body)
    ends = [match.end() for match in _ITEM_END.finditer(body)]
    if len(ends) > MAXIMUM_ITEMS:
        problems.warn(f"Only the first {MAXIMUM_ITEMS} of {len(ends)} entries were read.")
        body = body[: ends[MAXIMUM_ITEMS - 1]] + body[ends[-1] :]
    return body


def _line(fault: Any, body: bytes) -> int | None:
    """Give the line of a fault; feedparser puts a declaration on a line of its own where there is none."""
    line: int = getattr(fault, "getLineNumber", int)()
    return line - (b"<?xml" not in body[:8]) if line else None


class _Reader:
    """Makes articles of one feed's entries."""

    def __init__(self, snapshot: Snapshot, source: Source, problems: ProblemLog, parsed: Any) -> None:
        self._snapshot = snapshot
        self._source = source
        self._problems = problems
        self._feed_language = _primary(parsed.feed.get("title_detail", {}).get("language"))
        self._guids = Counter(entry.get("id") for entry in parsed.entries)

    def article(self, entry: Any) -> Article | None:
        """Make the article of one entry, or report why it was left out."""
        name = markup.one_line(_plain(entry.get("title_detail"))) or entry.get("link") or entry.get("id")
        text, summary = _words(entry)
        if len(text.get("value", "")) > MAXIMUM_MARKUP_CHARACTERS:
            self._problems.fail(f"The entry is longer than {MAXIMUM_MARKUP_CHARACTERS} characters.", item=name)
            return None
        body_html = markup.clean_html(_html(text), base=urljoin(self._snapshot.location, text.get("base") or ""))
        if len(body_html) > MAXIMUM_TEXT_CHARACTERS:
            self._problems.fail(f"The entry's text is longer than {MAXIMUM_TEXT_CHARACTERS} characters.", item=name)
            return None
        title = self._title(entry, body_html)
        if not title:
            self._problems.fail("An entry has neither a title nor text.", item=name)
            return None
        return self._made(entry, title, body_html, summary)

    def _made(self, entry: Any, title: str, body_html: str, summary: str) -> Article:
        """Put an article together."""
        language = self._entry_language(entry)
        published, updated = self._dates(entry, title)
        url = self._url(entry, language, title)
        identity = self._identity(entry, url, published, title)
        return Article(
            key=key_for(self._source.id, identity, title),
            source_id=self._source.id,
            identity=identity,
            title=title,
            url=url,
            published=published,
            updated=updated,
            author=_author(entry),
            language=language,
            summary=summary,
            body_html=body_html,
            links=markup.links_of(body_html),
            tags=_tags(entry),
            segments=self._source.segments,
            topics=self._source.topics,
            alternates=self._alternates(entry, url),
        )

    def _title(self, entry: Any, body_html: str) -> str:
        """Give the title, or the first words of the text of an entry that has none."""
        title = markup.one_line(_plain(entry.get("title_detail")))
        if not title and (title := markup.one_line(markup.text_of(body_html), limit=_TITLE_FROM_TEXT_CHARACTERS)):
            self._problems.warn("An entry has no title; its first words stand in.", item=title)
        return title

    def _entry_language(self, entry: Any) -> Language:
        """Give the language an entry names for itself; one named for the whole feed is often the program's default."""
        for detail in (*entry.get("content", ()), entry.get("title_detail", {})):
            language = _primary(detail.get("language"))
            if language in _LANGUAGES and language != self._feed_language:
                return Language(language)
        return self._source.language

    def _dates(self, entry: Any, title: str) -> tuple[date | datetime | None, date | datetime | None]:
        """Give when an entry was published and when it was changed since."""
        updated = _said(entry, "updated")
        published = _said(entry, "published") or updated
        if published is None:
            self._problems.warn("The entry has no date.", item=title)
            return None, None
        when = self._date(published, title)
        if isinstance(when, datetime) and when > self._snapshot.fetched_at + timedelta(days=1):
            self._problems.warn(f"The entry is dated in the future: {published}.", item=title)
        return when, self._date(updated, title) if updated and updated != published else None

    def _date(self, written: str, title: str) -> date | datetime | None:
        """Read one date; what cannot be read is left open, never filled in."""
        read = read_date(written, self._source.zone)
        if read is None:
            self._problems.warn(f"The date {markup.one_line(written, limit=60)!r} cannot be read.", item=title)
            return None
        if read.is_zone_assumed:
            self._problems.warn(f"A time without a zone was read as one of {self._source.zone.key}.", item=title)
        return read.when

    def _url(self, entry: Any, language: Language, title: str) -> str | None:
        """Choose among an entry's links: the one in its language, else the one without a language."""
        base = self._snapshot.location
        links = [link for link in entry.get("links", ()) if link.get("rel") == "alternate" and link.get("href")]
        for wanted in (language, None):
            for link in links:
                if _primary(link.get("hreflang")) == wanted and (url := canonical_url(link["href"], base=base)):
                    return url
        written = entry.get("link")
        url = canonical_url(written, base=base) if written else None
        if written and url is None:
            self._problems.warn("The entry's link is no public web address and was left out.", item=title)
        return url

    def _alternates(self, entry: Any, url: str | None) -> tuple[str, ...]:
        """Give the addresses of the same text in other languages of ours."""
        links = (
            canonical_url(link["href"], base=self._snapshot.location)
            for link in entry.get("links", ())
            if link.get("rel") == "alternate" and link.get("href") and _primary(link.get("hreflang")) in _LANGUAGES
        )
        return tuple(dict.fromkeys(link for link in links if link is not None and link != url))

    def _identity(self, entry: Any, url: str | None, published: date | datetime | None, title: str) -> str:
        """Give what tells an entry from all others: its id unless the feed repeats it, its link, or date and title."""
        guid = entry.get("id")
        if guid and self._guids[guid] == 1:
            return str(guid)[:_IDENTITY_CHARACTERS]
        if guid:
            self._problems.warn("Several entries share one id; the link tells them apart.", item=title)
        return url or f"{day_of(published, self._source.zone) if published else 'undated'} {title}"


def _said(entry: Any, name: str) -> Any:
    """Give a field that the entry really has: asked for a missing `updated`, feedparser's get answers `published`."""
    return entry[name] if name in entry else None  # noqa: SIM401 - as said


def _words(entry: Any) -> tuple[Any, str]:
    """Give an entry's text as feedparser's detail, and its summary as plain text.

    Where a feed has only one of the two it is both. (feedparser repeats Atom's content as a `summary` that nobody
    wrote, but without a `summary_detail`.)
    """
    described = _said(entry, "summary_detail") or {}
    text = next(iter(entry.get("content", ())), described)
    is_readable = len(described.get("value", "")) <= MAXIMUM_MARKUP_CHARACTERS
    summary = markup.text_of(_html(described)) if is_readable else ""
    return text, markup.one_line(summary, limit=MAXIMUM_SUMMARY_CHARACTERS)


def _html(detail: Any) -> str:
    """Give the HTML of a text whose feed says what it is; plain text becomes paragraphs."""
    value = detail.get("value", "")
    if detail.get("type") != "text/plain":
        return str(value)
    return "".join(f"<p>{escape(block)}</p>" for block in re.split(r"\n\s*\n", value))


def _plain(detail: Any) -> str:
    """Give a title as plain text: without tags, and without entities also where the feed escaped them twice."""
    value = (detail or {}).get("value", "")[:MAXIMUM_SUMMARY_CHARACTERS]
    if (detail or {}).get("type") != "text/plain" and _LOOKS_LIKE_TAGS.search(value):
        value = markup.text_of(value)
    return unescape(unescape(value))


def _primary(tag: str | None) -> str | None:
    """Give the language of a tag like `fi-FI`."""
    return tag.split("-")[0].lower() if tag else None


def _author(entry: Any) -> str | None:
    """Give the authors' names; a mail address is no name."""
    names = [markup.one_line(author.get("name") or "", limit=_NAME_CHARACTERS) for author in entry.get("authors", ())]
    return ", ".join(name for name in names if name and "@" not in name) or None


def _tags(entry: Any) -> tuple[str, ...]:
    """Give an entry's categories, each once."""
    terms: Sequence[str | None] = [tag.get("label") or tag.get("term") for tag in entry.get("tags", ())]
    return tuple(dict.fromkeys(tag for term in terms if term and (tag := markup.one_line(term.lstrip("#"), limit=60))))
