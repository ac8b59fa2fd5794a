"""Checks of what rendering loses, on letters that our own templates make."""

import html
import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.check import CheckInput
from newsletter.check.losses import CHECKS
from newsletter.check.page.reading import read
from newsletter.check.page.rules import Hit
from newsletter.curate.issue_file import read_issue
from newsletter.domain.issue import Edition, ItemForm, Message
from newsletter.errors import Place
from newsletter.render.compose import compose
from newsletter.render.make_message import make_message
from tests.check.table import Case, hits, untested
from tests.render.samples import (
    BRAND,
    FI,
    ISSUE,
    ITEMS,
    KEY,
    PUBLICATION,
    SEGMENTS,
    TEMPLATES,
    sample_edition,
    with_item,
)

TITLE = ITEMS[0].title
ITEM_PLACE = Place(path=ISSUE.path, line=ITEMS[0].line)
PICTURE = "https://www.malli.example/kuva.png"


def made(edition: Edition) -> CheckInput:
    """Render an edition in this process, as readers get it."""
    message = make_message(
        edition, publication=PUBLICATION, brand=BRAND.model_dump(), folder=TEMPLATES, shown_as=TEMPLATES
    )
    return CheckInput(message=message, edition=edition, publication=PUBLICATION)


def with_text(body: str, **changes: object) -> CheckInput:
    """Render the sample's first article with a text of its own and no link."""
    return made(with_item(body=body, link=None, **changes))


def changed(given: CheckInput, **changes: object) -> CheckInput:
    """Give an edition whose message is another."""
    return replace(given, message=replace(given.message, **changes))  # type: ignore[arg-type]  # tests name the fields


def without(word: str, given: CheckInput, *, part: str) -> CheckInput:
    """Give an edition with a word taken out of a part of the mail."""
    return changed(given, **{part: getattr(given.message, part).replace(word, "")})


def lost(**facts: str) -> tuple[Hit, ...]:
    """Give the one hit in the article."""
    return (Hit(facts={"title": TITLE, **facts}, place=ITEM_PLACE),)


SAMPLE = made(sample_edition())
SHORT = changed(SAMPLE, shortened=(ITEMS[0].key, ITEMS[12].key))
TABLE = "| a | b |\n|---|---|\n| c | d |"

