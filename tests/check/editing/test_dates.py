from dataclasses import replace
from datetime import UTC, date, datetime
from time import perf_counter

import pytest

from newsletter.check.editing.dates import CHECKS
from newsletter.check.page.reading import CheckInput
from newsletter.check.page.rules import Hit
from newsletter.domain.content import Language
from newsletter.domain.issue import IssueLabel
from tests.check.samples import (
    ARTICLE,
    ARTICLE_PLACE,
    EDITION,
    EVENT,
    EVENT_PLACE,
    GOOD,
    ISSUE,
    PUBLICATION,
    WORDS,
    WORDS_PLACE,
    with_items,
)
from tests.check.table import Case, hits, untested

FI, SV, EN = Language("fi"), Language("sv"), Language("en")
NAMES = {FI: "Seutukirje", SV: "Regionposten", EN: "Regional Towns"}


def saying(lead: str, language: Language = FI) -> CheckInput:
    """Give the good edition whose article says something else, in a language."""
    return with_items(replace(ARTICLE, lead=lead, language=language))


def called(
    subject: str = "Kirje",
    greeting: str = "",
    *,
    language: Language = FI,
    label: str = "2017-11",
    sent: date = ISSUE.date,
) -> CheckInput:
    """Give the good edition in a language, of some period, sent on some day, under other words."""
    words = replace(WORDS, subject=subject, greeting=greeting)
    issue = replace(ISSUE, label=IssueLabel(label), date=sent)
    edition = replace(EDITION, issue=issue, words=words, key=replace(EDITION.key, language=language))
    return replace(GOOD, edition=edition, publication=replace(PUBLICATION, names=NAMES))


def left(found: str, label: str = "2017-11", sent: str = "2017-11-24") -> tuple[Hit, ...]:
    """Give the hit on words that name another issue."""
    return (Hit(facts={"found": found, "label": label, "sent": sent}, place=WORDS_PLACE),)


MEANT = [
    called("SEUTU-uutiskirje marraskuu 2017", "Hyvää marraskuuta! Marraskuun uutiskirjeessä luetaan."),
    called("Hiilineutraali 2050: ohjelma jatkuu vuoteen 2018", "Lokakuu oli kiireinen. Lokakuussa 2017 tavattiin."),
    called("Marraskuun luvut julki", "Marraskuun luvut ovat valmiit.", label="2017-12", sent=date(2017, 12, 20)),
    called("Joulukuu tuo hankintapäivän", "Hyvää joulukuuta!"),
    called("SEUTU-uutiskirje marraskuu 2017", sent=date(2017, 12, 1)),
    called("Hyvää joulukuuta", label="2017-11", sent=date(2017, 12, 1)),
    called("SEUTU-uutiskirje lokakuu 2017", label="2017-Q4", sent=date(2017, 12, 20)),
    called("Kirje 11/2017", "Hyvää uutta vuotta 2018!"),
    called("Ohjelma alkoi 1. lokakuuta 2016", "Vuoden 2016 tulokset"),
    called("Nyhetsbrev november 2017", "Det hände i oktober. God jul!", language=SV),
    called("Vad hände i oktober", "Siffrorna för oktober 2017", language=SV),
    called("Newsletter November 2017", "What may come in May, and the October figures.", language=EN),
    called("What happened in October", language=EN),
    called("Newsletter lokakuu 2016", language=Language("de")),
]
LEFT = [
    *(
        (called(subject), left(found))
        for subject, found in (
            ("SEUTU-uutiskirje lokakuu 2017", "uutiskirje lokakuu 2017"),
            ("Seutukirje: lokakuu", "Seutukirje: lokakuu"),
            ("Lokakuun uutiskirje", "Lokakuun uutiskirje"),
            ("Uutisia seuduilta | lokakuu", "lokakuu"),
            ("Uutisia: marraskuu 2016", "marraskuu 2016"),
            ("SEUTU-uutiskirje 11/2016", "11/2016"),
            ("SEUTU-uutiskirje 2016", "uutiskirje 2016"),
        )
    ),
    (called("SEUTU-uutiskirje marraskuu 2018"), left("uutiskirje marraskuu 2018")),
    (called(greeting="Hyvää lokakuuta! Hyvää päivää."), left("Hyvää lokakuuta")),
    (called(greeting="Lokakuun numerossa on asiaa."), left("Lokakuun numerossa")),
    (
        called("Kirje joulukuu 2017", "Hyvää uutta vuotta 2017", label="2018-01", sent=date(2018, 1, 31)),
        left("Kirje joulukuu 2017", "2018-01", "2018-01-31") + left("uutta vuotta 2017", "2018-01", "2018-01-31"),
    ),
    (called("SEUTU-nyhetsbrev oktober 2017", language=SV), left("nyhetsbrev oktober 2017")),
    (called("Nytt", "Välkommen till oktobernumret!", language=SV), left("oktobernumret")),
    (called("Nytt", "Trevlig oktober!", language=SV), left("Trevlig oktober")),
    (called("Regional Towns, October 2017", language=EN), left("Regional Towns, October 2017")),
    (called("News", "Welcome to the October newsletter.", language=EN), left("October newsletter")),
    (called("News", "Happy October!", language=EN), left("Happy October")),
]

