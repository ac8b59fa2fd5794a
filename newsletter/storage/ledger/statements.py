"""The statements that every batch needs, built once: SQLAlchemy takes longer to build them than SQLite to run them.

`claims` fills them in and knows what they are for. Values are named `its_...`, and `at` is the aware moment. How to say
where a delivery stands is here, too, for whoever reads.
"""

from typing import TypeVar

from sqlalchemy import Column, ColumnElement, Select, and_, bindparam, case, exists, func, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from newsletter.domain.delivery import BatchState, DeliveryState, SendingState
from newsletter.storage.tables import batch, delivery, sending, subscriber, suppression

_T = TypeVar("_T")

_QUEUED = select(batch.c.id).where(
    batch.c.sending_id == bindparam("its_sending"), batch.c.state == BatchState.QUEUED.value
)


def _taking(queued: Select[tuple[int]]) -> ReturningUpdate[tuple[int, int, str]]:
    """Give the statement that takes the first of some queued batches, while their sending is running."""
    first = queued.order_by(batch.c.number, batch.c.id).limit(1).with_for_update(skip_locked=True)
    is_running = exists().where(sending.c.id == bindparam("its_sending"), sending.c.state == SendingState.RUNNING.value)
    return (
        update(batch)
        .where(batch.c.id == first.scalar_subquery(), is_running)
        .values(
            state=BatchState.SENDING.value,
            attempt=batch.c.attempt + 1,
            owner=bindparam("its_owner"),
            claimed_at=bindparam("at"),
            reason="",
        )
        .returning(batch.c.id, batch.c.attempt, batch.c.edition)
    )


WITH_BATCH = delivery.join(batch, batch.c.id == delivery.c.batch_id)
"""Deliveries, each beside the batch that speaks for it as long as it has no state of its own."""
STATE = func.coalesce(delivery.c.state, batch.c.state)
"""Where a delivery stands."""
MAY_HAVE_ARRIVED = exists().where(
    delivery.c.sending_id == sending.c.id,
    delivery.c.batch_id == batch.c.id,
    STATE.not_in((DeliveryState.REJECTED.value, DeliveryState.SKIPPED.value)),
)
"""Somebody may have got a mail of a sending."""


def with_state(own: Column[_T], of_batch: Column[_T]) -> ColumnElement[_T]:
    """Give what goes with STATE, such as its reason: the delivery's own, or its batch's where that has the state."""
    return case((delivery.c.state.is_(None), of_batch), else_=own)


TAKE = _taking(_QUEUED)
TAKE_OF_EDITIONS = _taking(_QUEUED.where(batch.c.edition.in_(bindparam("its_editions", expanding=True))))
# Equal, but said as a range: for `=` SQLite takes the unique index and then looks for each person's row, which doubles
# the time among a million; for a range it takes the index that holds all we ask.
_IS_THEIRS = subscriber.c.address_hash.between(delivery.c.address_hash, delivery.c.address_hash)
PEOPLE_OF_A_BATCH = (
    select(
        delivery.c.key,
        delivery.c.address_hash,
        subscriber.c.id,
        subscriber.c.address,
        subscriber.c.name,
        subscriber.c.status,
        suppression.c.reason,
    )
    .select_from(
        delivery.outerjoin(subscriber, _IS_THEIRS).outerjoin(
            suppression, suppression.c.address_hash == delivery.c.address_hash
        )
    )
    .where(
        delivery.c.sending_id == bindparam("its_sending"),
        delivery.c.batch_id == bindparam("its_batch"),
        delivery.c.state.is_(None),
    )
    .order_by(delivery.c.address_hash)
)
_IS_OURS = and_(
    batch.c.id == bindparam("its_batch"),
    batch.c.state == BatchState.SENDING.value,
    batch.c.attempt == bindparam("its_attempt"),
)
IS_OURS = select(batch.c.id).where(_IS_OURS)
LEAVE_CLAIM = (
    update(batch)
    .where(_IS_OURS)
    .values(
        state=bindparam("its_state"),
        reason=bindparam("its_reason"),
        provider_id=bindparam("its_provider_id"),
        settled_at=bindparam("at"),
    )
)
IN_DOUBT = (
    select(delivery.c.batch_id, delivery.c.address_hash)
    .select_from(WITH_BATCH)
    .where(
        delivery.c.sending_id == bindparam("its_sending"),
        delivery.c.address_hash == bindparam("its_hash"),
        STATE.in_((BatchState.UNKNOWN.value,)),
    )
)
SETTLE_ONE = (
    update(delivery)
    .where(
        delivery.c.state.is_(None),
        delivery.c.sending_id == bindparam("its_sending"),
        delivery.c.address_hash == bindparam("its_hash"),
    )
    .values(
        state=bindparam("its_state"),
        reason=bindparam("its_reason"),
        provider_id=bindparam("its_provider_id"),
        settled_at=bindparam("at"),
    )
)
