"""Claim a batch, record what became of it, give it back: the verbs `claim`, `record`, `holds` and `release`.

A claim writes one row, and so does the record of a call that took everybody. People who left since the audience was
fixed are taken out in the same transaction, so nobody is mailed after an unsubscribe that was kept before the claim. A
record is fenced by the number of the attempt: whoever was overtaken changes nothing.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from newsletter.domain.audience import AddressHash, SubscriberStatus
from newsletter.domain.delivery import (
    BatchId,
    BatchState,
    Checkpoint,
    ClaimedBatch,
    DeliveryState,
    PlannedDelivery,
    SendingId,
)
from newsletter.domain.issue import EditionKey, parse_edition_key
from newsletter.domain.mailing import BatchOutcome, Verdict
from newsletter.errors import StateError
from newsletter.storage.ledger.queue import move_rest, queue_last, queue_refused, skip_if_cancelled
from newsletter.storage.ledger.statements import (
    IS_OURS,
    LEAVE_CLAIM,
    PEOPLE_OF_A_BATCH,
    SETTLE_ONE,
    TAKE,
    TAKE_OF_EDITIONS,
)
from newsletter.storage.ledger.transactions import Transactions
from newsletter.storage.tables import batch, delivery

NO_ANSWER = "the mailer gave no answer for this recipient"
"""Why a delivery is in doubt that an outcome does not name."""

_GONE = "no subscriber has this address any more"
_NOT_ACTIVE = {
    SubscriberStatus.UNSUBSCRIBED: "unsubscribed since the audience was fixed",
    SubscriberStatus.PENDING: "not confirmed any more",
}
_NO_ANSWER = (Verdict.UNKNOWN, NO_ANSWER, None)
_SETTLING = {Verdict.ACCEPTED: DeliveryState.ACCEPTED, Verdict.REJECTED: DeliveryState.REJECTED}


class Claims(Transactions):
    """The verbs by which a batch goes out."""

    def claim(
        self,
        sending_id: SendingId,
        *,
        owner: str,
        now: datetime,
        editions: Collection[EditionKey] | None = None,
        limit: int | None = None,
    ) -> ClaimedBatch | None:
        """Make the next queued batch the owner's, durably; None when there is none or the sending is not running.

        A batch of which everybody has left is settled on the way, and the next one is taken.

        At most `limit` deliveries, at least 1, are claimed; the rest of the batch goes back to the queue.
        `settle_dead_owners` asks about the owner.
        """
        with self._write(
            Checkpoint.BEFORE_CLAIM_COMMIT, Checkpoint.AFTER_CLAIM_COMMIT, beside_others=True
        ) as connection:
            while (taken := _take(connection, sending_id, owner, now, editions)) is not None:
                batch_id, attempt, edition = taken
                remaining = _without_those_who_left(connection, sending_id, batch_id, now)
                if not remaining:
                    _leave_claim(connection, batch_id, attempt, BatchState.SETTLED, settled_at=now)
                    continue
                if limit is not None and len(remaining) > limit:
                    move_rest(connection, batch_id, after=remaining[limit - 1].address_hash)
                    remaining = remaining[:limit]
                return ClaimedBatch(
                    id=batch_id,
                    sending_id=sending_id,
                    attempt=attempt,
                    edition=parse_edition_key(edition),
                    deliveries=tuple(remaining),
                )
            return None

    def record(self, claimed: ClaimedBatch, outcome: BatchOutcome, now: datetime) -> None:
        """Write what the mailer answered for a claimed batch, however long that must be waited for.

        Accepted and rejected deliveries are settled. Refused ones go back to the end of the queue. Whatever else is
        left, answered "unknown" or not answered at all, stays in doubt. When nobody is left, the commonest acceptance
        is written on the batch alone: a provider that takes a thousand at once answers once, and writing that row by
        row would cost more than the call.

        Raises:
            StateError: The claim is not this owner's any more; nothing was written.
        """
        with self._write(
            Checkpoint.BEFORE_RECORD_COMMIT, Checkpoint.AFTER_RECORD_COMMIT, to_the_end=True, beside_others=True
        ) as connection:
            _record(connection, claimed, outcome, now)

    def claimed_by(self, owner: str) -> tuple[ClaimedBatch, ...]:
        """Give the batches, of whatever sending, that an owner has claimed and not recorded; without the addresses."""
        with self._database.read() as connection:
            theirs = select(batch).where(batch.c.state == BatchState.SENDING, batch.c.owner == owner)
            return tuple(
                ClaimedBatch(
                    id=BatchId(row.id),
                    sending_id=SendingId(row.sending_id),
                    attempt=row.attempt,
                    edition=parse_edition_key(row.edition),
                    deliveries=_open_deliveries(connection, BatchId(row.id)),
                )
                for row in connection.execute(theirs).all()
            )

    def holds(self, claimed: ClaimedBatch) -> bool:
        """Tell whether a claim is still its owner's: not recorded, not released, not settled by somebody else."""
        values = {"its_batch": claimed.id, "its_attempt": claimed.attempt}
        with self._database.read(to_the_end=True) as connection:
            return connection.execute(IS_OURS, values).first() is not None

    def release(self, claimed: ClaimedBatch, now: datetime) -> None:
        """Put a claimed batch back into its place in the queue: its call was never begun.

        Raises:
            StateError: The claim is not this owner's any more; nothing was written.
        """
        with self._database.write(to_the_end=True, beside_others=True) as connection:
            _leave_claim(connection, claimed.id, claimed.attempt, BatchState.QUEUED)
            skip_if_cancelled(connection, claimed.sending_id, now)


