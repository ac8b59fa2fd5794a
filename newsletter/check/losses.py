"""What an editor wrote and no reader would see: words and addresses that rendering left out, or shows as bare signs.

Whatever rendering drops or changes is told: these checks compare the edition with the mail and know no template.
Its door is `CHECKS`.
"""

import html
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from newsletter.check.page.html import excerpt, plain
from newsletter.check.page.reading import Reading
from newsletter.check.page.rules import Hit, check, checks_of
from newsletter.domain.forms import is_lost, shorter
from newsletter.domain.issue import IssueItem, ItemForm, Severity
from newsletter.errors import Place
from newsletter.language.catalogue import MessageId

WORDS_NAMED = 300
"""Characters of lost words that a finding names; who reads them finds the rest beside them."""

_WORD = re.compile(r"[^\W_]+")
# A word beside one of these may be glued to its neighbour, or cut, by what they mean in Markdown.
_MARKS = frozenset("*_`[]()<>\\&;!~#")
_PICTURE = re.compile(r"!\[[^\[\]]{0,400}\]\(\s{0,9}<?([^\s()<>]{1,2000})")
_AIM = re.compile(
    r"\]\(\s{0,9}(?:<([^<>\n]{1,2000})>|([^\s<>]{1,2000}))|<([a-z][a-z0-9+.-]{1,30}:[^\s<>]{1,2000})>", re.IGNORECASE
)
_DEFINITION = re.compile(r"^ {0,3}\[[^\[\]\n]{1,400}\]:[ \t]{0,9}<?([^\s<>]{1,2000})", re.MULTILINE)
_PUNYCODE = re.compile(r"xn--([a-z0-9-]{1,59})")
_SIGNS = re.compile(
    r"!?\[[^\[\]\n]{0,80}\]\((?![^()\s]{1,200}\))\S{0,40}|\*\*\w(?![^*\n]{0,60}\*\*)[^*\n]{0,40}"
    r"|\[\^[\w-]{1,20}\]:?|~~\w[^~\n]{0,40}|\|[ \t]{0,9}:?-{3,}|```\w{0,20}"
)
"""Marks that are not closed or not read anywhere; whole ones in the wrong place are `markup-shown`."""


class _Said(NamedTuple):
    """Something an editor wrote for readers.

    Attributes:
        is_markdown: It may hold links of its own.
    """

    title: str
    text: str
    place: Place
    is_markdown: bool = False


def _entries(reading: Reading) -> Iterator[IssueItem]:
    """Give each entry in the form it is shown in; those that made way for the whole have a shorter one."""
    for section in reading.edition.sections:
        yield from (shorter(item) if item.key in reading.message.shortened else item for item in section.items)


def _said(reading: Reading) -> Iterator[_Said]:
    words = reading.edition.words
    yield _Said(excerpt(words.greeting), words.greeting, reading.words_place, is_markdown=True)
    for item in _entries(reading):
        title, place = plain(item.title), reading.place_of_item(item)
        texts = [item.title, item.place or "", item.address or ""]
        if item.form is not ItemForm.TITLE:
            texts += [item.author or "", item.lead, item.image_alt]
        if item.form not in (ItemForm.TITLE, ItemForm.LEAD):
            yield _Said(title, item.body, place, is_markdown=True)
        yield _Said(title, "\n".join(texts), place)


def _lost(said: _Said, shown: str) -> list[str]:
    """Give the words of a text that do not stand in what is shown, each once."""
    # The address of a picture is told of by `picture-in-text`.
    text = plain(html.unescape(_PICTURE.sub(_described, said.text)) if said.is_markdown else said.text)
    words = _words_of(shown)
    lost = []
    for match in _WORD.finditer(text):
        if match[0] in words:
            continue
        around = text[match.start() - 1 : match.start()] + text[match.end() : match.end() + 1]
        is_glued = said.is_markdown and not _MARKS.isdisjoint(around)
        if not (is_glued and match[0] in shown):
            lost.append(match[0])
    return list(dict.fromkeys(lost))


