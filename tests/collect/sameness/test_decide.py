from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from newsletter.collect.identity import key_for
from newsletter.collect.sameness.decide import Decision, Known, decide
from newsletter.domain.content import Article, Event, Item, ItemKey, Language, SourceId
from newsletter.domain.sameness import Look, Pair, Verdict, pair_of
from newsletter.domain.told import Kept
from tests.collect.samples import FETCHED, HELSINKI

A, B = SourceId("kunta"), SourceId("maakunta")
LATER = FETCHED + timedelta(days=7)
PAGE, OTHER = "https://kunta.example/uutinen", "https://kunta.example/korjattu"
TEXT = (
    "<p>Kunta palkkasi uuden asiantuntijan, joka aloittaa ensi viikolla ja palvelee kaikkia alueen yrityksiä. "
    "Ensimmäinen tilaisuus pidetään jo joulukuussa valtuustosalissa, ja sinne ovat tervetulleita kaikki.</p>"
)


def article(title: str = "Uusi asiantuntija", source: SourceId = A, identity: str = "g1", **said: object) -> Article:
    """Give an article of 17.11.2017."""
    key = key_for(source, identity, title)
    base = Article(key=key, source_id=source, identity=identity, title=title, language=Language("fi"))
    return replace(base, **{"published": date(2017, 11, 17), **said})  # type: ignore[arg-type]


def event(title: str = "Messut", source: SourceId = A, identity: str = "1@kunta.example", **said: object) -> Event:
    """Give an event of 5.12.2017."""
    key, start = key_for(source, identity, title), datetime(2017, 12, 5, 7, 0, tzinfo=UTC)
    base = Event(key=key, source_id=source, identity=identity, title=title, start=start, language=Language("fi"))
    return replace(base, **said)  # type: ignore[arg-type]


def standing(item: Item, *, since: datetime = FETCHED) -> Kept:
    """Give a record that its source has."""
    return Kept(item=item, first_seen=since, changed_at=since)


def gone(item: Item) -> Kept:
    """Give a record that its source had until the later look."""
    return Kept(item=item, first_seen=FETCHED, changed_at=FETCHED, last_seen=FETCHED, missed_at=LATER)


def decided(*records: Kept, pairs: tuple[Pair, ...] = (), looks: tuple[Look, ...] = ()) -> Decision:
    """Decide about records that are all new."""
    known = Known(
        pairs=pairs,
        looks={look.address: look for look in looks},
        calendars={A, B},
        zones={A: HELSINKI, B: HELSINKI},
    )
    return decide(records, {record.item.key for record in records}, known)


def said(*records: Kept, looks: tuple[Look, ...] = ()) -> tuple[str, str] | None:
    """Give what is decided of two records, and why."""
    pairs = decided(*records, looks=looks).pairs
    return (pairs[0].verdict.value, pairs[0].because) if pairs else None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (article(url=PAGE), article("Asiantuntija kuntaan", B, url=PAGE), ("same", "the same address")),
        (article(url="https://kunta.example/"), article(source=B, url="https://kunta.example/"), None),
        (article(url=PAGE), article("Aivan muuta", B, url=PAGE, published=None), ("offered", "the same address")),
        (article(url=PAGE), article(source=B), None),
        (article(url=PAGE), event(source=B, url=PAGE), None),
        (article(body_html=TEXT), article("Muu", B, body_html=TEXT[:-4] + " Lue lisää.</p>"), "text"),
        (article(body_html=TEXT), article("Muu", B, body_html=TEXT, published=date(2017, 11, 18)), None),
        (
            article(identity="12 at kunta.example"),
            article("Ny expert", B, "12 at kunta.example", language=Language("sv")),
            ("same", "the same identity in two languages"),
        ),
        (article(identity="12"), article("Ny expert", B, "12", language=Language("sv")), None),
        (event(), event("Messut siirtyvät", B, start=date(2017, 12, 6), sequence=2), ("same", "the same UID")),
        (event(identity="7"), event("Kokous", B, "7", start=date(2017, 12, 6)), ("offered", "the same UID")),
        (event(place="Forssa"), event("MESSUT!", B, "9", place="Feeniks-Forum, Forssa"), "happening"),
        (event(place="Forssa"), event("Messut", B, "9", place="Loimaa"), None),
        (event(), event("Messut", B, "9", start=date(2017, 12, 5)), "happening"),
        (event(url=PAGE), event("Messut", B, "9", url=PAGE), ("same", "the same address")),
        (event(url=PAGE), event("Messut", B, "9", url=PAGE, start=date(2018, 1, 5)), None),
    ],
)
def test_what_two_sources_have_is_one_by_name_or_address(
    one: Item, other: Item, expected: tuple[str, str] | str | None
) -> None:
    """A name that holds everywhere and a page of its own make one of two; what only looks like it is offered."""
    named = {
        "text": ("offered", "the same day and nearly the same text"),
        "happening": ("offered", "the same start, place and title"),
    }
    assert said(standing(one), standing(other)) == (named[expected] if isinstance(expected, str) else expected)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (article(url=PAGE), article(identity="g2", url=PAGE), ("same", "the same address")),
        (article(url=PAGE), article("Aivan muuta", identity="g2", url=PAGE), None),
        (article(body_html=TEXT), article("Korjattu", identity="g2", body_html=TEXT), "offered"),
        (event(url=PAGE), event(identity="2", url=PAGE, start=date(2017, 12, 8)), "offered"),
        (event(url=PAGE, start=date(2017, 11, 1)), event(identity="2", url=PAGE, start=date(2017, 12, 1)), None),
    ],
)
def test_what_one_source_names_anew_is_a_change_and_no_second_item(
    old: Item, new: Item, expected: tuple[str, str] | str | None
) -> None:
    """One that is gone as another comes may be the same; two that stood in one snapshot are two."""
    verdict = said(gone(old), standing(new, since=LATER))
    assert verdict == expected or (verdict is not None and verdict[0] == expected)
    assert said(standing(old), standing(new, since=LATER)) is None


