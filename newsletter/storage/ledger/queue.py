"""The queue: batches that go back to it, are parted, skipped or settled; all in the caller's transaction."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, func, insert, select, update

from newsletter.domain.audience import AddressHash
from newsletter.domain.delivery import (
    OPEN_BATCH_STATES,
    BatchId,
    BatchState,
    ClaimedBatch,
    DeliveryState,
    SendingId,
    SendingState,
)
from newsletter.storage.tables import batch, delivery, sending

CANCELLED = "the sending was cancelled"
"""Why a delivery is skipped that was still queued when the sending was cancelled."""

PROVEN = "the provider accounted for every mail of it"
"""Why a batch of doubt is settled of which the provider has told everything."""


def queue_last(connection: Connection, claimed: ClaimedBatch, now: datetime) -> None:
    """Put a queued batch at the end of the queue, so that one slow server does not hold up the others."""
    connection.execute(
        update(batch).where(batch.c.id == claimed.id).values(number=_next_number(connection, claimed.sending_id))
    )
    skip_if_cancelled(connection, claimed.sending_id, now)


def queue_refused(
    connection: Connection, claimed: ClaimedBatch, refused: Mapping[AddressHash, str], now: datetime
) -> None:
    """Put refused deliveries into a batch of their own, away from those in doubt."""
    apart = _new_batch(connection, claimed.id, reason=next(iter(refused.values())))
    connection.execute(
        update(delivery)
        .where(delivery.c.sending_id == claimed.sending_id, delivery.c.address_hash == bindparam("its_hash"))
        .values(batch_id=apart),
        [{"its_hash": one} for one in refused],
    )
    skip_if_cancelled(connection, claimed.sending_id, now)


def move_rest(connection: Connection, batch_id: BatchId, *, after: AddressHash) -> None:
    """Put the deliveries behind a hash into a batch of their own, queued."""
    apart = _new_batch(connection, batch_id, reason="")
    connection.execute(
        update(delivery)
        .where(delivery.c.batch_id == batch_id, delivery.c.state.is_(None), delivery.c.address_hash > after)
        .values(batch_id=apart)
    )


def _new_batch(connection: Connection, like: BatchId, *, reason: str) -> BatchId:
    """Make a queued batch of the same edition at the end of the queue."""
    sending_id, edition = connection.execute(
        select(batch.c.sending_id, batch.c.edition).where(batch.c.id == like)
    ).one()
    values = {
        "sending_id": sending_id,
        "edition": edition,
        "number": _next_number(connection, sending_id),
        "state": BatchState.QUEUED.value,
        "attempt": 0,
        "reason": reason,
    }
    return BatchId(connection.execute(insert(batch).values(values).returning(batch.c.id)).scalar_one())


def _next_number(connection: Connection, sending_id: SendingId) -> int:
    """Give a number behind every open batch of the sending.

    Only open batches are looked at: they are found through an index that stays small however large the sending is.
    """
    highest = select(func.max(batch.c.number)).where(
        batch.c.sending_id == sending_id, batch.c.state.in_(OPEN_BATCH_STATES)
    )
    return (connection.execute(highest).scalar() or 0) + 1


def skip_queued(connection: Connection, sending_id: SendingId, now: datetime) -> None:
    """Skip every delivery that is still queued, and settle its batch."""
    is_queued = and_(batch.c.sending_id == sending_id, batch.c.state == BatchState.QUEUED)
    connection.execute(
        update(delivery)
        .where(delivery.c.batch_id.in_(select(batch.c.id).where(is_queued)), delivery.c.state.is_(None))
        .values(state=DeliveryState.SKIPPED, reason=CANCELLED, settled_at=now)
    )
    connection.execute(
        update(batch).where(is_queued).values(state=BatchState.SETTLED, reason=CANCELLED, settled_at=now)
    )


def queue_apart(
    connection: Connection, people: Collection[tuple[BatchId, AddressHash]], reason: str, now: datetime
) -> None:
    """Put single people of batches in doubt into queued batches of their own; settle a batch that all of them left."""
    for before in sorted({batch_id for batch_id, _ in people}):
        apart = _new_batch(connection, before, reason=reason)
        connection.execute(
            update(delivery)
            .where(delivery.c.batch_id == before, delivery.c.address_hash == bindparam("its_hash"))
            .values(batch_id=apart, state=None, reason=None, provider_id=None, settled_at=None),
            [{"its_hash": one} for batch_id, one in people if batch_id == before],
        )
        _settle_empty(connection, batch.c.id == before, reason, now)


def settle_proven(connection: Connection, which: ColumnElement[bool], now: datetime) -> tuple[SendingId, ...]:
    """Settle the chosen batches of doubt in which nobody is in doubt any more; give their sendings, each once."""
    return _settle_empty(connection, which, PROVEN, now)


def _settle_empty(
    connection: Connection, which: ColumnElement[bool], reason: str, now: datetime
) -> tuple[SendingId, ...]:
    """Settle batches of doubt in which nobody is in doubt any more."""
    is_open = exists().where(delivery.c.batch_id == batch.c.id, delivery.c.state.is_(None))
    settled = connection.execute(
        update(batch)
        .where(which, batch.c.state == BatchState.UNKNOWN, ~is_open)
        .values(state=BatchState.SETTLED, reason=reason, settled_at=now)
        .returning(batch.c.sending_id)
    )
    return tuple(dict.fromkeys(SendingId(row.sending_id) for row in settled))


def skip_if_cancelled(connection: Connection, sending_id: SendingId, now: datetime) -> None:
    """Skip what has just gone back to the queue of a sending that was cancelled while it was on its way."""
    state = connection.execute(select(sending.c.state).where(sending.c.id == sending_id)).scalar_one()
    if state == SendingState.CANCELLED:
        skip_queued(connection, sending_id, now)
