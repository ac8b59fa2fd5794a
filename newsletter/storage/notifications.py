"""SQL for what providers tell: each thing once, and what follows from it in the ledger. Door: `NotificationStore`.

A notification is known by the provider's id and by its natural key, for a repetition may come under a new id. No
address is kept: a notification knows its delivery, and the delivery its keyed hash. Nothing is decided here: what
follows from a notification is for `track.reduce` to say.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Insert, bindparam, distinct, func, or_, select, update
from sqlalchemy.dialects import sqlite

from newsletter.domain.audience import AddressHash
from newsletter.domain.delivery import (
    ACCEPTED_AND_LATER,
    BatchId,
    BatchState,
    DeliveryKey,
    DeliveryState,
    SendingId,
    SendingState,
)
from newsletter.domain.issue import IssueLabel
from newsletter.domain.notification import (
    KeptNotification,
    KnownDelivery,
    Notification,
    NotificationKind,
    StateChange,
    TimelinePoint,
)
from newsletter.storage.columns import Moment
from newsletter.storage.ledger.queue import settle_proven
from newsletter.storage.ledger.statements import STATE, WITH_BATCH, with_state
from newsletter.storage.tables import batch, delivery, notification, rehashed, sending

_SENDINGS_LOOKED_BACK_ON = 24
"""Real sendings in which earlier deliveries of an address are looked for: two years of a monthly newsletter."""

_VALUES_IN_ONE_STATEMENT = 2_000
"""With the columns of a row it stays within the 32,766 values that SQLite takes in a statement."""

Value = TypeVar("Value")


class NotificationStore:
    """Notifications and the deliveries they are about, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # Writing

    def keep(
        self, notifications: Sequence[Notification], known: Mapping[DeliveryKey, KnownDelivery], now: datetime
    ) -> tuple[Notification, ...]:
        """Keep what was not told before, and give it in the order in which it was told."""
        insert = self._insert_new().returning(notification.c.provider, notification.c.natural_key)
        new: set[tuple[str, str]] = set()
        for portion in _portions(notifications):
            rows = [_row(one, known.get(one.delivery_key) if one.delivery_key else None, now) for one in portion]
            new.update((row.provider, row.natural_key) for row in self._connection.execute(insert, rows))
        first = {(one.provider, one.natural_key): one for one in reversed(notifications)}
        return tuple(
            one
            for one in dict.fromkeys(first[one.provider, one.natural_key] for one in notifications)
            if (one.provider, one.natural_key) in new
        )

    def _insert_new(self) -> Insert:
        """Give the statement that passes over what is there already."""
        if self._is_sqlite:
            return sqlite.insert(notification).on_conflict_do_nothing()
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - a twentieth of `status`, and not for SQLite

        return postgresql.insert(notification).on_conflict_do_nothing()

    def set_states(self, changes: Sequence[StateChange], now: datetime) -> None:
        """Write new states of deliveries; the moment at which a delivery was first settled stays."""
        if not changes:
            return
        with_its_batch = select(batch.c.settled_at).where(
            batch.c.id == delivery.c.batch_id, batch.c.state == BatchState.ACCEPTED
        )
        self._connection.execute(
            update(delivery)
            .where(delivery.c.key == bindparam("its_key"))
            .values(
                state=bindparam("its_state"),
                reason=bindparam("its_reason"),
                settled_at=func.coalesce(
                    delivery.c.settled_at,
                    with_its_batch.scalar_subquery(),
                    bindparam("its_moment", type_=Moment()),
                ),
            ),
            [
                {"its_key": one.key, "its_state": one.state.value, "its_reason": one.reason or None, "its_moment": now}
                for one in changes
            ],
        )

    def close_proven(self, batch_ids: Collection[BatchId], now: datetime) -> tuple[SendingId, ...]:
        """Settle the batches of doubt in which nobody is in doubt any more; give their sendings, each once."""
        settled = [
            settle_proven(self._connection, batch.c.id.in_(portion), now) for portion in _portions(sorted(batch_ids))
        ]
        return tuple(dict.fromkeys(sending_id for portion in settled for sending_id in portion))

    def pause(self, sending_id: SendingId, *, reason: str) -> bool:
        """Let no further batch of a running sending be claimed; False when it is not running."""
        paused = self._connection.execute(
            update(sending)
            .where(sending.c.id == sending_id, sending.c.state == SendingState.RUNNING)
            .values(state=SendingState.PAUSED, pause_reason=reason)
        )
        return paused.rowcount > 0

    # Reading the ledger

    def deliveries(self, keys: Iterable[DeliveryKey]) -> dict[DeliveryKey, KnownDelivery]:
        """Give the deliveries with these keys; keys that are not ours are absent."""
        known: dict[DeliveryKey, KnownDelivery] = {}
        for portion in _portions(dict.fromkeys(keys)):
            found = (
                select(
                    delivery.c.key,
                    delivery.c.sending_id,
                    sending.c.is_rehearsal,
                    delivery.c.batch_id,
                    func.coalesce(rehashed.c.new_hash, delivery.c.address_hash).label("address_hash"),
                    STATE.label("state"),
                )
                .select_from(
                    WITH_BATCH.join(sending, sending.c.id == delivery.c.sending_id).outerjoin(
                        rehashed, rehashed.c.old_hash == delivery.c.address_hash
                    )
                )
                .where(delivery.c.key.in_(portion))
            )
            for row in self._connection.execute(found):
                known[DeliveryKey(row.key)] = KnownDelivery(**row._asdict() | {"state": DeliveryState(row.state)})
        return known

    def labels(self, keys: Iterable[DeliveryKey]) -> dict[DeliveryKey, IssueLabel]:
        """Give the issues of deliveries."""
        labels: dict[DeliveryKey, IssueLabel] = {}
        for portion in _portions(list(keys)):
            found = (
                select(delivery.c.key, sending.c.label)
                .join_from(delivery, sending, sending.c.id == delivery.c.sending_id)
                .where(delivery.c.key.in_(portion))
            )
            labels.update({DeliveryKey(key): IssueLabel(label) for key, label in self._connection.execute(found)})
        return labels

    def kept_among(self, provider: str, natural_keys: Iterable[str]) -> set[str]:
        """Give those of the natural keys under which the provider told something before."""
        kept: set[str] = set()
        for portion in _portions(list(natural_keys)):
            found = select(notification.c.natural_key).where(
                notification.c.provider == provider, notification.c.natural_key.in_(portion)
            )
            kept.update(self._connection.execute(found).scalars())
        return kept

    def histories(self, address_hashes: Iterable[AddressHash]) -> dict[AddressHash, tuple[DeliveryState, ...]]:
        """Give, by address, how its deliveries ended in real sendings, the newest first; those skipped are left out."""
        latest = (
            select(sending.c.id)
            .where(~sending.c.is_rehearsal)
            .order_by(sending.c.id.desc())
            .limit(_SENDINGS_LOOKED_BACK_ON)
        )
        recent = self._connection.execute(latest).scalars().all()
        ends: list[tuple[int, AddressHash, DeliveryState]] = []
        hashes = {one: one for one in address_hashes}
        for portion in _portions(list(hashes)):
            before = self._connection.execute(select(rehashed).where(rehashed.c.new_hash.in_(portion)))
            hashes.update({AddressHash(row.old_hash): AddressHash(row.new_hash) for row in before})
        for portion in _portions(hashes):
            found = (
                select(delivery.c.address_hash, delivery.c.sending_id, STATE)
                .select_from(WITH_BATCH)
                .where(
                    delivery.c.sending_id.in_(recent),
                    delivery.c.address_hash.in_(portion),
                    or_(delivery.c.state.is_not(None), batch.c.state == BatchState.ACCEPTED),
                    STATE != DeliveryState.SKIPPED,
                )
            )
            for address_hash, sending_id, state in self._connection.execute(found):
                ends.append((sending_id, hashes[AddressHash(address_hash)], DeliveryState(state)))
        histories: dict[AddressHash, list[DeliveryState]] = {}
        for _, address_hash, state in sorted(ends, key=lambda end: -end[0]):
            histories.setdefault(address_hash, []).append(state)
        return {address_hash: tuple(states) for address_hash, states in histories.items()}

    def resumed_at(self, sending_id: SendingId) -> datetime | None:
        """Give when a person last let a paused sending go on; None when nobody had to."""
        found: datetime | None = self._connection.execute(
            select(sending.c.resumed_at).where(sending.c.id == sending_id)
        ).scalar_one()
        return found

    def count_blocked(self, sending_id: SendingId, *, since: datetime | None = None) -> int:
        """Count the deliveries of a sending, handed over since, that were returned for what we are or wrote."""
        counted = (
            select(func.count(distinct(notification.c.delivery_key)))
            .select_from(notification.join(delivery, delivery.c.key == notification.c.delivery_key))
            .where(
                notification.c.sending_id == sending_id,
                notification.c.kind == NotificationKind.BLOCKED,
                *_handed_over(sending_id, since),
            )
        )
        return self._connection.execute(counted).scalar_one()

    def count_accepted(self, sending_id: SendingId, *, since: datetime | None = None) -> int:
        """Count the deliveries of a sending, handed over since, that the provider took, whatever became of them."""
        counted = (
            select(func.count())
            .select_from(WITH_BATCH)
            .where(
                delivery.c.sending_id == sending_id,
                STATE.in_(sorted(ACCEPTED_AND_LATER)),
                *_handed_over(sending_id, since),
            )
        )
        return self._connection.execute(counted).scalar_one()

    # Reading for a person

    def page(
        self, *, kinds: Collection[NotificationKind] = (), since: datetime | None = None, limit: int
    ) -> tuple[KeptNotification, ...]:
        """Give the newest notifications, those that happened last first; only of some kinds where any are named."""
        found = (
            select(notification, sending.c.label)
            .select_from(notification.outerjoin(sending, sending.c.id == notification.c.sending_id))
            .order_by(notification.c.at.desc(), notification.c.id.desc())
            .limit(limit)
        )
        if kinds:
            found = found.where(notification.c.kind.in_(sorted(kinds)))
        if since is not None:
            found = found.where(notification.c.at >= since)
        return tuple(
            KeptNotification(
                at=row.at,
                received_at=row.received_at,
                provider=row.provider,
                kind=NotificationKind(row.kind),
                label=None if row.label is None else IssueLabel(row.label),
                reason=row.reason,
                raw=row.raw,
            )
            for row in self._connection.execute(found)
        )

    def counts(self, *, since: datetime | None = None) -> dict[NotificationKind, int]:
        """Count the notifications by kind; those of an aware moment or later where one is given."""
        counted = select(notification.c.kind, func.count()).group_by(notification.c.kind)
        if since is not None:
            counted = counted.where(notification.c.at >= since)
        found = {NotificationKind(kind): count for kind, count in self._connection.execute(counted)}
        return {kind: found[kind] for kind in NotificationKind if kind in found}

    def timeline(self, sending_id: SendingId) -> tuple[TimelinePoint, ...]:
        """Give how many deliveries were accepted and delivered when, the earliest first.

        A delivery was accepted when the mailer's answer was recorded, and delivered at the moment the provider says.
        """
        moment = with_state(delivery.c.settled_at, batch.c.settled_at)
        taken = (
            select(moment, func.count())
            .select_from(WITH_BATCH)
            .where(delivery.c.sending_id == sending_id, STATE.in_(sorted(ACCEPTED_AND_LATER)))
            .group_by(moment)
        )
        points = [
            TimelinePoint(at=at, state=DeliveryState.ACCEPTED, deliveries=count)
            for at, count in self._connection.execute(taken)
        ]
        told = (
            select(notification.c.at, func.count(distinct(notification.c.delivery_key)))
            .where(notification.c.sending_id == sending_id, notification.c.kind == NotificationKind.DELIVERED)
            .group_by(notification.c.at)
        )
        points += [
            TimelinePoint(at=at, state=DeliveryState.DELIVERED, deliveries=count)
            for at, count in self._connection.execute(told)
        ]
        return tuple(sorted(points, key=lambda point: (point.at, point.state)))

    @property
    def _is_sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"


def _handed_over(sending_id: SendingId, since: datetime | None) -> tuple[ColumnElement[bool], ...]:
    """Choose the deliveries of a sending that were claimed at an aware moment or later; None chooses all."""
    if since is None:
        return ()
    claimed = select(batch.c.id).where(batch.c.sending_id == sending_id, batch.c.claimed_at >= since)
    return (delivery.c.batch_id.in_(claimed),)


def _row(one: Notification, known: KnownDelivery | None, now: datetime) -> dict[str, object]:
    """Write a notification as a row."""
    return {
        "provider": one.provider,
        "event_id": one.event_id,
        "natural_key": one.natural_key,
        "kind": one.kind.value,
        "at": one.at,
        "received_at": now,
        "delivery_key": one.delivery_key,
        "sending_id": None if known is None else known.sending_id,
        "reason": one.reason,
        "raw": one.raw,
    }


def _portions(values: Iterable[Value]) -> Iterator[list[Value]]:
    """Cut values into lists that one statement can take."""
    remaining = iter(values)
    while portion := list(islice(remaining, _VALUES_IN_ONE_STATEMENT)):
        yield portion
