"""What readers want, in the database: kept with its record, counted, and left out of issues by it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from newsletter.domain.audience import ExclusionReason, Subscriber, SubscriberStatus
from newsletter.domain.content import Language, TopicId
from newsletter.domain.delivery import Balance, DeliveryState
from newsletter.domain.issue import IssueLabel
from newsletter.domain.mailing import Verdict
from newsletter.domain.wants import Cadence, Wants, WantsChange, Wishes
from newsletter.storage.audience import AudienceStore
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.tables import reader_wants, wanted_topic, wants_change
from tests.send.samples import FI, KEY, NOW, SEGMENTS, add_people, an_approval, freeze, keep_approval
from tests.storage.ledger_steps import answered, claim

AINO, EERO = "aino@example.com", "eero@example.com"
THIRD = Wants(cadence=Cadence.THIRD)
FINANCE = Wants(topics=(TopicId("rahoitus"), TopicId("yritykset")), paused_until=datetime(2017, 12, 1, tzinfo=UTC))


@pytest.fixture
def store(database: Database) -> Iterator[AudienceStore]:
    """Give the store in a writing transaction."""
    with database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        store.add_many([(Subscriber(address=one, language=Language("fi")), None) for one in (AINO, EERO)], NOW)
        yield store


def test_what_is_wanted_is_part_of_the_person(store: AudienceStore) -> None:
    """It comes back with the person, with the moment it was said; whoever never said anything wants everything."""
    store.keep_wants([(AINO.upper(), FINANCE)], NOW, "test")
    aino, eero = store.page(limit=2)
    assert (aino.wants, aino.wants.since, eero.wants, eero.wants.since) == (FINANCE, NOW, Wants(), None)


def test_every_wish_stands_in_the_record(store: AudienceStore) -> None:
    """The record says what was wanted from when on and how it was said; the same again is no line of it."""
    later = NOW + timedelta(days=1)
    store.keep_wants([(AINO, FINANCE), (EERO, THIRD)], NOW, "import people.csv")
    store.keep_wants([(AINO, FINANCE), (EERO, THIRD)], later, "import people.csv")
    store.keep_wants([(AINO, Wants())], later, "edited by hand")
    assert store.wants_changes_of(AINO) == (
        WantsChange(wants=FINANCE, at=NOW, source="import people.csv"),
        WantsChange(wants=Wants(), at=later, source="edited by hand"),
    )
    found = store.find(AINO)
    assert found is not None
    assert (found.wants, found.wants.since) == (Wants(), later)


def test_what_was_wanted_is_erased_with_the_person(store: AudienceStore) -> None:
    """Neither the wish nor its record outlives the person's own."""
    store.keep_wants([(AINO, FINANCE)], NOW, "test")
    store.erase(store.hash_of(AINO))
    left = [
        store.connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (reader_wants, wanted_topic, wants_change)
    ]
    assert left == [0, 0, 0]


def test_wishes_are_counted_among_active_people(store: AudienceStore) -> None:
    """A pause that is over counts no more, and whoever left is not counted at all."""
    store.keep_wants([(AINO, replace(FINANCE, cadence=Cadence.THIRD)), (EERO, THIRD)], NOW, "test")
    before, after = store.wishes(NOW), store.wishes(datetime(2017, 12, 1, tzinfo=UTC))
    store.set_status(store.hash_of(EERO), SubscriberStatus.UNSUBSCRIBED, NOW)
    assert (before, after, store.wishes(NOW)) == (
        Wishes(paused=1, every_third=2),
        Wishes(every_third=2),
        Wishes(paused=1, every_third=1),
    )


def _want(database: Database, *wanted: tuple[str, Wants]) -> None:
    """Keep what people want."""
    with database.write() as connection:
        AudienceStore(connection, key=KEY).keep_wants(wanted, NOW, "test")


def _send(database: Database, label: str, *, is_rehearsal: bool = False, is_cancelled: bool = False) -> Balance:
    """Send an issue to everybody, or cancel it at once; give whom it planned and left out."""
    ledger = DeliveryLedger(database)
    approval = keep_approval(database, an_approval(label=IssueLabel(label), subject=label))
    foreseen = ledger.foresee(approval=approval, segments=SEGMENTS, languages=(FI,), now=NOW)
    sending = freeze(ledger, approval, is_rehearsal=is_rehearsal)
    balance = ledger.balance(sending.id)
    assert (foreseen.excluded, sum(foreseen.planned.values())) == (balance.excluded, balance.planned)
    if is_cancelled:
        ledger.cancel(sending.id, reason="wrong date", now=NOW)
    else:
        claimed = claim(ledger, sending)
        ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), NOW)
    return balance


