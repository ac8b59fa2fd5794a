"""The patterns of the product against words that a stranger chose to keep us busy."""

import importlib
import re
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import newsletter
from newsletter.collect.dates import read_date
from newsletter.collect.markup import clean_html
from newsletter.curate.excerpt import lead
from newsletter.language.hyphens import softened
from newsletter.language.sentences import split
from newsletter.message.privacy import without_private
from tests.curate.samples import FI

SHORT, MEGABYTE = 10_000, 1_000_000
SECONDS_MAX = 1.0
"""A linear pattern takes some hundredths for a megabyte; one that looks again from every letter takes as long for the
short text already."""
SIZES = (pytest.param(MEGABYTE // 10, id="quick"), pytest.param(MEGABYTE, id="megabyte", marks=pytest.mark.long))
"""What is slow for a megabyte and quick for a tenth of it is slow by a hair; `make reliability` has the time."""

OURS = {
    "check.clients._CONDITIONAL": "our template's comments: in a stranger's words no < stays one",
    "check.page.html._SHEET": "our template's style sheets, likewise",
    "language.catalogue": "our own catalogues",
    "render.compiler.html_as_xml": "our templates, compiled in a process with a limit of time",
    "render.compiler.reading": "likewise, and what the parser says of them",
    "render.templates.environment": "a line of a template, and what the template engine says of it",
    "service.templates": "the sample values beside a template",
    "toml_file": "our own files",
}
"""What no stranger writes, by pattern or by module, with whose words it sees."""

CUT = {"curate.excerpt._CUT_OFF": 200, "language.sentences._BEFORE_DIGIT": 60, "language.sentences._CLOCK": 60}
"""Patterns that see no more than so many letters of a text."""
CUT |= {
    f"collect.dates.{name}": 200 for name in ("_ISO_MOMENT", "_RFC_822", "_DAY_FIRST", "_NAMED_ZONE", "_KNOWN_ZONE")
}

ANYWHERE = ("a", " ", "\n", "<", "1", ".", "-", "@", "a ", "a.")
"""Repeated, against every pattern: what most patterns that look again and again trip over."""

HOSTILE = {
    "check.accessibility._FILE_NAME": ("a.png",),
    "check.content._SLOT_LIKE": ("@@a", "http://a.", "*|a", "[[a", "%%a"),
    "check.content._TEMPLATE": ("{{", "{%a"),
    "check.content._DEBUG_CHARACTER": ("\\u{0",),
    "check.content._DEBUG_LINE_BREAK": ("\\n",),
    "check.deliverability._ADDRESS": ("a://", "mailto:", "a@b "),
    "check.images._STYLED_ADDRESS": ("url(", "url( ", "url('http://"),
    "check.links._EXAMPLE_HOST": ("example.", "a.example"),
    "check.links._TEST_HOST": ("staging-", "staging.\n", "-staging"),
    "check.links._LOOKS_LIKE_ADDRESS": ("www.", "www.a", "http://a.a"),
    "collect.kinds.calendar._TAGS": ("<a", "</a "),
    "collect.kinds.calendar.entries._FOLD": ("\r\n ", "\r\r\n"),
    "collect.kinds.calendar.entries._UID": ("UID;", "UID;a:"),
    "collect.kinds.feed._DECLARED_ENCODING": ("encoding='", "encoding='a"),
    "collect.kinds.feed._DOCUMENT_TYPE": (
        "<!DOCTYPE",
        "<!DOCTYPE[|*]",
        "<!DOCTYPE[",
        "<!--",
        "<?",
        "<!-- -->",
        "<!DOCTYPE a [ ]",
    ),
    "collect.kinds.feed._ITEM_END": ("</item", "</item ", "</a:", "</a"),
    "collect.kinds.feed._LOOKS_LIKE_TAGS": ("<a", "</a "),
    "collect.kinds.folder._ORDINAL": ("1. ", "\n1. ", "   1."),
    "collect.kinds.folder._STEM": (".fi", ".a", ".fi."),
    "collect.kinds.folder.front_matter._FENCED": ("---", "---\n", "--- \n", "---\n---a"),
    "collect.kinds.text._ADDRESS": ("http://", "www.", "www.a", "www"),
    "collect.kinds.text._BULLET": ("- ", "• "),
    "collect.kinds.text._HASHTAGS": ("#a", "#a ", "#a-,"),
    "collect.kinds.text._NAME": ("Aa ", "Aa von ", "Aa Bb ", "A-"),
    "collect.kinds.text._SITE": ("a.", "aa.aa", "www."),
    "collect.markup._EDGE_SPACE": ("<p> ", " </p>", "<br> "),
    "collect.markup._EMPTY_ELEMENT": ("<br>", "<p>", "<p><br>", "<b ", "<p>&nbsp;", "<p> "),
    "collect.markup._HARMLESS_AMPERSAND": ("\\&", "\\&#", "\\&a"),
    "collect.markup._HREF": ('<a href="', '<a href="a'),
    "collect.markup._TAG": ("<a", "</a ", "<a b=''"),
    "curate.excerpt._ADDRESS_IN_BRACKETS": ("(", "(www.", "(|*www.", "[|*http://", " (", "[www.)"),
    "curate.excerpt._CUT_OFF": ("...", "lue lisää ", "…"),
    "curate.excerpt._LIST": ("1. ", "1. \n", "• ", "\n1.\n\n"),
    "language.hyphens._MARKED_OR_LONG_WORD": ("a/b ", "a@", ".a", "pitkäsana"),
    "language.sentences._BLANK_LINE": ("\n ", " \n"),
    "language.sentences._STOP": (". ", '."', "?!"),
    "language.sentences._AFTER_OPENERS": ("(", "« "),
    "language.topics._WORD": ("a-", "a’a"),
    "mailers.sendgrid.answers._RECIPIENT_FIELD": ("personalizations.1",),
    "domain.notification._ENHANCED_STATUS": ("5.", "5.1.", "5.1.1"),
    "mailers.smtp.mailer._QUEUE_ID": ("queued as ", "queued as"),
    "mailers.batch_outcome._ADDRESS": ("a@b.", "a@b", "@a."),
    "message.privacy._PRIVATE": ("a@", "a)", "https://", "mailto:", "a@b ", "a]"),
    "message.headers._ADDRESS": ("a@", "@@"),
    "message.pictures._SOURCE": ("cid:", "cid:a"),
    "render.compiler.attributes._SCHEME": ("a:", "a+"),
    "render.compiler.attributes._MORE_STYLES": (";", "; "),
    "render.compiler.attributes._SCRIPT_IN_STYLE": ("expression ", "behavior "),
    "render.compiler.normal._CONDITIONAL": ("[if ", "[if a]>", "[if a]><![endif]"),
    "render.compiler.normal._SCRIPT_FOR_OUTLOOK": ("< ", " ona", " ona ", "java"),
    "render.compiler.places._MARK": ("\ufde0", "\ufde0\ufdd0"),
    "render.templates.markup._ATTRIBUTE": (' a="', " a"),
    "render.templates.markup._BRACKETED_ADDRESS": (" (\na:", "(\na:b\n"),
    "render.templates.markup._CANONICAL": ("<a", '<a b="', '<a b="" '),
    "render.templates.markup._STOP_AFTER_ADDRESS": ("\na:", "\na:b\n.", "\na:b\n"),
    "safe_html._ANY_TAG": ("<a", "</a ", "<a b=''"),
    "render.templates.plain._HIDDEN": ("display ", "display: ", "mso-hide: "),
    "web.messages.frame._DOCTYPE": ("<!doctype", " <!doctype"),
    "web.messages.frame._HEAD": ("<head", "<head "),
    "web.messages.frame._PREFERS": ("( ", "(prefers-color-scheme ", "(prefers-color-scheme: "),
    "web.messages.frame._REMOTE": ("url( ", "url(|* ", "<img ", "<img src=", "<img|* src ", "<img src=|* "),
}
"""Beside those: what each pattern begins to match and never ends; what stands before |* comes once."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """A pattern, and whether it is asked about the beginning of a text only, and about all of it."""

    pattern: re.Pattern[Any]
    methods: frozenset[str]

    def seconds(self, text: str) -> float:
        """Measure how long it looks at a text in each way it is used."""
        given = text.encode() if isinstance(self.pattern.pattern, bytes) else text
        began = time.process_time()
        for method in self.methods & {"match", "fullmatch"}:
            getattr(self.pattern, method)(given)
        if self.methods - {"match", "fullmatch"}:
            self.pattern.sub(given[:0], given)
        return time.process_time() - began


@cache
def patterns() -> dict[str, Use]:
    """Give every pattern that a module of the product holds, by its name without the product's."""
    found: dict[str, Use] = {}
    folder = Path(newsletter.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        name = ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        for variable in re.findall(r"^(\w+) = re\.compile\(", text, re.MULTILINE):
            value = getattr(importlib.import_module(f"newsletter.{name}"), variable)
            bound = value if isinstance(value, re.Pattern) else value.__self__
            methods = re.findall(rf"\b{variable}\.(\w+)\(", text) if bound is value else [value.__name__]
            found[f"{name}.{variable}"] = Use(pattern=bound, methods=frozenset(methods or ["search"]))
    return found


def is_ours(name: str) -> bool:
    """Tell whether no stranger's words come to a pattern."""
    return name in OURS or name.rpartition(".")[0] in OURS


def hostile(unit: str, size: int) -> str:
    """Repeat a unit, after what stands before a mark, and end in what fits nothing."""
    before, mark, repeated = unit.partition("|*")
    return before + (repeated if mark else unit) * (size // len(repeated or unit)) + "\0"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", [name for name in patterns() if not is_ours(name)])
def test_no_pattern_is_kept_busy_by_a_stranger(name: str, size: int) -> None:
    """Each looks through the first thousands of letters of a hostile text in no time, and then through all of it."""
    use, size = patterns()[name], CUT.get(name, size)
    short = {unit: use.seconds(hostile(unit, min(SHORT, size))) for unit in (*ANYWHERE, *HOSTILE.get(name, ()))}
    assert {unit: one for unit, one in short.items() if one > SECONDS_MAX / 10} == {}

    slowest = max(short, key=short.__getitem__)
    for longer in (size // 10, size):
        assert use.seconds(hostile(slowest, longer)) < _seconds_for(longer)


def test_every_named_pattern_is_there() -> None:
    """A pattern that was renamed keeps its hostile texts, and the reason why no stranger sees it."""
    modules = {name.rpartition(".")[0] for name in patterns()}

    assert {name for name in (*HOSTILE, *CUT) if name not in patterns()} == set()
    assert {name for name in OURS if name not in patterns() and name not in modules} == set()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "unit", ["a", "a@", ". (", "a/b ", "<br>", "(www.", "1 ", "<p> ", "\n ", "pitkäsanayhdistelmä@"]
)
def test_no_reader_of_words_is_kept_busy_by_a_stranger(unit: str, size: int) -> None:
    """What reads a stranger's words takes a megabyte of them in seconds, whatever it asks its patterns."""
    text, began = hostile(unit, size // 4), time.process_time()

    without_private(text)
    read_date(text, ZoneInfo("Europe/Helsinki"))
    split(text, FI)
    softened(text, FI)
    lead(text, language=FI, size=200)
    clean_html(text)

    assert time.process_time() - began < 2.5 * _seconds_for(size)


def _seconds_for(size: int) -> float:
    """Give the time for a text: that of a megabyte for its share of it, and three tenths for a busy machine."""
    return SECONDS_MAX * max(size / MEGABYTE, 0.3)
