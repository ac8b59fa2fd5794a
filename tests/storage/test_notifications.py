"""What providers tell, on the disk: each thing once, and only what the ledger knows of it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from newsletter.domain.audience import hash_address
from newsletter.domain.delivery import BatchState, DeliveryKey, DeliveryState, SendingState
from newsletter.domain.issue import IssueLabel
from newsletter.domain.mailing import Verdict
from newsletter.domain.notification import (
    KeptNotification,
    KnownDelivery,
    Notification,
    NotificationKind,
    StateChange,
    TimelinePoint,
)
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.ledger.queue import PROVEN
from newsletter.storage.notifications import NotificationStore
from newsletter.storage.tables import batch, delivery, notification
from tests.send.samples import KEY, LABEL, NOW, a_sending, add_people, addresses, an_approval, freeze, keep_approval
from tests.storage.ledger_steps import LATER, answered, claim, states

KIND = NotificationKind
STRANGE = DeliveryKey("f" * 32)


def told(
    key: DeliveryKey | None,
    kind: NotificationKind = KIND.DELIVERED,
    *,
    minute: int = 0,
    event_id: str | None = None,
    natural_key: str | None = None,
    reason: str = "",
    raw: str = "",
) -> Notification:
    """Give a notification."""
    return Notification(
        provider="sendgrid",
        event_id=event_id,
        natural_key=natural_key or f"{kind}/{key}/{minute}",
        kind=kind,
        at=NOW + timedelta(minutes=minute),
        delivery_key=key,
        reason=reason,
        raw=raw,
    )


def keep(database: Database, *notifications: Notification, now: datetime = LATER) -> tuple[Notification, ...]:
    """Keep notifications in a transaction of their own; give the new ones."""
    with database.write() as connection:
        store = NotificationStore(connection)
        known = store.deliveries([one.delivery_key for one in notifications if one.delivery_key is not None])
        return store.keep(notifications, known, now)


def set_states(database: Database, *changes: StateChange) -> None:
    """Write states."""
    with database.write() as connection:
        NotificationStore(connection).set_states(changes, LATER)


def keys_of(database: Database) -> list[DeliveryKey]:
    """Give the keys of every delivery, in a fixed order."""
    with database.read() as connection:
        return [
            DeliveryKey(key)
            for key in connection.execute(
                select(delivery.c.key).order_by(delivery.c.sending_id, delivery.c.key)
            ).scalars()
        ]


def test_a_repetition_is_known_by_either_key(database: Database) -> None:
    """The same event id, or the same thing under a new event id, is kept once, also within one portion."""
    first = told(STRANGE, event_id="one")
    same_thing = told(STRANGE, event_id="two")
    same_id = told(STRANGE, minute=9, event_id="one")
    nameless = told(STRANGE, minute=5)

    assert keep(database, first, first, same_thing, nameless) == (first, nameless)
    assert keep(database, same_id, same_thing, nameless) == ()
    with database.read() as connection:
        assert len(connection.execute(select(notification)).all()) == 2


def test_only_a_delivery_of_ours_ties_a_notification_to_a_sending(database: Database) -> None:
    """What names no delivery, or a stranger's, is kept for the record and belongs to no issue."""
    a_sending(database, 1)
    [mine] = keys_of(database)
    account = told(None, KIND.ACCOUNT_CHANGED, minute=3, raw='{"type":"compliance_suspend"}')

    keep(database, told(mine, KIND.BOUNCED_SOFT, minute=1, reason="mailbox full"), told(STRANGE, minute=2), account)

    with database.read() as connection:
        store = NotificationStore(connection)
        listed, counted, newest = store.page(limit=9), store.counts(), store.page(kinds=[KIND.DELIVERED], limit=1)

    def kept(kind: NotificationKind, minute: int, *, label: bool = False, reason: str = "") -> KeptNotification:
        return KeptNotification(
            at=NOW + timedelta(minutes=minute),
            received_at=LATER,
            provider="sendgrid",
            kind=kind,
            label=LABEL if label else None,
            reason=reason,
            raw=account.raw if kind is KIND.ACCOUNT_CHANGED else "",
        )

    assert listed == (
        kept(KIND.ACCOUNT_CHANGED, 3),
        kept(KIND.DELIVERED, 2),
        kept(KIND.BOUNCED_SOFT, 1, label=True, reason="mailbox full"),
    )
    assert newest == (kept(KIND.DELIVERED, 2),)
    assert counted == {KIND.DELIVERED: 1, KIND.BOUNCED_SOFT: 1, KIND.ACCOUNT_CHANGED: 1}


