"""What an editor can see and would not want to send: leftovers of templates, holes, awkward subject lines.

Looks at words, not at how they are marked up. Its door is `CHECKS`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from newsletter.check.page.html import excerpt, plain
from newsletter.check.page.reading import Reading
from newsletter.check.page.rules import Hit, check, checks_of
from newsletter.domain.content import Language
from newsletter.domain.issue import Severity
from newsletter.language.catalogue import MessageId

SUBJECT_LONGEST = 70
"""Characters; desktop programs cut a longer subject off."""
SUBJECT_LONGEST_ON_PHONES = 40
"""Characters that a phone shows upright."""
PREHEADER_SHORTEST = 35
PREHEADER_LONGEST = 110
SECTION_LEVEL = 2
"""Headings of this level or above open a section; one of an item alone may have nothing under it."""
CAPITALS_FEWEST = 6
"""Letters a subject needs before all capitals are shouting: `KIRA` is a name."""
SHOUTED_FEWEST = 7
"""Letters of one word in capitals that are shouting among other words: SEUTU, LEADER and UNESCO are names."""

_TEMPLATE = re.compile(r"(?:\{\{|\{%|\{#)[^<>\"\n]{0,60}")
_SLOT_LIKE = re.compile(r"@@[^\s@<>\"]{1,60}@@|https?://[\w.-]+\.invalid[^\s\"'<>]*|\*\|\w+\|\*|\[\[\w+\]\]|%%\w+%%")
_DEBUG_CHARACTER = re.compile(r"\\u\{[0-9a-f]+\}[^<>\"\n]{0,20}")
_DEBUG_LINE_BREAK = re.compile(r"\\n.{0,20}")
_WORD = re.compile(r"[^\W\d_]+")
_MARKS = re.compile(r"[!?]*![!?]+|\?!+")
_CRY_WORDS = (
    "HUOM TÄRKEÄ TÄRKEÄÄ KIIRE HETI NYT LUE UUSI OBS VIKTIGT NU LÄS GRATIS NYTT NOW FREE READ URGENT HURRY LAST"
)
_CRIES = frozenset(_CRY_WORDS.split())
"""Short words that are no names even in capitals."""

_SMALL_WORDS = {
    Language("fi"): "ja ei että joka jotka ovat sekä myös kun tai mutta ole oli voi tämä tämän niin kuin mukaan vielä "
    "siitä jos olla nyt kanssa hän sen",
    Language("sv"): "och att det är som på för av med den inte har ett vi från eller också ska sig här där kommer "
    "detta dessa mellan genom under",
    Language("en"): "the and of to is that with are this be by it from or have was will not you which can their these "
    "its has been would",
}
"""Small words that betray a language; those that two of the three share (`on`, `men`, `till`) are left out."""
_WORDS_OF = {language: frozenset(words.split()) for language, words in _SMALL_WORDS.items()}
_FOREIGN_WORDS_FEWEST = 4
_READ_CHARACTERS = 2_000
"""How much of a text the language is judged by; the lead and the first paragraphs tell."""


def _parts(reading: Reading) -> tuple[str, ...]:
    """Give all that was written for readers, with the mail's own per-person values taken out."""
    message = reading.message
    written = (message.subject, message.preheader, reading.page.unstyled, message.text)
    return tuple(reading.without_slots(part) for part in written)


def _found(pattern: re.Pattern[str], reading: Reading, parts: tuple[str, ...]) -> Iterator[Hit]:
    pieces = (plain(match[0]) for part in parts for match in pattern.finditer(part))
    for piece in dict.fromkeys(pieces):
        yield Hit(facts={"found": excerpt(piece)}, place=reading.place_of_text(piece))


@check(
    code="template-code-left",
    severity=Severity.ERROR,
    message=MessageId("The mail shows the inside of a template to its readers: “{found}”."),
    fix=MessageId("Correct the template, or take the braces out of the text."),
    basis="House; `{{`, `{%` and `{#` never reach a reader",
)
def template_code_left(reading: Reading) -> Iterator[Hit]:
    """Find Jinja's opening marks in subject, preheader, HTML and text."""
    return _found(_TEMPLATE, reading, _parts(reading))


@check(
    code="slot-left",
    severity=Severity.ERROR,
    message=MessageId("A gap that should be filled for each reader would stay open: “{found}”."),
    fix=MessageId("Take it out of the text, or use one of the program's own slots in the template."),
    basis="House; only the message's own slots are filled",
)
def slot_left(reading: Reading) -> Iterator[Hit]:
    """Find what looks like a per-person value but is none, and slots in lines that are not filled per person."""
    yield from _found(_SLOT_LIKE, reading, _parts(reading))
    for line in (reading.message.subject, reading.message.preheader):
        if reading.holds_slot(line):
            yield Hit(facts={"found": excerpt(line)}, place=reading.words_place)


