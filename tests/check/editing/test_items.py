from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from newsletter.check.editing.items import CHECKS
from newsletter.check.page.reading import CheckInput
from newsletter.check.page.rules import Hit
from newsletter.domain.content import ItemKey
from tests.check.samples import ARTICLE, ARTICLE_PLACE, EVENT, EVENT_PLACE, GOOD, with_items
from tests.check.table import Case, hits, untested

OTHER = replace(ARTICLE, key=ItemKey("toinen"), title="Aivan toinen juttu", link="https://www.seutu.fi/toinen", line=30)
LATER = replace(EVENT, key=ItemKey("myohempi"), start=date(2017, 12, 18), end=None, line=30)
PLACELESS = replace(EVENT, place=None)

TWICE = (
    Hit(facts={"title": OTHER.title, "other": ARTICLE.title, "line": "10"}, place=replace(ARTICLE_PLACE, line=30)),
)
ONLINE = (
    *("Webinaari: rahoitus", "Tapahtuma verkossa", "Etätapahtuma", "Koulutus etänä", "Teams-tilaisuus", "Verkkokurssi"),
    *("Webbinarium om finansiering", "Nätkurs", "Utbildning på distans", "Mötet hålls på webben", "Online workshop"),
    *("A virtual visit", "Webinar", "Livestream", "Hankintaverkkoinfo verkossa"),
)

CASES: list[Case] = [
    ("duplicate-item", GOOD, ()),
    ("duplicate-item", with_items(ARTICLE, OTHER), ()),
    ("duplicate-item", with_items(LATER), ()),
    ("duplicate-item", with_items(*(replace(one, link="https://www.seutu.fi/") for one in (ARTICLE, OTHER))), ()),
    ("duplicate-item", with_items(*(replace(one, link=None) for one in (ARTICLE, OTHER))), ()),
    (
        "duplicate-item",
        with_items(*(replace(one, link=f"https://a.fi/?id={one.line}") for one in (ARTICLE, OTHER))),
        (),
    ),
    *(
        ("duplicate-item", with_items(ARTICLE, replace(OTHER, link=f"https://seutu.fi/rahoitusneuvonta{end}")), TWICE)
        for end in ("/", "?utm_source=kirje", "#alku")
    ),
    (
        "duplicate-item",
        with_items(ARTICLE, replace(OTHER, title=ARTICLE.title.upper())),
        (Hit(facts={**TWICE[0].facts, "title": ARTICLE.title.upper()}, place=TWICE[0].place),),
    ),
    (
        "duplicate-item",
        with_items(replace(LATER, start=datetime(2017, 12, 11, 7, tzinfo=UTC))),
        (Hit(facts={"title": EVENT.title, "other": EVENT.title, "line": "30"}, place=EVENT_PLACE),),
    ),
    ("lead-missing", GOOD, ()),
    ("lead-missing", with_items(replace(EVENT, lead="")), ()),
    (
        "lead-missing",
        with_items(replace(ARTICLE, lead=" \u00ad", body="Leipä.")),
        (Hit(facts={"title": ARTICLE.title}, place=ARTICLE_PLACE),),
    ),
    ("event-without-place", GOOD, ()),
    ("event-without-place", with_items(replace(ARTICLE, place=None)), ()),
    *(("event-without-place", with_items(replace(PLACELESS, title=title)), ()) for title in ONLINE),
    *(
        (
            "event-without-place",
            with_items(replace(PLACELESS, title=title)),
            (Hit(facts={"title": title}, place=EVENT_PLACE),),
        )
        for title in (
            "Hankintapäivä",
            "Verkostojen päivä",
            "Verkkosaaren kierros",
            "Etäisyydet ja liikenne",
            "Nätverken",
        )
    ),
]


@pytest.mark.parametrize(("code", "given", "expected"), CASES)
def test_an_item_that_lacks_something_is_named(code: str, given: CheckInput, expected: tuple[Hit, ...]) -> None:
    """What an item lacks, or that it stands twice, is told with its line; innocent items stay silent."""
    assert hits(CHECKS, code, given) == expected


def test_every_check_has_a_case_of_both_kinds() -> None:
    """No check is without an edition that it finds fault with and one that it does not."""
    assert untested(CHECKS, CASES) == set()
