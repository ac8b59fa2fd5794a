"""What templates can say of an edition."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pytest

from newsletter.domain.content import Language
from newsletter.domain.issue import Edition, EditionSection, IssueItem, ItemMark
from newsletter.language.formats import DateBlock
from newsletter.render.context import inside, template_context
from tests.render.samples import EN, FI, HELSINKI, ITEMS, PUBLICATION, SV, sample_edition

ARTICLES, EVENTS = ITEMS[:10], ITEMS[10:]
CLINIC = replace(
    EVENTS[0],
    repeats=(
        replace(
            EVENTS[0], start=datetime(2017, 12, 5, 9, tzinfo=HELSINKI), end=datetime(2017, 12, 5, 15, tzinfo=HELSINKI)
        ),
        replace(EVENTS[0], start=datetime(2017, 12, 12, 13, tzinfo=HELSINKI), end=None),
    ),
)


def edition_of(items: Sequence[IssueItem], language: Language = FI) -> Edition:
    """Give the sample's edition with other entries, all in one section."""
    sample = sample_edition()
    section = EditionSection(section=sample.sections[0].section, title="", items=tuple(items))
    return replace(sample, sections=(section,), key=replace(sample.key, language=language))


def words(edition: Edition) -> dict[str, object]:
    """Give the names of a template."""
    return template_context(edition, PUBLICATION, {}, {}, soft_headings={}, pictures={})


@pytest.mark.parametrize("count", [6, 7])
def test_a_letter_of_more_than_six_entries_says_what_is_in_it(count: int) -> None:
    """A short one shows itself; the dates of one event are one entry."""
    items = (*ARTICLES[: count - 1], CLINIC)

    assert (inside(edition_of(items), PUBLICATION) is not None) is (count > 6)


def test_the_head_names_the_next_articles_and_the_next_events() -> None:
    """The first article follows at once and is not named; events are by time, and what has begun is none that comes."""
    begun = replace(EVENTS[1], start=date(2017, 11, 1), end=date(2017, 12, 24))
    found = inside(edition_of((*ARTICLES, EVENTS[5], begun, *EVENTS[2:5])), PUBLICATION)

    assert found is not None
    assert [item.title for item in found.articles] == [item.title for item in ARTICLES[1:4]]
    assert [item.title for item in found.events] == [item.title for item in EVENTS[2:5]]
    assert (found.article_count, found.event_count) == (10, 5)


def test_without_events_the_head_names_more_articles() -> None:
    """Six lines in all."""
    found = inside(edition_of(ARTICLES), PUBLICATION)

    assert found is not None
    assert (len(found.articles), found.events, found.event_count) == (6, (), 0)


def test_only_what_the_head_leads_to_has_an_anchor() -> None:
    """Each line leads to one entry, and nothing else carries an id."""
    edition = edition_of((*ARTICLES, *EVENTS))
    anchor = words(edition)["anchor"]
    assert callable(anchor)

    assert [anchor(item) for item in edition.items] == [
        *("", "i1", "i2", "i3"),
        *[""] * 6,
        *("i4", "i5", "i6"),
        *[""] * 3,
    ]


@pytest.mark.parametrize(
    ("language", "clock", "repeats", "block"),
    [
        (FI, "klo 9–15", "ti 5.12. ja ti 12.12. klo 13", DateBlock("ti", "28", "marras", 0)),
        (SV, "kl. 9–15", "tis 5.12. och tis 12.12. kl. 13", DateBlock("tis", "28", "nov", 0)),
        (EN, "9:00–15:00", "Tue 5 Dec and Tue 12 Dec 13:00", DateBlock("Tue", "28", "Nov", 0)),
    ],
)
def test_the_block_says_the_day_and_the_line_the_time(
    language: Language, clock: str, repeats: str, block: DateBlock
) -> None:
    """Nothing is said twice: further dates name their time only where it is another."""
    said = words(edition_of((CLINIC,), language))
    values = [said[name](CLINIC) for name in ("clock", "repeats", "date_block")]  # type: ignore[operator]  # callables

    assert [value.replace("\u00a0", " ") if isinstance(value, str) else value for value in values] == [
        clock,
        repeats,
        block,
    ]


def test_a_date_far_ahead_says_its_year() -> None:
    """Within ten months nobody wonders which January is meant."""
    block = words(edition_of(EVENTS))["date_block"]
    assert callable(block)

    near, far = (replace(EVENTS[4], start=day) for day in (date(2018, 1, 16), date(2018, 11, 16)))
    assert (block(near).year, block(far).year) == (0, 2018)
    assert block(replace(EVENTS[4], start=None)) is None


def test_a_map_is_linked_where_an_address_is_known() -> None:
    """The address is found by its words; a place alone leads nowhere."""
    link = words(edition_of(EVENTS))["map_link"]
    assert callable(link)

    assert link(replace(EVENTS[0], address="Toinen linja 14, Helsinki")) == (
        "https://www.openstreetmap.org/search?query=Toinen%20linja%2014%2C%20Helsinki"
    )
    assert link(EVENTS[0]) == ""


@pytest.mark.parametrize(
    ("mark", "register_by", "language", "expected"),
    [
        (ItemMark.NEW, None, FI, "Uusi"),
        (ItemMark.MOVED, date(2017, 11, 27), SV, "Ny tid eller plats"),
        (None, date(2017, 11, 24), EN, "Last days to register"),
        (None, date(2017, 12, 8), FI, "Viimeiset päivät ilmoittautua"),
        (None, date(2017, 12, 9), FI, ""),
        (None, date(2017, 11, 23), FI, ""),
        (None, None, FI, ""),
    ],
)
def test_an_event_is_marked_for_who_had_the_issues_before(
    mark: ItemMark | None, register_by: date | None, language: Language, expected: str
) -> None:
    """New and moved as the issue says; that registration ends soon is seen from the day of sending."""
    said = words(edition_of(EVENTS, language))["mark"]
    assert callable(said)
    assert said(replace(EVENTS[0], mark=mark, register_by=register_by)) == expected
