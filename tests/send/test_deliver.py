"""One batch: claim, hand over, record."""

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.domain.content import Language
from newsletter.domain.delivery import Checkpoint, DeliveryState, PlannedDelivery, ReasonCount
from newsletter.domain.mailing import BatchOutcome, NoNotes, Outcome, OutgoingBatch, Recipient, Verdict
from newsletter.errors import ContentError, StateError, StorageError
from newsletter.send.assignment import Assignment
from newsletter.send.deliver import deliver
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer, by_address, each, failing
from tests.send.samples import (
    FI,
    LABEL,
    NOW,
    SENDER,
    TO_ADVISERS,
    TO_MANAGERS,
    a_message,
    a_sending,
    addresses,
    an_assignment,
    personalise,
)


def prepare(database: Database, mailer: ScriptedMailer, people: int = 2) -> tuple[DeliveryLedger, Assignment]:
    """Give a ledger with one batch, and all that is needed to deliver it."""
    ledger, sending = a_sending(database, people, batch_size=people)
    return ledger, an_assignment(ledger, sending, mailer, FakeClock())


def deliver_next(assignment: Assignment) -> BatchOutcome | None:
    """Claim a batch that must be there, and deliver it."""
    claimed = assignment.ledger.claim(assignment.sending.id, owner=assignment.owner.name, now=NOW)
    assert claimed is not None
    return deliver(assignment, claimed)


def test_the_mailer_gets_all_it_needs(database: Database) -> None:
    """A call carries the approved message, the sender, the sending's own moment and one recipient per delivery."""
    mailer = ScriptedMailer()
    _ledger, assignment = prepare(database, mailer)
    claimed = assignment.ledger.claim(assignment.sending.id, owner=assignment.owner.name, now=NOW)
    assert claimed is not None
    deliver(assignment, claimed)
    assert mailer.calls == [
        OutgoingBatch(
            batch_id=claimed.id,
            attempt=1,
            label=LABEL,
            sending_id=assignment.sending.id,
            is_rehearsal=False,
            sent_at=NOW,
            message=a_message(TO_ADVISERS),
            sender=SENDER,
            list_id="Seudun uutiskirje <seutu.seutu.example>",
            recipients=tuple(personalise(planned, FI) for planned in claimed.deliveries),
        )
    ]


def test_a_mailer_may_note_where_nobody_keeps_notes(database: Database) -> None:
    """Without a journal what is noted goes nowhere, and harms nothing."""
    mailer = ScriptedMailer()
    _ledger, assignment = prepare(database, mailer)
    deliver_next(assignment)

    assert isinstance(mailer.calls[0].notes, NoNotes)


def test_a_claim_is_delivered_once(database: Database) -> None:
    """Delivering the same claim again does nothing: no second call, no second record."""
    mailer = ScriptedMailer()
    ledger, assignment = prepare(database, mailer)
    claimed = assignment.ledger.claim(assignment.sending.id, owner=assignment.owner.name, now=NOW)
    assert claimed is not None
    first, second = deliver(assignment, claimed), deliver(assignment, claimed)
    assert first is not None
    assert [one.verdict for one in first.outcomes] == [Verdict.ACCEPTED] * 2
    assert second is None
    assert len(mailer.calls) == 1
    assert ledger.balance(assignment.sending.id).states == {DeliveryState.ACCEPTED: 2}


def test_nothing_is_claimed_when_nothing_is_queued(database: Database) -> None:
    """The end of the queue is None."""
    _ledger, assignment = prepare(database, ScriptedMailer())
    deliver_next(assignment)
    assert assignment.ledger.claim(assignment.sending.id, owner=assignment.owner.name, now=NOW) is None


def test_whoever_cannot_be_addressed_keeps_nobody_from_the_mail(database: Database) -> None:
    """A fault with one person rejects that one delivery with its reason; the others go out."""

    def stumble(planned: PlannedDelivery, language: Language) -> Recipient:
        if planned.address == "reader1@example.com":
            raise ContentError("the name holds a line break")
        return personalise(planned, language)

    mailer = ScriptedMailer()
    ledger, assignment = prepare(database, mailer)
    deliver_next(replace(assignment, personalise=stumble))
    account = ledger.account(assignment.sending.id)
    assert mailer.handed_over == ["reader2@example.com"]
    assert account.balance.states == {DeliveryState.ACCEPTED: 1, DeliveryState.REJECTED: 1}
    assert account.reasons == (
        ReasonCount(state=DeliveryState.REJECTED, reason="the name holds a line break", deliveries=1),
    )


