"""Reads RSS 0.9 to 2.0, RDF and Atom, through feedparser and on bytes that `fetch` brought.

Feeds are broken in a few well-known ways, and the rules here are the answers: what is declared to be latin-1 may be
UTF-8, titles are escaped twice, an entry has several `alternate` links, dates are Finnish, a login page comes instead
of a feed. feedparser is given bytes in memory only: given a name it would open it. Its sanitiser is off;
`markup.clean_html` is ours.
"""

import io
import re
from collections import Counter
from html import escape, unescape
from html.entities import html5
from typing import Any, Final
from urllib.parse import urljoin

import feedparser

from newsletter.collect import markup
from newsletter.collect.identity import canonical_url
from newsletter.collect.limits import MAXIMUM_ITEMS, MAXIMUM_MARKUP_CHARACTERS, MAXIMUM_SUMMARY_CHARACTERS
from newsletter.collect.maker import Draft, Maker
from newsletter.collect.problems import ProblemLog, source_fault
from newsletter.domain.content import Harvest, Language, Snapshot, Source
from newsletter.errors import SourceError

_LANGUAGES: Final = {"fi", "sv", "en"}
_IDENTITY_CHARACTERS = 500
# A DTD inside a feed can name files and grow without end; feeds need none.
_DOCUMENT_TYPE = re.compile(
    rb"((?:[^<]++|<\?.*?\?>|<!--.*?-->)*+)<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL
)
"""It stands before the first element, so it is looked for only there."""
_ROOT = re.compile(
    rb"(?:[^<]++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*)?>)*+<(\w++)", re.IGNORECASE | re.DOTALL
)
_ITEM_END = re.compile(rb"</(?:\w+:)?(?:item|entry)\s*>", re.IGNORECASE)
_AUTHORS = rb"author|creator|contributor|publisher|managingEditor|webMaster|owner|name|email"
_AUTHOR_TAG = re.compile(
    rb"<(?P<end>/?)(?:\w+:)?(?:(?P<author>" + _AUTHORS + rb")\b[^<>]*+|(?:item|entry)\s*)>", re.IGNORECASE
)
_MARKUP = re.compile(rb"(<!\[CDATA\[|\]\]>|<!--(?:[^-]++|-(?!->))*+-->|<[^<>]*+>)")
_HALF_REFERENCE = re.compile(rb"&[^;&]*\Z")
_NAME_BYTES = 200
"""Of an author's text. feedparser looks for a mail address in it with a pattern that took 77 s on 100 kB."""
_MASKED_AT = "%40"
_DECLARED_ENCODING = re.compile(rb"encoding=(['\"])[\w-]+\1")
_ENTITY = re.compile(rb"<!ENTITY\s++(?:%\s++)?([\w.-]++)")
_AMPERSAND = re.compile(rb"(<!\[CDATA\[(?:[^\]]++|\](?!\]>))*+(?:\]\]>|\Z))|&(?!#\w++;)(?:(\w++);)?")
"""Feeds are read as broken for a raw one, and then "T&K" comes out as "T&K;"."""
_XML_ENTITIES: Final = {b"amp", b"lt", b"gt", b"quot", b"apos"}
_LOOKS_LIKE_TAGS = re.compile(r"</?[a-zA-Z][^<>]*>")


def parse(snapshot: Snapshot, source: Source) -> Harvest:
    """Make articles of a feed's entries.

    Raises:
        SourceError: It is a web page, JSON, or anything else without an entry.
    """
    _refuse_what_is_no_feed(snapshot.body, source)
    maker = Maker(snapshot, source)
    body = _tamed(snapshot.body, source, maker.problems)
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
            f"Source {source.id!r} holds no entry that can be read as RSS or Atom.",
            hint="Open its address in a browser: is it still the feed?",
            faults=[] if fault is None else [source_fault(source, _said_by(fault), line=_line(fault, body))],
        )
    if fault is not None and not isinstance(fault, feedparser.CharacterEncodingOverride):
        maker.problems.cut(
            "The feed is broken here; what could be read was taken.", line=_line(fault, body), hint="Tell its keeper."
        )
    reader = _Reader(snapshot, source, maker.problems, parsed)
    return maker.harvest(maker.article(reader.draft(entry)) for entry in parsed.entries)


