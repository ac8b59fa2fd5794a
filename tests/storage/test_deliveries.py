"""The ledger: dead owners, doubt, the end, and what each transaction promises."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import IntegrityError

from newsletter.domain.audience import ExclusionReason, hash_address
from newsletter.domain.delivery import (
    BatchId,
    BatchState,
    Checkpoint,
    DeliveryState,
    InDoubt,
    LeftOutOf,
    PersonDelivery,
    ReasonCount,
    SendingId,
    SendingState,
)
from newsletter.domain.mailing import Verdict
from newsletter.errors import StateError, StorageError, UsageError
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.tables import delivery, exclusion
from tests.send.samples import (
    KEY,
    LABEL,
    NOW,
    TO_ADVISERS,
    a_sending,
    add_people,
    addresses,
    an_approval,
    freeze,
    keep_approval,
)
from tests.storage.ledger_steps import LATER, answered, claim, states


@pytest.mark.parametrize(
    ("into", "state"), [(BatchState.UNKNOWN, DeliveryState.UNKNOWN), (BatchState.QUEUED, DeliveryState.QUEUED)]
)
def test_only_dead_owners_are_settled(database: Database, into: BatchState, state: DeliveryState) -> None:
    """A living owner's batch is left alone, however long it takes."""
    ledger, sending = a_sending(database, 4)
    dead = claim(ledger, sending, "dead")
    alive = claim(ledger, sending, "alive")
    count = ledger.settle_dead_owners(sending.id, is_dead=lambda owner: owner == "dead", into=into, reason="cut off")
    assert count == 1
    assert (ledger.holds(dead), ledger.holds(alive)) == (False, True)
    assert states(ledger, sending) == {DeliveryState.SENDING: 2, state: 2}


def test_doubt_is_sent_again_only_by_word(database: Database) -> None:
    """A batch of doubt is never claimed by itself; a word for it, and for it alone, queues it again."""
    ledger, sending = a_sending(database, 4)
    doubts = [claim(ledger, sending), claim(ledger, sending)]
    for doubt in doubts:
        ledger.record(doubt, answered(doubt, Verdict.UNKNOWN), LATER)
    assert ledger.claim(sending.id, owner="aino", now=NOW) is None
    assert ledger.queue_unknown(sending.id, batch_ids=[doubts[1].id], reason="sent again by Aino") == 1
    again = claim(ledger, sending)
    assert (again.id, again.attempt, again.deliveries) == (doubts[1].id, 2, doubts[1].deliveries)
    assert ledger.queue_unknown(sending.id, reason="sent again by Aino") == 1


def test_doubt_that_is_left_rests(database: Database) -> None:
    """Left doubt stays unknown in the balance, with whose word it was, and does not hold up the end."""
    ledger, sending = a_sending(database, 2)
    doubt = claim(ledger, sending)
    ledger.record(doubt, answered(doubt, Verdict.UNKNOWN), LATER)
    assert ledger.leave_unknown(sending.id, reason="left by Aino", now=LATER) == 1
    assert states(ledger, sending) == {DeliveryState.UNKNOWN: 2}
    assert ledger.unknown_batches(sending.id) == ()
    assert ledger.account(sending.id).reasons == (
        ReasonCount(state=DeliveryState.UNKNOWN, reason="left by Aino", deliveries=2),
    )
    assert ledger.finish(sending.id, now=LATER).state is SendingState.FINISHED


def test_single_people_go_out_again_also_after_they_were_left(database: Database) -> None:
    """Whoever is named is queued in a batch of the same edition, and the sending goes on; the others stay left."""
    ledger, sending = a_sending(database, 3, batch_size=3)
    doubt = claim(ledger, sending)
    ledger.record(doubt, answered(doubt, Verdict.ACCEPTED, Verdict.UNKNOWN), LATER)
    ledger.leave_unknown(sending.id, reason="left by Aino", now=LATER)
    ledger.finish(sending.id, now=LATER)
    named, other = doubt.deliveries[1], doubt.deliveries[2]

    with pytest.raises(UsageError, match="1 person is not in doubt in this sending"):
        ledger.queue_people(sending.id, [one.address_hash for one in doubt.deliveries], reason="", now=LATER)
    count = ledger.queue_people(sending.id, [named.address_hash], reason="sent again by Aino", now=LATER)
    before = states(ledger, sending)
    again = claim(ledger, sending)
    ledger.record(again, answered(again, Verdict.ACCEPTED), LATER)

    assert (count, before) == (
        1,
        {DeliveryState.QUEUED: 1, DeliveryState.ACCEPTED: 1, DeliveryState.UNKNOWN: 1},
    )
    assert (again.deliveries, again.attempt, again.edition) == ((named,), 1, doubt.edition)
    assert [one.address for one in ledger.people(sending.id, DeliveryState.UNKNOWN)] == [other.address]
    assert ledger.finish(sending.id, now=LATER).state is SendingState.FINISHED