def _gets(database: Database, label: str, *, is_rehearsal: bool = False, is_cancelled: bool = False) -> bool:
    """Send an issue; tell whether everybody is planned for it, or else left out for a third."""
    balance = _send(database, label, is_rehearsal=is_rehearsal, is_cancelled=is_cancelled)
    assert balance.holds
    assert balance.excluded in ({}, {ExclusionReason.NOT_THIS_ONE: 1})
    return not balance.excluded


def test_who_paused_is_left_out_by_name(database: Database) -> None:
    """A pause is a reason of its own, and the sums hold; before it come what a person did and being in no segment."""
    paused = Wants(paused_until=NOW + timedelta(microseconds=1))
    add_people(database, [AINO, EERO, "over@example.com"])
    add_people(database, ["nobody@example.com"], segments=[])
    add_people(database, ["gone@example.com"], status=SubscriberStatus.UNSUBSCRIBED)
    _want(database, *((f"{one}@example.com", paused) for one in ("aino", "nobody", "gone")))
    _want(database, ("over@example.com", Wants(paused_until=NOW)))
    assert _send(database, "2017-11") == Balance(
        candidates=5,
        excluded={ExclusionReason.PAUSED: 1, ExclusionReason.NO_SEGMENT: 1, ExclusionReason.UNSUBSCRIBED: 1},
        planned=2,
        states={DeliveryState.QUEUED: 2},
    )


def test_every_third_issue_reaches_who_wants_every_third(database: Database) -> None:
    """The next one after it was said, then every third: special issues, rehearsals and what was cancelled do not count.

    A special issue reaches these readers whatever their turn.
    """
    add_people(database, [AINO, EERO])
    assert _gets(database, "2017-07")
    _want(database, (AINO, THIRD))
    assert [
        _gets(database, "2017-08", is_rehearsal=True),
        _gets(database, "2017-08", is_cancelled=True),
        _gets(database, "2017-08"),
        _gets(database, "2017-08", is_rehearsal=True),
        _gets(database, "2017-08-kutsu"),
        _gets(database, "2017-09"),
        _gets(database, "2017-09-kutsu"),
        _gets(database, "2017-10", is_cancelled=True),
        _gets(database, "2017-10"),
        _gets(database, "2017-11"),
        _gets(database, "2017-12"),
    ] == [True, True, True, True, True, False, True, False, False, True, False]


def test_a_third_is_counted_anew_only_where_the_cadence_changes(database: Database) -> None:
    """Choosing topics in between moves no turn; wanting every issue and then every third again begins with the next."""
    add_people(database, [AINO, EERO])
    _want(database, (AINO, THIRD))
    first = _gets(database, "2017-08")
    _want(database, (AINO, replace(THIRD, topics=(TopicId("rahoitus"),))))
    second = _gets(database, "2017-09")
    _want(database, (AINO, Wants()))
    _want(database, (AINO, THIRD))
    assert [first, second, _gets(database, "2017-10"), _gets(database, "2017-11")] == [True, False, True, False]


def test_the_reasons_of_people_are_those_of_the_next_sending(database: Database) -> None:
    """What is said of a person before an issue, and what the headcounts say of all, is what the sending records."""
    add_people(database, [AINO, EERO, "kaisa@example.com"])
    _want(database, (AINO, replace(THIRD, paused_until=NOW + timedelta(days=1))), (EERO, THIRD))
    _send(database, "2017-10")
    with database.read() as connection:
        store = AudienceStore(connection, key=KEY)
        one_by_one = store.wishes_of([AINO, EERO, "kaisa@example.com"], NOW)
        counted = {group.exclusion: group.people for group in store.headcounts(SEGMENTS, NOW)}
        special = {group.exclusion for group in store.headcounts(SEGMENTS, NOW, label="2017-11-kutsu")}
    assert one_by_one == {AINO: ExclusionReason.PAUSED, EERO: ExclusionReason.NOT_THIS_ONE}
    assert counted == {ExclusionReason.PAUSED: 1, ExclusionReason.NOT_THIS_ONE: 1, None: 1}
    assert special == {ExclusionReason.PAUSED, None}
    assert _send(database, "2017-11").excluded == {ExclusionReason.PAUSED: 1, ExclusionReason.NOT_THIS_ONE: 1}
