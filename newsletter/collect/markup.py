"""Turns what sources write into what we keep: sound text, titles on one line, HTML of a few safe tags.

Its doors are `clean_html`, `text_of`, `markdown_of`, `one_line` and `decode`: plain functions over text.
"""

import html as html_entities
import re
import unicodedata
from functools import partial
from html.parser import HTMLParser
from typing import Final

from markdownify import markdownify

from newsletter import safe_html
from newsletter.collect.identity import canonical_url
from newsletter.collect.limits import MAXIMUM_NESTING, MAXIMUM_TITLE_CHARACTERS

_RENAMED: Final = {"h1": "h3", "h2": "h3", "h5": "h4", "h6": "h4"}
# Elements that begin and end a paragraph in a browser: without them `<div>one</div><div>two</div>` would read "onetwo".
# fmt: off
_BOUNDARIES: Final = {
    "div", "section", "article", "header", "footer", "main", "aside", "nav", "figure", "figcaption", "table", "thead",
    "tbody", "tfoot", "tr", "dl", "dt", "dd", "address", "center", "fieldset", "form", "details", "summary", "pre",
    "hr",
}
_CELLS: Final = {"td", "th"}
_REMOVED_WITH_CONTENT: Final = {
    "script", "style", "svg", "math", "iframe", "object", "embed", "noscript", "template", "title", "select",
    "textarea", "button", "audio", "video", "canvas",
}
# fmt: on

# Possessive quantifiers: a `<` with megabytes and no `>` after it must not cost quadratic time.
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*+)([^<>]*+)>")
_EMPTY_ELEMENT = re.compile(r"<(?!br>)([a-z][a-z0-9]*+)(?: [^<>]*+)?>(?:\s|&nbsp;|<br>)*+</\1>")
_ASCII: Final = bytes(range(128))
_SPACES = re.compile(r"[ \t\r\n\f]+")
_EDGE_SPACE = re.compile(r"(?<=<p>) | (?=</p>)|(?<=<li>) | (?=</li>)|(?<=<h[34]>) | (?=</h[34]>)|(?<=<br>) ")
_HARMLESS_AMPERSAND = re.compile(r"\\&(?!#?\w+;)")
_HREF = re.compile(r'<a href="([^"]*)"')
_UNSOUND = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_HALF_CHARACTERS = re.compile(r"(?:&(?:amp;)?#(?:[xX]0*+[dD][89a-fA-F][0-9a-fA-F]{2}|0*+5[5-7]\d{3});)+")
"""References to the halves that UTF-16 writes a character in, and to their neighbours in number."""
_NUMBER = re.compile(r"#(\w+);")
# Soft hyphens and zero-width characters split words for our matchers; direction marks can turn a title around.
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]")


def decode(body: bytes) -> str:
    """Read bytes as text: UTF-8 with or without a mark, UTF-16 with one, else what Finnish Windows programs write.

    Raises:
        UnicodeDecodeError: It is none of these.
    """
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16")
    try:
        return mend_utf8(body).decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252")


def mend_utf8(body: bytes) -> bytes:
    """Take damaged bytes out of what is UTF-8 but for them.

    A file that was cut ends in half a letter, and one stray byte would turn every letter of the rest into two wrong
    ones. Bytes in another encoding are given back as they are.
    """
    mended = body.decode("utf-8", "ignore").encode()
    letters = len(body.translate(None, _ASCII))
    return mended if 2 * len(mended.translate(None, _ASCII)) > letters else body


def sound(text: str) -> str:
    """Compose letters with their accents (NFC) and drop what no mail can carry: control characters, half characters."""
    return unicodedata.normalize("NFC", _UNSOUND.sub("", join_halves(text)))


def join_halves(text: str) -> str:
    """Make references to the two halves of a character one to the character; half a one goes."""
    return _HALF_CHARACTERS.sub(_joined, text) if "#" in text else text


def _joined(references: re.Match[str]) -> str:
    numbers = (number.lower() for number in _NUMBER.findall(references[0]))
    halves = "".join(chr(int(number[1:], 16) if number.startswith("x") else int(number)) for number in numbers)
    whole = halves.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return "".join(f"&#{ord(character)};" for character in whole)


def one_line(text: str, *, limit: int = MAXIMUM_TITLE_CHARACTERS) -> str:
    """Put text on one safe line: single spaces, nothing invisible, cut after whole words with `…` beyond the limit."""
    line = " ".join(_INVISIBLE.sub("", sound(text)).split())
    if len(line) <= limit:
        return line
    whole, _, _ = line[:limit].rpartition(" ")
    return (whole or line[: limit - 1]).rstrip(" ,;:–-") + "…"


