"""The ledger: every sending, batch and delivery, and nothing twice. Its door is `DeliveryLedger`.

Each method is one transaction, kept durably before it returns. After each of them both sums of `Balance` hold. What a
batch means is in `domain.delivery`; when to claim, hand over and record is for `send` to know. The statements are in
`storage.ledger`.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, select, update

from newsletter.domain.audience import AddressHash
from newsletter.domain.delivery import (
    OPEN_BATCH_STATES,
    BatchId,
    BatchState,
    DeliveryState,
    Sending,
    SendingId,
    SendingState,
)
from newsletter.errors import StateError, UsageError, counted
from newsletter.storage.ledger.claims import Claims
from newsletter.storage.ledger.freeze import Freezing
from newsletter.storage.ledger.queue import queue_apart, settle_proven, skip_queued
from newsletter.storage.ledger.reads import Reads, read_sending
from newsletter.storage.ledger.statements import IN_DOUBT
from newsletter.storage.tables import batch, delivery, sending


class DeliveryLedger(Freezing, Claims, Reads):
    """Fix audiences, claim and record batches, end sendings, count.

    Every method is one durable transaction, and raises StorageError when the database is missing, locked, full or
    damaged; nothing is half-written.
    """

    def settle_dead_owners(
        self, sending_id: SendingId, *, is_dead: Callable[[str], bool], into: BatchState, reason: str
    ) -> int:
        """Move the batches whose owner is proven dead to `into` (queued or unknown); count them.

        Those of a sending that is over are in doubt in any case: nothing of it may go out again.
        """
        with self._database.write() as connection:
            if _is_over(read_sending(connection, sending_id)):
                into = BatchState.UNKNOWN
            in_flight = _of(sending_id, BatchState.SENDING)
            dead = [
                row.id
                for row in connection.execute(select(batch.c.id, batch.c.owner).where(in_flight)).all()
                if is_dead(row.owner)
            ]
            connection.execute(update(batch).where(in_flight, batch.c.id.in_(dead)).values(state=into, reason=reason))
            return len(dead)

    def queue_unknown(self, sending_id: SendingId, *, batch_ids: Collection[BatchId] | None = None, reason: str) -> int:
        """Put all or some batches of doubt back into the queue: by a person's word, or the mailer takes them twice.

        Raises:
            UsageError: A batch is not in doubt.
            StateError: The sending is over.
        """
        with self._database.write() as connection:
            _require_open(read_sending(connection, sending_id))
            chosen = _unknown_ids(connection, sending_id, batch_ids)
            connection.execute(
                update(batch).where(batch.c.id.in_(chosen)).values(state=BatchState.QUEUED, reason=reason)
            )
            return len(chosen)

    def queue_people(
        self, sending_id: SendingId, address_hashes: Collection[AddressHash], *, reason: str, now: datetime
    ) -> int:
        """Put single people in doubt back into the queue, also those who were left; by a person's word. Count them.

        A sending that has ended goes on.

        Raises:
            UsageError: Somebody is not in doubt; nothing was changed.
            StateError: The sending was cancelled.
        """
        with self._database.write() as connection:
            found = read_sending(connection, sending_id)
            if found.state is SendingState.CANCELLED:
                _require_open(found)
            chosen = [
                batch_of
                for one in sorted(set(address_hashes))
                if (batch_of := connection.execute(IN_DOUBT, {"its_sending": sending_id, "its_hash": one}).first())
            ]
            if others := len(set(address_hashes)) - len(chosen):
                raise UsageError(
                    f"{counted(others, 'person is', 'people are')} not in doubt in this sending. Nothing was changed.",
                    hint=f"`newsletter issue report {found.label} --people unknown` gives those who are.",
                )
            queue_apart(connection, [(BatchId(row.batch_id), row.address_hash) for row in chosen], reason, now)
            connection.execute(
                update(sending)
                .where(sending.c.id == sending_id, sending.c.state == SendingState.FINISHED)
                .values(state=SendingState.RUNNING, finished_at=None, resumed_at=now)
            )
            return len(chosen)

    def leave_unknown(
        self, sending_id: SendingId, *, batch_ids: Collection[BatchId] | None = None, reason: str, now: datetime
    ) -> int:
        """Let deliveries of doubt rest: they stay unknown for good, but do not hold up the end of the sending.

        A later notification may still prove that they arrived.

        Raises:
            UsageError: A batch is not in doubt.
        """
        with self._database.write() as connection:
            chosen = _unknown_ids(connection, sending_id, batch_ids)
            connection.execute(
                update(delivery)
                .where(delivery.c.batch_id.in_(chosen), delivery.c.state.is_(None))
                .values(state=DeliveryState.UNKNOWN, reason=reason, settled_at=now)
            )
            connection.execute(
                update(batch)
                .where(batch.c.id.in_(chosen))
                .values(state=BatchState.SETTLED, reason=reason, settled_at=now)
            )
            return len(chosen)

    def pause(self, sending_id: SendingId, *, reason: str) -> Sending:
        """Let no further batch be claimed; those on their way are still recorded. Pausing again keeps the first reason.

        Raises:
            StateError: The sending is over.
        """
        return self._move(sending_id, SendingState.RUNNING, SendingState.PAUSED, pause_reason=reason)

    def resume(self, sending_id: SendingId, *, now: datetime) -> Sending:
        """Let batches be claimed again, by a person's word; blocks are counted anew from this aware moment.

        Raises:
            StateError: The sending is over.
        """
        return self._move(sending_id, SendingState.PAUSED, SendingState.RUNNING, pause_reason=None, resumed_at=now)

    def finish(self, sending_id: SendingId, *, now: datetime) -> Sending:
        """End a sending of which nothing is queued, on its way or in open doubt; otherwise change nothing.

        A batch of doubt of which the provider has since accounted for every mail is no doubt any more.
        """
        with self._database.write() as connection:
            settle_proven(connection, batch.c.sending_id == sending_id, now)
            is_open = exists().where(batch.c.sending_id == sending_id, batch.c.state.in_(OPEN_BATCH_STATES))
            connection.execute(
                update(sending)
                .where(
                    sending.c.id == sending_id,
                    sending.c.state.in_((SendingState.RUNNING, SendingState.PAUSED)),
                    ~is_open,
                )
                .values(state=SendingState.FINISHED, finished_at=now, pause_reason=None)
            )
            return read_sending(connection, sending_id)

    def cancel(self, sending_id: SendingId, *, reason: str, now: datetime) -> Sending:
        """End a sending for good: what is queued is skipped; what is on its way is still recorded.

        A cancelled real sending stands in the way of another one of the issue only if somebody may have got it.

        Raises:
            StateError: The sending is over.
        """
        with self._database.write() as connection:
            found = read_sending(connection, sending_id)
            _require_open(found)
            skip_queued(connection, sending_id, now)
            connection.execute(
                update(sending)
                .where(sending.c.id == sending_id)
                .values(state=SendingState.CANCELLED, finished_at=now, pause_reason=reason)
            )
            return read_sending(connection, sending_id)

    def _move(
        self, sending_id: SendingId, before: SendingState, after: SendingState, **values: str | datetime | None
    ) -> Sending:
        """Change the state, and what goes with it, of a sending in the state before; one that is over is refused."""
        with self._database.write() as connection:
            connection.execute(
                update(sending)
                .where(sending.c.id == sending_id, sending.c.state == before)
                .values(state=after, **values)
            )
            moved = read_sending(connection, sending_id)
            _require_open(moved)
            return moved


def _of(sending_id: SendingId, state: BatchState) -> ColumnElement[bool]:
    """Choose a sending's batches in a state."""
    return and_(batch.c.sending_id == sending_id, batch.c.state == state)


def _unknown_ids(connection: Connection, sending_id: SendingId, batch_ids: Collection[BatchId] | None) -> Sequence[int]:
    """Give the chosen batches of doubt; refuse one that is not in doubt."""
    found = connection.execute(select(batch.c.id).where(_of(sending_id, BatchState.UNKNOWN))).scalars().all()
    if batch_ids is None:
        return found
    if wrong := sorted(set(batch_ids) - set(found)):
        named = ", ".join(str(one) for one in wrong)
        raise UsageError(f"Not in doubt: batch {named}.", hint="`newsletter issue report` lists the batches in doubt.")
    return sorted(batch_ids)


def _require_open(found: Sending) -> None:
    """Refuse to change a sending that is over."""
    if _is_over(found):
        raise StateError(
            f"The sending of issue {found.label} is {found.state}.",
            hint=f"See `newsletter issue report {found.label}`.",
        )


def _is_over(found: Sending) -> bool:
    """Tell whether a sending has ended for good."""
    return found.state in {SendingState.FINISHED, SendingState.CANCELLED}
