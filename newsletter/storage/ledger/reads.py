"""Read the ledger: sendings, balances, batches in flight and in doubt. Behind `storage.deliveries`; changes nothing."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, func, select

from newsletter.domain.audience import AddressHash, ExclusionReason
from newsletter.domain.delivery import (
    ACCEPTED_AND_LATER,
    Balance,
    BatchId,
    BatchState,
    DeliveryState,
    InDoubt,
    LeftOutOf,
    PersonDelivery,
    ReasonCount,
    Sending,
    SendingAccount,
    SendingId,
    SendingState,
    UnknownBatch,
)
from newsletter.domain.issue import EditionKey, IssueLabel, parse_edition_key
from newsletter.errors import UsageError
from newsletter.storage.columns import Moment
from newsletter.storage.ledger.statements import STATE, WITH_BATCH, with_state
from newsletter.storage.ledger.transactions import Transactions
from newsletter.storage.tables import batch, delivery, exclusion, sending, subscriber

_SENDING = [sending.c[part.name] for part in fields(Sending)]


def read_sending(connection: Connection, sending_id: SendingId) -> Sending:
    """Give one sending.

    Raises:
        UsageError: There is none with this number.
    """
    found = _sendings(connection, select(*_SENDING).where(sending.c.id == sending_id))
    if not found:
        raise UsageError(f"There is no sending {sending_id}.")
    return found[0]


def _sendings(connection: Connection, query: Select[*tuple[Any, ...]]) -> tuple[Sending, ...]:
    rows = connection.execute(query)
    return tuple(Sending(**row._asdict() | {"state": SendingState(row.state)}) for row in rows)


def read_balance(connection: Connection, sending_id: SendingId) -> Balance:
    """Count everybody of a sending: by reason those left out, by state the others.

    The candidates were counted apart when the audience was fixed, so the sum can fail.
    """
    candidates = connection.execute(select(sending.c.candidates).where(sending.c.id == sending_id)).scalar_one()
    excluded = connection.execute(
        select(exclusion.c.reason, func.count())
        .where(exclusion.c.sending_id == sending_id)
        .group_by(exclusion.c.reason)
        .order_by(exclusion.c.reason)
    )
    planned = connection.execute(
        select(func.count()).select_from(delivery).where(delivery.c.sending_id == sending_id)
    ).scalar_one()
    editions = read_editions(connection, sending_id)
    states: dict[DeliveryState, int] = {}
    for counts in editions.values():
        for state, count in counts.items():
            states[state] = states.get(state, 0) + count
    return Balance(
        candidates=candidates,
        excluded={ExclusionReason(reason): count for reason, count in excluded},
        planned=planned,
        states={state: states[state] for state in DeliveryState if state in states},
    )


def read_editions(connection: Connection, sending_id: SendingId) -> Mapping[EditionKey, Mapping[DeliveryState, int]]:
    """Count the deliveries of each edition by state.

    Batches are counted whole, through their index, and only deliveries with a state of their own are looked at: a third
    of the time that joining every delivery with its batch would take.
    """
    of_a_batch = select(func.count()).where(delivery.c.batch_id == batch.c.id).scalar_subquery()
    batches = connection.execute(
        select(batch.c.id, batch.c.edition, batch.c.state, of_a_batch).where(batch.c.sending_id == sending_id)
    ).all()
    apart = (
        select(delivery.c.batch_id, delivery.c.state, func.count())
        .where(delivery.c.sending_id == sending_id, delivery.c.state.is_not(None))
        .group_by(delivery.c.batch_id, delivery.c.state)
    )
    counted: Counter[tuple[str, str]] = Counter()
    left = {batch_id: count for batch_id, _, _, count in batches}
    edition_of = {batch_id: edition for batch_id, edition, _, _ in batches}
    for batch_id, state, count in connection.execute(apart):
        counted[edition_of[batch_id], state] += count
        left[batch_id] -= count
    for batch_id, edition, state, _ in batches:
        counted[edition, state] += left[batch_id]
    editions: dict[EditionKey, dict[DeliveryState, int]] = {}
    for (edition, state), count in sorted(counted.items()):
        if count:
            editions.setdefault(parse_edition_key(edition), {})[DeliveryState(state)] = count
    return editions


def read_domains(connection: Connection, sending_id: SendingId) -> Mapping[str | None, Mapping[DeliveryState, int]]:
    """Count the deliveries of each mail domain by state, the largest domain first; None for people who are gone."""
    if connection.dialect.name == "sqlite":
        after_at = func.substr(subscriber.c.address, func.instr(subscriber.c.address, "@") + 1)
    else:
        after_at = func.split_part(subscriber.c.address, "@", 2)
    domain = func.lower(after_at)
    known = subscriber.c.address_hash == delivery.c.address_hash
    counted = (
        select(domain, STATE, func.count())
        .select_from(WITH_BATCH.outerjoin(subscriber, known))
        .where(delivery.c.sending_id == sending_id)
        .group_by(domain, STATE)
    )
    domains: dict[str | None, dict[DeliveryState, int]] = {}
    for name, state_name, count in connection.execute(counted):
        domains.setdefault(name, {})[DeliveryState(state_name)] = count
    ordered = sorted(domains, key=lambda name: (-sum(domains[name].values()), name or ""))
    return {name: domains[name] for name in ordered}


def read_reasons(connection: Connection, sending_id: SendingId) -> tuple[ReasonCount, ...]:
    """Count deliveries by state and reason, the commonest first.

    A batch's reason is that of its last call, so it speaks only for those that have no end yet.
    """
    reason = with_state(delivery.c.reason, batch.c.reason)
    counted = (
        select(STATE, reason, func.count().label("deliveries"))
        .select_from(WITH_BATCH)
        .where(delivery.c.sending_id == sending_id, reason != "")
        .group_by(STATE, reason)
        .order_by(func.count().desc(), STATE, reason)
    )
    return tuple(
        ReasonCount(state=DeliveryState(name), reason=text, deliveries=count)
        for name, text, count in connection.execute(counted)
    )


_PERSON = (
    sending.c.label,
    sending.c.id.label("sending_id"),
    sending.c.is_rehearsal,
    batch.c.edition,
    batch.c.id.label("batch_id"),
    STATE.label("state"),
    batch.c.claimed_at.label("handed_over_at"),
    with_state(delivery.c.settled_at, batch.c.settled_at).label("settled_at"),
    func.coalesce(with_state(delivery.c.reason, batch.c.reason), "").label("reason"),
    with_state(delivery.c.provider_id, batch.c.provider_id).label("provider_id"),
    subscriber.c.address,
    subscriber.c.name,
)
_WITH_PERSON = WITH_BATCH.join(sending, sending.c.id == delivery.c.sending_id).outerjoin(
    subscriber, subscriber.c.address_hash == delivery.c.address_hash
)


def read_people(connection: Connection, batch_id: BatchId, state: DeliveryState) -> tuple[PersonDelivery, ...]:
    """Give the people of a batch who are in a state, sorted by address."""
    of_batch = (
        select(*_PERSON).select_from(_WITH_PERSON).where(delivery.c.batch_id == batch_id, STATE.in_((state.value,)))
    )
    return _people(connection, of_batch.order_by(subscriber.c.address))


def read_deliveries_to(connection: Connection, hashes: Collection[AddressHash]) -> tuple[PersonDelivery, ...]:
    """Give every delivery to an address, by its hashes, the oldest first."""
    theirs = select(*_PERSON).select_from(_WITH_PERSON).where(delivery.c.address_hash.in_(sorted(hashes)))
    return _people(connection, theirs.order_by(sending.c.id))


def _people(connection: Connection, query: Select[*tuple[Any, ...]]) -> tuple[PersonDelivery, ...]:
    return tuple(
        PersonDelivery(**row._asdict() | {"edition": parse_edition_key(row.edition), "state": DeliveryState(row.state)})
        for row in connection.execute(query)
    )


def read_exclusions_of(connection: Connection, hashes: Collection[AddressHash]) -> tuple[LeftOutOf, ...]:
    """Give every time an address was left out, the oldest first."""
    found = (
        select(sending.c.label, sending.c.started_at, sending.c.is_rehearsal, exclusion.c.reason)
        .join(exclusion, exclusion.c.sending_id == sending.c.id)
        .where(exclusion.c.address_hash.in_(sorted(hashes)))
        .order_by(sending.c.id)
    )
    return tuple(
        LeftOutOf(label=IssueLabel(label), at=at, is_rehearsal=is_rehearsal, reason=ExclusionReason(reason))
        for label, at, is_rehearsal, reason in connection.execute(found)
    )


def read_unknown(connection: Connection, sending_id: SendingId) -> tuple[UnknownBatch, ...]:
    """Give the batches of doubt, oldest first."""
    said = (batch.c.id, batch.c.edition, batch.c.attempt, batch.c.claimed_at, batch.c.reason)
    counted = (
        select(*said, func.count().label("deliveries"))
        .select_from(batch.join(delivery, delivery.c.batch_id == batch.c.id))
        .where(batch.c.sending_id == sending_id, batch.c.state == BatchState.UNKNOWN, delivery.c.state.is_(None))
        .group_by(*said)
        .order_by(batch.c.claimed_at, batch.c.id)
    )
    rows = connection.execute(counted)
    return tuple(UnknownBatch(**row._asdict() | {"edition": parse_edition_key(row.edition)}) for row in rows)


class Reads(Transactions):
    """What the ledger says, each at one moment."""

    def sending(self, sending_id: SendingId) -> Sending:
        """Give one sending.

        Raises:
            UsageError: There is none with this number.
        """
        with self._database.read() as connection:
            return read_sending(connection, sending_id)

    def sendings(self, label: IssueLabel) -> tuple[Sending, ...]:
        """Give every sending of an issue, rehearsals too, oldest first."""
        with self._database.read() as connection:
            return _sendings(connection, select(*_SENDING).where(sending.c.label == label).order_by(sending.c.id))

    def balance(self, sending_id: SendingId) -> Balance:
        """Count everybody of a sending: by reason those left out, by state the others."""
        with self._database.read() as connection:
            return read_balance(connection, sending_id)

    def unknown_batches(self, sending_id: SendingId) -> tuple[UnknownBatch, ...]:
        """Give the batches of doubt, oldest first."""
        with self._database.read() as connection:
            return read_unknown(connection, sending_id)

    def doubt(self, sending_id: SendingId) -> InDoubt:
        """Say who of a sending is in doubt, as long as nobody has decided."""
        with self._database.read() as connection:
            doubts = read_unknown(connection, sending_id)
            goes_on = exists().where(
                batch.c.sending_id == sending_id, batch.c.state.in_((BatchState.QUEUED, BatchState.SENDING))
            )
            return InDoubt(
                people=sum(doubt.deliveries for doubt in doubts),
                since=min((doubt.claimed_at for doubt in doubts), default=None),
                is_all=bool(doubts) and not connection.execute(select(goes_on)).scalar_one(),
            )

    def people(
        self, sending_id: SendingId, state: DeliveryState, *, batch_id: BatchId | None = None
    ) -> Iterator[PersonDelivery]:
        """Give the people who are in a state, batch by batch; each batch is read by itself, so that nobody waits long.

        Raises:
            UsageError: The sending has no such batch.
        """
        with self._database.read() as connection:
            known = connection.execute(
                select(batch.c.id).where(batch.c.sending_id == sending_id).order_by(batch.c.id)
            ).scalars()
            batches = [BatchId(one) for one in known if batch_id in (None, one)]
        if batch_id is not None and not batches:
            raise UsageError(f"This sending has no batch {batch_id}.", hint="`newsletter issue report` lists them.")
        for one in batches:
            with self._database.read() as connection:
                yield from read_people(connection, one, state)

    def deliveries_to(
        self, hashes: Collection[AddressHash]
    ) -> tuple[tuple[PersonDelivery, ...], tuple[LeftOutOf, ...]]:
        """Give every delivery to an address, by its hashes, and every time it was left out; each the oldest first."""
        with self._database.read() as connection:
            return read_deliveries_to(connection, hashes), read_exclusions_of(connection, hashes)

    def has_taken(self, sending_id: SendingId) -> bool:
        """Tell whether the mailer took anybody of a sending."""
        with self._database.read() as connection:
            whole = select(batch.c.id).where(batch.c.sending_id == sending_id, batch.c.state == BatchState.ACCEPTED)
            single = select(delivery.c.key).where(
                delivery.c.sending_id == sending_id, delivery.c.state.in_(sorted(ACCEPTED_AND_LATER))
            )
            return any(connection.execute(found.limit(1)).first() is not None for found in (whole, single))

    def count_real_calls(self) -> int:
        """Count the claims ever made for real sendings; the number only grows, until an older database is put back."""
        with self._database.read() as connection:
            counted = (
                select(func.coalesce(func.sum(batch.c.attempt), 0))
                .select_from(batch.join(sending, sending.c.id == batch.c.sending_id))
                .where(~sending.c.is_rehearsal)
            )
            return int(connection.execute(counted).scalar_one())

    def last_real_at(self) -> datetime | None:
        """Give when the last real sending began; None before the first."""
        with self._database.read() as connection:
            found: datetime | None = connection.execute(
                select(func.max(sending.c.started_at, type_=Moment())).where(~sending.c.is_rehearsal)
            ).scalar_one()
            return found

    def account(self, sending_id: SendingId) -> SendingAccount:
        """Give all that a report needs, read at one moment.

        Raises:
            UsageError: There is no such sending.
        """
        with self._database.read() as connection:
            return SendingAccount(
                sending=read_sending(connection, sending_id),
                balance=read_balance(connection, sending_id),
                editions=read_editions(connection, sending_id),
                domains=read_domains(connection, sending_id),
                reasons=read_reasons(connection, sending_id),
                unknown=read_unknown(connection, sending_id),
            )
