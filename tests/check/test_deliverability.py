from dataclasses import replace

import pytest

from newsletter.check.deliverability import CHECKS
from newsletter.check.page.reading import CheckInput
from newsletter.check.page.rules import Hit
from tests.check.samples import (
    ARTICLE,
    ARTICLE_PLACE,
    GOOD,
    HTML,
    MESSAGE,
    PREFERENCES,
    UNSUBSCRIBE,
    WORDS_PLACE,
    with_body,
    with_html,
    with_link,
    with_public_url,
    with_subject,
    with_text,
)
from tests.check.table import Case, hits, untested

ADDRESS = {"address": "Kirkkokatu 1, 30100 Forssa"}
ORGANISATION = {"organisation": "Seututoimisto"}
LAST_LINE = f"Muuta asetuksia: {PREFERENCES}"


def of_size(size_bytes: int) -> CheckInput:
    """Give the good edition filled up with a comment to a size in bytes; comments count."""
    missing = size_bytes - len(HTML.encode()) - len("<!---->")
    return with_body(f"<!--{'x' * missing}-->")


def without_text() -> CheckInput:
    """Give the good edition without a text part."""
    return replace(GOOD, message=replace(MESSAGE, text=" \n"))


def without_slots() -> CheckInput:
    """Give the good edition as if its message had no per-person values."""
    return replace(GOOD, message=replace(MESSAGE, slots={}))