def test_a_batch_of_doubt_ends_when_everybody_in_it_goes_out_again(database: Database) -> None:
    """Nobody is left to decide about, and nothing else holds up the end."""
    ledger, sending = a_sending(database, 2)
    doubt = claim(ledger, sending)
    ledger.record(doubt, answered(doubt, Verdict.UNKNOWN), LATER)
    everybody = [one.address_hash for one in doubt.deliveries]
    before = ledger.doubt(sending.id)
    ledger.queue_people(sending.id, everybody, reason="sent again by Aino", now=LATER)

    assert before == InDoubt(people=2, since=NOW, is_all=True)
    assert (ledger.doubt(sending.id), states(ledger, sending)) == (InDoubt(), {DeliveryState.QUEUED: 2})


def test_what_became_of_each_mail_of_a_person_is_told(database: Database) -> None:
    """Every sending with its state and words, and every one that left the person out; where nobody is, nothing."""
    add_people(database, addresses(1, "nobody"), segments=[])
    ledger, sending = a_sending(database, 1)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.REJECTED, reason="no such mailbox"), LATER)
    theirs = claimed.deliveries[0].address_hash
    expected = PersonDelivery(
        label=LABEL,
        sending_id=sending.id,
        is_rehearsal=False,
        edition=TO_ADVISERS,
        batch_id=claimed.id,
        state=DeliveryState.REJECTED,
        handed_over_at=NOW,
        settled_at=LATER,
        reason="no such mailbox",
        provider_id=None,
        address="reader1@example.com",
        name="Reader1",
    )

    assert ledger.deliveries_to([theirs]) == ((expected,), ())
    assert ledger.deliveries_to([hash_address("nobody1@example.com", KEY)]) == (
        (),
        (LeftOutOf(label=LABEL, at=NOW, is_rehearsal=False, reason=ExclusionReason.NO_SEGMENT),),
    )
    with pytest.raises(UsageError, match="This sending has no batch 99"):
        list(ledger.people(sending.id, DeliveryState.REJECTED, batch_id=BatchId(99)))


def test_a_refusal_is_the_reason_of_those_who_wait_for_it_alone(database: Database) -> None:
    """Who was sent back to the queue waits for a reason; who was taken, then or now, has none."""
    ledger, sending = a_sending(database, 2)
    first = claim(ledger, sending)
    ledger.record(first, answered(first, Verdict.ACCEPTED, Verdict.REFUSED, reason="try later"), LATER)
    while_waiting = ledger.account(sending.id).reasons
    again = claim(ledger, sending)
    ledger.record(again, answered(again, Verdict.ACCEPTED), LATER)

    assert (while_waiting, ledger.account(sending.id).reasons) == (
        (ReasonCount(state=DeliveryState.QUEUED, reason="try later", deliveries=1),),
        (),
    )


def test_a_word_for_what_is_not_in_doubt_is_refused(database: Database) -> None:
    """A mistyped number changes nothing."""
    ledger, sending = a_sending(database, 2)
    doubt = claim(ledger, sending)
    ledger.record(doubt, answered(doubt, Verdict.UNKNOWN), LATER)
    wrong = [doubt.id, BatchId(99)]
    with pytest.raises(UsageError, match="Not in doubt: batch 99"):
        ledger.queue_unknown(sending.id, batch_ids=wrong, reason="")
    with pytest.raises(UsageError, match="Not in doubt: batch 99"):
        ledger.leave_unknown(sending.id, batch_ids=wrong, reason="", now=LATER)
    assert states(ledger, sending) == {DeliveryState.UNKNOWN: 2}


def test_finishing_waits_for_everybody(database: Database) -> None:
    """A sending is finished only when nothing is queued, on its way or in doubt; then for good."""
    ledger, sending = a_sending(database, 2)
    queued = ledger.finish(sending.id, now=LATER)
    claimed = claim(ledger, sending)
    under_way = ledger.finish(sending.id, now=LATER)
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), LATER)
    finished = ledger.finish(sending.id, now=LATER)
    assert (queued.state, under_way.state) == (SendingState.RUNNING, SendingState.RUNNING)
    assert (finished.state, finished.finished_at) == (SendingState.FINISHED, LATER)
    assert ledger.finish(sending.id, now=LATER + timedelta(days=1)) == finished