def clean_html(html: str, *, base: str | None = None) -> str:
    """Reduce HTML to paragraphs, lists, quotes, two grades of headings, links and emphasis.

    Scripts, styles, images, forms, classes and unknown elements go; their text stays unless it was never meant to be
    read. Addresses of links become absolute (`base` is where the HTML came from), lose their trackers, or go. Text
    outside any paragraph gets one, so that layouts can count on it. Cleaning twice changes nothing more.
    """
    clean = partial(safe_html.clean, depth_max=MAXIMUM_NESTING, removed=_REMOVED_WITH_CONTENT)
    known = safe_html.TAGS | _BOUNDARIES | _CELLS | set(_RENAMED)
    structured = _without_dead_links(clean(sound(html), partial(_attribute, base), tags=known))
    cleaned = clean("<p>" + _TAG.sub(_reshaped, structured), partial(_attribute, None))
    cleaned = _EDGE_SPACE.sub("", _SPACES.sub(" ", cleaned))
    while (shorter := _EMPTY_ELEMENT.sub("", cleaned)) != cleaned:
        cleaned = shorter
    return cleaned.strip()


def _attribute(base: str | None, _tag: str, name: str, value: str) -> str | None:
    """Keep a title; make an address absolute, or drop it."""
    if name != "href":
        return one_line(value) or None
    if value.strip().lower().startswith(("mailto:", "tel:")):
        return value.strip()
    return canonical_url(value, base=base)


def _without_dead_links(html: str) -> str:
    """Unwrap links that lost their address; works on canonical HTML, where links do not nest."""
    is_dead = False

    def kept(tag: re.Match[str]) -> str:
        nonlocal is_dead
        if tag[2] != "a":
            return tag[0]
        if not tag[1]:
            is_dead = "href=" not in tag[3]
        return "" if is_dead else tag[0]

    return _TAG.sub(kept, html)


def _reshaped(tag: re.Match[str]) -> str:
    """Turn one tag of canonical HTML into what we keep of it."""
    name, is_end = tag[2], bool(tag[1])
    if name in _CELLS:
        return " "
    if name in _BOUNDARIES:
        return "</p><p>"
    name = _RENAMED.get(name, name)
    if name in {"ul", "ol", "blockquote", "h3", "h4"}:
        return f"</{name}><p>" if is_end else f"<{name}>" + ("<p>" if name == "blockquote" else "")
    return tag[0]


def links_of(html: str) -> tuple[str, ...]:
    """Give the web addresses that cleaned HTML links to, in order, each once."""
    found = (html_entities.unescape(href) for href in _HREF.findall(html))
    return tuple(dict.fromkeys(address for address in found if address.startswith(("http://", "https://"))))


def text_of(html: str) -> str:
    """Give the words of HTML as plain text: paragraphs apart by a blank line, list items on lines of their own.

    Items of a list begin with `• ` or their number, so that no reader takes them for sentences of a paragraph.
    """
    if "<" not in html and "&" not in html:
        return " ".join(sound(html).split())
    writer = _TextWriter()
    writer.feed(clean_html(html))
    writer.close()
    return writer.text


class _TextWriter(HTMLParser):
    """Writes canonical HTML of the short list as plain text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._blocks: list[str] = []
        self._line = ""
        self._numbers: list[int | None] = []
        self._is_item = False

    @property
    def text(self) -> str:
        """Give what was written."""
        self._break(gap="")
        return "".join(self._blocks).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - HTMLParser's
        """Begin a block, an item or a line."""
        if tag == "br":
            self._line += "\n"
        elif tag in {"ul", "ol"}:
            self._break(gap="\n" if self._numbers else "\n\n")
            self._numbers.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._break(gap="\n")
            self._line = self._mark()
            self._is_item = True
        elif tag == "p" and self._is_item:
            self._is_item = False
        elif tag in {"p", "h3", "h4", "blockquote"}:
            self._break(gap="\n\n")

    def handle_endtag(self, tag: str) -> None:
        """End a block or an item."""
        if tag in {"ul", "ol"}:
            self._numbers.pop()
            self._break(gap="\n" if self._numbers else "\n\n")
        elif tag == "li":
            self._break(gap="\n")
        elif tag in {"p", "h3", "h4", "blockquote"}:
            self._break(gap="\n" if self._numbers else "\n\n")

    def handle_data(self, data: str) -> None:
        """Add words; white space of the source means one space."""
        self._line += _SPACES.sub(" ", data)

    def _mark(self) -> str:
        """Give what stands before the next item."""
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return "• "
        self._numbers[-1] = number + 1
        return f"{number + 1}. "

    def _break(self, *, gap: str) -> None:
        """End the running block."""
        self._is_item = False
        lines = [" ".join(line.split()) for line in self._line.split("\n")]
        self._line = ""
        if words := "\n".join(line for line in lines if line):
            self._blocks += [words, gap]
        elif self._blocks and len(gap) > len(self._blocks[-1]) and not self._blocks[-1].strip():
            self._blocks[-1] = gap


def markdown_of(html: str) -> str:
    """Give HTML as Markdown that says the same: the form in which an editor finds an item's words in issue.toml.

    What would begin a list, a heading or emphasis by accident ("17. marraskuuta", "#kokeilut") is escaped.
    """
    written: str = markdownify(clean_html(html), heading_style="ATX", bullets="-", escape_misc=True)
    return re.sub(r"\n{3,}", "\n\n", _HARMLESS_AMPERSAND.sub("&", written)).strip()