@lru_cache(maxsize=2)
def _words_of(shown: str) -> frozenset[str]:
    """Give the words of what is shown; each text of an edition is looked for in the same ones."""
    return frozenset(_WORD.findall(shown))


def _described(picture: re.Match[str]) -> str:
    """Give a picture of Markdown up to its address."""
    return picture[0][: picture.start(1) - picture.start()]


@lru_cache(maxsize=1)
def _in_html(reading: Reading) -> str:
    """Give all that the HTML says: its text, the numbers of its lists, where its links lead, what its pictures show."""
    runs = [run.text for run in reading.page.runs]
    attributes = dict.fromkeys(
        value
        for element in reading.page.elements
        for name in ("href", "alt", "title", "start", "value")
        if (value := element.get(name))
    )
    return plain(" ".join([*runs, *(_readable(value) for value in attributes), *_counted(reading)]))


def _counted(reading: Reading) -> Iterator[str]:
    """Give the numbers that a reader sees before the items of lists."""
    for listed in reading.page.root.iter("ol"):
        first = int(listed.get("start") or 1)
        yield from (str(first + place) for place, _ in enumerate(listed.iter("li")))


def _readable(address: str) -> str:
    """Give an address both as written and decoded, as an editor may have typed it."""
    return f"{address} {_decoded(address)}"


def _decoded(address: str) -> str:
    return _PUNYCODE.sub(_unicode, unquote(address).strip().lower())


def _unicode(match: re.Match[str]) -> str:
    try:
        return match[1].encode().decode("punycode")
    except UnicodeError:
        return match[0]


def _words_lost(reading: Reading, shown: str) -> Iterator[Hit]:
    for said in _said(reading):
        if lost := _lost(said, shown):
            yield Hit(facts={"title": said.title, "words": _named(lost)}, place=said.place)


@lru_cache(maxsize=1)
def _words_lost_in_html(reading: Reading) -> tuple[Hit, ...]:
    """Find words that the HTML does not say; two checks ask."""
    return tuple(_words_lost(reading, _in_html(reading)))


def _named(words: Iterable[str]) -> str:
    """Name words, up to a length at which nobody would read on."""
    named = ", ".join(words)
    return named if len(named) <= WORDS_NAMED else f"{named[:WORDS_NAMED].rpartition(', ')[0]}, …"


@check(
    code="words-lost",
    severity=Severity.WARNING,
    message=MessageId("Readers do not see these words of “{title}”: {words}."),
    fix=MessageId("Write them where the template shows them, or as plain words; or take them out."),
    basis="House: nothing is lost in silence",
)
def words_lost(reading: Reading) -> Iterator[Hit]:
    """Find words that the HTML does not say."""
    yield from _words_lost_in_html(reading)


@check(
    code="words-lost-in-text",
    severity=Severity.WARNING,
    message=MessageId("The plain text of the mail lacks these words of “{title}”: {words}."),
    fix=MessageId("The text template must say what the mail says; or take the words out."),
    basis="House: nothing is lost in silence",
)
def words_lost_in_text(reading: Reading) -> Iterator[Hit]:
    """Find words that the HTML says and the text does not."""
    seen = {(hit.place, hit.facts["words"]) for hit in _words_lost_in_html(reading)}
    text = plain(reading.message.text)
    found = _words_lost(reading, f"{text} {_decoded(text)}")
    return (hit for hit in found if (hit.place, hit.facts["words"]) not in seen)