CASES: list[Case] = [
    ("words-lost", SAMPLE, ()),
    ("words-lost", SHORT, ()),
    ("words-lost", with_text("a*b*c `d_e` &auml;&nbsp;f \\*g 3. h [i](https://malli.example/ä_j 'k')"), ()),
    ("words-lost", with_text("3. a\n15. b\n16. c\n\n1. d\n1. e\n\n```kieli\nf\n```"), lost(words="kieli")),
    ("words-lost", with_text("a\n\n[b]: https://malli.example/b"), lost(words="b")),
    ("words-lost", made(with_item(image_alt="Kuvateksti")), lost(words="Kuvateksti")),
    (
        "words-lost",
        without("hankintojen", SAMPLE, part="html"),
        (
            Hit(
                facts={"title": "Marraskuu on hankintojen kuukausi. Koko…", "words": "hankintojen"},
                place=Place(path=ISSUE.path, line=5),
            ),
        ),
    ),
    ("words-lost", with_text("![kissa](https://malli.example/tuntematon.png)"), ()),
    ("words-lost-in-text", SAMPLE, ()),
    ("words-lost-in-text", with_text("[a](https://malli.example/ä 'b')"), ()),
    ("words-lost-in-text", made(with_item(image_alt="Kuvateksti")), ()),
    ("words-lost-in-text", without("paineilmasta", SAMPLE, part="text"), lost(words="paineilmasta")),
    ("link-lost", SAMPLE, ()),
    (
        "link-lost",
        with_text("[a](https://työ.example/ä_(b)?c=1&d=2) <https://malli.example/e> <mailto:f@malli.example>"),
        (),
    ),
    ("link-lost", with_text("[a][b]\n\n[b]: https://malli.example/b 'Otsikko'"), ()),
    ("link-lost", with_text(f"![a]({PICTURE})"), ()),
    ("link-lost", with_text("[x](www.seutu.example/x)"), lost(address="www.seutu.example/x")),
    ("link-lost", with_text("[x](/x)"), lost(address="/x")),
    ("link-lost", with_text("[x](https://malli.example/a jatkuu"), lost(address="https://malli.example/a")),
    (
        "link-lost",
        with_text("[x](javascript:alert) <ftp:a>"),
        (*lost(address="javascript:alert"), *lost(address="ftp:a")),
    ),
    ("link-lost", with_text(f"{'> ' * 60}[x](https://malli.example/a)"), lost(address="https://malli.example/a")),
    ("picture-in-text", SAMPLE, ()),
    ("picture-in-text", with_text(f"![a]({PICTURE})"), lost(address=PICTURE)),
    ("markdown-left", SAMPLE, ()),
    ("markdown-left", made(with_item(lead="**a** ja [b](https://malli.example/b)")), ()),
    ("markdown-left", with_text("**a** *b* [c](https://malli.example/c) 2*3*4 [d] (e) | f"), ()),
    (
        "markdown-left",
        with_text("**a [b](https://malli.example/b"),
        (Hit(facts={"found": "**a [b](https://malli.example/b"}, place=ITEM_PLACE),),
    ),
    ("markdown-left", with_text(TABLE), (Hit(facts={"found": "|---"}, place=ITEM_PLACE),)),
    ("markdown-left", made(with_item(lead="a [^1]")), (Hit(facts={"found": "[^1]"}, place=ITEM_PLACE),)),
    ("items-shortened", SAMPLE, ()),
    ("items-shortened", changed(SAMPLE, shortened=(ITEMS[12].key,)), ()),
    ("items-shortened", SHORT, (Hit(facts={"titles": TITLE}),)),
    ("item-cut", SAMPLE, ()),
    ("item-cut", SHORT, ()),
    ("item-cut", made(with_item(form=ItemForm.LEAD, body="Koko teksti.")), ()),
    ("item-cut", with_text("Koko teksti.", form=ItemForm.WHOLE), ()),
    ("item-cut", with_text("Koko teksti.", form=ItemForm.LEAD), lost()),
    ("item-cut", with_text("Lead", lead="Lead", form=ItemForm.LEAD), ()),
    ("item-cut", with_text("", form=ItemForm.TITLE), lost()),
    ("item-cut", with_text("", lead="", form=ItemForm.TITLE), ()),
    ("item-cut", changed(with_text("Koko teksti."), shortened=(ITEMS[0].key,)), lost()),
]


@pytest.mark.parametrize(("code", "given", "expected"), CASES)
def test_what_is_lost_is_found_and_nothing_else(code: str, given: CheckInput, expected: tuple[Hit, ...]) -> None:
    """Each check finds exactly what its rule says, where the editor wrote it."""
    assert hits(CHECKS, code, given) == expected


def test_every_check_has_a_case_for_and_against() -> None:
    """No check goes without a text it must find and one it must let pass."""
    assert untested(CHECKS, CASES) == set()


def test_long_losses_are_named_by_their_beginning() -> None:
    """Of a whole text that is lost, a finding names as many words as anybody would read."""
    body = " ".join(f"sana{number}" for number in range(200))
    [hit] = hits(CHECKS, "words-lost", changed(with_text(body), html=SAMPLE.message.html))

    assert hit.facts["words"] == ", ".join(f"sana{number}" for number in range(38)) + ", …"