def _open_deliveries(connection: Connection, batch_id: BatchId) -> tuple[PlannedDelivery, ...]:
    """Give the deliveries of a batch that have no end yet."""
    found = select(delivery.c.key, delivery.c.address_hash).where(
        delivery.c.batch_id == batch_id, delivery.c.state.is_(None)
    )
    return tuple(
        PlannedDelivery(key=key, address_hash=address_hash, subscriber_id=None, address=None)
        for key, address_hash in connection.execute(found)
    )


def _take(
    connection: Connection, sending_id: SendingId, owner: str, now: datetime, editions: Collection[EditionKey] | None
) -> tuple[BatchId, int, str] | None:
    """Mark the first queued batch as the owner's."""
    values = {"its_sending": sending_id, "its_owner": owner, "at": now}
    if editions is None:
        taken = connection.execute(TAKE, values).first()
    else:
        taken = connection.execute(TAKE_OF_EDITIONS, {**values, "its_editions": list(map(str, editions))}).first()
    return None if taken is None else (BatchId(taken.id), taken.attempt, taken.edition)


def _without_those_who_left(
    connection: Connection, sending_id: SendingId, batch_id: BatchId, now: datetime
) -> list[PlannedDelivery]:
    """Skip whoever must not be mailed any more; give the others, in the order of their hashes.

    People are found by the hash of their address, not by their number: a number may be given to somebody else after an
    erasure, and who has another address now may have met this issue there already.
    """
    found = connection.execute(PEOPLE_OF_A_BATCH, {"its_sending": sending_id, "its_batch": batch_id})
    staying: list[PlannedDelivery] = []
    left: _Ends = {}
    active = SubscriberStatus.ACTIVE.value
    # This loop and the one in `record` are what a batch costs: plain unpacking halves it.
    for key, address_hash, subscriber_id, address, name, status, suppressed_for in found.all():
        if suppressed_for is None and status == active:
            planned = PlannedDelivery(
                key=key, address_hash=address_hash, subscriber_id=subscriber_id, address=address, name=name
            )
            staying.append(planned)
        else:
            end = _End(DeliveryState.SKIPPED, _reason_to_skip(status, suppressed_for), None)
            left.setdefault(end, []).append(address_hash)
    _settle(connection, sending_id, left, now)
    return staying