@check(
    code="escape-left",
    severity=Severity.ERROR,
    message=MessageId("A character was written as code instead of as itself: “{found}”."),
    fix=MessageId("This is a fault of the template or the program: tell whoever looks after them."),
    basis="The MJML compiler's debug output for special characters in attributes (measured)",
)
def escape_left(reading: Reading) -> Iterator[Hit]:
    """Find a spelled-out character anywhere, and a spelled-out line break in an attribute."""
    yield from _found(_DEBUG_CHARACTER, reading, _parts(reading))
    values = tuple(str(value) for element in reading.page.elements for value in element.attrib.values())
    yield from _found(_DEBUG_LINE_BREAK, reading, tuple(value for value in values if "\\" in value))


@check(
    code="edition-empty",
    severity=Severity.ERROR,
    message=MessageId("There is not one article or event in this edition."),
    fix=MessageId("Add an item to the segment's list in issue.toml, or leave the segment out of this issue."),
    basis="House",
)
def edition_empty(reading: Reading) -> Iterator[Hit]:
    """Find an edition without items."""
    if not reading.edition.items:
        yield Hit(place=reading.words_place)


@check(
    code="section-empty",
    severity=Severity.ERROR,
    message=MessageId("The section “{title}” has a heading and nothing under it."),
    fix=MessageId("Put an item into the section, or take its heading out of the template."),
    basis="House",
)
def section_empty(reading: Reading) -> Iterator[Hit]:
    """Find sections without items, and headings of the first two levels that nothing follows."""
    planned = (section.title for section in reading.edition.sections if not section.items)
    shown = (heading for heading in reading.page.headings if heading.level <= SECTION_LEVEL)
    bare = (heading.name for heading in shown if not heading.is_followed)
    for title in dict.fromkeys([*map(plain, planned), *bare]):
        yield Hit(facts={"title": title})


@check(
    code="subject-missing",
    severity=Severity.ERROR,
    message=MessageId("The mail has no subject."),
    fix=MessageId("Write one in issue.toml."),
    basis="House; RFC 5322 section 3.6.5",
)
def subject_missing(reading: Reading) -> Iterator[Hit]:
    """Find an empty subject."""
    if not plain(reading.message.subject):
        yield Hit(place=reading.words_place)


@check(
    code="subject-too-long",
    severity=Severity.WARNING,
    message=MessageId("The subject is {length} characters long; mail programs cut it off after {limit}."),
    fix=MessageId("Shorten it, and put what matters first."),
    basis=f"Widths of common mail programs: {SUBJECT_LONGEST} characters",
)
def subject_too_long(reading: Reading) -> Iterator[Hit]:
    """Find a subject that does not fit a desktop program's list."""
    length = len(reading.message.subject)
    if length > SUBJECT_LONGEST:
        yield Hit(facts={"length": str(length), "limit": str(SUBJECT_LONGEST)}, place=reading.words_place)


@check(
    code="subject-long-on-phones",
    severity=Severity.NOTE,
    message=MessageId("A phone shows about the first {limit} characters of the subject: “{found}”."),
    fix=MessageId("Check that these words alone say what the issue is about."),
    basis=f"Widths of common mail programs: {SUBJECT_LONGEST_ON_PHONES} characters",
)
def subject_long_on_phones(reading: Reading) -> Iterator[Hit]:
    """Find a subject that fits a desktop but no phone."""
    subject = reading.message.subject
    if SUBJECT_LONGEST_ON_PHONES < len(subject) <= SUBJECT_LONGEST:
        shown = subject[:SUBJECT_LONGEST_ON_PHONES].rstrip()
        yield Hit(facts={"limit": str(SUBJECT_LONGEST_ON_PHONES), "found": shown}, place=reading.words_place)


@check(
    code="subject-in-capitals",
    severity=Severity.WARNING,
    message=MessageId("The subject is written in capital letters only."),
    fix=MessageId("Write it as an ordinary sentence: capitals look like spam to filters and like shouting to people."),
    basis="SpamAssassin SUBJ_ALL_CAPS",
)
def subject_in_capitals(reading: Reading) -> Iterator[Hit]:
    """Find a subject without one small letter."""
    letters = [letter for letter in reading.message.subject if letter.isalpha()]
    if len(letters) >= CAPITALS_FEWEST and all(letter.isupper() for letter in letters):
        yield Hit(place=reading.words_place)


@check(
    code="subject-shouts",
    severity=Severity.WARNING,
    message=MessageId("The subject shouts: “{found}”."),
    fix=MessageId("Use small letters and at most one exclamation mark: filters and people take shouting for spam."),
    basis="SpamAssassin PLING_QUERY, SUBJ_ALL_CAPS; house: names such as SEUTU, ELY and EAKR are none",
)
def subject_shouts(reading: Reading) -> Iterator[Hit]:
    """Find words in capitals and heaped exclamation marks in a subject that is not in capitals as a whole."""
    subject = reading.message.subject
    names = {word for name in reading.publication.names.values() for word in _WORD.findall(name.upper())}
    cries = [word for word in _WORD.findall(subject) if word.isupper() and word not in names]
    found = [word for word in cries if len(word) >= SHOUTED_FEWEST or word in _CRIES]
    found += [match[0] for match in _MARKS.finditer(subject)]
    if found and any(letter.islower() for letter in subject):
        yield Hit(facts={"found": excerpt(" ".join(found))}, place=reading.words_place)


