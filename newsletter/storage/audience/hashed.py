"""What every part of the store shares: a transaction, the key of the hashes, lists cut to what a statement takes."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection

from newsletter.domain.audience import AddressHash, hash_address

Value = TypeVar("Value")

VALUES_IN_ONE_STATEMENT = 5_000
"""SQLite takes 32,766 values in a statement, PostgreSQL 65,535."""


class HashedStore:
    """What is kept of addresses, within one transaction.

    Args:
        connection: In a transaction; a writing one for the methods that write.
        key: The publication's key, for the hashes of addresses.
    """

    def __init__(self, connection: Connection, *, key: bytes) -> None:
        self._connection = connection
        self._key = key

    def hash_of(self, address: str) -> AddressHash:
        """Give the keyed hash of an address."""
        return hash_address(address, self._key)


def portions(values: Iterable[Value]) -> Iterator[list[Value]]:
    """Cut values into lists that one statement can take."""
    remaining = iter(values)
    while portion := list(islice(remaining, VALUES_IN_ONE_STATEMENT)):
        yield portion