def _reason_to_skip(status: str | None, suppressed_for: str | None) -> str:
    """Say why a planned person, who is suppressed or not active, must not be mailed now."""
    if suppressed_for is not None:
        return f"suppressed since the audience was fixed ({suppressed_for})"
    if status is None:
        return _GONE
    return _NOT_ACTIVE[SubscriberStatus(status)]


def _record(connection: Connection, claimed: ClaimedBatch, outcome: BatchOutcome, now: datetime) -> None:
    """Settle, queue again or leave in doubt, all by what was answered."""
    answers = {answer.delivery_key: answer for answer in outcome.outcomes}
    # Grouped by plain tuples: most of a batch ends alike, and this loop is what recording costs.
    groups: dict[tuple[Verdict, str, str | None], list[AddressHash]] = {}
    for planned in claimed.deliveries:
        answer = answers.get(planned.key)
        alike = _NO_ANSWER if answer is None else (answer.verdict, answer.reason, answer.provider_id)
        groups.setdefault(alike, []).append(planned.address_hash)
    ends: _Ends = {}
    refused: dict[AddressHash, str] = {}
    unknown: dict[AddressHash, str] = {}
    for (verdict, reason, provider_id), hashes in groups.items():
        if verdict in _SETTLING:
            ends.setdefault(_End(_SETTLING[verdict], reason or None, provider_id), []).extend(hashes)
        else:
            (refused if verdict is Verdict.REFUSED else unknown).update(dict.fromkeys(hashes, reason))
    if unknown:
        _leave_claim(connection, claimed.id, claimed.attempt, BatchState.UNKNOWN, reason=next(iter(unknown.values())))
    elif refused:
        _leave_claim(connection, claimed.id, claimed.attempt, BatchState.QUEUED, reason=next(iter(refused.values())))
    elif (common := _commonest_acceptance(ends)) is not None:
        del ends[common]
        _leave_claim(
            connection,
            claimed.id,
            claimed.attempt,
            BatchState.ACCEPTED,
            reason=common.reason or "",
            provider_id=common.provider_id,
            settled_at=now,
        )
    else:
        _leave_claim(connection, claimed.id, claimed.attempt, BatchState.SETTLED, settled_at=now)
    _settle(connection, claimed.sending_id, ends, now)
    if unknown and refused:
        queue_refused(connection, claimed, refused, now)
    elif refused:
        queue_last(connection, claimed, now)


class _End(NamedTuple):
    """How deliveries ended."""

    state: DeliveryState
    reason: str | None
    provider_id: str | None


_Ends = dict[_End, list[AddressHash]]


def _commonest_acceptance(ends: _Ends) -> _End | None:
    """Give how most of those ended that were accepted; None when nobody was."""
    accepted = [end for end in ends if end.state is DeliveryState.ACCEPTED]
    return max(accepted, key=lambda end: len(ends[end]), default=None)


def _settle(connection: Connection, sending_id: SendingId, ends: _Ends, now: datetime) -> None:
    """Write how single deliveries ended."""
    rows = [
        {
            "its_sending": sending_id,
            "its_hash": one,
            "its_state": end.state,
            "its_reason": end.reason,
            "its_provider_id": end.provider_id,
            "at": now,
        }
        for end, hashes in ends.items()
        for one in hashes
    ]
    if rows:
        connection.execute(SETTLE_ONE, rows)


def _leave_claim(
    connection: Connection,
    batch_id: BatchId,
    attempt: int,
    state: BatchState,
    *,
    reason: str = "",
    provider_id: str | None = None,
    settled_at: datetime | None = None,
) -> None:
    """Write where a claimed batch stands now; the number of the attempt is the fence.

    Raises:
        StateError: It was settled or claimed again since; nothing was written.
    """
    values = {
        "its_batch": batch_id,
        "its_attempt": attempt,
        "its_state": state,
        "its_reason": reason,
        "its_provider_id": provider_id,
        "at": settled_at,
    }
    if connection.execute(LEAVE_CLAIM, values).rowcount != 1:
        raise StateError(
            f"Batch {batch_id} was settled by somebody else while its mails were on their way.",
            hint="Stop every other sender of this publication, then run `newsletter issue report`.",
        )
