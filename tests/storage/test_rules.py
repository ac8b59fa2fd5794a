import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url, select

from newsletter.domain.audience import (
    Subscriber,
)
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.segments import (
    AllOf,
    AnyOf,
    AttributeIn,
    HasTag,
    LanguageIn,
    Not,
    Rule,
    Segment,
    matches,
    segments_of,
)
from newsletter.storage.audience import AudienceStore
from newsletter.storage.database import Database
from newsletter.storage.rules import combination_mask, rule_condition
from newsletter.storage.tables import subscriber

NOW = datetime(2017, 11, 20, tzinfo=UTC)
KEY = bytes(range(32))
LANGUAGES = st.sampled_from([Language("fi"), Language("sv"), Language("en")])
NAMES = st.sampled_from(["role", "municipality"])
# Words that compare equal (case, NFC and NFD, space around), words that a careless database holds equal (accents), and
# words that are signs to it.
SPELLINGS = [
    "x",
    "X ",
    "ä",
    "Ä",
    "A\u0308",
    "a",
    "å",
    "\u212b",
    "ö",
    "O\u0308",
    "ss",
    "ß",
    "",
    "%",
    "_",
    "'",
    "\\",
    "NULL",
]
WORDS = st.sampled_from(SPELLINGS)
LEAVES: st.SearchStrategy[Rule] = st.one_of(
    st.builds(AttributeIn, name=st.one_of(NAMES, st.just("Role ")), values=st.lists(WORDS, max_size=3).map(tuple)),
    st.builds(LanguageIn, languages=st.lists(LANGUAGES, max_size=2).map(tuple)),
    st.builds(HasTag, tag=WORDS),
)


def _branches(rules: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    several = st.lists(rules, max_size=3).map(tuple)
    return st.one_of(st.builds(AllOf, rules=several), st.builds(AnyOf, rules=several), st.builds(Not, rule=rules))


RULES = st.recursive(LEAVES, _branches, max_leaves=8)
PEOPLE = st.lists(
    st.builds(
        Subscriber,
        address=st.just(""),
        language=LANGUAGES,
        attributes=st.dictionaries(NAMES, WORDS, max_size=2),
        tags=st.frozensets(WORDS, max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=6,
)


@pytest.fixture(scope="module")
def shared_database(database_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give one database for all examples: each takes back what it wrote."""
    path = tmp_path_factory.mktemp("rules") / "newsletter.db"
    shutil.copyfile(database_template, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    opened.close()


@given(rules=st.lists(RULES, min_size=1, max_size=4), people=PEOPLE)
def test_the_database_chooses_whom_the_rule_chooses(
    rules: list[Rule], people: list[Subscriber], shared_database: Database
) -> None:
    """For any rules and people, SQL and `domain.segments` agree, on single rules and on combinations."""
    segments = [
        Segment(id=SegmentId(f"s{rank}"), rank=rank * 10, names={}, who=rule) for rank, rule in enumerate(rules)
    ]
    with shared_database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        named = [
            Subscriber(
                address=f"{number}@example.com",
                language=person.language,
                attributes=person.attributes,
                tags=person.tags,
            )
            for number, person in enumerate(people)
        ]
        store.add_many([(person, None) for person in named], NOW)
        people_in_order = select(subscriber.c.id).order_by(subscriber.c.id)
        masks_in_order = select(combination_mask(segments[::-1])).select_from(subscriber).order_by(subscriber.c.id)
        chosen = [
            set(connection.execute(select(subscriber.c.id).where(rule_condition(rule))).scalars()) for rule in rules
        ]
        ids = list(connection.execute(people_in_order).scalars())
        masks = list(connection.execute(masks_in_order).scalars())
        connection.rollback()

    assert chosen == [
        {whose for whose, person in zip(ids, named, strict=True) if matches(rule, person)} for rule in rules
    ]
    assert [tuple(segment.id for place, segment in enumerate(segments) if mask >> place & 1) for mask in masks] == [
        segments_of(person, segments) for person in named
    ]


def test_the_database_holds_equal_what_the_rules_hold_equal(shared_database: Database) -> None:
    """Each spelling beside each other one, as a role and as a tag: SQL chooses whom `matches` chooses."""
    people = [
        Subscriber(
            address=f"{number}@example.com", language=Language("fi"), attributes={"role": spelling}, tags=(spelling,)
        )
        for number, spelling in enumerate(SPELLINGS)
    ]
    rules = [
        rule
        for word in SPELLINGS
        for rule in (
            AttributeIn(name="role", values=(word,)),
            HasTag(tag=word),
            AttributeIn(name="ROLE ", values=(word,)),
        )
    ]
    with shared_database.write() as connection:
        AudienceStore(connection, key=KEY).add_many([(person, None) for person in people], NOW)
        addresses = select(subscriber.c.address)
        chosen = [set(connection.execute(addresses.where(rule_condition(rule))).scalars()) for rule in rules]
        connection.rollback()

    assert chosen == [{person.address for person in people if matches(rule, person)} for rule in rules]


def test_without_segments_everybody_is_in_none(database: Database) -> None:
    """The mask of no segments is 0, not NULL."""
    with database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        store.add_many([(Subscriber(address="aino@example.com", language=Language("fi")), None)], NOW)
        masks = list(connection.execute(select(combination_mask([]).label("mask")).select_from(subscriber)).scalars())

    assert masks == [0]


def test_thirty_segments_fit_into_the_number(database: Database) -> None:
    """The last bit of the largest publication is as exact as the first."""
    everybody = [Segment(id=SegmentId(f"s{rank}"), rank=rank, names={}, who=AllOf(rules=())) for rank in range(1, 31)]
    with database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        store.add_many([(Subscriber(address="aino@example.com", language=Language("fi")), None)], NOW)
        masks = list(connection.execute(select(combination_mask(everybody)).select_from(subscriber)).scalars())

    assert masks == [2**30 - 1]


@given(rule=RULES)
@settings(max_examples=settings().max_examples // 2)
def test_every_rule_is_written_for_postgresql_too(rule: Rule) -> None:
    """The same condition compiles for the other database, with every word as a parameter."""
    written = str(
        select(subscriber.c.id)
        .where(rule_condition(rule))
        .compile(dialect=make_url("postgresql+psycopg://").get_dialect()())
    )

    assert (written.startswith("SELECT subscriber.id"), "'" in written) == (True, False)