def test_a_delivery_is_known_by_its_key_with_the_state_of_its_batch(database: Database) -> None:
    """Queued and sending are read off the batch; a key that is not ours is absent."""
    ledger, sending = a_sending(database, 1)
    [mine] = keys_of(database)
    claimed = claim(ledger, sending)

    with database.read() as connection:
        known = NotificationStore(connection).deliveries([mine, STRANGE, mine])

    assert known == {
        mine: KnownDelivery(
            key=mine,
            sending_id=sending.id,
            is_rehearsal=False,
            batch_id=claimed.id,
            address_hash=hash_address("reader1@example.com", KEY),
            state=DeliveryState.SENDING,
        )
    }


def test_a_state_changes_and_the_moment_of_the_first_answer_stays(database: Database) -> None:
    """What was recorded at the call keeps its moment; what had none gets one."""
    ledger, sending = a_sending(database, 2, batch_size=1)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), NOW)
    taken = claimed.deliveries[0].key
    [queued] = set(keys_of(database)) - {taken}

    set_states(database)
    set_states(
        database,
        StateChange(key=taken, state=DeliveryState.BOUNCED_SOFT, reason="mailbox full"),
        StateChange(key=queued, state=DeliveryState.DELIVERED, reason=""),
    )

    with database.read() as connection:
        rows = connection.execute(select(delivery.c.key, delivery.c.reason, delivery.c.settled_at)).all()
    assert {key: (reason, at) for key, reason, at in rows} == {taken: ("mailbox full", NOW), queued: (None, LATER)}
    assert states(ledger, sending) == {DeliveryState.BOUNCED_SOFT: 1, DeliveryState.DELIVERED: 1}


def test_what_is_proven_is_not_sent_again(database: Database) -> None:
    """A delivery that is queued again after a doubt, and of which the provider tells, is not handed over twice."""
    ledger, sending = a_sending(database, 2)
    doubt = claim(ledger, sending)
    ledger.record(doubt, answered(doubt, Verdict.UNKNOWN), NOW)
    ledger.queue_unknown(sending.id, reason="sent again by Aino")
    first, second = doubt.deliveries

    set_states(database, StateChange(key=first.key, state=DeliveryState.DELIVERED, reason=""))

    assert claim(ledger, sending).deliveries == (second,)


def test_an_answer_after_the_notification_changes_nothing(database: Database) -> None:
    """A provider may tell of a mail before it has answered the call: the stronger state stays."""
    ledger, sending = a_sending(database, 2)
    claimed = claim(ledger, sending)
    set_states(database, StateChange(key=claimed.deliveries[0].key, state=DeliveryState.DELIVERED, reason=""))

    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), LATER)

    assert states(ledger, sending) == {DeliveryState.DELIVERED: 1, DeliveryState.ACCEPTED: 1}
    assert ledger.finish(sending.id, now=LATER).state is SendingState.FINISHED


def test_a_batch_of_doubt_is_settled_when_everybody_in_it_is_proven(database: Database) -> None:
    """One who is still in doubt keeps the batch open; the last one closes it, and names its sending once."""
    ledger, sending = a_sending(database, 4)
    doubts = [claim(ledger, sending) for _ in range(2)]
    for doubt in doubts:
        ledger.record(doubt, answered(doubt, Verdict.UNKNOWN), NOW)
    changes = [
        StateChange(key=planned.key, state=DeliveryState.DELIVERED, reason="")
        for doubt in doubts
        for planned in doubt.deliveries
    ]
    numbers = [doubt.id for doubt in doubts]

    set_states(database, *changes[:3])
    with database.write() as connection:
        first = NotificationStore(connection).close_proven(numbers, LATER)
    set_states(database, changes[3])
    with database.write() as connection:
        second = NotificationStore(connection).close_proven(numbers, LATER)
        found = connection.execute(select(batch.c.state, batch.c.reason, batch.c.settled_at)).all()

    assert (first, second) == ((sending.id,), (sending.id,))
    assert [tuple(row) for row in found] == [(BatchState.SETTLED, PROVEN, LATER)] * 2


