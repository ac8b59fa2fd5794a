"""What every part of the store shares: a transaction, and the keys of the hashes."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, exists, select

from newsletter.domain.audience import AddressHash, hash_address
from newsletter.domain.departures import NotedChange
from newsletter.storage.audience.keys import KeyStore
from newsletter.storage.tables import rehashed, subscriber, suppression


class HashedStore:
    """What is kept of addresses, within one transaction.

    Args:
        connection: In a transaction; a writing one for the methods that write.
        key: The publication's key, for the hashes of addresses.
        kept: Older ones, under which people who are gone may be known.
        by: Who records what is written.
    """

    def __init__(self, connection: Connection, *, key: bytes, kept: Sequence[bytes] = (), by: str = "") -> None:
        self.connection = connection
        self._key = key
        self._kept = tuple(kept)
        self._by = by
        self._changes: list[NotedChange] = []

    def hash_of(self, address: str) -> AddressHash:
        """Give the keyed hash of an address: of somebody who is gone the one under which a suppression is kept."""
        current, *older = self.hashes_of(address)
        if older:
            held = select(suppression.c.address_hash).where(suppression.c.address_hash.in_([current, *older]))
            found = set(self.connection.execute(held).scalars())
            is_stored = exists().where(subscriber.c.address_hash == current)
            if found and current not in found and not self.connection.execute(select(is_stored)).scalar_one():
                return next(one for one in older if one in found)
        return current

    def current_hash(self, address_hash: AddressHash) -> AddressHash:
        """Give the hash under which a person is known today, of one that may be from before the key was changed."""
        moved = select(rehashed.c.new_hash).where(rehashed.c.old_hash == address_hash)
        return AddressHash(self.connection.execute(moved).scalar() or address_hash)

    def hashes_of(self, address: str) -> list[AddressHash]:
        """Give the hashes under which an address may be kept, the one in use first."""
        return [hash_address(address, key) for key in (self._key, *self._kept)]

    def _bring_over(self, addresses: Iterable[str]) -> None:
        """Bring what is kept of people who were gone under the key in use, for they are about to be stored again."""
        if self._kept:
            hashes = {old: new for new, *older in map(self.hashes_of, addresses) for old in older}
            KeyStore(self.connection).bring_over(hashes)
