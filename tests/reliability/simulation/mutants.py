"""The rules of the ledger, each left out once: what a simulation is worth is which of them it misses."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from datetime import datetime

from newsletter.domain.delivery import BatchState, ClaimedBatch, SendingId
from newsletter.domain.mailing import BatchOutcome
from tests.reliability.simulation.run import Mutant
from tests.reliability.witness import Witness

_FORGET_CLAIM = "UPDATE batch SET state = 'queued', attempt = attempt - 1, owner = NULL WHERE id = ?"
_CLAIM_AGAIN = "UPDATE batch SET state = 'sending', attempt = ? WHERE id = ?"


class _ClaimsWithTheRecord(Witness):
    """Keeps nothing before the call: claim and answer are written one after the other when it is over."""

    def _kept(self, claimed: ClaimedBatch) -> None:
        """Forget at once that it was claimed."""
        self._change(_FORGET_CLAIM, claimed.id)

    def holds(self, claimed: ClaimedBatch) -> bool:  # noqa: ARG002 - nothing is kept that could be asked
        """Say yes."""
        return True

    def record(self, claimed: ClaimedBatch, outcome: BatchOutcome, now: datetime) -> None:
        """Claim and record."""
        self._change(_CLAIM_AGAIN, claimed.attempt, claimed.id)
        super().record(claimed, outcome, now)

    def _change(self, sql: str, *values: int) -> None:
        """Write past the scheduler, so that nobody comes between; who is locked out has to be content."""
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(self.path, timeout=0)) as connection:
            connection.execute(sql, values)
            connection.commit()


class _QueuesAgain(Witness):
    """Sends again what a dead sender had on its way."""

    def settle_dead_owners(
        self, sending_id: SendingId, *, is_dead: Callable[[str], bool], into: BatchState, reason: str
    ) -> int:
        """Queue instead of doubting."""
        del into
        return super().settle_dead_owners(sending_id, is_dead=is_dead, into=BatchState.QUEUED, reason=reason)


def _without_fence(statement: str) -> str:
    """Let a record write over whatever claim there is by now."""
    if not statement.startswith("UPDATE batch SET state="):
        return statement
    return statement.replace("batch.state = ? AND batch.attempt = ?", "(batch.state = ? OR batch.attempt = ? OR TRUE)")


def _without_guard(statement: str) -> str:
    """Let a record write over what a notification has proved."""
    if not statement.startswith("UPDATE delivery SET"):
        return statement
    return statement.replace("delivery.state IS NULL AND delivery.sending_id", "delivery.sending_id")


MUTANTS: Mapping[str, Mutant] = {
    "record after the call": Mutant(a_ledger=_ClaimsWithTheRecord),
    "reconcile queues again": Mutant(a_ledger=_QueuesAgain),
    "no fence": Mutant(rewrite=_without_fence),
    "no guard of what is settled": Mutant(rewrite=_without_guard),
}