RIGHT_DAYS = [
    *(
        saying(text)
        for text in (
            *(
                "ma 11.12.2017",
                "maanantaina 11.12.",
                "Ma 11. joulukuuta",
                "ma–ti 11.–12.12.2017",
                "ti 9.30",
                "ke 31.2.",
            ),
            *("klo 9–12 su 1.1.2017", "pe 5.1.", "to 11 kpl", "lauantai 6.1.2018"),
        )
    ),
    *(saying(text, SV) for text in ("måndag 11.12.2017", "må 11.12.", "måndagen den 11 december", "fredag 5.1.2018")),
    *(saying(text, EN) for text in ("Monday 11 December 2017", "Mon, December 11", "Monday the 11th of December")),
    saying("Montag 12.12.2017", Language("de")),
]
WRONG_DAYS = [
    (FI, "ti 11.12.2017", "ma\u00a011.12.2017"),
    (FI, "tiistaina 11.12.", "ma\u00a011.12.2017"),
    (FI, "Keskiviikkona 11. joulukuuta 2017", "ma\u00a011.12.2017"),
    (FI, "pe 6.1.", "la\u00a06.1.2018"),
    (SV, "tisdag 11.12.2017", "mån\u00a011.12.2017"),
    (SV, "ti 11.12.", "mån\u00a011.12.2017"),
    (SV, "onsdagen den 11 december", "mån\u00a011.12.2017"),
    (EN, "Tuesday 11 December 2017", "Mon\u00a011\u00a0December\u00a02017"),
    (EN, "Tue, December 11th", "Mon\u00a011\u00a0December\u00a02017"),
]

CASES: list[Case] = [
    ("event-over", GOOD, ()),
    ("event-over", with_items(replace(EVENT, start=date(2017, 11, 23), end=date(2017, 11, 24))), ()),
    ("event-over", with_items(replace(EVENT, start=None, end=None)), ()),
    ("event-over", with_items(replace(ARTICLE, start=date(2017, 11, 1))), ()),
    (
        "event-over",
        with_items(replace(EVENT, start=date(2017, 11, 23), end=None)),
        (Hit(facts={"title": EVENT.title}, place=EVENT_PLACE),),
    ),
    (
        "event-over",
        with_items(
            replace(EVENT, start=datetime(2017, 11, 23, 7, tzinfo=UTC), end=datetime(2017, 11, 23, 22, tzinfo=UTC))
        ),
        (Hit(facts={"title": EVENT.title}, place=EVENT_PLACE),),
    ),
    ("date-far", GOOD, ()),
    ("date-far", saying("Hiilineutraali 2050, perustettu 1917, viimeistään 31.12.2035"), ()),
    ("date-far", with_items(replace(EVENT, start=date(2019, 11, 25), end=None)), ()),
    *(
        ("date-far", with_items(item), (Hit(facts={"title": item.title, "date": day}, place=place),))
        for item, day, place in (
            (replace(EVENT, start=date(2071, 12, 11), end=None), "2071-12-11", EVENT_PLACE),
            (replace(EVENT, end=date(2107, 12, 12)), "2107-12-12", EVENT_PLACE),
            (replace(ARTICLE, published=date(2007, 11, 20)), "2007-11-20", ARTICLE_PLACE),
        )
    ),
    ("published-after-issue", with_items(replace(ARTICLE, published=date(2017, 11, 24))), ()),
    (
        "published-after-issue",
        with_items(replace(ARTICLE, published=date(2017, 11, 25))),
        (
            Hit(
                facts={"title": ARTICLE.title, "date": "2017-11-25", "sent": "2017-11-24"},
                place=ARTICLE_PLACE,
            ),
        ),
    ),
    *(("weekday-differs", given, ()) for given in (GOOD, *RIGHT_DAYS)),
    *(
        (
            "weekday-differs",
            saying(f"Tule {text}", language),
            (Hit(facts={"found": text, "day": day}, place=ARTICLE_PLACE),),
        )
        for language, text, day in WRONG_DAYS
    ),
    (
        "weekday-differs",
        called("Kirje", "Nähdään ti 11.12.2017!"),
        (Hit(facts={"found": "ti 11.12.2017", "day": "ma\u00a011.12.2017"}, place=WORDS_PLACE),),
    ),
    *(("month-of-other-issue", given, ()) for given in (GOOD, *MEANT)),
    *(("month-of-other-issue", given, expected) for given, expected in LEFT),
]


@pytest.mark.parametrize(("code", "given", "expected"), CASES)
def test_a_day_that_cannot_be_meant_is_named(code: str, given: CheckInput, expected: tuple[Hit, ...]) -> None:
    """Days that contradict each other or the issue are named with their place; what may be meant stays silent."""
    assert hits(CHECKS, code, given) == expected


@pytest.mark.parametrize("text", ["kirje" * 20_000, "brev" * 25_000, "lokakuun " * 10_000, "ma " * 30_000])
@pytest.mark.parametrize("language", [FI, SV, EN])
def test_a_hostile_text_takes_no_time(text: str, language: Language) -> None:
    """A hundred thousand letters made to be tried again and again are read once."""
    began = perf_counter()
    for check in CHECKS:
        hits(CHECKS, check.rule.code, called(text, text, language=language))

    assert perf_counter() - began < 2


def test_every_check_has_a_case_of_both_kinds() -> None:
    """No check is without an edition that it finds fault with and one that it does not."""
    assert untested(CHECKS, CASES) == set()
