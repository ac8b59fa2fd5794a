from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.content import ItemKey
from newsletter.domain.issue import Edition, IssueItem, ItemForm, ItemKind, Message
from newsletter.render.make_message import make_message
from newsletter.render.size import HTML_BYTES_MAX, fitted
from tests.render.samples import ADVISERS, BRAND, ISSUE, ITEMS, PUBLICATION, TEMPLATES, sample_edition

ARTICLES, EVENTS = ITEMS[:3], tuple(replace(item, lead="Ohjelma.") for item in ITEMS[10:12])


def edition_of(items: Sequence[IssueItem]) -> Edition:
    """Compose an edition of some items."""
    return sample_edition(
        replace(ISSUE, items={item.key: item for item in items}, order={ADVISERS: tuple(item.key for item in items)})
    )


def make(edition: Edition) -> Message:
    """Make a letter of nothing but its leads and texts."""
    said = "".join(
        (item.lead if item.form is not ItemForm.TITLE else "") + (item.body if item.form is ItemForm.WHOLE else "")
        for item in edition.items
    )
    keys = tuple(item.key for item in edition.items)
    return Message(edition=edition.key, subject="", preheader="", mjml="", html=said, text=said, slots={}, items=keys)


@pytest.mark.parametrize(
    ("bytes_max", "short"),
    [
        (50, ()),
        (49, ("a3",)),
        (40, ("a3",)),
        (39, ("a2", "a3")),
        (29, ("a1", "a2", "a3")),
        (19, ("a1", "a2", "a3", "e2")),
        (0, ("a1", "a2", "a3", "e1", "e2")),
    ],
)
def test_the_lowest_ranked_items_become_short_first(bytes_max: int, short: tuple[str, ...]) -> None:
    """Articles from the last one up, then events, as few as it takes; they are named in reading order."""
    items = [replace(ARTICLES[place], key=ItemKey(f"a{place + 1}"), lead="1234567890") for place in range(3)]
    items += [replace(EVENTS[place], key=ItemKey(f"e{place + 1}"), lead="1234567890") for place in range(2)]
    items[4] = replace(items[4], lead="", body="1234567890", link="https://malli.example/", form=ItemForm.WHOLE)

    assert fitted(edition_of(items), make, bytes_max=bytes_max).shortened == short


def test_bytes_count_and_not_letters() -> None:
    """An ä weighs two bytes on the wire."""
    item = replace(ITEMS[0], lead="ä" * 10)

    assert fitted(edition_of([item]), make, bytes_max=20).html == "ä" * 10
    assert fitted(edition_of([item]), make, bytes_max=19).html == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"link": "https://malli.example/", "lead": "Lead.", "body": "Body."}, ""),
        ({"link": None, "lead": "Lead.", "body": "Body."}, "Lead."),
        ({"link": None, "lead": "", "body": "Body."}, "Body."),
        ({"link": None, "lead": "Lead.", "body": ""}, "Lead."),
    ],
)
def test_nothing_is_lost_that_no_link_leads_to(changes: dict[str, str | None], said: str) -> None:
    """An item without a link keeps its lead, or its text where it has no lead."""
    item = replace(ITEMS[0], **changes)  # type: ignore[arg-type]  # the tests name the fields

    assert fitted(edition_of([item]), make, bytes_max=0).html == said


def test_of_what_no_link_leads_to_the_longest_is_cut_first() -> None:
    """Few articles lose their text rather than many, whatever their rank."""
    sizes = {"a1": 30, "a2": 10, "a3": 20, "a4": 5}
    items = [
        replace(ITEMS[0], key=ItemKey(key), link=None, lead="12345", body="x" * size) for key, size in sizes.items()
    ]

    made = [fitted(edition_of(items), make, bytes_max=20 + most).shortened for most in (64, 35, 34, 14)]

    assert made == [("a1",), ("a1",), ("a1", "a3"), ("a1", "a2", "a3")]


def test_what_no_link_leads_to_is_shortened_last() -> None:
    """An article without a link keeps its text until every item with one is short, whatever its rank."""
    linked = [replace(ITEMS[0], key=ItemKey(key), lead="1234567890") for key in ("a1", "a2")]
    linked += [replace(EVENTS[0], key=ItemKey("e1"), lead="1234567890")]
    alone = replace(ITEMS[1], key=ItemKey("alone"), lead="12345", body="1234567890", link=None)

    made = [fitted(edition_of([linked[0], alone, *linked[1:]]), make, bytes_max=most) for most in (44, 15, 14)]

    assert [message.shortened for message in made] == [
        ("a2",),
        ("a1", "a2", "e1"),
        ("a1", "alone", "a2", "e1"),
    ]


@given(leads=st.lists(st.integers(min_value=0, max_value=60), max_size=12), bytes_max=st.integers(0, 400))
def test_no_fewer_short_entries_would_fit(leads: list[int], bytes_max: int) -> None:
    """The result fits where anything does, and with one short entry less it would not."""
    items = [
        replace(ITEMS[0], key=ItemKey(f"a{number}"), lead="x" * length, kind=ItemKind.ARTICLE)
        for number, length in enumerate(leads)
    ]
    message = fitted(edition_of(items), make, bytes_max=bytes_max)

    assert len(message.html) <= bytes_max
    if message.shortened:
        first = next(item for item in items if item.key == message.shortened[0])
        assert len(message.html) + len(first.lead) > bytes_max


def test_a_letter_of_many_items_stays_whole_in_every_mail_program() -> None:
    """Seventy articles with leads fit, in HTML and text alike: titles and links of all, leads of the first."""
    many = [replace(ITEMS[number % 10], key=ItemKey(f"a{number}"), title=f"Juttu {number}") for number in range(70)]
    edition = edition_of([*many, *ITEMS[10:]])

    message = make_message(
        edition, publication=PUBLICATION, brand=BRAND.model_dump(), folder=TEMPLATES, shown_as=TEMPLATES
    )

    assert HTML_BYTES_MAX - 3_000 < len(message.html.encode()) <= HTML_BYTES_MAX
    assert message.shortened == tuple(f"a{number}" for number in range(70 - len(message.shortened), 70))
    assert all(f"Juttu {number}" in message.html and f"Juttu {number}" in message.text for number in range(70))
    leads = message.text.replace("\n", " ")
    assert [leads.count(item.lead) for item in ITEMS[:10]] == [
        sum(one.lead == item.lead and one.key not in message.shortened for one in many) for item in ITEMS[:10]
    ]