def _refuse_what_is_no_feed(body: bytes, source: Source) -> None:
    """Say what came instead of a feed, where that is plain."""
    head = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1000].lower()
    root = found[1].lower() if (found := _ROOT.match(body)) else b""
    if head.startswith(b"<!doctype html") or root == b"html":
        raise SourceError(
            f"Source {source.id!r} gave a web page (HTML) instead of a feed.",
            hint="Open its address in a browser: has it moved, or does it ask for a login?",
        )
    if root == b"opml":
        raise SourceError(
            f"Source {source.id!r} is a list of feeds (OPML), and no feed itself.",
            hint="Write each feed of the list that you want as a [[source]] of its own.",
        )
    if head.startswith((b"{", b"[")):
        raise SourceError(
            f"Source {source.id!r} gave JSON; only RSS and Atom are read.", hint="Look for the site's RSS or Atom feed."
        )


def _tamed(body: bytes, source: Source, problems: ProblemLog, *, most: int = MAXIMUM_ITEMS) -> bytes:
    """Take out of a feed what makes reading it endless or unsafe, and the entries beyond the limit."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        body = _DECLARED_ENCODING.sub(b'encoding="utf-8"', body.decode("utf-16", "replace").encode(), count=1)
    if b"\0" in body:
        raise SourceError(f"Source {source.id!r} is no text in an encoding we read.", hint="Ask for UTF-8.")
    body = markup.mend_utf8(body.lstrip())
    body = markup.join_halves(_AMPERSAND.sub(_reference, body).decode("latin-1")).encode("latin-1")
    if declared := _DOCUMENT_TYPE.match(body):
        names = sorted({name.decode() for name in _ENTITY.findall(declared[0])})
        if names:
            problems.warn(f"The feed declares entities of its own, which are not read: {', '.join(names[:5])}.")
        body = declared[1] + b"\n" * body[declared.end(1) : declared.end()].count(b"\n") + body[declared.end() :]
    body = _with_plain_names(body, problems)
    ends = [match.end() for match in _ITEM_END.finditer(body)]
    if len(ends) > most:
        problems.cut(f"Only the first {most} of {len(ends)} entries were read.")
        body = body[: ends[most - 1]] + body[ends[-1] :]
    return body


def _reference(found: re.Match[bytes]) -> bytes:
    """Give an ampersand as XML wants it; the names of HTML, which XML does not know, become numbers."""
    whole, data, name = found[0], found[1], found[2]
    if data or name in _XML_ENTITIES:
        return whole
    meant = html5.get(f"{name.decode()};", "") if name and name.isascii() else ""
    return "".join(f"&#{ord(character)};" for character in meant).encode() or b"&amp;" + whole[1:]


def _with_plain_names(body: bytes, problems: ProblemLog) -> bytes:
    """Cut endless names of authors, and hide the @ in all of them.

    feedparser ends an address after four letters of its last part and takes the rest for a name ("ne" of `a@b.online`).
    """
    pieces: list[bytes] = []
    position, is_inside = 0, False
    for tag in _AUTHOR_TAG.finditer(body):
        written = body[position : tag.start()]
        short = _short_name(written) if is_inside else written
        if len(short) < len(written) and not (tag["author"] and tag["end"]):
            line = body.count(b"\n", 0, position) + 1
            problems.warn("An author's element does not end; what follows it was cut.", line=line)
        pieces += [short.replace(b"@", _MASKED_AT.encode()) if is_inside else short, tag[0]]
        position, is_inside = tag.end(), tag["author"] is not None and not tag["end"]
    return b"".join([*pieces, body[position:]])


def _short_name(written: bytes) -> bytes:
    """Give what stands in an author's element with so much text at most; the maker of items tells that it was cut."""
    left = _NAME_BYTES
    pieces = _MARKUP.split(written)
    for number in range(0, len(pieces), 2):
        if len(pieces[number]) > left:
            pieces[number] = _HALF_REFERENCE.sub(b"", pieces[number][:left])
        left -= len(pieces[number])
    return b"".join(pieces)


def _said_by(fault: Any) -> str:
    """Give what the XML reader says of a fault, as a sentence."""
    return f"{markup.one_line(getattr(fault, 'getMessage', fault.__str__)()).capitalize()}."


def _line(fault: Any, body: bytes) -> int | None:
    """Give the line of a fault; feedparser puts a declaration on a line of its own where there is none."""
    line: int = getattr(fault, "getLineNumber", int)()
    return line - (b"<?xml" not in body[:8]) if line else None