def test_a_dead_senders_batch_that_was_proven_does_not_hold_up_the_end(database: Database) -> None:
    """The provider told everything while the batch was on its way; then its sender died."""
    ledger, sending = a_sending(database, 1)
    claimed = claim(ledger, sending, "dead")
    set_states(database, StateChange(key=claimed.deliveries[0].key, state=DeliveryState.DELIVERED, reason=""))
    ledger.settle_dead_owners(sending.id, is_dead=lambda _owner: True, into=BatchState.UNKNOWN, reason="died")

    assert ledger.finish(sending.id, now=LATER).state is SendingState.FINISHED
    assert ledger.balance(sending.id).is_finished


def test_a_history_tells_how_real_issues_ended_for_an_address(database: Database) -> None:
    """The newest first; rehearsals, what is under way and what was skipped say nothing about a mailbox."""
    add_people(database, addresses(1))
    ledger, whose = DeliveryLedger(database), hash_address("reader1@example.com", KEY)
    ends = (
        ("2017-08", False, DeliveryState.BOUNCED_SOFT),
        ("2017-09", False, DeliveryState.DELIVERED),
        ("2017-10", False, DeliveryState.SKIPPED),
        ("2017-10", True, DeliveryState.REJECTED),
        ("2017-11", False, None),
    )
    for label, is_rehearsal, state in ends:
        before = set(keys_of(database))
        approval = keep_approval(database, an_approval(label=IssueLabel(label), subject=f"{label} {is_rehearsal}"))
        freeze(ledger, approval, is_rehearsal=is_rehearsal)
        if state is not None:
            [key] = set(keys_of(database)) - before
            set_states(database, StateChange(key=key, state=state, reason=""))

    with database.read() as connection:
        histories = NotificationStore(connection).histories([whose, whose])

    assert histories == {whose: (DeliveryState.DELIVERED, DeliveryState.BOUNCED_SOFT)}


def test_blocks_are_counted_by_delivery(database: Database) -> None:
    """A delivery that was blocked twice counts once, and what is not ours not at all."""
    ledger, sending = a_sending(database, 3, batch_size=3)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.REJECTED, Verdict.ACCEPTED), NOW)
    blocked = claimed.deliveries[1].key
    keep(
        database,
        *(told(key, KIND.BLOCKED, minute=minute) for key, minute in ((blocked, 1), (blocked, 2), (STRANGE, 1))),
    )

    with database.read() as connection:
        store = NotificationStore(connection)
        assert (store.count_blocked(sending.id), store.count_accepted(sending.id)) == (1, 2)


def test_only_a_running_sending_is_paused(database: Database) -> None:
    """The first reason stays, and what is over stays over."""
    ledger, sending = a_sending(database, 1)

    with database.write() as connection:
        store = NotificationStore(connection)
        assert store.pause(sending.id, reason="too much is blocked")
        assert not store.pause(sending.id, reason="still too much")

    found = ledger.sending(sending.id)
    assert (found.state, found.pause_reason) == (SendingState.PAUSED, "too much is blocked")
    assert ledger.claim(sending.id, owner="aino", now=NOW) is None


def test_the_timeline_counts_what_was_accepted_and_delivered_when(database: Database) -> None:
    """One point for each moment and state, the earliest first."""
    ledger, sending = a_sending(database, 3)
    for moment in (NOW, LATER):
        claimed = claim(ledger, sending)
        ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), moment)
    keys = keys_of(database)
    keep(
        database,
        told(keys[0], minute=7),
        told(keys[1], minute=7),
        told(keys[2], minute=9),
        told(keys[0], KIND.DEFERRED),
    )

    with database.read() as connection:
        timeline = NotificationStore(connection).timeline(sending.id)

    def point(at: datetime, state: DeliveryState, deliveries: int) -> TimelinePoint:
        return TimelinePoint(at=at.astimezone(UTC), state=state, deliveries=deliveries)

    assert timeline == (
        point(NOW, DeliveryState.ACCEPTED, 2),
        point(LATER, DeliveryState.ACCEPTED, 1),
        point(NOW + timedelta(minutes=7), DeliveryState.DELIVERED, 2),
        point(NOW + timedelta(minutes=9), DeliveryState.DELIVERED, 1),
    )