IN_FINNISH = replace(PUBLICATION, languages=(FI,))
PIECES = st.sampled_from(
    [
        *(
            "alfa",
            "Beeta",
            "gåmma",
            "Œta",
            "12",
            "3. ",
            "15. ",
            "- ",
            "> ",
            "# ",
            "    ",
            "\n",
            "\n\n",
            "  \n",
            " ",
            " ",
        ),
        *(
            "*",
            "**",
            "_",
            "`",
            "```",
            "[",
            "](",
            ")",
            "![",
            "[^1]",
            "]: ",
            "<b>",
            "</b>",
            "<",
            ">",
            "|",
            "---",
            "&",
            "&amp;",
        ),
        *("https://malli.example/e1", "www.malli.example/e2", "/e3", "mailto:aa@malli.example", "javascript:e4", "\\"),
        *(
            "[x](https://malli.example/e5)",
            "[y](www.malli.example/e6)",
            "![kuva](e7.png)",
            "<https://malli.example/e8>",
        ),
        *('[z](https://malli.example/e9 "otsake")', "{{ eta }}", "\u00a0", "\u00ad", "é", "{% theta %}"),
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=14).map("".join)
LINES = TEXTS.map(lambda text: " ".join(text.split())).filter(bool)


def written(title: str, lead: str, body: str, greeting: str, *, has_link: bool, form: str) -> str:
    """Write an issue.toml as an editor could."""
    link = 'link = "https://malli.example/linkki"\n' if has_link else ""
    link += f'form = "{form}"\n' if form else ""
    words = "".join(
        f"{name} = {json.dumps(text)}\n" for name, text in (("title", title), ("lead", lead), ("body", body))
    )
    return (
        'label = "2017-11"\ndate = 2017-11-24\n\n[order]\nadvisers = ["a"]\n\n[edition.fi]\nsubject = "Aihe"\n'
        f'preheader = "Rivi"\ngreeting = {json.dumps(greeting)}\n\n'
        f'[item.a]\nkind = "article"\nsection = "ajankohtaista"\nlanguage = "fi"\n{link}{words}'
    )


def told(given: CheckInput) -> str:
    """Give all facts that the findings name."""
    reading = read(given)
    found = [(check.rule.code, hit) for check in CHECKS for hit in check.find(reading)]
    assert all(hit.place is not None for _, hit in found)
    bodies = [f"{item.lead} {item.body}" for item in given.edition.items for code, _ in found if code == "item-cut"]
    return " ".join([*(value for _, hit in found for value in hit.facts.values()), *bodies])


def readable(message: Message) -> tuple[str, str]:
    """Give HTML and text with references and percent signs decoded and soft hyphens gone."""
    parts = (unquote(html.unescape(part)).replace("\u00ad", "") for part in (message.html, message.text))
    return next(parts), next(parts)


@settings(max_examples=60, derandomize=True)
@given(
    title=LINES,
    lead=LINES,
    body=TEXTS,
    greeting=TEXTS,
    has_link=st.booleans(),
    form=st.sampled_from(["", "", "whole", "lead", "title"]),
)
def test_every_word_and_address_is_in_the_mail_or_in_a_finding(
    title: str, lead: str, body: str, greeting: str, form: str, *, has_link: bool
) -> None:
    """Whatever stands in issue.toml is read by the readers, in HTML and text, at the link, or in a finding."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "issue.toml"
        path.write_text(written(title, lead, body, greeting, has_link=has_link, form=form), "utf-8")
        issue = read_issue(path, segments=SEGMENTS, publication=IN_FINNISH)
    given = made(compose(issue, KEY, segments=SEGMENTS, publication=IN_FINNISH))
    findings = told(given)

    shown = {"lead": 1, "title": 0}.get(form, 2) if has_link else 2
    seen = (lead, body)[:shown]
    source = " ".join(html.unescape(text).replace("\u00ad", "") for text in (title, greeting, *seen))
    wanted = {*re.findall(r"[^\W_]+", source), *re.findall(r"\be\d\b", source)}
    for part in readable(given.message):
        assert [word for word in sorted(wanted) if word not in part and word not in findings] == []