CASES: list[Case] = [
    ("html-too-large", of_size(102_399), ()),
    ("html-too-large", of_size(102_400), (Hit(facts={"size": "102", "limit": "102"}),)),
    ("html-large", of_size(79_999), ()),
    ("html-large", of_size(102_400), ()),
    ("html-large", of_size(80_000), (Hit(facts={"size": "80", "limit": "102"}),)),
    ("header-line-break", GOOD, ()),
    ("header-line-break", with_subject("Hei\r\nBcc: x"), (Hit(facts={"name": "Subject"}, place=WORDS_PLACE),)),
    (
        "header-line-break",
        replace(GOOD, message=replace(MESSAGE, headers=(("List-Id", "<seutu\n>"),))),
        (Hit(facts={"name": "List-Id"}),),
    ),
    ("unsubscribe-link-missing", GOOD, ()),
    ("unsubscribe-link-missing", with_html((f'href="{UNSUBSCRIBE}"', f'href="mailto:a@b.fi?body={UNSUBSCRIBE}"')), ()),
    ("unsubscribe-link-missing", with_html((f'href="{UNSUBSCRIBE}"', "")), (Hit(),)),
    ("unsubscribe-link-missing", with_html((">Peruuta tilaus<", "> <")), (Hit(),)),
    (
        "unsubscribe-link-missing",
        with_html((f'<a href="{UNSUBSCRIBE}"', f'<a style="display: none" href="{UNSUBSCRIBE}"')),
        (Hit(),),
    ),
    ("unsubscribe-link-missing", without_slots(), (Hit(),)),
    ("unsubscribe-missing-in-text", GOOD, ()),
    ("unsubscribe-missing-in-text", without_text(), ()),
    ("unsubscribe-missing-in-text", with_text((UNSUBSCRIBE, "")), (Hit(),)),
    ("unsubscribe-missing-in-text", without_slots(), (Hit(),)),
    ("public-address-not-https", GOOD, ()),
    ("public-address-not-https", with_public_url(None), ()),
    (
        "public-address-not-https",
        with_public_url("http://kirje.seutu.fi"),
        (Hit(facts={"address": "http://kirje.seutu.fi"}),),
    ),
    ("sender-missing", with_html(("Seututoimisto,", "SEUTU&shy;TOIMISTO ·")), ()),
    ("sender-missing", with_html(("Seututoimisto,", "Seututoimistot,")), (Hit(facts=ORGANISATION),)),
    (
        "sender-missing",
        with_html(("<p>Seututoimisto,", '<p style="visibility:hidden">Seututoimisto,')),
        (Hit(facts=ORGANISATION),),
    ),
    ("sender-missing-in-text", GOOD, ()),
    ("sender-missing-in-text", without_text(), ()),
    ("sender-missing-in-text", with_text(("Seututoimisto,", "")), (Hit(facts=ORGANISATION),)),
    ("postal-address-missing", GOOD, ()),
    ("postal-address-missing", with_html(("30100 Forssa", "30100")), (Hit(facts=ADDRESS),)),
    ("postal-address-missing-in-text", with_text(("1, 30100 Forssa", "1\n30100 Forssa")), ()),
    ("postal-address-missing-in-text", without_text(), ()),
    ("postal-address-missing-in-text", with_text(("30100 Forssa", "")), (Hit(facts=ADDRESS),)),
    ("text-part-missing", GOOD, ()),
    ("text-part-missing", without_text(), (Hit(),)),
    ("text-part-short", GOOD, ()),
    ("text-part-short", without_text(), ()),
    ("text-part-short", with_body(f"<p>{'sana ' * 48}</p>"), ()),
    ("text-part-short", with_body(f"<p>{'sana ' * 49}</p>"), (Hit(facts={"count": "48", "expected": "97"}),)),
    ("text-lacks-link", GOOD, ()),
    ("text-lacks-link", without_text(), ()),
    ("text-lacks-link", with_body('<a href="https://a.fi/x">x</a>', text="Katso (https://a.fi/x).\n"), ()),
    ("text-lacks-link", with_link("https://fi.wikipedia.org/wiki/Forssa_(kaupunki)"), ()),
    ("text-lacks-link", with_body('<a href="mailto:a@b.fi?subject=Hei">x</a>', text="<a@b.fi>\n"), ()),
    ("text-lacks-link", with_body('<a href="tel:+358401234567">x</a>', text="+358 40 123 4567\n"), ()),
    ("text-lacks-link", with_body('<a href="">x</a>'), ()),
    (
        "text-lacks-link",
        with_body('<a href="https:sivu">x</a>', text="sivu\n"),
        (Hit(facts={"address": "https:sivu"}),),
    ),
    (
        "text-lacks-link",
        with_text((f"{ARTICLE.link}\n", f"{ARTICLE.link}/muu\n")),
        (Hit(facts={"address": "https://www.seutu.fi/rahoitusneuvonta"}, place=ARTICLE_PLACE),),
    ),
    ("text-lacks-link", with_text((LAST_LINE, "")), (Hit(facts={"address": "https://slot.invalid/5f3a/preferences"}),)),
    ("text-lacks-link", with_body('<a href="mailto:a@b.fi">x</a>'), (Hit(facts={"address": "mailto:a@b.fi"}),)),
    ("text-line-too-long", with_body("", text="ä" * 499), ()),
    ("text-line-too-long", with_body("", text="ä" * 500), (Hit(facts={"size": "1000", "limit": "998"}),)),
    ("text-line-wide", with_link(f"https://www.seutu.fi/{'x' * 80}"), ()),
    ("text-line-wide", with_body("", text=f"{'sana ' * 15}xyz\n"), ()),
    ("text-line-wide", with_body("", text=f"{UNSUBSCRIBE} {'x' * 77}\n"), ()),
    ("text-line-wide", with_body("", text=f"{'sana ' * 199}1234\n"), ()),
    ("text-line-wide", with_body("", text=f"{'sana ' * 199}123\n"), (Hit(facts={"count": "1", "limit": "78"}),)),
    ("text-line-wide", with_body("", text=f"{'sana ' * 16}\n" * 2), (Hit(facts={"count": "2", "limit": "78"}),)),
]


@pytest.mark.parametrize(("code", "given", "expected"), CASES)
def test_a_check_finds_what_it_is_for(code: str, given: CheckInput, expected: tuple[Hit, ...]) -> None:
    """Each check finds its culprits with facts and place, and nothing in an edition that has none."""
    assert hits(CHECKS, code, given) == expected


def test_every_check_has_a_case_of_both_kinds() -> None:
    """No check is without an edition that it finds fault with and one that it does not."""
    assert untested(CHECKS, CASES) == set()
