"""What a provider tells us later about a delivery, in our words whatever the provider calls it.

A mailer's own file turns the provider's payload into these; `track.reduce` turns these into states. Neither order nor
number can be relied on: providers send in any order and the same thing again, so each Notification carries two keys by
which a repetition is known. An address is carried only to be compared with that of the delivery, and never kept.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from newsletter.domain.audience import AddressHash, SuppressionReason
from newsletter.domain.delivery import BatchId, DeliveryKey, DeliveryState, SendingId
from newsletter.domain.issue import IssueLabel


class NotificationKind(StrEnum):
    """What happened."""

    PROCESSED = "processed"
    """The provider has it and will try to hand it over: proof that our call was taken."""
    DEFERRED = "deferred"
    """The reader's server said "later"; the provider goes on trying."""
    DELIVERED = "delivered"
    BOUNCED_HARD = "bounced hard"
    """The address does not exist."""
    BOUNCED_SOFT = "bounced soft"
    """Returned for a reason that may pass: a full mailbox, a server out of order."""
    BLOCKED = "blocked"
    """Returned for what we are or wrote: reputation, content, policy. Many at once are our problem, not theirs."""
    DROPPED = "dropped"
    """The provider never tried, although it had taken the message."""
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    """Somebody joined again at the provider; lifts nothing of ours."""
    ACCOUNT_CHANGED = "account changed"
    """About our account with the provider, not about a delivery: for the operator to read."""
    SET_ASIDE = "set aside"
    """It names a delivery that went to another address than its own: kept to be read, and nothing follows from it."""
    UNRECOGNISED = "unrecognised"
    """A kind that we do not know yet; kept raw."""


_ENHANCED_STATUS = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b")
_HARD_STATUS = re.compile(r"5\.1\.\d+\Z|5\.2\.1\Z")
_POLICY_STATUS = re.compile(r"[45]\.7\.\d+\Z")


def kind_of_status(status: str) -> NotificationKind:
    """Say what a returned mail's status means (RFC 3463); only proof is hard, for a hard bounce suppresses at once.

    Hard is an address that is wrong (5.1.x) or whose mailbox is disabled (5.2.1). Security and policy (x.7.x) are about
    us. All the rest may pass.
    """
    if _POLICY_STATUS.match(status):
        return NotificationKind.BLOCKED
    return NotificationKind.BOUNCED_HARD if _HARD_STATUS.match(status) else NotificationKind.BOUNCED_SOFT


def status_in(text: str) -> str:
    """Give the first status that a server's words name, or nothing."""
    found = _ENHANCED_STATUS.search(text)
    return found[0] if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One thing that a provider told us.

    Attributes:
        event_id: The provider's own id of this notification, or None. A repetition may come with another one.
        natural_key: 64 hex digits over what happened, when and to which message: equal for a repetition with a new id.
        delivery_key: Of the ledger row, as we gave it to the provider; None when it is not about a delivery of ours.
        address: Whose it is, as the provider says; None from a provider that never tells, empty where it should have.
        provider_id: What the provider calls the call that handed the message over, or None.
        reason: In the provider's words on one line, without any address; may be empty.
        suppression: Why the address must never be mailed again, when this alone says so; None otherwise.
        raw: The provider's text without the address, for the kinds that a person has to read; empty for the others.
    """

    provider: str
    event_id: str | None
    natural_key: str
    kind: NotificationKind
    at: datetime
    delivery_key: DeliveryKey | None = None
    address: str | None = field(default=None, repr=False)
    provider_id: str | None = None
    reason: str = ""
    suppression: SuppressionReason | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationReading:
    """What became of one payload of a provider.

    Attributes:
        left_out: How many entries we do not want to know: opens and clicks, which we do not measure.
        faults: One sentence for each entry that cannot be used, without any address; the others count all the same.
    """

    notifications: tuple[Notification, ...]
    left_out: int = 0
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSuppression:
    """An address on one of the provider's own suppression lists: the safety net under the notifications.

    Attributes:
        address: Whose; for hashing, then to be forgotten.
        reason: Why it must never be mailed, or None where the provider only met a passing block.
        note: Which list, and the provider's reason without any address.
    """

    address: str = field(repr=False)
    reason: SuppressionReason | None
    at: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedSuppressions:
    """What a provider's own suppression lists hold.

    Attributes:
        suppressions: List by list, in the provider's order.
        faults: One sentence for each list that could not be read to its end.
        is_rehearsal: They are a stand-in's: nothing about a person follows from them.
    """

    suppressions: tuple[ProviderSuppression, ...]
    faults: tuple[str, ...] = ()
    is_rehearsal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDelivery:
    """What the ledger knows of a delivery that a notification is about.

    Attributes:
        is_rehearsal: Of a rehearsal, from which nothing about a person follows.
    """

    key: DeliveryKey
    sending_id: SendingId
    is_rehearsal: bool
    batch_id: BatchId
    address_hash: AddressHash
    state: DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """A delivery's new state.

    Attributes:
        reason: Why, without any address; may be empty.
    """

    key: DeliveryKey
    state: DeliveryState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptNotification:
    """A notification as it is listed for a person.

    Attributes:
        label: The issue, or None when it is not about a delivery of ours.
        reason: In the provider's words, without any address; may be empty.
        raw: The provider's text, for the kinds that a person has to read.
    """

    at: datetime
    received_at: datetime
    provider: str
    kind: NotificationKind
    label: IssueLabel | None
    reason: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePoint:
    """How many deliveries of a sending reached a state at one moment.

    Attributes:
        state: `accepted` or `delivered`.
    """

    at: datetime
    state: DeliveryState
    deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDoor:
    """How one provider's notifications come in.

    Attributes:
        name: Of the mailer; the last part of the webhook's address.
        can_be_signed: Tells by these headers whether a body is worth taking.
        is_signed: Tells whether these bytes, with these headers, are the provider's.
        read: Puts the bytes into our words.
    """

    name: str
    can_be_signed: Callable[[Mapping[str, str]], bool]
    is_signed: Callable[[bytes, Mapping[str, str]], bool]
    read: Callable[[bytes], NotificationReading]
