"""The publication's keys: which one is in use, which older ones still count, and what they are called."""

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import NewType

from newsletter.domain.audience import AddressHash, hash_address

KeyId = NewType("KeyId", str)
"""16 hex digits that name a key and give nothing of it away; they stand in the database and in exported lists."""


def key_digest(key: bytes) -> bytes:
    """Give 32 bytes that follow from a key and say nothing of it: all that names it begins with them."""
    return hmac.digest(key, b"newsletter key id\0", hashlib.sha256)


def key_id(key: bytes) -> KeyId:
    """Name a key."""
    return KeyId(key_digest(key)[:8].hex())


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The keys of a publication.

    Attributes:
        current: Makes the hashes of everybody who is stored, and signs.
        kept: Older and imported ones: they verify and look up, and never sign.
    """

    current: bytes = field(repr=False)
    kept: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Give all of them, the one in use first."""
        return (self.current, *self.kept)

    def hashes_of(self, address: str) -> tuple[AddressHash, ...]:
        """Give the hashes under which an address may be known, the one in use first."""
        return tuple(hash_address(address, key) for key in self.keys)
