"""Settle what a dead sender left behind, before anything new is sent.

A batch that was claimed and never recorded may have gone out. With an idempotent mailer that does no harm: it is handed
over again under the same keys. With any other it is in doubt, and stays so until a person or a notification says more.
"""

from dataclasses import dataclass

from newsletter.domain.delivery import BatchState, SendingState
from newsletter.send.assignment import Assignment

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
    may_repeat = assignment.mailer.capabilities.is_idempotent and sending.state is not SendingState.CANCELLED
    into = BatchState.QUEUED if may_repeat else BatchState.UNKNOWN
    found = ledger.settle_dead_owners(
        sending.id, is_dead=assignment.owner.has_outlived, into=into, reason=AGAIN if may_repeat else CUT_OFF
    )
    if not may_repeat:
        return Reconciled(queued_again=0, unknown=found)
    return Reconciled(queued_again=found + ledger.queue_unknown(sending.id, reason=AGAIN), unknown=0)