@check(
    code="link-lost",
    severity=Severity.ERROR,
    message=MessageId("The address “{address}” in “{title}” is written as a link, but is none in the mail."),
    fix=MessageId("Write it whole, from https:// on, and close its brackets: [words](https://...)."),
    basis="CommonMark; a link in a mail needs a whole address",
)
def link_lost(reading: Reading) -> Iterator[Hit]:
    """Find addresses that are written as links in Markdown and lead nowhere in the mail."""
    aims = {_decoded(link.address) for link in reading.page.links}
    for said in _said(reading):
        if said.is_markdown:
            for address in _aimed(said.text):
                if _decoded(html.unescape(address)) not in aims:
                    yield Hit(facts={"address": address, "title": said.title}, place=said.place)


def _aimed(text: str) -> Iterator[str]:
    """Give each address that a piece of Markdown links to, or tries to; pictures have a check of their own."""
    linked = _PICTURE.sub("", text)
    found = [next(filter(None, match.groups())) for match in _AIM.finditer(linked)]
    found += [match[1] for match in _DEFINITION.finditer(linked)]
    return (_closed(address) for address in dict.fromkeys(found))


def _closed(address: str) -> str:
    """Give an address up to the bracket that ends its link, without the backslashes that keep its own brackets."""
    depth = 0
    for place, letter in enumerate(address):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            address = address[:place]
            break
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", address)


@check(
    code="picture-in-text",
    severity=Severity.WARNING,
    message=MessageId(
        "The picture {address} in the text of “{title}” is not shown; readers get its description in words."
    ),
    fix=MessageId('Put the file into the publication and name it in the item: image = "content/images/...".'),
    basis="House: pictures travel inside the mail, and load nothing from elsewhere",
)
def picture_in_text(reading: Reading) -> Iterator[Hit]:
    """Find pictures in Markdown, which a mail does not load."""
    for said in _said(reading):
        if said.is_markdown:
            for address in dict.fromkeys(match[1] for match in _PICTURE.finditer(said.text)):
                yield Hit(facts={"address": address, "title": said.title}, place=said.place)


@check(
    code="markdown-left",
    severity=Severity.WARNING,
    message=MessageId("Readers see the signs of an unfinished mark: “{found}”."),
    fix=MessageId("Close the mark, or write plain words: tables, footnotes and struck-out text cannot be shown."),
    basis="CommonMark",
)
def markdown_left(reading: Reading) -> Iterator[Hit]:
    """Find signs of Markdown among the words that are seen."""
    found = (plain(match[0]) for run in reading.page.runs for match in _SIGNS.finditer(run.text))
    for piece in dict.fromkeys(found):
        # What stands behind the sign may have been rendered; the sign itself stands as it was written.
        place = reading.place_of_text(piece) or reading.place_of_text(piece[:2])
        yield Hit(facts={"found": excerpt(piece)}, place=place)


@check(
    code="items-shortened",
    severity=Severity.NOTE,
    message=MessageId("So that mail programs show the whole letter, these are a title and a link only: {titles}."),
    fix=MessageId("Take out items or shorten texts to show more of them."),
    basis="Gmail clips at 102,400 bytes of HTML; house: 90,000",
)
def items_shortened(reading: Reading) -> Iterator[Hit]:
    """Name the items whose link leads to what was left out."""
    shortened = reading.message.shortened
    titles = [plain(item.title) for item in _entries(reading) if item.key in shortened and item.link]
    if titles:
        yield Hit(facts={"titles": "; ".join(titles)})


@check(
    code="item-cut",
    severity=Severity.ERROR,
    message=MessageId("“{title}” has no link, and a part of its text is left out: readers find it nowhere."),
    fix=MessageId("Give it a link to its text, or show it whole; if the letter grows too long so, take out items."),
    basis="House: nothing is lost in silence; Gmail clips at 102,400 bytes of HTML; house: 90,000",
)
def item_cut(reading: Reading) -> Iterator[Hit]:
    """Find items of which readers lose something that stands nowhere else."""
    for item in _entries(reading):
        if is_lost(item):
            yield Hit(facts={"title": plain(item.title)}, place=reading.place_of_item(item))


CHECKS = checks_of(globals())
"""In the order of the documentation."""
