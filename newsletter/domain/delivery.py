"""The ledger's words: Sending, Batch, Delivery, and the balances that must hold after every transaction.

    queued -> sending -> accepted -> delivered | deferred | bounced | complained
                      -> rejected | unknown            queued -> skipped

`queued`, `sending`, `unknown` and at first `accepted` are the Batch's states: a claim and its answer write one row
each, not a thousand. A delivery has a state of its own once it ends otherwise than its batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from newsletter.domain.audience import AddressHash, ExclusionReason, SubscriberId
from newsletter.domain.issue import ApprovalHash, EditionKey, IssueLabel
from newsletter.errors import counted

SendingId = NewType("SendingId", int)
BatchId = NewType("BatchId", int)
DeliveryKey = NewType("DeliveryKey", str)
"""32 hex digits, opaque, made when the audience is fixed; all that a provider learns of a delivery."""


class SendingState(StrEnum):
    """Where a sending stands."""

    RUNNING = "sending"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class BatchState(StrEnum):
    """Where a batch stands, and with it every delivery in it that has no state of its own."""

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    """Every delivery has a state of its own."""


OPEN_BATCH_STATES = (BatchState.QUEUED, BatchState.SENDING, BatchState.UNKNOWN)
"""Those of batches that keep a sending from its end."""


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED_SOFT = "bounced soft"
    BOUNCED_HARD = "bounced hard"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    SKIPPED = "skipped"


class Checkpoint(StrEnum):
    """A named moment of a sending at which a test may kill the process; the real callable does nothing."""

    BEFORE_FREEZE_COMMIT = "before freeze commit"
    AFTER_FREEZE_COMMIT = "after freeze commit"
    BEFORE_CLAIM_COMMIT = "before claim commit"
    AFTER_CLAIM_COMMIT = "after claim commit"
    BEFORE_HAND_OVER = "before hand-over"
    AFTER_HAND_OVER = "after hand-over"
    BEFORE_RECORD_COMMIT = "before record commit"
    AFTER_RECORD_COMMIT = "after record commit"


def pass_by(_checkpoint: Checkpoint) -> None:
    """Do nothing at a checkpoint."""


ACCEPTED_AND_LATER = frozenset(
    {
        DeliveryState.ACCEPTED,
        DeliveryState.DEFERRED,
        DeliveryState.DELIVERED,
        DeliveryState.BOUNCED_SOFT,
        DeliveryState.BOUNCED_HARD,
        DeliveryState.COMPLAINED,
    }
)
"""States that count as sent: the mailer took the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDelivery:
    """A delivery as a claim reads it: who gets which message.

    Attributes:
        subscriber_id: None, as the address, when the person's record is gone.
    """

    key: DeliveryKey
    address_hash: AddressHash
    subscriber_id: SubscriberId | None
    address: str | None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedBatch:
    """A batch that this owner, and nobody else, may hand over now.

    Attributes:
        attempt: Recording is fenced by it.
        deliveries: Those still to be mailed; suppressed people were taken out in the same transaction.
    """

    id: BatchId
    sending_id: SendingId
    attempt: int
    edition: EditionKey
    deliveries: tuple[PlannedDelivery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """An approved issue on its way through one mailer to an audience fixed when it started.

    Attributes:
        is_rehearsal: Neither counts as sent nor stands in the way of the real one.
    """

    id: SendingId
    label: IssueLabel
    approval_hash: ApprovalHash
    mailer: str
    is_rehearsal: bool
    state: SendingState
    started_at: datetime
    finished_at: datetime | None = None
    pause_reason: str | None = None

    @property
    def is_paused_by_hand(self) -> bool:
        """Tell whether a person paused it, and no rule of ours."""
        return self.state is SendingState.PAUSED and (self.pause_reason or "").startswith(PAUSED_BY_HAND)


PAUSED_BY_HAND = "paused by hand"
"""What the reason of a pause begins with that a person asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The two sums that must hold after every transaction.

    candidates = planned + excluded by reason
    planned = queued + sending + accepted and later + rejected + skipped + unknown

    Attributes:
        states: How many ledger rows, by state; states without any are absent.
    """

    candidates: int
    excluded: Mapping[ExclusionReason, int]
    planned: int
    states: Mapping[DeliveryState, int]

    @property
    def holds(self) -> bool:
        """Tell whether both sums are right."""
        return self.candidates == self.planned + sum(self.excluded.values()) and self.planned == sum(
            self.states.values()
        )

    @property
    def is_finished(self) -> bool:
        """Tell whether every planned delivery has an end: none queued, none in flight, none unknown."""
        open_states = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)
        return not any(self.states.get(state) for state in open_states)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What fixing the audience now would give: shown before a person says yes, and in a dry run.

    Attributes:
        planned: How many would get each edition, approved or not.
        planned_last_time: How many the last finished real sending of another issue had, or None.
    """

    candidates: int
    excluded: Mapping[ExclusionReason, int]
    planned: Mapping[EditionKey, int]
    planned_last_time: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownBatch:
    """A batch of doubt: its mails may have gone out.

    Attributes:
        id: What `newsletter issue resolve` is given.
        claimed_at: When the call whose answer is missing was about to begin.
    """

    id: BatchId
    edition: EditionKey
    attempt: int
    claimed_at: datetime
    reason: str
    deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InDoubt:
    """People who may have got the mail, as long as nobody has decided what becomes of them.

    Attributes:
        since: When the first of them was handed over; None when nobody is in doubt.
        is_all: Nothing else of the sending is open, so that sending again changes nothing.
    """

    people: int = 0
    since: datetime | None = None
    is_all: bool = False

    def __str__(self) -> str:
        """Say it to a person."""
        return f"{counted(self.people, 'person is', 'people are')} in doubt: they may have got it, and most often did."


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDelivery:
    """What became of one person's mail.

    Attributes:
        address: None, as the name, when nobody with it is known any more.
        handed_over_at: Before the last call; None when there was none.
        settled_at: When this became known; None while it stands where its batch stands.
        reason: In the provider's words or ours, without any address; may be empty.
    """

    label: IssueLabel
    sending_id: SendingId
    is_rehearsal: bool
    edition: EditionKey
    batch_id: BatchId
    state: DeliveryState
    handed_over_at: datetime | None
    settled_at: datetime | None
    reason: str
    provider_id: str | None
    address: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutOf:
    """That a person was left out when an audience was fixed, and why."""

    label: IssueLabel
    at: datetime
    is_rehearsal: bool
    reason: ExclusionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCount:
    """How many deliveries are in a state for the same reason; the reason is in plain words, without any address."""

    state: DeliveryState
    reason: str
    deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingAccount:
    """All that a report of one sending needs, read at one moment.

    Attributes:
        editions: How many deliveries of each edition are in each state.
        domains: Likewise by the part of the address after the @, the largest first; None gathers people whose record
            is gone.
        reasons: Only states that need one; most frequent first.
        unknown: The batches of doubt, oldest first.
    """

    sending: Sending
    balance: Balance
    editions: Mapping[EditionKey, Mapping[DeliveryState, int]]
    domains: Mapping[str | None, Mapping[DeliveryState, int]] = field(default_factory=dict)
    reasons: tuple[ReasonCount, ...]
    unknown: tuple[UnknownBatch, ...]
