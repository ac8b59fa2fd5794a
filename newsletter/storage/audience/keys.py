"""SQL for the keys behind the hashes: which one made them, and how everybody comes under another. Door: `KeyStore`."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, or_, select, update

from newsletter.domain.audience import AddressHash, SuppressionReason, hash_address
from newsletter.domain.delivery import OPEN_BATCH_STATES, SendingState
from newsletter.domain.keys import KeyId
from newsletter.storage.audience.portions import VALUES_IN_ONE_STATEMENT, portions
from newsletter.storage.tables import (
    act,
    address_change,
    batch,
    consent,
    delivery,
    publication_key,
    rehashed,
    sending,
    subscriber,
    suppression,
    suppression_change,
)

KEYS_SINCE = "0006"
"""The first schema that knows its key."""

_PROVING_MAX = 1_000
"""People on whom a key is tried, from each end of the list: a key that is not theirs reproduces none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKeys:
    """Which keys a database knows.

    Attributes:
        current: The one that made the hashes of everybody who is stored; None before one has proved that it did.
        kept: Those under which people who are gone may be known.
    """

    current: KeyId | None = None
    kept: frozenset[KeyId] = frozenset()


class KeyStore:
    """The keys of the database, within one transaction.

    Args:
        connection: In a transaction; a writing one for the methods that write.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self) -> KnownKeys:
        """Give the keys that the database knows."""
        rows = self._connection.execute(select(publication_key)).all()
        return KnownKeys(
            current=next((KeyId(row.id) for row in rows if row.is_current), None),
            kept=frozenset(KeyId(row.id) for row in rows if not row.is_current),
        )

    def keep(self, known: KnownKeys) -> None:
        """Write which keys there are."""
        self._connection.execute(delete(publication_key))
        rows = [{"id": one, "is_current": False} for one in sorted(known.kept - {known.current})]
        if known.current is not None:
            rows.append({"id": known.current, "is_current": True})
        if rows:
            self._connection.execute(insert(publication_key), rows)

    def count_reproduced(self, keys: Sequence[bytes]) -> tuple[int, tuple[int, ...]]:
        """Try keys on people who are stored: give how many people they were tried on, and how many each reproduced."""
        found = select(subscriber.c.id, subscriber.c.address, subscriber.c.address_hash)
        people = {
            row.id: row
            for order in (subscriber.c.id, subscriber.c.id.desc())
            for row in self._connection.execute(found.order_by(order).limit(_PROVING_MAX))
        }.values()
        return len(people), tuple(
            sum(hash_address(row.address, key) == row.address_hash for row in people) for key in keys
        )

    def count_gone(self) -> int:
        """Count the suppressions of people who are not stored: no key can be shown to be theirs."""
        is_stored = exists().where(subscriber.c.address_hash == suppression.c.address_hash)
        return self._connection.execute(select(func.count()).select_from(suppression).where(~is_stored)).scalar_one()

    def has_open_sending(self) -> bool:
        """Tell whether a sending is on its way, or a mail of one in doubt."""
        return bool(self._open_sendings())

    def _open_sendings(self) -> Sequence[int]:
        is_on_its_way = sending.c.state.in_((SendingState.RUNNING, SendingState.PAUSED))
        is_open = exists().where(batch.c.sending_id == sending.c.id, batch.c.state.in_(OPEN_BATCH_STATES))
        return self._connection.execute(select(sending.c.id).where(or_(is_on_its_way, is_open))).scalars().all()

    # Bringing everybody under a key

    def rehash(self, key: bytes) -> int:
        """Bring everybody who is stored under a key, with consents and suppressions; give how many were under another.

        Which hash became which is kept, for what has the old one: deliveries, and the links of mails.
        """
        count, after = 0, 0
        found = select(subscriber.c.id, subscriber.c.address, subscriber.c.address_hash).order_by(subscriber.c.id)
        while rows := self._connection.execute(
            found.where(subscriber.c.id > after).limit(VALUES_IN_ONE_STATEMENT)
        ).all():
            after = rows[-1].id
            hashes = {row.id: hash_address(row.address, key) for row in rows}
            moving = {row.id: AddressHash(row.address_hash) for row in rows if row.address_hash != hashes[row.id]}
            if moving:
                self._move({old: hashes[whose] for whose, old in moving.items()})
            count += len(moving)
        return count

    def adopt(self, keys: Sequence[bytes], *, own: bytes) -> int:
        """Bring suppressions made under other keys to the people who are stored; give how many of them have one now.

        Args:
            keys: Under which suppressions may be kept: those of a list from elsewhere, or of a key used before.
            own: The key in use.
        """
        count, after = 0, 0
        found = select(subscriber.c.id, subscriber.c.address).order_by(subscriber.c.id)
        while rows := self._connection.execute(
            found.where(subscriber.c.id > after).limit(VALUES_IN_ONE_STATEMENT)
        ).all():
            after = rows[-1].id
            own_hashes = {row.address: hash_address(row.address, own) for row in rows}
            hashes = {hash_address(address, key): own_hashes[address] for address in own_hashes for key in keys}
            for portion in portions(hashes):
                held = select(func.count()).where(suppression.c.address_hash.in_(portion))
                count += self._connection.execute(held).scalar_one()
            self.bring_over(hashes)
        return count

    def bring_over(self, hashes: Mapping[AddressHash, AddressHash]) -> None:
        """Bring what is kept of people who are gone from the hashes of a kept key to those in use."""
        held = set(self._held(hashes))
        self._move({old: new for old, new in hashes.items() if old in held})

    def _held(self, hashes: Collection[AddressHash]) -> Sequence[AddressHash]:
        """Give those of the hashes under which something is kept of somebody who is gone."""
        held: dict[AddressHash, None] = {}
        for portion in portions(hashes):
            for table in (suppression, suppression_change, consent):
                found = select(table.c.address_hash).where(table.c.address_hash.in_(portion)).distinct()
                held.update(dict.fromkeys(map(AddressHash, self._connection.execute(found).scalars())))
        return tuple(held)

    def _move(self, hashes: Mapping[AddressHash, AddressHash]) -> None:
        """Give rows their new hashes, and keep which was which."""
        if not hashes:
            return
        pairs = [{"its_old": old, "its_new": new} for old, new in hashes.items()]
        self._yield_suppressions(hashes)
        for column in (address_change.c.old_hash, address_change.c.new_hash):
            moved = update(address_change).where(column == bindparam("its_old"))
            self._connection.execute(moved.values({column: bindparam("its_new")}), pairs)
        for table in (subscriber, consent, suppression, suppression_change, act):
            moved = update(table).where(table.c.address_hash == bindparam("its_old"))
            self._connection.execute(moved.values(address_hash=bindparam("its_new")), pairs)
        for sending_id in self._open_sendings():
            # It goes on with the same people; those of the others are found through what is kept here.
            open_ones = update(delivery).where(
                delivery.c.sending_id == sending_id, delivery.c.address_hash == bindparam("its_old")
            )
            self._connection.execute(open_ones.values(address_hash=bindparam("its_new")), pairs)
        moved_twice = update(rehashed).where(rehashed.c.new_hash == bindparam("its_old"))
        self._connection.execute(moved_twice.values(new_hash=bindparam("its_new")), pairs)
        self._connection.execute(delete(rehashed).where(rehashed.c.old_hash == bindparam("its_old")), pairs)
        self._connection.execute(
            insert(rehashed).values(old_hash=bindparam("its_old"), new_hash=bindparam("its_new")), pairs
        )
        self._connection.execute(delete(rehashed).where(rehashed.c.old_hash == rehashed.c.new_hash))

    def _yield_suppressions(self, hashes: Mapping[AddressHash, AddressHash]) -> None:
        """Where an address is suppressed under both hashes keep one: leaving alone gives way."""
        reasons = {}
        for portion in portions([*hashes, *hashes.values()]):
            found = select(suppression.c.address_hash, suppression.c.reason).where(
                suppression.c.address_hash.in_(portion)
            )
            reasons.update({row.address_hash: row.reason for row in self._connection.execute(found)})
        for old, new in hashes.items():
            if old in reasons and new in reasons:
                weaker = new if reasons[new] == SuppressionReason.UNSUBSCRIBED else old
                self._connection.execute(delete(suppression).where(suppression.c.address_hash == weaker))
