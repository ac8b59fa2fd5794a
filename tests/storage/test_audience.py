from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError

from newsletter.audience.addresses import most_alike
from newsletter.audience.lists.verdicts import ImportStore
from newsletter.audience.subscribers import PersonStore
from newsletter.audience.suppression import SuppressionStore
from newsletter.domain.audience import (
    Consent,
    Headcount,
    Subscriber,
    SubscriberId,
    SubscriberStatus,
    Suppression,
    SuppressionAction,
    SuppressionChange,
    SuppressionReason,
    hash_address,
)
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.rules import AttributeIn, HasTag, RuleAt
from newsletter.domain.segments import Segment
from newsletter.errors import StorageError
from newsletter.storage.audience import AudienceStore
from newsletter.storage.database import Database
from newsletter.storage.tables import metadata, subscriber

KEY = bytes(range(32))
FI, SV = Language("fi"), Language("sv")
NOW = datetime(2017, 11, 20, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
CONSENT = Consent(at=NOW, source="test", wording="Kyllä kiitos.")
AINO = Subscriber(
    address="Aino@example.com",
    name="Aino Mäkelä",
    language=FI,
    attributes={"municipality": "Salo", "role": "x"},
    tags=("a", "b"),
)
EERO = Subscriber(address="eero@example.com", language=SV, status=SubscriberStatus.PENDING)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """Give a writing transaction."""
    with database.write() as connection:
        yield connection


@pytest.fixture
def store(connection: Connection) -> AudienceStore:
    """Give the store in the transaction."""
    return AudienceStore(connection, key=KEY)


def stored(person: Subscriber, number: int) -> Subscriber:
    """Give a person as the database numbers them."""
    return replace(person, id=SubscriberId(number))


def test_the_store_does_what_the_rooms_declare(store: AudienceStore) -> None:
    """The type checker holds the store against the Protocols of the rooms."""
    for_imports: ImportStore = store
    for_suppressions: SuppressionStore = store
    for_people: PersonStore = store

    assert (for_imports.count(), for_suppressions.status_of(store.hash_of("x@example.com"))) == (0, None)
    assert for_people.find("x@example.com") is None


def test_people_come_back_as_they_were_kept(store: AudienceStore) -> None:
    """By address in any case of its ASCII letters, alone and together; whoever is unknown is absent."""
    store.add_many([(AINO, CONSENT), (EERO, None)], NOW)

    assert (store.count(), store.find("AINO@example.com"), store.find("kaisa@example.com")) == (
        2,
        stored(AINO, 1),
        None,
    )
    assert store.find_many(["aino@Example.com", "eero@example.com", "kaisa@example.com"]) == {
        "aino@example.com": stored(AINO, 1),
        "eero@example.com": stored(EERO, 2),
    }
    assert (store.consents_of("aino@example.com"), store.consents_of("eero@example.com")) == ((CONSENT,), ())


def test_only_the_active_who_are_not_suppressed_may_be_mailed(store: AudienceStore) -> None:
    """Neither who has not confirmed is counted, nor an active person whose address is suppressed."""
    kaisa = replace(AINO, address="kaisa@example.com")
    store.add_many([(AINO, None), (EERO, None), (kaisa, None)], NOW)
    store.suppress(store.hash_of(kaisa.address), SuppressionReason.HARD_BOUNCE, NOW, "test")

    assert store.count_mailable() == 1


def test_nothing_is_kept_of_nobody(store: AudienceStore) -> None:
    """Empty lists are allowed everywhere: a batch of an import may change nothing."""
    store.add_many([], NOW)
    store.update_many([], NOW)

    assert (store.count(), store.find_many([]), store.suppressions_of([])) == (0, {}, {})
    assert store.suppress_many([], SuppressionReason.MANUAL, NOW, "") == 0


def test_an_update_replaces_what_can_change(store: AudienceStore, connection: Connection) -> None:
    """Name, language, status, attributes and tags; neither the address nor other people."""
    store.add_many([(AINO, None), (EERO, None)], NOW)
    changed = replace(
        stored(AINO, 1),
        name="Aino Salo",
        language=SV,
        status=SubscriberStatus.UNSUBSCRIBED,
        attributes={"role": "y"},
        tags=("c",),
    )

    store.update_many([replace(changed, address="other@example.com")], LATER)

    assert store.page(limit=10) == (changed, stored(EERO, 2))
    times = select(subscriber.c.created_at, subscriber.c.changed_at).order_by(subscriber.c.id)
    assert [tuple(row) for row in connection.execute(times)] == [(NOW, LATER), (NOW, NOW)]


def test_a_status_is_set_by_the_hash(store: AudienceStore) -> None:
    """Leaving needs no address, only the hash that a token carries."""
    store.add_many([(AINO, None), (EERO, None)], NOW)
    whose = store.hash_of("aino@example.com")
    before = store.status_of(whose)

    store.set_status(whose, SubscriberStatus.UNSUBSCRIBED, LATER)

    assert (before, store.status_of(whose)) == (SubscriberStatus.ACTIVE, SubscriberStatus.UNSUBSCRIBED)
    assert store.find("eero@example.com") == stored(EERO, 2)


def test_an_address_belongs_to_one_person(database: Database) -> None:
    """Whatever runs at once, the database refuses a second record, and the message holds no address."""
    with pytest.raises(StorageError) as caught, database.write() as connection:
        AudienceStore(connection, key=KEY).add_many(
            [(AINO, None), (replace(AINO, address="aino@example.com"), None)], NOW
        )

    assert isinstance(caught.value.__cause__, IntegrityError)
    assert "example" not in str(caught.value)
    with database.read() as connection:
        assert AudienceStore(connection, key=KEY).count() == 0


@pytest.mark.parametrize(
    "misspelt",
    [
        "nilo.haapala@example.net",
        "niilo.haapla@example.net",
        "iniilo.haapala@example.net",
        "niilo.haapala@exampel.net",
        "niilo.haapala@example.com",
        "haapala.niilo@example.net",
        "n.haapala@example.net",
        "niilo_haapala@example.net",
        "Niilo.Hapala@Example.net",
        "nilo.haapala@exampel.net",
    ],
)
def test_a_misspelt_address_finds_whom_it_may_mean(misspelt: str, store: AudienceStore) -> None:
    """A letter too few, too many or changed, the names turned round, another domain: the person is found, alone."""
    others = [
        f"{name}@{domain}" for name in ("aino", "ni", "x.y", "niklas.berg") for domain in ("a.example", "b.example")
    ]
    people = [Subscriber(address=address, language=FI) for address in (*others, "Niilo.Haapala@example.net")]
    store.add_many([(person, None) for person in people], NOW)

    assert most_alike(misspelt, store.near(misspelt)) == ("Niilo.Haapala@example.net",)


def test_a_strange_address_is_near_to_nobody(store: AudienceStore) -> None:
    """What shares nothing with anybody finds nobody, and signs of the query language mean themselves."""
    store.add_many([(AINO, CONSENT), (EERO, None)], NOW)

    strange = ("tuuli.kallio@example.org", "%@example.com", "_@example.com")

    assert [store.near(address) for address in strange] == [()] * 3


def test_pages_give_everybody_once(store: AudienceStore) -> None:
    """In the order they were added, each page from where the last ended."""
    people = [replace(EERO, address=f"p{number}@example.com") for number in range(5)]
    store.add_many([(person, None) for person in people], NOW)
    pages: list[tuple[Subscriber, ...]] = []
    after: SubscriberId | None = None
    while page := store.page(after=after, limit=2):
        pages.append(page)
        after = page[-1].id

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [person for page in pages for person in page] == [
        stored(person, number) for number, person in enumerate(people, start=1)
    ]


def test_a_page_can_be_of_one_status_and_one_rule(store: AudienceStore) -> None:
    """Both conditions hold together."""
    left = replace(AINO, address="left@example.com", status=SubscriberStatus.UNSUBSCRIBED)
    store.add_many([(AINO, None), (EERO, None), (left, None)], NOW)
    rule = AttributeIn(name="role", values=("x",))

    assert (
        store.page(limit=10, status=SubscriberStatus.PENDING),
        store.page(limit=10, rule=RuleAt(rule=rule, now=NOW)),
        store.page(limit=10, rule=RuleAt(rule=rule, now=NOW), status=SubscriberStatus.UNSUBSCRIBED),
    ) == ((stored(EERO, 2),), (stored(AINO, 1), stored(left, 3)), (stored(left, 3),))


def test_attribute_names_are_all_that_somebody_has(store: AudienceStore) -> None:
    """Sorted, each once: the columns of an export."""
    store.add_many([(AINO, None), (replace(EERO, attributes={"role": "z"}), None)], NOW)

    assert store.attribute_names() == ("municipality", "role")


def test_headcounts_add_up_to_everybody(store: AudienceStore) -> None:
    """Each group by segments in rank order, language, status and suppression; people in no segment too."""
    segments = [
        Segment(id=SegmentId("managers"), rank=2, names={}, who=HasTag(tag="b")),
        Segment(id=SegmentId("advisers"), rank=1, names={}, who=AttributeIn(name="role", values=("x",))),
    ]
    barred = replace(AINO, address="barred@example.com", tags=())
    store.add_many([(AINO, None), (replace(AINO, address="b@example.com"), None), (EERO, None), (barred, None)], NOW)
    store.suppress(store.hash_of("barred@example.com"), SuppressionReason.COMPLAINT, NOW, "")

    assert store.headcounts(segments, NOW) == (
        Headcount(
            segments=(SegmentId("advisers"), SegmentId("managers")),
            language=FI,
            status=SubscriberStatus.ACTIVE,
            is_suppressed=False,
            people=2,
        ),
        Headcount(segments=(), language=SV, status=SubscriberStatus.PENDING, is_suppressed=False, people=1),
        Headcount(
            segments=(SegmentId("advisers"),), language=FI, status=SubscriberStatus.ACTIVE, is_suppressed=True, people=1
        ),
    )


def test_consents_are_kept_in_the_order_of_their_time(store: AudienceStore) -> None:
    """A later consent stands beside the earlier one; none is overwritten, and they survive leaving."""
    earlier = replace(CONSENT, at=NOW - timedelta(days=9), source="form")
    store.add_many([(AINO, CONSENT)], NOW)
    store.add_consents([("AINO@example.com", earlier)])
    store.set_status(store.hash_of(AINO.address), SubscriberStatus.UNSUBSCRIBED, LATER)

    assert store.consents_of("aino@example.com") == (earlier, CONSENT)


def test_erasing_takes_the_person_and_nobody_else(store: AudienceStore, connection: Connection) -> None:
    """Record, attributes, tags and consents are gone; a suppression stays; the second time there is nobody."""
    store.add_many([(AINO, CONSENT), (EERO, CONSENT)], NOW)
    whose = store.hash_of(AINO.address)
    store.suppress(whose, SuppressionReason.ERASED, NOW, "")

    erased = [store.erase(whose), store.erase(whose)]

    assert (erased, store.page(limit=10)) == ([True, False], (stored(EERO, 2),))
    left = connection.execute(
        text("SELECT (SELECT count(*) FROM subscriber_attribute) + (SELECT count(*) FROM subscriber_tag)")
    )
    assert left.scalar() == 0
    assert (store.consents_of(AINO.address), store.consents_of(EERO.address)) == ((), (CONSENT,))
    assert list(store.suppressions_of([AINO.address])) == ["aino@example.com"]


def test_a_suppression_is_kept_once(store: AudienceStore) -> None:
    """The first reason stays, and only what changed something is in the record."""
    whose = store.hash_of("aino@example.com")
    kept = [
        store.suppress(whose, SuppressionReason.UNSUBSCRIBED, NOW, "first"),
        store.suppress(whose, SuppressionReason.COMPLAINT, LATER, "second"),
    ]

    assert kept == [True, False]
    assert store.suppressions_of(["AINO@example.com", "eero@example.com"]) == {
        "aino@example.com": Suppression(address_hash=whose, reason=SuppressionReason.UNSUBSCRIBED, at=NOW, note="first")
    }
    assert store.suppression_changes_of("aino@example.com") == (
        SuppressionChange(action=SuppressionAction.ADDED, reason=SuppressionReason.UNSUBSCRIBED, at=NOW, note="first"),
    )


def test_many_addresses_are_suppressed_together(store: AudienceStore) -> None:
    """Those who are already, and repetitions, are not counted again."""
    store.suppress(store.hash_of("a@example.com"), SuppressionReason.MANUAL, NOW, "")

    added = store.suppress_many(
        ["a@example.com", "b@example.com", "B@example.com", "c@example.com"], SuppressionReason.HARD_BOUNCE, NOW, ""
    )

    assert (added, store.suppression_counts()) == (
        2,
        {SuppressionReason.MANUAL: 1, SuppressionReason.HARD_BOUNCE: 2},
    )


def test_a_lifted_suppression_is_given_back_and_can_be_made_again(store: AudienceStore) -> None:
    """Lifting what is not there gives None and records nothing."""
    whose = store.hash_of("aino@example.com")
    nothing = store.lift(whose, NOW, "test")
    store.suppress(whose, SuppressionReason.MANUAL, NOW, "one")
    lifted = store.lift(whose, LATER, "asked")
    store.suppress(whose, SuppressionReason.COMPLAINT, LATER, "two")

    assert (nothing, lifted) == (
        None,
        Suppression(address_hash=whose, reason=SuppressionReason.MANUAL, at=NOW, note="one"),
    )
    assert [
        (change.action, change.reason, change.note) for change in store.suppression_changes_of("aino@example.com")
    ] == [
        (SuppressionAction.ADDED, SuppressionReason.MANUAL, "one"),
        (SuppressionAction.LIFTED, SuppressionReason.MANUAL, "asked"),
        (SuppressionAction.ADDED, SuppressionReason.COMPLAINT, "two"),
    ]


def test_suppressions_are_paged_by_hash(store: AudienceStore) -> None:
    """Every one once; a page has no address to sort by."""
    addresses = [f"p{number}@example.com" for number in range(3)]
    store.suppress_many(addresses, SuppressionReason.MANUAL, NOW, "")
    first = store.suppression_page(limit=2)
    second = store.suppression_page(after=first[-1].address_hash, limit=2)

    assert [found.address_hash for found in (*first, *second)] == sorted(map(store.hash_of, addresses))


def test_more_values_than_a_statement_takes_are_asked_in_portions(store: AudienceStore) -> None:
    """33,000 addresses, more than SQLite's limit, are looked up and suppressed."""
    addresses = [f"p{number}@example.com" for number in range(33_000)]
    store.add_many([(AINO, None)], NOW)

    assert store.find_many([*addresses, AINO.address]) == {"aino@example.com": stored(AINO, 1)}
    assert store.suppressions_of(addresses) == {}


def test_only_the_subscriber_table_holds_addresses(store: AudienceStore, connection: Connection) -> None:
    """After adding, leaving and suppressing, no other table has the address or an unkeyed hash of it."""
    store.add_many([(AINO, CONSENT)], NOW)
    store.suppress(store.hash_of(AINO.address), SuppressionReason.MANUAL, NOW, "by hand")
    store.lift(store.hash_of(AINO.address), NOW, "by hand")
    store.suppress(store.hash_of(AINO.address), SuppressionReason.MANUAL, NOW, "by hand")

    assert holding("aino@", connection) == {"subscriber"}
    assert holding(hash_address(AINO.address, b"")[:16], connection) == set()


def holding(sought: str, connection: Connection) -> set[str]:
    """Give the tables in which some column holds a text."""
    found = set()
    for table in metadata.sorted_tables:
        rows = connection.execute(select(table)).all()
        if any(sought in str(value).lower() for row in rows for value in row):
            found.add(table.name)
    return found
