"""Let people leave, and keep addresses from ever being mailed.

Its door is `unsubscribe_address`, `unsubscribe_by_token`, `suppress_address`, `lift_suppression` and
`erase_subscriber`. Leaving works at once, any number of times, and also for somebody we do not know (any more): the
suppression is kept under the keyed hash of the address and outlives the person's record. Only a person lifts a
suppression, with a reason, and that is recorded.

The room decides; the store behind `SuppressionStore` keeps, and is the only one who knows the key of the hashes.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.audience.addresses import parse_address
from newsletter.audience.tokens import read_unsubscribe_token
from newsletter.domain.audience import AddressHash, SubscriberStatus, Suppression, SuppressionReason
from newsletter.errors import UsageError


class SuppressionStore(Protocol):
    """What leaving and suppressing need to know and to keep; `storage.audience` does it."""

    def hash_of(self, address: str) -> AddressHash:
        """Give the keyed hash of an address."""
        ...

    def current_hash(self, address_hash: AddressHash) -> AddressHash:
        """Give the hash under which a person is known today, of one that may be from before the key was changed."""
        ...

    def status_of(self, address_hash: AddressHash) -> SubscriberStatus | None:
        """Give a person's status, or None when there is no such person."""
        ...

    def moved_to(self, address_hash: AddressHash) -> AddressHash | None:
        """Give the hash of the address that somebody has instead of an old one, or None."""
        ...

    def set_status(self, address_hash: AddressHash, status: SubscriberStatus, now: datetime) -> None:
        """Keep a person's new status."""
        ...

    def suppress(
        self,
        address_hash: AddressHash,
        reason: SuppressionReason,
        at: datetime,
        note: str,
        *,
        over: Collection[SuppressionReason] = (),
    ) -> bool:
        """Keep that an address must never be mailed; False when it was already: only a reason in `over` is replaced."""
        ...

    def lift(self, address_hash: AddressHash, at: datetime, note: str) -> Suppression | None:
        """Remove a suppression, keep that it was removed and why, and give it; None when there is none."""
        ...

    def erase(self, address_hash: AddressHash) -> bool:
        """Remove a person's record and consents; False when there is no such person."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """What unsubscribing found.

    Attributes:
        is_known: There is a person with this address.
        is_new: The person, or the unknown address, could have been mailed until now.
    """

    is_known: bool
    is_new: bool


def unsubscribe_address(address: str, *, store: SuppressionStore, now: datetime, note: str) -> Departure:
    """Let the holder of an address leave; doing it again changes nothing.

    Args:
        address: As somebody wrote it.
        store: Where it is kept.
        now: Aware.
        note: How it came about, without the address: `command line`.

    Raises:
        UsageError: The address is none, or the note holds an address.
    """
    return _unsubscribe(store.hash_of(parse_address(address)), store=store, now=now, note=note)


def unsubscribe_by_token(
    token: str, *, keys: Sequence[bytes], store: SuppressionStore, now: datetime, note: str
) -> Departure:
    """Let the person leave for whom a token was made, however old it is; doing it again changes nothing.

    Args:
        token: From a mail's unsubscribe link.
        keys: The key in use and older ones that still count.
        store: Where it is kept.
        now: Aware.
        note: How it came about, without the address: `mail to the unsubscribe address`.

    Raises:
        UsageError: The token is not valid, or the note holds an address.
    """
    address_hash = store.current_hash(read_unsubscribe_token(token, keys))
    return _unsubscribe(address_hash, store=store, now=now, note=note)


def _unsubscribe(address_hash: AddressHash, *, store: SuppressionStore, now: datetime, note: str) -> Departure:
    _refuse_address(note)
    departure = _leave(address_hash, store=store, now=now, note=note)
    moved = store.moved_to(address_hash)
    if moved is None:
        return departure
    # The link stood in a mail to an address that the person has given up: the person leaves, wherever mail goes now.
    new = _leave(moved, store=store, now=now, note=note)
    return Departure(is_known=departure.is_known or new.is_known, is_new=departure.is_new or new.is_new)


def _leave(address_hash: AddressHash, *, store: SuppressionStore, now: datetime, note: str) -> Departure:
    """Let the holder of one address leave."""
    status = store.status_of(address_hash)
    is_leaving = status not in {None, SubscriberStatus.UNSUBSCRIBED}
    if is_leaving:
        store.set_status(address_hash, SubscriberStatus.UNSUBSCRIBED, now)
    is_suppressed_now = store.suppress(address_hash, SuppressionReason.UNSUBSCRIBED, now, note)
    return Departure(is_known=status is not None, is_new=is_leaving or is_suppressed_now)


def suppress_address(
    address: str, *, reason: SuppressionReason, store: SuppressionStore, now: datetime, note: str
) -> bool:
    """Keep an address from ever being mailed; False when it was suppressed already, and stays as it was.

    Only the trace of leaving gives way: whoever is barred for more does not come back by subscribing again.

    Raises:
        UsageError: The address is none, or the note holds an address.
    """
    _refuse_address(note)
    over = {SuppressionReason.UNSUBSCRIBED}
    return store.suppress(store.hash_of(parse_address(address)), reason, now, note, over=over)


def lift_suppression(address: str, *, store: SuppressionStore, now: datetime, note: str) -> Suppression:
    """Allow an address again because a person says so; give the suppression that was lifted.

    The status is left as it is: whoever had left is mailed only after `subscribers.resubscribe_person`.

    Args:
        address: As somebody wrote it.
        store: Where it is kept.
        now: Aware.
        note: Why, in words and without the address; recorded.

    Raises:
        UsageError: The address is none or is not suppressed, or the note is empty or holds an address.
    """
    require_reason(note)
    lifted = store.lift(store.hash_of(parse_address(address)), now, note)
    if lifted is None:
        raise UsageError("This address is not suppressed.", hint="See `newsletter subscriber show` for its status.")
    return lifted


def erase_subscriber(address: str, *, store: SuppressionStore, now: datetime, note: str) -> bool:
    """Remove all that is known of a person but the keyed hash that keeps the address from being mailed again.

    False when nobody had the address; it is suppressed all the same, so that no later file brings it in.

    Raises:
        UsageError: The address is none, or the note holds an address.
    """
    _refuse_address(note)
    address_hash = store.hash_of(parse_address(address))
    # Over every other reason: a backup put back must know that the person was erased.
    over = [reason for reason in SuppressionReason if reason is not SuppressionReason.ERASED]
    store.suppress(address_hash, SuppressionReason.ERASED, now, note, over=over)
    return store.erase(address_hash)


def require_reason(note: str) -> None:
    """Refuse to bring an address back when nobody says why, or when the reason holds an address.

    Raises:
        UsageError: The note is empty or holds an address.
    """
    _refuse_address(note)
    if not note.strip():
        raise UsageError("This needs a reason.", hint="Say in one sentence who asked for it, and when.")


def _refuse_address(note: str) -> None:
    """Keep addresses out of what outlives a person's record."""
    if "@" in note:
        raise UsageError("A note must not hold an address: it is kept after the person's record is gone.")
