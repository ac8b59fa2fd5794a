"""Settle what a dead sender left behind, before anything new is sent.

A batch that was claimed and never recorded may have gone out. With an idempotent mailer that does no harm: it is handed
over again under the same keys. With any other it is in doubt, and stays so until a person or a notification says more;
where mails were noted one by one, only those that were under way.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.domain.delivery import BatchState, SendingState
from newsletter.send.assignment import Assignment
from newsletter.send.journal import Remains, read_journal
from newsletter.send.owner import Owner
from newsletter.storage.deliveries import DeliveryLedger

CUT_OFF = "the sender was cut off during the call"
AGAIN = "handed over again: the mailer takes the same delivery twice without harm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """How many batches were found: those that go out again, harmlessly, and those newly in doubt."""

    queued_again: int
    unknown: int


def reconcile(assignment: Assignment) -> Reconciled:
    """Settle the batches of owners proven dead; those of a living one are left alone."""
    sending, ledger = assignment.sending, assignment.ledger
    settle_by_journal(ledger, assignment.owner, assignment.journal_path, now=assignment.clock.now())
    may_repeat = assignment.mailer.capabilities.is_idempotent and sending.state is not SendingState.CANCELLED
    into = BatchState.QUEUED if may_repeat else BatchState.UNKNOWN
    found = ledger.settle_dead_owners(
        sending.id, is_dead=assignment.owner.has_outlived, into=into, reason=AGAIN if may_repeat else CUT_OFF
    )
    if not may_repeat:
        return Reconciled(queued_again=0, unknown=found)
    return Reconciled(queued_again=found + ledger.queue_unknown(sending.id, reason=AGAIN), unknown=0)


def settle_by_journal(ledger: DeliveryLedger, owner: Owner, path: Path | None, *, now: datetime) -> None:
    """Settle, of whatever sending, what a dead sender noted mail by mail: only what was under way stays in doubt."""
    remains = Remains() if path is None else read_journal(path)
    if remains.owner and owner.has_outlived(remains.owner):
        for claimed in ledger.claimed_by(remains.owner):
            ledger.record(claimed, remains.outcome(claimed), now)
