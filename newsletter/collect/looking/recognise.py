"""Tell what bytes are, and which feeds and calendars a web page names. Pure; the doors are `kind_of` and `named_on`."""

import re
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

from newsletter.collect.markup import decode
from newsletter.domain.content import SourceKind

_HEAD_BYTES = 4_096
_PROLOGUE = r"(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE (?!html)[^>\[]*(?:\[.*?\])?\s*>)*+"
_FEED = re.compile(rf"{_PROLOGUE}<(?:\w+:)?(?:rss|feed|rdf)\b", re.IGNORECASE | re.DOTALL)
_PAGE = re.compile(rf"{_PROLOGUE}<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_MEDIA_TYPES: Final = {
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "text/calendar",
}
_LINK_ENDS = re.compile(r"\.(?:rss|atom|ics)\Z|/(?:feed|rss|atom)(?:\.xml)?/?\Z", re.IGNORECASE)


def kind_of(body: bytes) -> SourceKind | None:
    """Say which kind of source bytes of the web are, or None where they are none that is read."""
    text = _text(body[:_HEAD_BYTES])
    if "BEGIN:VCALENDAR" in text.upper():
        return SourceKind.CALENDAR
    return SourceKind.FEED if _FEED.match(text) else None


def is_page(body: bytes) -> bool:
    """Tell whether bytes are a web page."""
    return _PAGE.match(_text(body[:_HEAD_BYTES])) is not None


def named_on(body: bytes, base: str) -> tuple[str, ...]:
    """Give the addresses of the feeds and calendars that a page names in its head; else those that its links end in."""
    reader = _PageReader(base)
    reader.feed(_text(body))
    reader.close()
    return tuple(dict.fromkeys(reader.named or reader.linked))


def _text(body: bytes) -> str:
    try:
        return decode(body).lstrip("\ufeff")
    except UnicodeDecodeError:
        return body.decode("latin-1")


class _PageReader(HTMLParser):
    """Notes what a page names.

    Attributes:
        named: By `<link rel="alternate">`.
        linked: By an ordinary link whose address looks like a feed's or a calendar's.
    """

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = base
        self.named: list[str] = []
        self.linked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one element."""
        said = {name: value or "" for name, value in attrs}
        try:
            address = urljoin(self._base, re.sub(r"\Awebcals?:", "https:", said.get("href", "").strip()))
            path = urlsplit(address).path
        except ValueError:
            return
        if tag == "base" and said.get("href"):
            self._base = address
        elif tag == "link" and "alternate" in said.get("rel", "").lower().split():
            if said.get("type", "").partition(";")[0].strip().lower() in _MEDIA_TYPES and said.get("href"):
                self.named.append(address)
        elif tag == "a" and said.get("href") and _LINK_ENDS.search(path):
            self.linked.append(address)