def test_a_call_for_nobody_is_not_made(database: Database) -> None:
    """When nobody of a batch can be addressed, the mailer hears nothing of it."""

    def stumble(_planned: PlannedDelivery, _language: Language) -> Recipient:
        raise ContentError("the name holds a line break")

    mailer = ScriptedMailer()
    ledger, assignment = prepare(database, mailer)
    deliver_next(replace(assignment, personalise=stumble))
    assert mailer.calls == []
    assert ledger.balance(assignment.sending.id).states == {DeliveryState.REJECTED: 2}


def test_a_call_that_cannot_be_noted_is_not_made(database: Database) -> None:
    """What nobody would remember must not happen: the batch goes back to the queue."""

    def fail() -> None:
        raise StorageError("the mark cannot be written")

    mailer = ScriptedMailer()
    ledger, assignment = prepare(database, mailer)
    with pytest.raises(StorageError, match="the mark cannot be written"):
        deliver_next(replace(assignment, note_call=fail))
    assert mailer.calls == []
    assert ledger.balance(assignment.sending.id).states == {DeliveryState.QUEUED: 2}


def test_without_its_message_a_batch_is_given_back(database: Database) -> None:
    """A batch that cannot be prepared goes back to the queue, for no call was begun."""
    mailer = ScriptedMailer()
    ledger, sending = a_sending(database)
    assignment = an_assignment(ledger, sending, mailer, FakeClock(), editions=[TO_MANAGERS])
    with pytest.raises(StateError, match=r"The approval holds no message for edition advisers\.fi") as caught:
        deliver_next(assignment)
    assert caught.value.hint == "The sending was begun with another approval: see `newsletter issue report`."
    assert mailer.calls == []
    assert ledger.balance(sending.id).states == {DeliveryState.QUEUED: 5}


def test_a_mailer_that_raises_leaves_doubt_and_stops(database: Database) -> None:
    """How far a call came that ended in an exception is not known: its people are in doubt, and that is the end."""
    mailer = ScriptedMailer([failing(RuntimeError("boom"))])
    ledger, assignment = prepare(database, mailer)
    delivered = deliver_next(assignment)
    assert delivered is not None
    assert delivered.stop_reason == "the mailer scripted failed (RuntimeError)"
    assert [one.verdict for one in delivered.outcomes] == [Verdict.UNKNOWN] * 2
    assert ledger.balance(assignment.sending.id).states == {DeliveryState.UNKNOWN: 2}
    assert [doubt.reason for doubt in ledger.unknown_batches(assignment.sending.id)] == [
        "the mailer scripted failed (RuntimeError)"
    ]


def test_whoever_the_mailer_forgets_is_in_doubt(database: Database) -> None:
    """An answer that names nobody settles nobody."""
    mailer = ScriptedMailer([lambda _batch: BatchOutcome(outcomes=())])
    ledger, assignment = prepare(database, mailer)
    claimed = ledger.claim(assignment.sending.id, owner=assignment.owner.name, now=NOW)
    assert claimed is not None
    delivered = deliver(assignment, claimed)
    assert delivered is not None
    said = "the mailer gave no answer for this recipient"
    assert list(delivered.outcomes) == [
        Outcome(delivery_key=planned.key, verdict=Verdict.UNKNOWN, reason=said) for planned in claimed.deliveries
    ]
    assert ledger.balance(assignment.sending.id).states == {DeliveryState.UNKNOWN: 2}


