"""How long to wait when the mailer says "not now", and when waiting has no end; and to wait while the ledger is locked.

Each refusal in a row doubles the wait, and the mailer's own word counts where it is longer: a mailer that asks for a
second each time would otherwise be asked twenty times in twenty seconds. Twenty waves of refusals take more than twelve
minutes: a storm of ten is waited out with fewer calls than that, and what lasts longer is for a person to look at.
A lock never ends a sending: whoever holds the ledger lets go of it at last, and a person who has been told can stop.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from threading import Lock
from typing import TypeVar

from newsletter.domain.delivery import (
    Balance,
    BatchId,
    BatchOutcome,
    BatchState,
    ClaimedBatch,
    Sending,
    SendingId,
    Verdict,
)
from newsletter.domain.issue import EditionKey
from newsletter.errors import StorageLocked
from newsletter.send.ports import Clock, Ledger

_Result = TypeVar("_Result")

TRIES_MAX = 20
"""Waves of calls in a row in which nobody was taken or turned down for good."""

FIRST_WAIT_SECONDS = 1.0
LOCK_WAIT_SECONDS = 0.5
"""Between two tries at a ledger that is locked; each of them waits for the lock by itself, too."""
LONGEST_WAIT_SECONDS = 60.0
"""A mailer that asks for longer gets longer."""


class Backoff:
    """Count refusals in a row and say how long to wait; shared by the threads of one process."""

    def __init__(self) -> None:
        self._refused_in_a_row = 0
        self._resume_at = 0.0
        self._lock = Lock()

    def note(self, outcome: BatchOutcome, monotonic: float) -> str | None:
        """Take an answer into account; give the reason to pause when waiting has had no end, else None."""
        refused = [answer for answer in outcome.outcomes if answer.verdict is Verdict.REFUSED]
        is_wholly_refused = bool(refused) and len(refused) == len(outcome.outcomes)
        with self._lock:
            if not is_wholly_refused:
                self._refused_in_a_row = 0
            elif self._refused_in_a_row == 0 or monotonic >= self._resume_at:
                # Calls that ran side by side are refused together: that is one wave, not one after another.
                self._refused_in_a_row += 1
            wait_seconds = outcome.retry_after_seconds or 0.0
            if is_wholly_refused:
                own_seconds = min(FIRST_WAIT_SECONDS * 2 ** (self._refused_in_a_row - 1), LONGEST_WAIT_SECONDS)
                wait_seconds = max(wait_seconds, own_seconds)
            self._resume_at = max(self._resume_at, monotonic + wait_seconds)
            if self._refused_in_a_row < TRIES_MAX:
                return None
        return f"refused {TRIES_MAX} times in a row; the last reason was: {refused[-1].reason or 'none given'}"

    def wait_seconds(self, monotonic: float) -> float:
        """Give how long to wait before the next call."""
        with self._lock:
            return max(0.0, self._resume_at - monotonic)


def once_unlocked(
    action: Callable[[], _Result],
    *,
    clock: Clock,
    tell: Callable[[str], None],
    unless: Callable[[], bool] | None = None,
) -> _Result:
    """Do something with the ledger, again and again as long as another program holds it.

    Args:
        action: One transaction: where it met a lock nothing was changed.
        clock: Time.
        tell: Told once what is waited for.
        unless: Asked before each further try; where it says yes, the lock is raised after all.
    """
    is_told = False
    while True:
        try:
            return action()
        except StorageLocked as locked:
            if unless is not None and unless():
                raise
            if not is_told:
                tell(locked.message)
            is_told = True
            clock.sleep(LOCK_WAIT_SECONDS)


class PatientLedger:
    """A ledger that waits for other programs, and says what for."""

    def __init__(
        self, ledger: Ledger, *, clock: Clock, tell: Callable[[str], None], should_stop: Callable[[], bool]
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._tell = tell
        self._should_stop = should_stop

    def claim(
        self,
        sending_id: SendingId,
        *,
        owner: str,
        now: datetime,
        editions: Collection[EditionKey] | None = None,
        limit: int | None = None,
    ) -> ClaimedBatch | None:
        """Claim; None also when somebody asks to stop meanwhile, for nothing of ours is under way then."""

        def action() -> ClaimedBatch | None:
            return self._ledger.claim(sending_id, owner=owner, now=now, editions=editions, limit=limit)

        try:
            return once_unlocked(action, clock=self._clock, tell=self._tell, unless=self._should_stop)
        except StorageLocked:
            return None

    def record(self, claimed: ClaimedBatch, outcome: BatchOutcome, now: datetime) -> None:
        """Record, however long it takes: what the mailer answered is known here alone."""
        self._wait(lambda: self._ledger.record(claimed, outcome, now))

    def holds(self, claimed: ClaimedBatch) -> bool:
        """Tell whether a claim is still its owner's."""
        return self._wait(lambda: self._ledger.holds(claimed))

    def release(self, claimed: ClaimedBatch, now: datetime) -> None:
        """Put a claimed batch back."""
        self._wait(lambda: self._ledger.release(claimed, now))

    def settle_dead_owners(
        self, sending_id: SendingId, *, is_dead: Callable[[str], bool], into: BatchState, reason: str
    ) -> int:
        """Move the batches whose owner is proven dead."""
        return self._wait(
            lambda: self._ledger.settle_dead_owners(sending_id, is_dead=is_dead, into=into, reason=reason)
        )

    def queue_unknown(self, sending_id: SendingId, *, batch_ids: Collection[BatchId] | None = None, reason: str) -> int:
        """Put batches of doubt back into the queue."""
        return self._wait(lambda: self._ledger.queue_unknown(sending_id, batch_ids=batch_ids, reason=reason))

    def pause(self, sending_id: SendingId, *, reason: str) -> Sending:
        """Let no further batch be claimed."""
        return self._wait(lambda: self._ledger.pause(sending_id, reason=reason))

    def resume(self, sending_id: SendingId, *, now: datetime) -> Sending:
        """Let batches be claimed again."""
        return self._wait(lambda: self._ledger.resume(sending_id, now=now))

    def finish(self, sending_id: SendingId, *, now: datetime) -> Sending:
        """End the sending if nothing of it is open."""
        return self._wait(lambda: self._ledger.finish(sending_id, now=now))

    def balance(self, sending_id: SendingId) -> Balance:
        """Count everybody of the sending."""
        return self._wait(lambda: self._ledger.balance(sending_id))

    def _wait(self, action: Callable[[], _Result]) -> _Result:
        """Do it once nobody else holds the ledger."""
        return once_unlocked(action, clock=self._clock, tell=self._tell)
