from dataclasses import replace
from datetime import date, datetime

import pytest

from newsletter.domain.content import ItemKey, Language, SectionId, SegmentId
from newsletter.domain.issue import EditionKey, EditionWords, Issue, IssueItem, ItemKind, ItemVariant
from newsletter.domain.rules import AllOf
from newsletter.domain.segments import Segment
from newsletter.errors import IssueFileError, Place
from newsletter.render.compose import compose, edition_keys
from tests.render.samples import ADVISERS, EN, EVENTS, FI, HELSINKI, ISSUE, MANAGERS, NEWS, PUBLICATION, SEGMENTS, SV

BOTH = EditionKey(segments=(ADVISERS, MANAGERS), language=FI)


def segment(name: str, rank: int, *sections: SectionId) -> Segment:
    """Make a segment of everybody."""
    return Segment(id=SegmentId(name), rank=rank, names={}, who=AllOf(rules=()), sections=sections)


def article(key: str, **changes: object) -> IssueItem:
    """Make an article in Finnish."""
    item = IssueItem(key=ItemKey(key), kind=ItemKind.ARTICLE, title=key, section=NEWS, language=FI)
    return replace(item, **changes)  # type: ignore[arg-type]  # the tests name the fields


def event(key: str, start: date | None) -> IssueItem:
    """Make an event in Finnish."""
    return article(key, kind=ItemKind.EVENT, section=EVENTS, start=start)


def issue(advisers: tuple[IssueItem, ...], managers: tuple[IssueItem, ...] = ()) -> Issue:
    """Make an issue of two segments' lists."""
    return replace(
        ISSUE,
        items={item.key: item for item in (*advisers, *managers)},
        order={ADVISERS: tuple(item.key for item in advisers), MANAGERS: tuple(item.key for item in managers)},
    )


def keys_by_section(
    of: Issue, key: EditionKey = BOTH, segments: tuple[Segment, ...] = SEGMENTS
) -> dict[str, list[str]]:
    """Compose and give the items' keys by section."""
    edition = compose(of, key, segments=segments, publication=PUBLICATION)
    return {section.section.id: [item.key for item in section.items] for section in edition.sections}


@pytest.mark.parametrize(
    ("names", "combinations", "written"),
    [
        ("a", None, ["a.fi"]),
        ("ab", None, ["a.fi", "b.fi", "a+b.fi"]),
        ("abc", None, ["a.fi", "b.fi", "c.fi", "a+b.fi", "a+c.fi", "b+c.fi", "a+b+c.fi"]),
        ("abcde", None, ["a.fi", "b.fi", "c.fi", "d.fi", "e.fi"]),
        ("abcde", ["ca", "e", ""], ["a.fi", "b.fi", "c.fi", "d.fi", "e.fi", "a+c.fi"]),
        ("ab", [], ["a.fi", "b.fi"]),
    ],
)
def test_editions_are_every_segment_and_every_combination(
    names: str, combinations: list[str] | None, written: list[str]
) -> None:
    """Every combination of up to four segments gets an edition; beyond, only those that occur."""
    segments = [segment(name, rank) for rank, name in enumerate(names, start=1)]
    shared = None if combinations is None else [tuple(SegmentId(name) for name in names) for names in combinations]

    assert [str(key) for key in edition_keys(segments[::-1], [FI], shared)] == written


def test_editions_are_made_in_every_language() -> None:
    """Each combination stands in each language of the publication, one after the other."""
    assert [str(key) for key in edition_keys([segment("a", 1)], [FI, SV])] == ["a.fi", "a.sv"]


def test_each_item_stands_once_in_the_order_of_rank() -> None:
    """A combination has the first segment's items as the editor ordered them, then what the second adds."""
    shared, own, other = article("yhteinen"), article("neuvojille"), article("johtajille")

    assert keys_by_section(issue((own, shared), (other, shared))) == {NEWS: ["neuvojille", "yhteinen", "johtajille"]}


def test_sections_follow_the_publication_and_empty_ones_are_left_out() -> None:
    """Sections stand in the publication's order, whatever the order of the items."""
    first, second = event("tapahtuma", date(2017, 12, 1)), article("uutinen")

    assert list(keys_by_section(issue((first, second)))) == [NEWS, EVENTS]
    assert list(keys_by_section(issue((first,)))) == [EVENTS]


