from dataclasses import replace
from time import perf_counter

import pytest

from newsletter.check.editing.leftovers import CHECKS
from newsletter.check.page.reading import CheckInput
from newsletter.check.page.rules import Hit
from tests.check.samples import (
    ARTICLE,
    ARTICLE_PLACE,
    EVENT,
    GOOD,
    WORDS,
    WORDS_PLACE,
    with_body,
    with_items,
    with_subject,
    with_words,
)
from tests.check.table import Case, hits, untested

RIGHT_TO_LEFT, ZERO_WIDTH, JOINER = "\u202e", "\u200b", "\u200d"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
INNOCENT = (
    "Eskon kirja Todo y nada ja XX-koon paita, XXL, SEUTU-ohjelma, Tampereen taxxx",
    "Hinta 5 < 7 ja 7 > 5, Mäki & Poika, AT&T;n, <https://www.seutu.fi>, a*b*c, [sic] (näin)",
    f"Perhe 👨{JOINER}👩{JOINER}👧 ja lippu {ENGLAND}, tavu\u00adviiva, klo\u00a09, ❤\ufe0f",
)


def shown(lead: str) -> CheckInput:
    """Give the good edition whose article has another lead, in issue.toml and to be seen in the HTML."""
    escaped = lead.replace("&", "&amp;").replace("<", "&lt;")
    return replace(with_items(replace(ARTICLE, lead=lead)), message=with_body(f"<p>{escaped}</p>").message)


def found(text: str, **facts: str) -> tuple[Hit, ...]:
    """Give the hit on the article."""
    return (Hit(facts={**facts, "found": text}, place=ARTICLE_PLACE),)


CASES: list[Case] = [
    *((one.rule.code, given, ()) for one in CHECKS for given in (GOOD, *map(shown, INNOCENT))),
    *(
        ("reminder-left", shown(text), found(text))
        for text in ("TODO linkki", "FIXME", "XXX euroa", "TBD", "todo: kuva", "Lorem ipsum dolor si", "XXXX")
    ),
    (
        "reminder-left",
        with_body('<p>TODO</p><img src="https://www.seutu.fi/a.png" alt="XXX" width="1">'),
        (
            Hit(facts={"found": "TODO"}),
            Hit(facts={"found": "XXX"}),
        ),
    ),
    (
        "reminder-left",
        with_words(replace(WORDS, greeting="Hei TODO")),
        (Hit(facts={"found": "TODO"}, place=WORDS_PLACE),),
    ),
    *(
        ("markup-shown", shown(f"Nyt {text} on"), found(text))
        for text in ("<b>", "</strong>", '<a href="https://seutu.fi">', "<br/>", "&nbsp;", "&#8211;", "&auml;")
    ),
    ("markup-shown", shown("Lue [tästä](https://seutu.fi)"), found("[tästä](https://seutu.fi)")),
    ("markup-shown", shown("Nyt **tärkeää** asiaa"), found("**tärkeää**")),
    ("markup-shown", with_subject("Uutta &amp; hyvää"), (Hit(facts={"found": "&amp;"}),)),
    (
        "direction-character",
        shown(f"Maksa {RIGHT_TO_LEFT}if.knap"),
        found("Maksa▯if.knap", name="U+202E RIGHT-TO-LEFT OVERRIDE"),
    ),
    (
        "direction-character",
        with_body(f'<p title="a{RIGHT_TO_LEFT}b">x</p><p>&#8238;c</p>'),
        (
            Hit(facts={"name": "U+202E RIGHT-TO-LEFT OVERRIDE", "found": "a▯b"}),
            Hit(facts={"name": "U+202E RIGHT-TO-LEFT OVERRIDE", "found": "▯c"}),
        ),
    ),
    *(
        ("invisible-character", shown(f"Hankinta{character}päivä"), found("Hankinta▯päivä", name=name))
        for character, name in (
            (ZERO_WIDTH, "U+200B ZERO WIDTH SPACE"),
            ("\ufeff", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
            (JOINER, "U+200D ZERO WIDTH JOINER"),
            ("\u200e", "U+200E LEFT-TO-RIGHT MARK"),
            ("\x92", "U+0092"),
            ("\U000e0041", "U+E0041 TAG LATIN CAPITAL LETTER A"),
        )
    ),
    (
        "invisible-character",
        with_items(replace(ARTICLE, link=f"https://www.seutu.fi/a{ZERO_WIDTH}"), EVENT),
        found("/www.seutu.fi/a▯", name="U+200B ZERO WIDTH SPACE"),
    ),
    (
        "direction-character",
        replace(
            with_items(replace(ARTICLE, lead=f"Maksa {RIGHT_TO_LEFT}if.knap")),
            message=with_body(f"<b>{RIGHT_TO_LEFT}Maksa {RIGHT_TO_LEFT}if</b>").message,
        ),
        (
            *found("Maksa▯if.knap", name="U+202E RIGHT-TO-LEFT OVERRIDE"),
            Hit(facts={"name": "U+202E RIGHT-TO-LEFT OVERRIDE", "found": "▯Maksa if"}),
        ),
    ),
    (
        "invisible-character",
        with_body("<p>a&#8203;b</p>"),
        (Hit(facts={"name": "U+200B ZERO WIDTH SPACE", "found": "a▯b"}),),
    ),
]


@pytest.mark.parametrize(("code", "given", "expected"), CASES)
def test_a_leftover_is_found_where_it_stands(code: str, given: CheckInput, expected: tuple[Hit, ...]) -> None:
    """What was never meant for readers is named with its place, and innocent words stay silent."""
    assert hits(CHECKS, code, given) == expected


@pytest.mark.parametrize("text", ["<b " * 150_000, "**a" * 150_000, "[" * 500_000, "TODO" * 120_000])
def test_a_hostile_half_megabyte_takes_no_time(text: str) -> None:
    """Words of strangers come from feeds: what looks for marks in them takes time as they are long, no more."""
    began = perf_counter()
    for check in CHECKS:
        hits(CHECKS, check.rule.code, with_subject(text))

    assert perf_counter() - began < 3


def test_every_check_has_a_case_of_both_kinds() -> None:
    """No check is without an edition that it finds fault with and one that it does not."""
    assert untested(CHECKS, CASES) == set()
