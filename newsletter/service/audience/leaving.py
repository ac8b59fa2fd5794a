"""Leaving by the link of a mail, by one click or two: what the public pages ask for."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.audience.addresses import masked
from newsletter.audience.suppression import Departure, unsubscribe_by_token
from newsletter.audience.tokens import TokenPurpose, make_token, read_unsubscribe_token
from newsletter.domain.audience import AddressHash
from newsletter.domain.content import Language
from newsletter.errors import UsageError
from newsletter.service.resources import Resources

NOTE = "unsubscribe link of a mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaver:
    """The reader for whom a link was made, as far as a page may say: mails are forwarded.

    Attributes:
        masked_address: `a…@e….fi`.
        language: In which he or she reads.
    """

    masked_address: str
    language: Language


class LeavingService:
    """What a link of a mail opens."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def is_valid(self, token: str) -> bool:
        """Tell whether a link of ours has this token, however old it is and whoever is gone since."""
        return self._holder(token) is not None

    def reader(self, token: str) -> Leaver | None:
        """Give the reader of a link; None for a forged one, and for a person who is not known (any more)."""
        if (holder := self._holder(token)) is None:
            return None
        with self._resources.people() as store:
            person = store.find_hashed(store.current_hash(holder))
        return None if person is None else Leaver(masked_address=masked(person.address), language=person.language)

    def leave(self, tokens: Sequence[str]) -> tuple[Departure, ...]:
        """Let the readers of valid links leave, each once, all in one transaction; again does no harm.

        Raises:
            UsageError: A token is not valid.
            StorageError: The database is locked, full or cannot be written; nobody has left.
        """
        keys, now = self._resources.keys.keys, self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return tuple(
                unsubscribe_by_token(token, keys=keys, store=store, now=now, note=NOTE)
                for token in dict.fromkeys(tokens)
            )

    def prove(self, nonce: str) -> str:
        """Sign what somebody asks with, so that a sender knows whose pages answer at an address.

        Args:
            nonce: 1 to 100 ASCII letters, digits, `_` and `-`.
        """
        return make_token(TokenPurpose.PROOF, nonce, self._resources.keys.current)

    def _holder(self, token: str) -> AddressHash | None:
        """Give the hash for which a token was made, or None for a forged one."""
        try:
            return read_unsubscribe_token(token, self._resources.keys.keys)
        except UsageError:
            return None