def test_cancelling_skips_what_is_queued(database: Database) -> None:
    """A cancelled sending keeps what is on its way: accepted counts, refused is skipped instead of queued."""
    ledger, sending = a_sending(database, 6)
    accepted, mixed = claim(ledger, sending), claim(ledger, sending)
    cancelled = ledger.cancel(sending.id, reason="wrong audience", now=LATER)
    ledger.record(accepted, answered(accepted, Verdict.ACCEPTED), LATER)
    ledger.record(mixed, answered(mixed, Verdict.REFUSED), LATER)
    assert (cancelled.state, cancelled.pause_reason) == (SendingState.CANCELLED, "wrong audience")
    assert states(ledger, sending) == {DeliveryState.ACCEPTED: 2, DeliveryState.SKIPPED: 4}


def test_cancelling_beside_doubt_skips_the_refused(database: Database) -> None:
    """Refused deliveries beside doubtful ones are skipped too once the sending is cancelled."""
    ledger, sending = a_sending(database, 2)
    claimed = claim(ledger, sending)
    ledger.cancel(sending.id, reason="wrong audience", now=LATER)
    ledger.record(claimed, answered(claimed, Verdict.UNKNOWN, Verdict.REFUSED), LATER)
    assert states(ledger, sending) == {DeliveryState.UNKNOWN: 1, DeliveryState.SKIPPED: 1}


def test_cancelling_skips_what_is_given_back(database: Database) -> None:
    """A batch released after the cancellation is skipped: nothing of a cancelled sending is queued."""
    ledger, sending = a_sending(database, 2)
    claimed = claim(ledger, sending)
    ledger.cancel(sending.id, reason="wrong audience", now=LATER)
    ledger.release(claimed, LATER)
    assert states(ledger, sending) == {DeliveryState.SKIPPED: 2}


def test_what_a_dead_sender_had_of_a_cancelled_sending_is_in_doubt(database: Database) -> None:
    """Nothing of a cancelled sending goes out again, even where again would do no harm."""
    ledger, sending = a_sending(database, 2)
    claim(ledger, sending, "dead")
    ledger.cancel(sending.id, reason="wrong audience", now=LATER)
    ledger.settle_dead_owners(sending.id, is_dead=lambda _owner: True, into=BatchState.QUEUED, reason="cut off")
    assert states(ledger, sending) == {DeliveryState.UNKNOWN: 2}


@pytest.mark.parametrize("change", ["pause", "resume", "cancel", "queue_unknown"])
def test_what_is_over_stays_over(database: Database, change: str) -> None:
    """A finished or cancelled sending can be neither paused, resumed, cancelled nor filled again."""
    ledger, sending = a_sending(database, 1)
    over = ledger.cancel(sending.id, reason="wrong audience", now=LATER)
    changes: dict[str, Callable[[], object]] = {
        "pause": lambda: ledger.pause(sending.id, reason=""),
        "resume": lambda: ledger.resume(sending.id, now=LATER),
        "cancel": lambda: ledger.cancel(sending.id, reason="", now=LATER),
        "queue_unknown": lambda: ledger.queue_unknown(sending.id, reason=""),
    }
    with pytest.raises(StateError, match="The sending of issue 2017-11 is cancelled"):
        changes[change]()
    assert ledger.sending(sending.id) == over


def test_an_unknown_sending_is_named(database: Database) -> None:
    """Asking for a sending that is not there says so."""
    with pytest.raises(UsageError, match="There is no sending 7"):
        DeliveryLedger(database).account(SendingId(7))


def test_the_balance_can_fail(database: Database) -> None:
    """The sum is a check, not a tautology: an exclusion that vanishes is noticed."""
    add_people(database, addresses(1))
    add_people(database, addresses(1, "nobody"), segments=[])
    ledger = DeliveryLedger(database)
    sending = freeze(ledger, keep_approval(database, an_approval()))
    with database.write() as connection:
        connection.execute(delete(exclusion))
    assert not ledger.balance(sending.id).holds


def test_the_database_refuses_an_address_twice(database: Database) -> None:
    """One row per sending and address, ever, whatever the program does."""
    a_sending(database, 1)
    with pytest.raises(StorageError) as caught, database.write() as connection:
        row = connection.execute(select(delivery)).one()._asdict()
        connection.execute(insert(delivery).values({**row, "key": "0" * 32}))
    assert isinstance(caught.value.__cause__, IntegrityError)