@pytest.mark.parametrize(
    ("looks", "expected", "unasked"),
    [
        ({}, ("offered", "the same day and nearly the same text"), (OTHER, PAGE)),
        ({PAGE: OTHER}, ("same", "one address leads to the other"), ()),
        ({PAGE: PAGE, OTHER: OTHER}, None, ()),
        ({PAGE: None, OTHER: OTHER}, ("offered", "the same day and nearly the same text"), ()),
        ({PAGE: "https://kunta.example/", OTHER: OTHER}, ("offered", "the same day and nearly the same text"), ()),
    ],
)
def test_addresses_that_both_answer_are_of_two_articles(
    looks: dict[str, str | None], expected: tuple[str, str] | None, unasked: tuple[str, ...]
) -> None:
    """A corrected article's old address leads on or is dead; two whose pages both stand are two."""
    old, new = article(url=PAGE, body_html=TEXT), article("Korjattu", identity="g2", url=OTHER, body_html=TEXT)
    answers = tuple(Look(address=address, leads_to=end) for address, end in looks.items())
    decision = decided(gone(old), standing(new, since=LATER), looks=answers)
    assert decision.unasked == unasked
    assert said(gone(old), standing(new, since=LATER), looks=answers) == expected


def test_address_of_several_items_names_none_of_them() -> None:
    """A page of which a feed has two items at once does not make one of what others have under it."""
    first, second = article(url=PAGE), article("Toinen", identity="g2", url=PAGE)
    assert decided(standing(first), standing(second), standing(article(source=B, url=PAGE))).pairs == ()


def test_person_has_the_last_word_and_rules_take_back_their_own() -> None:
    """What a person settled is not judged again; an offer is withdrawn when both stand side by side after all."""
    one, other = article(url=PAGE), article(source=B, url=PAGE)
    apart = pair_of(one.key, other.key, Verdict.TWO, "you took them apart", is_by_person=True)
    assert decided(standing(one), standing(other), pairs=(apart,)).pairs == ()

    twin = article("Korjattu", identity="g2", body_html=TEXT)
    offer = pair_of(one.key, twin.key, Verdict.OFFERED, "the same day and nearly the same text")
    (taken_back,) = decided(standing(one), standing(twin), pairs=(offer,)).pairs
    assert (taken_back.verdict, taken_back.because) == (Verdict.TWO, "they stand side by side in kunta")


def test_two_that_are_as_they_were_are_not_compared() -> None:
    """Only what a collecting touched is judged, and nothing is decided a second time."""
    one, other = standing(article(url=PAGE)), standing(article(source=B, url=PAGE))
    known = Known(pairs=(), looks={}, calendars=(), zones={})
    untouched: set[ItemKey] = set()
    assert decide([one, other], untouched, known).pairs == ()
    pairs = decide([one, other], {one.item.key}, known).pairs
    assert decide([one, other], {one.item.key}, replace(known, pairs=pairs)).pairs == ()
