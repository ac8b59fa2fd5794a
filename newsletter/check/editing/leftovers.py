"""What was never meant for readers: reminders to oneself, mark-up that shows, characters that nobody sees.

Its door is `CHECKS`.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from newsletter.check.page.html import excerpt, plain
from newsletter.check.page.reading import Reading
from newsletter.check.page.rules import Hit, check, checks_of
from newsletter.domain.issue import Severity
from newsletter.language.catalogue import MessageId

_REMINDER = re.compile(
    r"\b(?:TODO|FIXME|TBD|X{3,})\b.{0,60}|\b(?:todo|fixme):.{0,60}|\b(?i:lorem ipsum|dolor sit amet)\b.{0,60}"
)
"""In capitals, or with a colon: `todo` alone is a word of other languages, and XX and XXL are sizes and centuries."""

_TAGS = (
    "a|abbr|b|big|blockquote|br|center|div|em|font|h[1-6]|hr|i|img|li|ol|p|s|small|span|strong|su[bp]|t[dhr]|table|u|ul"
)
_MARKUP = re.compile(
    rf"</?(?:{_TAGS})(?:\s[^<>]{{0,80}})?/?>"
    r"|&(?:nbsp|amp|lt|gt|quot|apos|shy|[aouAOU](?:uml|ring)|[nm]dash|[rlb][sd]?quo|hellip|#\d{1,6}|#x[0-9a-fA-F]{1,6});"
    r"|\[[^\[\]\n]{1,60}\]\([^()\s]{1,200}\)|\*\*\w[^*\n]{0,60}\*\*"
)
"""Tags and entities of HTML wherever they show, links and bold letters of Markdown where it is not read."""

_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""What turns around the letters after it: embeddings, overrides, isolates."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u180e\u200b\u200c\u200e\u200f\u2028\u2029\u2060-\u2064\u206a-\u206f"
    "\ufeff\ufff9-\ufffb]"
    "|(?<![\ufe0f\u2600-\u27bf\U0001f000-\U0001faff])\u200d"
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]"
)
"""What nobody sees. Soft hyphens and no-break spaces have their use; joiners and tags belong to emoji."""
_CONTEXT_CHARACTERS = 15
_NEXT_TO = 2
"""Letters beside a hidden character by which it is known again in the mail, whatever the template put around them."""
_SOFT_HYPHEN = "\u00ad"
"""The program's own, in long words of titles."""


def _seen(reading: Reading) -> Iterator[str]:
    """Give all that readers see or hear, run by run: subject and preheader, the page, its pictures' texts."""
    yield from (reading.message.subject, reading.message.preheader)
    yield from (run.text for run in reading.page.runs if not run.is_hidden)
    yield from (image.alt for image in reading.page.images if image.alt)


@check(
    code="reminder-left",
    severity=Severity.ERROR,
    message=MessageId("A reminder or filler was left in the text: “{found}”."),
    fix=MessageId("Write what was meant to stand there, or delete it. If it is meant for readers, waive this finding."),
    basis="House; TODO, FIXME, TBD, XXX, lorem ipsum",
)
def reminder_left(reading: Reading) -> Iterator[Hit]:
    """Find marks of unfinished work in what the editor wrote, and in what only the template says."""
    told: set[str] = set()
    for text, place in reading.written():
        for match in _REMINDER.finditer(text):
            told.add(plain(match[0]).split()[0])
            yield Hit(facts={"found": excerpt(match[0])}, place=place)
    for text in _seen(reading):
        for match in _REMINDER.finditer(text):
            if plain(match[0]).split()[0] not in told:
                yield Hit(facts={"found": excerpt(match[0])})


@check(
    code="markup-shown",
    severity=Severity.ERROR,
    message=MessageId("Readers would see the mark-up itself: “{found}”."),
    fix=MessageId(
        "HTML is nowhere read as such, and Markdown only in body and greeting: write plain words, or move them there."
    ),
    basis="House; titles, leads and places are plain text",
)
def markup_shown(reading: Reading) -> Iterator[Hit]:
    """Find tags, entities, and marks of Markdown that reach readers as letters."""
    pieces = (match[0] for text in _seen(reading) for match in _MARKUP.finditer(text))
    for piece in dict.fromkeys(pieces):
        place = next((where for text, where in reading.written() if piece in plain(text)), None)
        yield Hit(facts={"found": excerpt(piece)}, place=place)


@check(
    code="direction-character",
    severity=Severity.ERROR,
    message=MessageId("The hidden character {name} turns the letters after it around: “{found}”."),
    fix=MessageId("Delete the words around the mark ▯ and type them again; do not paste them."),
    basis="Unicode UAX 9, TR 36: what is read is not what was written; fraudsters hide addresses so",
)
def direction_character(reading: Reading) -> Iterator[Hit]:
    """Find embeddings, overrides and isolates of the writing direction."""
    return _hidden(_DIRECTION, reading)


@check(
    code="invisible-character",
    severity=Severity.WARNING,
    message=MessageId("A character that nobody sees ({name}) stands in the text: “{found}”."),
    fix=MessageId("Delete the words around the mark ▯ and type them again; do not paste them."),
    basis="House; they break words for search, screen readers and spam filters, and addresses altogether",
)
def invisible_character(reading: Reading) -> Iterator[Hit]:
    """Find characters without width and control characters; an emoji's own are left alone."""
    return _hidden(_UNSEEN, reading)


def _hidden(pattern: re.Pattern[str], reading: Reading) -> Iterator[Hit]:
    """Name each hidden character with the words around it; one that no editor wrote is the template's."""
    written = tuple(reading.written())
    yield from (Hit(facts=_around(match), place=place) for text, place in written for match in pattern.finditer(text))
    known = "\n".join(text for text, _ in written)
    shown = _shown(reading)
    # The few characters of a mail are looked through sooner than its words.
    if not any(map(pattern.search, _letters(shown))):
        return
    for text in shown:
        for match in pattern.finditer(text):
            if text[max(0, match.start() - _NEXT_TO) : match.end() + _NEXT_TO].strip() not in known:
                yield Hit(facts=_around(match))


@lru_cache(maxsize=1)
def _shown(reading: Reading) -> tuple[str, ...]:
    """Give every text of the mail, each once, without the soft hyphens that rendering puts into long words."""
    texts = (text for element in reading.page.elements for text in (element.text, element.tail, *element.values()))
    shown = (reading.message.subject, reading.message.preheader, reading.message.text, *texts)
    return tuple(dict.fromkeys(text.replace(_SOFT_HYPHEN, "") for text in shown if text))


@lru_cache(maxsize=1)
def _letters(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset().union(*texts)


def _around(match: re.Match[str]) -> dict[str, str]:
    """Say which character it is, and show where it stands."""
    before = match.string[max(0, match.start() - _CONTEXT_CHARACTERS) : match.start()]
    after = match.string[match.end() : match.end() + _CONTEXT_CHARACTERS]
    code = f"U+{ord(match[0]):04X}"
    return {"name": f"{code} {unicodedata.name(match[0], '')}".strip(), "found": f"{plain(before)}▯{plain(after)}"}


CHECKS = checks_of(globals())
"""In the order of the documentation."""
