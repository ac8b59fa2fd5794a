"""What a freeze says when it refuses, and what it writes beside who gets what."""

import pytest
from sqlalchemy import select

from newsletter.domain.content import SegmentId
from newsletter.domain.delivery import DeliveryState
from newsletter.domain.mailing import Verdict
from newsletter.domain.rules import JoinedWithin
from newsletter.domain.segments import Segment
from newsletter.errors import StateError
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.tables import batch, delivery, subscriber
from tests.send.samples import (
    FI,
    LABEL,
    MANAGERS,
    NOW,
    SEGMENTS,
    TO_BOTH,
    a_sending,
    add_people,
    addresses,
    an_approval,
    freeze,
    keep_approval,
)
from tests.storage.ledger_steps import LATER, answered, claim


def _refusal(database: Database, **facts: object) -> StateError:
    """Give why the sample issue cannot be frozen."""
    approval = keep_approval(database, an_approval(**facts))  # type: ignore[arg-type]
    with pytest.raises(StateError) as caught:
        freeze(DeliveryLedger(database), approval)
    return caught.value


def test_a_second_sending_is_refused_also_where_the_first_reached_nobody(database: Database) -> None:
    """It is not cancelled, so it has the issue's place; the report says what became of it."""
    ledger, sending = a_sending(database, 1)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.REJECTED, reason="no"), LATER)
    ledger.finish(sending.id, now=LATER)

    with pytest.raises(StateError) as caught:
        freeze(ledger, an_approval())

    assert caught.value.message == f"Issue {LABEL} has a sending already, and there is at most one."
    assert caught.value.hint == f"See `newsletter issue report {LABEL}`."


def test_every_missing_edition_is_named_with_its_readers(database: Database) -> None:
    """One is a person, several are people."""
    add_people(database, addresses(1))
    add_people(database, addresses(2, "boss"), segments=[MANAGERS])

    refused = _refusal(database, editions=[TO_BOTH])

    assert refused.message == "No approved edition for advisers.fi (1 person), managers.fi (2 people)."


def test_an_audience_of_nobody_says_where_to_look(database: Database) -> None:
    """The rules, and the people."""
    refused = _refusal(database)

    assert refused.message == f"Nobody would get issue {LABEL}."
    assert refused.hint == "See `newsletter segment coverage` and `newsletter subscriber list`."


def test_changed_segments_say_how_to_go_on(database: Database) -> None:
    """What was approved is not what would be sent: somebody looks again."""
    refused = _refusal(database, segments=SEGMENTS[:1])

    assert refused.message == "The segments or the languages have changed since the issue was approved."
    assert refused.hint == f"Run `newsletter issue approve {LABEL}` again."


def test_rules_of_days_are_seen_from_the_moment_of_the_freeze(database: Database) -> None:
    """Who joined at that moment has joined within the last days."""
    add_people(database, addresses(2))
    newcomers = (Segment(id=SegmentId("new"), rank=1, names={FI: "Uudet"}, who=JoinedWithin(days=30)),)
    for without_items in ((), (SegmentId("other"),)):
        approval = an_approval([], segments=newcomers, without_items=without_items)
        forecast = DeliveryLedger(database).foresee(approval=approval, segments=newcomers, languages=(FI,), now=NOW)
        assert sum(forecast.planned.values()) == 2


def test_people_stand_in_the_order_of_their_hashes_with_their_numbers(database: Database) -> None:
    """The first batch has the lowest hashes: neighbours in the ledger are neighbours in its indexes."""
    ledger, sending = a_sending(database, 5)

    with database.read() as connection:
        rows = connection.execute(
            select(batch.c.number, delivery.c.address_hash, delivery.c.subscriber_id, subscriber.c.id)
            .join_from(delivery, batch, batch.c.id == delivery.c.batch_id)
            .join(subscriber, subscriber.c.address_hash == delivery.c.address_hash)
            .order_by(delivery.c.address_hash)
        ).all()

    assert [number for number, _, _, _ in rows] == [1, 1, 2, 2, 3]
    assert [theirs for _, _, theirs, _ in rows] == [known for _, _, _, known in rows]
    assert ledger.account(sending.id).reasons == ()
    assert ledger.balance(sending.id).states == {DeliveryState.QUEUED: 5}
