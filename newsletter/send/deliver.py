"""Deliver one batch: claim it, hand it over, record the answer. Both dispatchers come through here; nothing else sends.

The claim is the only way to a batch and is kept durably before the call is begun. A batch that was claimed once is
queued again only when it surely was not taken, when the mailer takes the same key twice without harm, or by a person's
word. So `deliver` is idempotent: called again with a claim that was used, it does nothing.
"""

from contextlib import nullcontext
from dataclasses import replace

from newsletter.domain.delivery import Checkpoint, ClaimedBatch
from newsletter.domain.mailing import BatchOutcome, NoNotes, Outcome, OutgoingBatch, Recipient, Verdict
from newsletter.errors import NewsletterError, StateError
from newsletter.send.assignment import Assignment
from newsletter.send.journal import Journal


def deliver(assignment: Assignment, claimed: ClaimedBatch, *, journal: Journal | None = None) -> BatchOutcome | None:
    """Hand a claimed batch over and record the answer; do nothing, and give None, when that was done before.

    The answer is given as it was recorded: one outcome per delivery, in order.

    Raises:
        StateError: There is no message for the batch's edition (then it is queued again), or the claim was lost while
            the call was under way.
        StorageError: The call cannot be noted (then the batch is queued again), or the ledger cannot be written. A
            batch on its way then stays claimed, and `reconcile` finds it.
    """
    if not assignment.ledger.holds(claimed):
        return None
    try:
        outgoing, unfit = _prepare(assignment, claimed)
        assignment.note_call()
    except BaseException:
        assignment.ledger.release(claimed, assignment.clock.now())
        raise
    with journal.batch(claimed) if journal else nullcontext(NoNotes()) as notes:
        outgoing = replace(outgoing, notes=notes)
        outcome = _hand_over(assignment, outgoing) if outgoing.recipients else BatchOutcome(outcomes=())
        settled = _as_recorded(claimed, replace(outcome, outcomes=(*outcome.outcomes, *unfit)), assignment)
        assignment.ledger.record(claimed, settled, assignment.clock.now())
    return settled


def _prepare(assignment: Assignment, claimed: ClaimedBatch) -> tuple[OutgoingBatch, tuple[Outcome, ...]]:
    """Add message and people; whoever cannot be addressed is rejected and keeps nobody else from the mail."""
    message = assignment.messages.get(claimed.edition)
    if message is None:
        raise StateError(
            f"The approval holds no message for edition {claimed.edition}.",
            hint="The sending was begun with another approval: see `newsletter issue report`.",
        )
    recipients: list[Recipient] = []
    unfit: list[Outcome] = []
    for planned in claimed.deliveries:
        try:
            recipients.append(assignment.personalise(planned, claimed.edition.language))
        except NewsletterError as error:
            unfit.append(Outcome(delivery_key=planned.key, verdict=Verdict.REJECTED, reason=error.message))
    outgoing = OutgoingBatch(
        batch_id=claimed.id,
        attempt=claimed.attempt,
        label=assignment.sending.label,
        sending_id=assignment.sending.id,
        is_rehearsal=assignment.sending.is_rehearsal,
        sent_at=assignment.sending.started_at,
        message=message,
        sender=assignment.sender,
        list_id=assignment.list_id,
        recipients=tuple(recipients),
        is_any_taken=lambda: assignment.ledger.has_taken(assignment.sending.id),
    )
    return outgoing, tuple(unfit)


def _hand_over(assignment: Assignment, outgoing: OutgoingBatch) -> BatchOutcome:
    """Call the mailer, once.

    A mailer that raises has a defect, and how far its call came is not known: everybody in it is in doubt, and nothing
    more is sent through it.
    """
    assignment.checkpoint(Checkpoint.BEFORE_HAND_OVER)
    try:
        outcome = assignment.mailer.submit(outgoing)
    except Exception as error:  # noqa: BLE001 - whatever it is, the people in the call must not be forgotten
        said = f"the mailer {assignment.mailer.name} failed ({type(error).__name__})"
        outcome = BatchOutcome(
            outcomes=tuple(
                Outcome(delivery_key=recipient.delivery_key, verdict=Verdict.UNKNOWN, reason=said)
                for recipient in outgoing.recipients
            ),
            stop_reason=said,
        )
    assignment.checkpoint(Checkpoint.AFTER_HAND_OVER)
    return outcome


def _as_recorded(claimed: ClaimedBatch, outcome: BatchOutcome, assignment: Assignment) -> BatchOutcome:
    """Give one outcome per delivery, in order, and turn doubt into "again" where again does no harm."""
    answered = {answer.delivery_key: answer for answer in outcome.outcomes}
    outcomes = []
    for planned in claimed.deliveries:
        answer = answered.get(planned.key) or Outcome(
            delivery_key=planned.key, verdict=Verdict.UNKNOWN, reason="the mailer gave no answer for this recipient"
        )
        if answer.verdict is Verdict.UNKNOWN and assignment.mailer.capabilities.is_idempotent:
            answer = replace(answer, verdict=Verdict.REFUSED)
        outcomes.append(answer)
    return replace(outcome, outcomes=tuple(outcomes))