def test_release_and_record_have_the_moment_of_the_clock(database: Database) -> None:
    """What comes back after a cancellation is skipped, and what is answered settled, when it happened."""
    ledger, sending = a_sending(database, 4)
    clock = FakeClock(NOW + timedelta(minutes=7))
    deliver_next(an_assignment(ledger, sending, ScriptedMailer([each(Verdict.REJECTED, "no")]), clock))
    claimed = ledger.claim(sending.id, owner="aino on laptop", now=NOW)
    assert claimed is not None
    ledger.cancel(sending.id, reason="wrong audience", now=NOW)
    with pytest.raises(StateError):
        deliver(an_assignment(ledger, sending, ScriptedMailer(), clock, editions=[]), claimed)
    ends = [*ledger.people(sending.id, DeliveryState.REJECTED), *ledger.people(sending.id, DeliveryState.SKIPPED)]
    assert [one.settled_at for one in ends] == [clock.now()] * 4


@pytest.mark.parametrize(("is_idempotent", "state"), [(True, DeliveryState.QUEUED), (False, DeliveryState.UNKNOWN)])
def test_doubt_is_no_doubt_for_an_idempotent_mailer(
    database: Database,
    is_idempotent: bool,  # noqa: FBT001 - a table's column
    state: DeliveryState,
) -> None:
    """Where the same key twice does no harm, an unknown answer means "again"; elsewhere it means doubt."""
    mailer = ScriptedMailer([each(Verdict.UNKNOWN, "no answer in 30 s")], is_idempotent=is_idempotent)
    ledger, assignment = prepare(database, mailer)
    deliver_next(assignment)
    assert ledger.balance(assignment.sending.id).states == {state: 2}


def test_every_verdict_finds_its_state(database: Database) -> None:
    """Accepted, rejected, refused and unknown side by side in one call each go their own way."""
    first, second, third, _fourth = addresses(4)
    script = by_address(
        {first: Verdict.REJECTED, second: Verdict.REFUSED, third: Verdict.UNKNOWN}, reason="says the server"
    )
    ledger, assignment = prepare(database, ScriptedMailer([script]), people=4)
    deliver_next(assignment)
    assert ledger.balance(assignment.sending.id).states == {
        DeliveryState.QUEUED: 1,
        DeliveryState.UNKNOWN: 1,
        DeliveryState.ACCEPTED: 1,
        DeliveryState.REJECTED: 1,
    }


def test_the_hand_over_stands_between_two_checkpoints(database: Database) -> None:
    """The call to the mailer lies between the two named moments, and nothing is recorded before the second."""
    ledger, sending = a_sending(database, 2)
    mailer = ScriptedMailer()
    seen: list[tuple[Checkpoint, int, DeliveryState]] = []

    def look(checkpoint: Checkpoint) -> None:
        (state,) = ledger.balance(sending.id).states
        seen.append((checkpoint, len(mailer.calls), state))

    deliver_next(an_assignment(ledger, sending, mailer, FakeClock(), checkpoint=look))
    assert seen == [
        (Checkpoint.BEFORE_HAND_OVER, 0, DeliveryState.SENDING),
        (Checkpoint.AFTER_HAND_OVER, 1, DeliveryState.SENDING),
    ]


def test_an_answer_that_cannot_be_kept_leaves_the_batch_claimed(database: Database) -> None:
    """When the disk is full at the record, the batch stays on its way, to be found by the next sender."""

    def fill_the_disk(checkpoint: Checkpoint) -> None:
        if checkpoint is Checkpoint.BEFORE_RECORD_COMMIT:
            raise StorageError("the disk is full")

    whole, sending = a_sending(database, 2)
    ledger = DeliveryLedger(database, checkpoint=fill_the_disk)
    with pytest.raises(StorageError, match="the disk is full"):
        deliver_next(an_assignment(ledger, sending, ScriptedMailer(), FakeClock()))
    assert whole.balance(sending.id).states == {DeliveryState.SENDING: 2}


def test_a_call_knows_whether_somebody_was_taken_before(database: Database) -> None:
    """Whoever is refused alone is to blame, and not the message, once others of the sending were taken."""
    ledger, sending = a_sending(database, 3, batch_size=1)
    known = []

    def answer(batch: OutgoingBatch) -> BatchOutcome:
        known.append(batch.is_any_taken())
        return each(Verdict.REJECTED if len(known) == 1 else Verdict.ACCEPTED)(batch)

    assignment = an_assignment(ledger, sending, ScriptedMailer([answer] * 3), FakeClock())
    for _ in range(3):
        deliver_next(assignment)

    assert known == [False, False, True]
