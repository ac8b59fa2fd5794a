import itertools
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, make_url, select

from newsletter import storage
from newsletter.domain.audience import AddressHash, Consent, Subscriber, SubscriberId
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.delivery import BatchState, DeliveryState, SendingState
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
    OfThePast,
    Rule,
    RuleAt,
    leaves,
)
from newsletter.domain.segments import Segment, segments_of
from newsletter.storage.audience import AudienceStore
from newsletter.storage.audience.facts import facts_of
from newsletter.storage.audience.keys import KeyStore
from newsletter.storage.database import Database
from newsletter.storage.issues import IssueStore
from newsletter.storage.rules import combination_mask, rule_condition
from newsletter.storage.tables import batch, delivery, sending, subscriber
from tests.send.samples import an_approval

NOW = datetime(2017, 11, 20, tzinfo=UTC)
KEY = bytes(range(32))


def days_ago(days: int) -> datetime:
    """Give a moment so many days before."""
    return NOW - timedelta(days=days)


def keep_approval(connection: Connection) -> None:
    """Write an approval, which a sending must refer to."""
    IssueStore(connection).save_approval(an_approval(), {})


def a_batch(connection: Connection, at: datetime, *, is_rehearsal: bool = False) -> tuple[int, int]:
    """Write a sending with one batch that was accepted; give the ids of both."""
    approval_hash = an_approval().hash
    begun = connection.execute(
        insert(sending)
        .values(
            label=f"{at:%Y-%m-%d}-{next(NUMBERING)}",
            approval_hash=approval_hash,
            mailer="outbox",
            is_rehearsal=is_rehearsal,
            state=SendingState.FINISHED,
            started_at=at,
            candidates=0,
        )
        .returning(sending.c.id)
    ).scalar_one()
    made = insert(batch).values(
        sending_id=begun, edition="a.fi", number=1, state=BatchState.ACCEPTED, attempt=1, reason=""
    )
    return begun, connection.execute(made.returning(batch.c.id)).scalar_one()


def deliver(
    connection: Connection, of: tuple[int, int], address_hash: AddressHash, state: DeliveryState | None
) -> None:
    """Write a delivery of a batch."""
    connection.execute(
        insert(delivery).values(
            sending_id=of[0], batch_id=of[1], address_hash=address_hash, key=f"{next(NUMBERING)}", state=state
        )
    )


NUMBERING = itertools.count()
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
NUMBERS = ["9", "10", "10,0", "+10.50", "1 200", "-3", "10 people", "0x10", "1e3", "1,2,3", "\u0661\u0660"]
DAYS = st.integers(min_value=0, max_value=4)
LEAVES: st.SearchStrategy[Rule] = st.one_of(
    st.builds(HasAttribute, name=NAMES),
    st.builds(AttributeStarts, name=NAMES, prefix=st.one_of(WORDS, st.sampled_from(NUMBERS))),
    st.builds(
        AttributeNumber,
        name=NAMES,
        comparison=st.sampled_from(Comparison),
        number=st.sampled_from([-3.0, 9.5, 10.0, 10.5, 1200.0]),
    ),
    st.builds(InMunicipality, names=st.lists(WORDS, max_size=2).map(tuple)),
    st.builds(MailDomainIn, domains=st.lists(st.sampled_from(["a.fi", "b.fi"]), max_size=2).map(tuple)),
    st.builds(JoinedBefore, at=DAYS.map(days_ago)),
    st.builds(JoinedAfter, at=DAYS.map(days_ago)),
    st.builds(JoinedWithin, days=DAYS),
    st.builds(Mailed, since=st.one_of(st.none(), DAYS.map(days_ago))),
    st.builds(AttributeIn, name=st.one_of(NAMES, st.just("Role ")), values=st.lists(WORDS, max_size=3).map(tuple)),
    st.builds(LanguageIn, languages=st.lists(LANGUAGES, max_size=2).map(tuple)),
    st.builds(HasTag, tag=WORDS),
)


