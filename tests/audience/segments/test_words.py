from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter.audience.segments.words import RuleWords, missing_one, values_alike
from newsletter.domain.audience import Subscriber
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.rules import (
    AllOf,
    AnyOf,
    AttributeIn,
    AttributeNumber,
    AttributeStarts,
    Comparison,
    HasAttribute,
    HasTag,
    History,
    InMunicipality,
    InSegment,
    JoinedAfter,
    JoinedBefore,
    JoinedWithin,
    LanguageIn,
    MailDomainIn,
    Mailed,
    Not,
    Rule,
)

HELSINKI = ZoneInfo("Europe/Helsinki")
MIDNIGHT = datetime(2026, 1, 31, tzinfo=HELSINKI)
ADVISER = AttributeIn(name="role", values=("adviser", "expert"))
SWEDISH = LanguageIn(languages=(Language("sv"),))


def said(rule: Rule, language: str) -> list[str]:
    """Say a rule."""
    return list(RuleWords(language, HELSINKI).lines(rule))


@pytest.mark.parametrize(
    ("rule", "english", "finnish"),
    [
        (AllOf(rules=()), "everybody", "kaikki"),
        (ADVISER, "role is adviser / expert", "role on adviser / expert"),
        (HasAttribute(name="role"), "role says something", "role on annettu"),
        (AttributeStarts(name="role", prefix="ad"), "role begins with ad", "role alkaa merkeillä ad"),
        (
            AttributeNumber(name="staff", comparison=Comparison.LESS_THAN, number=2.5),
            "staff is a number of less than 2.5",
            "staff on luku, alle 2.5",
        ),
        (
            InMunicipality(names=("Espoo",), regions=("Uusimaa", "Kainuu")),
            "the municipality is in Uusimaa, Kainuu",
            "kunta on maakunnassa Uusimaa, Kainuu",
        ),
        (
            InMunicipality(names=("Espoo",), speaking="bilingual"),
            "the municipality is bilingual",
            "kunta on kaksikielinen",
        ),
        (SWEDISH, "wants the mail in sv", "haluaa kirjeen kielellä sv"),
        (HasTag(tag="x"), "carries the tag x", "tunnisteena x"),
        (MailDomainIn(domains=("a.fi",)), "the address is at a.fi", "osoitteen verkkotunnus on a.fi"),
        (JoinedBefore(at=MIDNIGHT), "joined before 2026-01-31", "liittyi ennen päivää 2026-01-31"),
        (JoinedAfter(at=MIDNIGHT), "joined on 2026-01-31 or later", "liittyi 2026-01-31 tai myöhemmin"),
        (JoinedWithin(days=30), "joined within the last 30 days", "liittyi viimeisten 30 vuorokauden aikana"),
        (Not(rule=Mailed()), "no issue was ever sent to them", "ei ole vielä saanut yhtään numeroa"),
        (
            Mailed(since=MIDNIGHT),
            "an issue was sent to them on 2026-01-31 or later",
            "on saanut numeron 2026-01-31 tai myöhemmin",
        ),
        (InSegment(segment=SegmentId("a"), rule=ADVISER), "is in the segment a", "kuuluu kohderyhmään a"),
        (Not(rule=HasTag(tag="x")), "not: carries the tag x", "ei: tunnisteena x"),
    ],
)
def test_each_kind_of_rule_is_said_in_words(rule: Rule, english: str, finnish: str) -> None:
    """A rule is one line, in the language of the terminal, with days in the publication's zone."""
    assert (said(rule, "en"), said(rule, "fi")) == ([english], [finnish])


def test_the_parts_of_a_rule_stand_set_in_below_it() -> None:
    """Whoever reads sees what belongs together."""
    rule = AllOf(rules=(Not(rule=AnyOf(rules=(HasTag(tag="x"), HasTag(tag="y")))), AnyOf(rules=(ADVISER, SWEDISH))))

    assert said(rule, "sv") == [
        "alla dessa:",
        "  inget av dessa:",
        "    har märket x",
        "    har märket y",
        "  minst ett av dessa:",
        "    role är adviser / expert",
        "    vill ha brevet på språket sv",
    ]


def test_why_somebody_is_chosen_names_the_parts_that_do() -> None:
    """Of several ways in, those that are this person's; of several values, the person's own."""
    rule = AnyOf(rules=(AllOf(rules=(ADVISER, SWEDISH)), HasTag(tag="x"), HasTag(tag="y")))
    person = Subscriber(address="a@example.com", language=Language("sv"), attributes={"role": "Expert"}, tags=("y",))
    why = RuleWords("en", HELSINKI).why(rule, person, History(now=MIDNIGHT))

    assert why == "role is Expert, wants the mail in sv, carries the tag y"


def test_who_lacks_one_part_of_all_is_just_missed() -> None:
    """Each part of an `all` may be the one; a single condition, or one of several ways in, misses everybody."""
    tagged = HasTag(tag="x")
    rule = AnyOf(rules=(AllOf(rules=(ADVISER, SWEDISH)), tagged))

    assert list(missing_one(rule)) == [
        (AllOf(rules=(SWEDISH, Not(rule=ADVISER))), ADVISER),
        (AllOf(rules=(ADVISER, Not(rule=SWEDISH))), SWEDISH),
    ]
    assert list(missing_one(tagged)) == []


def test_a_value_that_looks_like_one_asked_for_is_found() -> None:
    """A slip of the pen in a list; what is asked for itself, and what is something else, is not."""
    known = {"role": ("Adviser", "advisor", "manager")}

    assert list(values_alike(ADVISER, lambda name: known[name])) == [
        (AttributeIn(name="role", values=("advisor",)), ADVISER)
    ]