def test_each_commit_has_its_checkpoints(database: Database) -> None:
    """The named moments are passed in order, each commit between two of them."""
    passed: list[Checkpoint] = []
    add_people(database, addresses(1))
    ledger = DeliveryLedger(database, checkpoint=passed.append)
    claimed = claim(ledger, freeze(ledger, keep_approval(database, an_approval())))
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), LATER)
    assert passed == [
        Checkpoint.BEFORE_FREEZE_COMMIT,
        Checkpoint.AFTER_FREEZE_COMMIT,
        Checkpoint.BEFORE_CLAIM_COMMIT,
        Checkpoint.AFTER_CLAIM_COMMIT,
        Checkpoint.BEFORE_RECORD_COMMIT,
        Checkpoint.AFTER_RECORD_COMMIT,
    ]


def test_a_failure_before_a_commit_leaves_no_trace(database: Database) -> None:
    """A transaction that does not end has not begun: nothing is half-frozen, half-claimed or half-recorded."""
    ledger, sending = a_sending(database, 4)
    claimed = claim(ledger, sending)
    before = ledger.account(sending.id)

    def fail(_checkpoint: Checkpoint) -> None:
        raise StorageError("the disk is full")

    failing = DeliveryLedger(database, checkpoint=fail)
    with pytest.raises(StorageError):
        freeze(failing, an_approval(), is_rehearsal=True)
    with pytest.raises(StorageError):
        failing.claim(sending.id, owner="bertil", now=NOW)
    with pytest.raises(StorageError):
        failing.record(claimed, answered(claimed, Verdict.ACCEPTED), LATER)
    assert ledger.account(sending.id) == before
    assert ledger.sendings(LABEL) == (sending,)


def test_a_full_disk_is_told_in_words_and_loses_nothing(sqlite_database: Database) -> None:
    """An audience that does not fit is not fixed at all, an answer that does not fit leaves its batch on the way."""
    add_people(sqlite_database, addresses(99))
    approval, ledger = keep_approval(sqlite_database, an_approval()), DeliveryLedger(sqlite_database)
    _allow_pages(sqlite_database, 0)
    with pytest.raises(StorageError) as too_large:
        freeze(ledger, approval, batch_size=99)
    _allow_pages(sqlite_database, 9999)
    sending = freeze(ledger, approval, batch_size=99)
    claimed = claim(ledger, sending)
    answer = answered(claimed, Verdict.REJECTED, reason="x" * 999)
    _allow_pages(sqlite_database, 0)
    with pytest.raises(StorageError):
        ledger.record(claimed, answer, LATER)
    kept = states(ledger, sending)
    _allow_pages(sqlite_database, 9999)
    ledger.record(claimed, answer, LATER)

    assert too_large.value.message == "newsletter.db cannot grow: the disk is full."
    assert too_large.value.hint == "Free some space and run this again."
    assert ledger.sendings(LABEL) == (sending,)
    assert kept == {DeliveryState.SENDING: 99}
    assert states(ledger, sending) == {DeliveryState.REJECTED: 99}


def _allow_pages(database: Database, more: int) -> None:
    """Let the database grow by so many pages and no further, on the connection that all use in turn."""
    with database.read() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + more}"))


def test_a_persons_word_about_doubt_is_about_one_sending(database: Database) -> None:
    """Neither a word about one sending nor a dead sender of it touches the batches of another."""
    ledger, sending = a_sending(database, 1)
    rehearsal = freeze(ledger, an_approval(), is_rehearsal=True)
    for one in (sending, rehearsal):
        claimed = claim(ledger, one)
        ledger.record(claimed, answered(claimed, Verdict.UNKNOWN), LATER)
    assert ledger.queue_unknown(sending.id, reason="sent again by Aino") == 1
    claim(ledger, sending)
    settled = ledger.settle_dead_owners(rehearsal.id, is_dead=lambda _: True, into=BatchState.QUEUED, reason="cut off")
    assert settled == 0
    assert states(ledger, sending) == {DeliveryState.SENDING: 1}
    assert states(ledger, rehearsal) == {DeliveryState.UNKNOWN: 1}


def test_leaving_doubt_alone_leaves_what_is_known(database: Database) -> None:
    """Whoever was accepted or turned down in a call of doubt stays so when a person lets the rest of it be."""
    ledger, sending = a_sending(database, 3, batch_size=3)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED, Verdict.REJECTED, Verdict.UNKNOWN), LATER)
    ledger.leave_unknown(sending.id, reason="left by Aino", now=LATER)
    assert states(ledger, sending) == {
        DeliveryState.ACCEPTED: 1,
        DeliveryState.REJECTED: 1,
        DeliveryState.UNKNOWN: 1,
    }