def test_events_of_a_combination_are_in_the_order_of_time() -> None:
    """Two lists in the order of time make one; what has no time comes last."""
    early, late, undated = event("a", date(2017, 12, 1)), event("b", date(2017, 12, 9)), event("c", None)
    between = replace(event("d", None), start=datetime(2017, 12, 5, 9, tzinfo=HELSINKI))

    assert keys_by_section(issue((early, late, undated), (between,))) == {EVENTS: ["a", "d", "b", "c"]}


def test_order_of_events_that_the_editor_chose_is_kept() -> None:
    """Where an editor moved an event, nobody moves it back."""
    early, late, between = event("a", date(2017, 12, 1)), event("b", date(2017, 12, 9)), event("c", date(2017, 12, 5))

    assert keys_by_section(issue((late, early), (between,))) == {EVENTS: ["b", "a", "c"]}
    assert keys_by_section(issue((late, early)), EditionKey(segments=(ADVISERS,), language=FI)) == {EVENTS: ["b", "a"]}


def test_segment_gets_its_own_sections_only() -> None:
    """A segment that does not get events has none, though its list names one."""
    segments = (segment("advisers", 1, NEWS),)
    items = (event("tapahtuma", date(2017, 12, 1)), article("uutinen"))

    assert keys_by_section(issue(items), segments=segments) == {NEWS: ["uutinen"]}


@pytest.mark.parametrize(
    ("language", "variants", "shown"),
    [
        (FI, {EN: ItemVariant(title="In English")}, ("Otsikko", "Ingressi", FI)),
        (SV, {}, ("Otsikko", "Ingressi", FI)),
        (SV, {SV: ItemVariant(title="På svenska", lead="Ingress")}, ("På svenska", "Ingress", SV)),
        (SV, {SV: ItemVariant(title="På svenska")}, ("På svenska", "", SV)),
        (SV, {SV: ItemVariant(lead="Ingress")}, ("Otsikko", "Ingressi", FI)),
    ],
)
def test_item_is_shown_in_one_language_whole(
    language: Language, variants: dict[Language, ItemVariant], shown: tuple[str, str, Language]
) -> None:
    """Words of two languages never mix: a variant without a title is none, one without a lead has none."""
    item = article("a", title="Otsikko", lead="Ingressi", variants=variants)
    edition = compose(
        issue((item,)), EditionKey(segments=(ADVISERS,), language=language), segments=SEGMENTS, publication=PUBLICATION
    )

    assert [(one.title, one.lead, one.language) for one in edition.items] == [shown]


def test_fallback_follows_the_order_of_the_publication() -> None:
    """An English original with a Swedish variant is shown in Swedish to Finns when the publication names it first."""
    item = article("a", title="In English", language=EN, variants={SV: ItemVariant(title="På svenska")})
    swedish_first = replace(PUBLICATION, languages=(FI, SV, EN))
    english_first = replace(PUBLICATION, languages=(FI, EN, SV))
    key = EditionKey(segments=(ADVISERS,), language=FI)

    shown = [
        compose(issue((item,)), key, segments=SEGMENTS, publication=publication).items[0].title
        for publication in (swedish_first, english_first)
    ]

    assert shown == ["På svenska", "In English"]


@pytest.mark.parametrize(
    ("variant", "link", "place"),
    [
        (ItemVariant(title="T"), "https://example.org/fi", "Forssa"),
        (ItemVariant(title="T", link="https://example.org/sv", place="Verkossa"), "https://example.org/sv", "Verkossa"),
        (ItemVariant(title="T", link="", place=""), None, None),
        (ItemVariant(link="https://example.org/sv"), "https://example.org/sv", "Forssa"),
    ],
)
def test_link_and_place_are_the_languages_own_where_it_has_them(
    variant: ItemVariant, link: str | None, place: str | None
) -> None:
    """A page in the reader's language is better than the original's, also where the words are the original's."""
    item = article("a", link="https://example.org/fi", place="Forssa", variants={SV: variant})
    edition = compose(
        issue((item,)), EditionKey(segments=(ADVISERS,), language=SV), segments=SEGMENTS, publication=PUBLICATION
    )

    assert [(one.link, one.place) for one in edition.items] == [(link, place)]
    assert (edition.segment_names, edition.sections[0].title) == (("Företagsrådgivare",), "Aktuellt")


