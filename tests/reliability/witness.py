"""A ledger and a mailer that tell what they do, for a history that can be judged."""

from collections.abc import Callable, Collection
from datetime import datetime
from pathlib import Path

from newsletter.domain.delivery import BatchState, Checkpoint, ClaimedBatch, SendingId, pass_by
from newsletter.domain.issue import EditionKey
from newsletter.domain.mailing import BatchOutcome, Mailer, OutgoingBatch
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from tests.reliability.history import Event

Tell = Callable[[Event], None]


class Witness(DeliveryLedger):
    """The ledger, telling what was kept.

    Attributes:
        calls_max: How many calls its sender makes side by side.
    """

    def __init__(self, database: Database, tell: Tell, *, checkpoint: Callable[[Checkpoint], None] = pass_by) -> None:
        super().__init__(database, checkpoint=checkpoint)
        self.path = database.path or Path()
        self.calls_max = 1
        self._tell = tell

    def claim(
        self,
        sending_id: SendingId,
        *,
        owner: str,
        now: datetime,
        editions: Collection[EditionKey] | None = None,
        limit: int | None = None,
    ) -> ClaimedBatch | None:
        """Claim, and tell."""
        claimed = super().claim(sending_id, owner=owner, now=now, editions=editions, limit=limit)
        if claimed is not None:
            self._kept(claimed)
            keys = [one.key for one in claimed.deliveries]
            claim = {"batch": claimed.id, "attempt": claimed.attempt, "owner": owner, "keys": keys}
            self._tell({"what": "claim", "calls_max": self.calls_max, **claim})
        return claimed

    def _kept(self, claimed: ClaimedBatch) -> None:
        """Do nothing more: a ledger with a rule left out undoes it here."""

    def settle_dead_owners(
        self, sending_id: SendingId, *, is_dead: Callable[[str], bool], into: BatchState, reason: str
    ) -> int:
        """Take the claims of dead owners away, and tell whose."""
        dead: list[str] = []

        def is_dead_indeed(owner: str) -> bool:
            if is_dead(owner):
                dead.append(owner)
            return owner in dead

        count = super().settle_dead_owners(sending_id, is_dead=is_dead_indeed, into=into, reason=reason)
        self._tell({"what": "overtake", "owners": dead})
        return count

    def record(self, claimed: ClaimedBatch, outcome: BatchOutcome, now: datetime) -> None:
        """Record, and tell."""
        super().record(claimed, outcome, now)
        self._tell({"what": "record", "batch": claimed.id, "attempt": claimed.attempt})

    def release(self, claimed: ClaimedBatch, now: datetime) -> None:
        """Give a claim back, and tell."""
        super().release(claimed, now)
        self._tell({"what": "release", "batch": claimed.id, "attempt": claimed.attempt})


class WitnessedMailer:
    """Another mailer, telling of each call before it is made.

    Attributes:
        name: The other's.
        capabilities: Likewise.
    """

    def __init__(self, mailer: Mailer, tell: Tell) -> None:
        self.name, self.capabilities = mailer.name, mailer.capabilities
        self._mailer, self._tell = mailer, tell

    def submit(self, batch: OutgoingBatch) -> BatchOutcome:
        """Tell, and call."""
        keys = [one.delivery_key for one in batch.recipients]
        self._tell({"what": "call", "batch": batch.batch_id, "attempt": batch.attempt, "keys": keys})
        return self._mailer.submit(batch)