@check(
    code="preheader-missing",
    severity=Severity.WARNING,
    message=MessageId("The mail has no preheader, the line that mail programs show after the subject."),
    fix=MessageId("Write one in issue.toml: one sentence that says what else is inside."),
    basis="House",
)
def preheader_missing(reading: Reading) -> Iterator[Hit]:
    """Find an empty preheader."""
    if not plain(reading.message.preheader):
        yield Hit(place=reading.words_place)


@check(
    code="preheader-length",
    severity=Severity.WARNING,
    message=MessageId("The preheader is {length} characters long; {shortest} to {longest} fit best."),
    fix=MessageId("A short one lets the first line of the mail show through, a long one is cut off: adjust it."),
    basis=f"Widths of common mail programs: {PREHEADER_SHORTEST} to {PREHEADER_LONGEST} characters",
)
def preheader_length(reading: Reading) -> Iterator[Hit]:
    """Find a preheader that is too short or too long."""
    length = len(plain(reading.message.preheader))
    if length and not PREHEADER_SHORTEST <= length <= PREHEADER_LONGEST:
        limits = {"shortest": str(PREHEADER_SHORTEST), "longest": str(PREHEADER_LONGEST)}
        yield Hit(facts={"length": str(length), **limits}, place=reading.words_place)


@check(
    code="preheader-repeats-subject",
    severity=Severity.WARNING,
    message=MessageId("The preheader says the same as the subject."),
    fix=MessageId("Say something else in it: readers see both, one after the other."),
    basis="House",
)
def preheader_repeats_subject(reading: Reading) -> Iterator[Hit]:
    """Find a preheader equal to the subject."""
    preheader = plain(reading.message.preheader).casefold()
    if preheader and preheader == plain(reading.message.subject).casefold():
        yield Hit(place=reading.words_place)


@check(
    code="preheader-not-first",
    severity=Severity.WARNING,
    message=MessageId("Mail programs will show “{found}” after the subject instead of the preheader."),
    fix=MessageId("The template must put the preheader before all other text."),
    basis="Mail programs show the first text of the HTML",
)
def preheader_not_first(reading: Reading) -> Iterator[Hit]:
    """Find a mail whose first text, seen or not, is not its preheader."""
    preheader = plain(reading.message.preheader)
    first = " ".join(run.text for run in reading.page.runs[:5])
    if not plain(first).startswith(preheader):
        yield Hit(facts={"found": excerpt(first)})


@check(
    code="items-in-other-language",
    severity=Severity.NOTE,
    message=MessageId(
        "{count} item has no words in the language of this edition; readers see it in another, marked so."
    ),
    fix=MessageId(
        "`newsletter issue show {label} --parity` says which; write their words in issue.toml to translate them."
    ),
    basis="House; WCAG 3.1.2: they are marked, for eyes and for screen readers",
)
def items_in_other_language(reading: Reading) -> Iterator[Hit]:
    """Count the items that are shown in another language because they have no words in the edition's."""
    edition = reading.edition
    count = sum(item.language != edition.key.language for item in edition.items)
    if count:
        yield Hit(facts={"count": str(count), "label": edition.issue.label})


@check(
    code="text-in-other-language",
    severity=Severity.WARNING,
    message=MessageId("“{title}” is said to be in the language “{language}”, but is plainly written in another."),
    fix=MessageId("Correct its language in issue.toml, or translate it; if it is right as it is, waive this finding."),
    basis="House; WCAG 3.1.2: a screen reader would read it out in the wrong language",
)
def text_in_other_language(reading: Reading) -> Iterator[Hit]:
    """Find texts whose small words speak of another language than the one they are marked as."""
    for item in reading.edition.items:
        if _is_foreign(f"{item.title} {item.lead} {item.body}", item.language):
            facts = {"title": plain(item.title), "language": item.language}
            yield Hit(facts=facts, place=reading.place_of_item(item))
    greeting, language = reading.edition.words.greeting, reading.edition.key.language
    if _is_foreign(greeting, language):
        yield Hit(facts={"title": excerpt(greeting), "language": language}, place=reading.words_place)


@lru_cache(maxsize=256)
def _is_foreign(text: str, language: Language) -> bool:
    """Tell whether small words say that a text is in another language, clearly and often enough. Items come again."""
    words = [word.lower() for word in _WORD.findall(text[:_READ_CHARACTERS])]
    own = sum(word in _WORDS_OF.get(language, frozenset()) for word in words)
    others = [sum(word in small for word in words) for other, small in _WORDS_OF.items() if other != language]
    return language in _WORDS_OF and max(others) >= max(_FOREIGN_WORDS_FEWEST, 2 * own + 1)


CHECKS = checks_of(globals())
"""In the order of the documentation."""