def test_a_picture_is_told_in_the_language_it_is_told_in() -> None:
    """A variant may tell the picture in its language; else the item's own words are better than none."""
    told = ItemVariant(title="T", image_alt="En hall")
    for variant, alt in (
        (told, "En hall"),
        (ItemVariant(title="T", image_alt=""), ""),
        (ItemVariant(title="T"), "Halli"),
    ):
        item = article("a", image="a.png", image_alt="Halli", variants={SV: variant})
        edition = compose(
            issue((item,)), EditionKey(segments=(ADVISERS,), language=SV), segments=SEGMENTS, publication=PUBLICATION
        )
        assert [(one.image, one.image_alt) for one in edition.items] == [("a.png", alt)]


def test_words_of_a_segment_come_before_those_of_all() -> None:
    """The first segment that has its own subject and greeting decides; other languages are the last resort."""
    own = EditionWords(subject="Johtajille", preheader="", greeting="")
    svenska = EditionWords(subject="Till alla", preheader="", greeting="")
    with_words = replace(
        issue((article("a"),), (article("b"),)), segment_words={(FI, MANAGERS): own}, words={**ISSUE.words, SV: svenska}
    )

    def subject(*segments: SegmentId, language: Language = FI) -> str:
        key = EditionKey(segments=segments, language=language)
        return compose(with_words, key, segments=SEGMENTS, publication=PUBLICATION).words.subject

    assert subject(ADVISERS) == ISSUE.words[FI].subject
    assert subject(MANAGERS) == subject(ADVISERS, MANAGERS) == "Johtajille"
    assert subject(ADVISERS, language=SV) == "Till alla"
    assert subject(ADVISERS, language=Language("en")) == ISSUE.words[FI].subject


def test_a_segment_without_items_greets_nobody() -> None:
    """Who is in it and in another one gets the other's items, under everybody's words and not under its own."""
    own = EditionWords(subject="Neuvojille", preheader="", greeting="")
    given = replace(issue((), (article("a"),)), segment_words={(FI, ADVISERS): own})

    edition = compose(given, BOTH, segments=SEGMENTS, publication=PUBLICATION)

    assert (edition.words, [item.key for item in edition.items]) == (ISSUE.words[FI], ["a"])


def test_segments_without_items_are_named_by_rank() -> None:
    """A segment has nothing when its list is empty, is not there, or stands in sections it does not get alone."""
    first, second = segment("a", 1), segment("b", 2, EVENTS)
    given = replace(ISSUE, items={ItemKey("x"): article("x")}, order={second.id: (ItemKey("x"),)})
    full = replace(given, order={first.id: (ItemKey("x"),), second.id: (ItemKey("x"),)})

    assert given.without_items([second, first]) == ("a", "b")
    assert full.without_items([second, first]) == ("b",)


def test_names_fall_back_to_what_there_is() -> None:
    """A segment without a name in the language is called by another of its names, or by its id."""
    english = EditionKey(segments=(ADVISERS, SegmentId("x")), language=Language("en"))
    segments = (SEGMENTS[0], segment("x", 9))

    edition = compose(issue((article("a"),)), english, segments=segments, publication=PUBLICATION)

    assert edition.segment_names == ("Yritysneuvojat", "x")


def test_what_the_issue_names_wrongly_is_refused_with_its_place() -> None:
    """An item without a table, a section that does not exist and a missing greeting are the editor's to mend."""
    lost = replace(issue(()), order={ADVISERS: (ItemKey("kadonnut"),)})
    misplaced = issue((article("a", section=SectionId("muualla"), line=12),))
    silent = replace(issue((article("a"),)), words={})

    for wrong, message, line in (
        (lost, "'kadonnut', which has no table", None),
        (misplaced, "section 'muualla', which does not exist", 12),
        (silent, "no subject and greeting for the edition advisers.fi", None),
    ):
        with pytest.raises(IssueFileError, match=message) as caught:
            compose(wrong, EditionKey(segments=(ADVISERS,), language=FI), segments=SEGMENTS, publication=PUBLICATION)
        assert caught.value.place == Place(path=ISSUE.path, line=line)