class _Reader:
    """Writes drafts of one feed's entries."""

    def __init__(self, snapshot: Snapshot, source: Source, problems: ProblemLog, parsed: Any) -> None:
        self._snapshot = snapshot
        self._source = source
        self._problems = problems
        self._feed_language = _primary(parsed.feed.get("title_detail", {}).get("language"))
        self._guids = Counter(entry.get("id") for entry in parsed.entries)
        self._addresses = Counter(self._address(entry) for entry in parsed.entries if not self._guid(entry))

    def draft(self, entry: Any) -> Draft:
        """Write the draft of one entry."""
        title, (text, summary) = _plain(entry.get("title_detail")), _words(entry)
        language = self._entry_language(entry)
        updated = _said(entry, "updated")
        published = _said(entry, "published") or updated
        url = self._url(entry, language)
        return Draft(
            title=title,
            identity=self._identity(entry, markup.one_line(title), url),
            url=url,
            published=published,
            updated=updated if updated != published else None,
            authors=_authors(entry),
            language=language,
            summary=summary,
            html=_html(text),
            base=urljoin(self._snapshot.location, text.get("base") or ""),
            tags=[tag.get("label") or tag.get("term") or "" for tag in entry.get("tags", ())],
            alternates=self._alternates(entry, url),
        )

    def _entry_language(self, entry: Any) -> Language:
        """Give the language an entry names for itself; one named for the whole feed is often the program's default."""
        for detail in (*entry.get("content", ()), entry.get("title_detail", {})):
            language = _primary(detail.get("language"))
            if language in _LANGUAGES and language != self._feed_language:
                return Language(language)
        return self._source.language

    def _url(self, entry: Any, language: Language) -> str | None:
        """Choose among an entry's links: the one in its language, else the one without a language."""
        base = self._snapshot.location
        links = [link for link in entry.get("links", ()) if link.get("rel") == "alternate" and link.get("href")]
        for wanted in (language, None):
            for link in links:
                if _primary(link.get("hreflang")) == wanted and (url := canonical_url(link["href"], base=base)):
                    return url
        written: str = entry.get("link") or ""
        return canonical_url(written, base=base) or written

    def _alternates(self, entry: Any, url: str | None) -> tuple[str, ...]:
        """Give the addresses of the same text in other languages of ours."""
        links = (
            canonical_url(link["href"], base=self._snapshot.location)
            for link in entry.get("links", ())
            if link.get("rel") == "alternate" and link.get("href") and _primary(link.get("hreflang")) in _LANGUAGES
        )
        return tuple(dict.fromkeys(link for link in links if link is not None and link != url))

    def _identity(self, entry: Any, title: str, url: str | None) -> str | None:
        """Give an entry's id; one without is called by its link, and by its title too where others share that."""
        if guid := self._guid(entry):
            return guid
        if entry.get("id"):
            told = "Several entries share one id; the link and the title tell them apart."
            self._problems.warn(told, item=title or url)
        return f"{url} {title}"[:_IDENTITY_CHARACTERS] if url and self._addresses[self._address(entry)] > 1 else None

    def _guid(self, entry: Any) -> str:
        """Give an entry's id, or nothing where it has none or the feed repeats it."""
        guid = entry.get("id")
        return str(guid)[:_IDENTITY_CHARACTERS] if guid and self._guids[guid] == 1 else ""

    def _address(self, entry: Any) -> str | None:
        """Give where an entry leads."""
        return self._url(entry, self._entry_language(entry))


def _said(entry: Any, name: str) -> Any:
    """Give a field that the entry really has: asked for a missing `updated`, feedparser's get answers `published`."""
    return entry[name] if name in entry else None  # noqa: SIM401 - as said


def _authors(entry: Any) -> list[str]:
    """Give the authors' names, each once; a mail address beside a name goes."""
    written = (str(author.get("name") or author.get("email") or "") for author in entry.get("authors", ()))
    return list(dict.fromkeys(_name(author.replace(_MASKED_AT, "@")) for author in written))


def _name(written: str) -> str:
    """Give a name without the mail address beside it, or the address where there is no name."""
    return " ".join(word for word in written.split() if "@" not in word).strip("()<>[] ") or written


def _words(entry: Any) -> tuple[Any, str]:
    """Give an entry's text as feedparser's detail, and its summary as plain text.

    Where a feed has only one of the two it is both. (feedparser repeats Atom's content as a `summary` that nobody
    wrote, but without a `summary_detail`.)
    """
    described = _said(entry, "summary_detail") or {}
    text = next(iter(entry.get("content", ())), described)
    is_readable = len(described.get("value", "")) <= MAXIMUM_MARKUP_CHARACTERS
    summary = markup.text_of(_html(described)) if is_readable else ""
    # Of a text that is its own summary nothing is lost.
    return text, markup.one_line(summary, limit=MAXIMUM_SUMMARY_CHARACTERS) if text is described else summary


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
