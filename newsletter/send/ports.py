"""What the sender needs of the rest of the house and of the world, as narrow as it uses it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.domain.delivery import (
    Balance,
    BatchId,
    BatchOutcome,
    BatchState,
    Checkpoint,
    ClaimedBatch,
    Mailer,
    PlannedDelivery,
    Recipient,
    Sending,
    SendingId,
    pass_by,
)
from newsletter.domain.issue import EditionKey, Message
from newsletter.domain.publication import Sender
from newsletter.send.owner import Owner


class Ledger(Protocol):
    """What the sender reads and writes in the ledger; each call is one durable transaction."""

    def claim(
        self,
        sending_id: SendingId,
        *,
        owner: str,
        now: datetime,
        editions: Collection[EditionKey] | None = None,
        limit: int | None = None,
    ) -> ClaimedBatch | None:
        """Make the next queued batch the owner's; None when none is left or the sending is not running."""
        ...

    def record(self, claimed: ClaimedBatch, outcome: BatchOutcome, now: datetime) -> None:
        """Write what the mailer answered; StateError when the claim was lost."""
        ...

    def holds(self, claimed: ClaimedBatch) -> bool:
        """Tell whether a claim is still its owner's."""
        ...

    def release(self, claimed: ClaimedBatch, now: datetime) -> None:
        """Put a claimed batch back: its call was never begun."""
        ...

    def settle_dead_owners(
        self, sending_id: SendingId, *, is_dead: Callable[[str], bool], into: BatchState, reason: str
    ) -> int:
        """Move the batches whose owner is proven dead; count them."""
        ...

    def queue_unknown(self, sending_id: SendingId, *, batch_ids: Collection[BatchId] | None = None, reason: str) -> int:
        """Put batches of doubt back into the queue; count them."""
        ...

    def pause(self, sending_id: SendingId, *, reason: str) -> Sending:
        """Let no further batch be claimed."""
        ...

    def resume(self, sending_id: SendingId, *, now: datetime) -> Sending:
        """Let batches be claimed again; StateError when the sending is over."""
        ...

    def finish(self, sending_id: SendingId, *, now: datetime) -> Sending:
        """End the sending if nothing of it is open; give it as it stands now."""
        ...

    def balance(self, sending_id: SendingId) -> Balance:
        """Count everybody of the sending."""
        ...


class Clock(Protocol):
    """Time, from outside, so that no test waits."""

    def now(self) -> datetime:
        """Give the aware moment, for the record; it may jump."""
        ...

    def monotonic(self) -> float:
        """Give seconds that only ever grow, for waiting; the moment may jump, this may not."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One sending with all that is needed to deliver any batch of it.

    Attributes:
        sending: Which.
        ledger: Where it is kept.
        mailer: The one the sending was begun with.
        messages: The approved message of each edition.
        sender: From, Reply-To.
        list_id: Value of List-Id.
        personalise: Gives what is one person's: address, slot values, the ways out. A NewsletterError from it rejects
            that one delivery.
        owner: This process, holding the lock.
        clock: Time.
        note_call: Called before each call to the mailer; what it raises gives the batch back, and no call is made.
        checkpoint: Called at the named moments around the hand-over; a test's may kill the process.
    """

    sending: Sending
    ledger: Ledger
    mailer: Mailer
    messages: Mapping[EditionKey, Message]
    sender: Sender
    list_id: str
    personalise: Callable[[PlannedDelivery, Sending], Recipient]
    owner: Owner
    clock: Clock
    note_call: Callable[[], None] = lambda: None
    checkpoint: Callable[[Checkpoint], None] = pass_by