def _branches(rules: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    several = st.lists(rules, max_size=3).map(tuple)
    return st.one_of(
        st.builds(AllOf, rules=several),
        st.builds(AnyOf, rules=several),
        st.builds(Not, rule=rules),
        st.builds(InSegment, segment=st.just(SegmentId("x")), rule=rules),
    )


RULES = st.recursive(LEAVES, _branches, max_leaves=8)
PEOPLE = st.lists(
    st.builds(
        Subscriber,
        address=st.sampled_from(["a.fi", "A.FI", "b.fi", "a.fi.example.com", "xa.fi"]),
        language=LANGUAGES,
        attributes=st.dictionaries(NAMES, st.one_of(WORDS, st.sampled_from(NUMBERS)), max_size=2),
        tags=st.frozensets(WORDS, max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=6,
)
STATES = st.sampled_from(
    [None, DeliveryState.DELIVERED, DeliveryState.UNKNOWN, DeliveryState.REJECTED, DeliveryState.SKIPPED]
)
PASTS = st.lists(
    st.tuples(DAYS, st.one_of(st.none(), DAYS), st.dictionaries(st.integers(0, 2), STATES)), min_size=6, max_size=6
)
"""When somebody came, when that person consented, and what became of the mails of three sendings."""


@pytest.fixture(scope="module")
def shared_database(database_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give one database for all examples: each takes back what it wrote."""
    path = tmp_path_factory.mktemp("rules") / "newsletter.db"
    shutil.copyfile(database_template, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def batches(shared_database: Database) -> tuple[tuple[int, int], ...]:
    """Give the batches, with their sendings, of two real sendings and of a rehearsal."""
    with shared_database.write() as connection:
        keep_approval(connection)
        return tuple(
            a_batch(connection, days_ago(days), is_rehearsal=is_rehearsal)
            for days, is_rehearsal in ((3, False), (1, False), (0, True))
        )


@given(rules=st.lists(RULES, min_size=1, max_size=4), people=PEOPLE, pasts=PASTS)
def test_the_database_chooses_whom_the_rule_chooses(
    rules: list[Rule],
    people: list[Subscriber],
    pasts: list[tuple[int, int | None, dict[int, DeliveryState | None]]],
    shared_database: Database,
    batches: tuple[tuple[int, int], ...],
) -> None:
    """For any rules, people and pasts, SQL and `domain.rules` agree, on single rules and on combinations."""
    segments = [
        Segment(id=SegmentId(f"s{rank}"), rank=rank * 10, names={}, who=rule) for rank, rule in enumerate(rules)
    ]
    with shared_database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        for number, (person, (joined, consented, mails)) in enumerate(zip(people, pasts, strict=False)):
            address = f"{number}@{person.address}"
            given = None if consented is None else Consent(at=days_ago(consented), source="form", wording="Yes")
            store.add_many([(replace(person, address=address), given)], days_ago(joined))
            for which, state in mails.items():
                deliver(connection, batches[which], store.hash_of(address), state)
        named = store.page(limit=10)
        histories = [store.histories([person], NOW)[person.id or SubscriberId(0)] for person in named]
        masks_in_order = select(combination_mask(segments[::-1], NOW)).select_from(subscriber).order_by(subscriber.c.id)
        chosen = [
            set(connection.execute(select(subscriber.c.id).where(rule_condition(rule, NOW))).scalars())
            for rule in rules
        ]
        masks = list(connection.execute(masks_in_order).scalars())
        facts = facts_of(connection)
        asking = [leaf for rule in rules for leaf in leaves(rule) if not isinstance(leaf, OfThePast | InSegment)]
        had = [facts.is_anybody(leaf) for leaf in asking]
        connection.rollback()

    assert had == [any(leaf.chooses(person, History(now=NOW)) for person in named) for leaf in asking]
    pairs = list(zip(named, histories, strict=True))
    assert chosen == [{person.id for person, history in pairs if rule.chooses(person, history)} for rule in rules]
    assert [tuple(segment.id for place, segment in enumerate(segments) if mask >> place & 1) for mask in masks] == [
        segments_of(person, segments, history) for person, history in pairs
    ]


def test_whom_a_mail_reached_before_is_known_by_old_address_and_old_key(database: Database) -> None:
    """Deliveries keep the hash they had: a new address or a new key does not make somebody a stranger to us."""
    with database.write() as connection:
        keep_approval(connection)
        store = AudienceStore(connection, key=KEY)
        for name in ("moved", "stayed", "new"):
            store.add_many([(Subscriber(address=f"{name}@a.fi", language=Language("fi")), None)], NOW)
        for name in ("moved", "stayed"):
            deliver(connection, a_batch(connection, days_ago(1)), store.hash_of(f"{name}@a.fi"), None)
        moved, stayed, new = store.page(limit=3)
        assert moved.id is not None
        store.change_address(moved.id, store.hash_of("moved@a.fi"), "elsewhere@b.fi", NOW)
        KeyStore(connection).rehash(b"x" * 32)
        later = AudienceStore(connection, key=b"x" * 32, kept=[KEY])
        found = later.page(limit=3, rule=RuleAt(rule=Mailed(), now=NOW))
        histories = later.histories([moved, stayed, new], NOW)

    assert [person.address for person in found] == ["elsewhere@b.fi", "stayed@a.fi"]
    assert [history.mailed_at for history in histories.values()] == [days_ago(1), days_ago(1), None]


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
        chosen = [set(connection.execute(addresses.where(rule_condition(rule, NOW))).scalars()) for rule in rules]
        connection.rollback()

    assert chosen == [{person.address for person in people if rule.chooses(person, History(now=NOW))} for rule in rules]


def test_without_segments_everybody_is_in_none(database: Database) -> None:
    """The mask of no segments is 0, not NULL."""
    with database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        store.add_many([(Subscriber(address="aino@example.com", language=Language("fi")), None)], NOW)
        masks = select(combination_mask([], NOW).label("mask")).select_from(subscriber)
        found = list(connection.execute(masks).scalars())

    assert found == [0]


def test_thirty_segments_fit_into_the_number(database: Database) -> None:
    """The last bit of the largest publication is as exact as the first."""
    everybody = [Segment(id=SegmentId(f"s{rank}"), rank=rank, names={}, who=AllOf(rules=())) for rank in range(1, 31)]
    with database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        store.add_many([(Subscriber(address="aino@example.com", language=Language("fi")), None)], NOW)
        masks = list(connection.execute(select(combination_mask(everybody, NOW)).select_from(subscriber)).scalars())

    assert masks == [2**30 - 1]


@given(rule=RULES)
@settings(max_examples=settings().max_examples // 2)
def test_every_rule_is_written_for_postgresql_too(rule: Rule) -> None:
    """The same condition compiles for the other database, with every word as a parameter."""
    written = str(
        select(subscriber.c.id)
        .where(rule_condition(rule, NOW))
        .compile(dialect=make_url("postgresql+psycopg://").get_dialect()())
    )

    assert ("SELECT subscriber.id" in written, "'" in written) == (True, False)


def test_truth_is_asked_for_as_both_databases_take_it() -> None:
    """`IS FALSE` of a flag is a whole number to SQLite and no SQL at all to PostgreSQL: a flag is negated instead."""
    modules = Path(storage.__path__[0]).rglob("*.py")
    wrong = [str(module) for module in modules if re.search(r"\.is_\((True|False)\)", module.read_text("utf-8"))]

    assert wrong == []
