"""How a batch is claimed and recorded."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select, update

from newsletter.domain.audience import SuppressionReason
from newsletter.domain.delivery import BatchState, DeliveryKey, DeliveryState, ReasonCount, SendingState, UnknownBatch
from newsletter.domain.mailing import BatchOutcome, Outcome, Verdict
from newsletter.domain.notification import StateChange
from newsletter.errors import StateError
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.ledger.claims import NO_ANSWER
from newsletter.storage.ledger.statements import PEOPLE_OF_A_BATCH, TAKE
from newsletter.storage.notifications import NotificationStore
from newsletter.storage.tables import batch, delivery, subscriber
from tests.send.samples import (
    MANAGERS,
    NOW,
    TO_ADVISERS,
    TO_BOTH,
    TO_MANAGERS,
    a_sending,
    add_people,
    addresses,
    an_approval,
    freeze,
    keep_approval,
    suppress,
)
from tests.storage.ledger_steps import LATER, answered, claim, reached, states


def test_a_claimed_batch_is_claimed_once(database: Database) -> None:
    """Claims never overlap, and together they are everybody."""
    ledger, sending = a_sending(database, 5)
    claims = [claim(ledger, sending, owner) for owner in ("aino", "bertil", "aino")]
    assert ledger.claim(sending.id, owner="aino", now=NOW) is None
    assert sorted(address for claimed in claims for address in reached(claimed)) == addresses(5)
    assert {claimed.attempt for claimed in claims} == {1}
    assert states(ledger, sending) == {DeliveryState.SENDING: 5}


def test_a_claim_knows_who_gets_what(database: Database) -> None:
    """A claim gives the edition, and each person's address and name from the record as it is now."""
    add_people(database, ["aino@example.com"])
    ledger = DeliveryLedger(database)
    sending = freeze(ledger, keep_approval(database, an_approval()))
    claimed = claim(ledger, sending)
    (planned,) = claimed.deliveries
    assert (claimed.edition, claimed.sending_id) == (TO_ADVISERS, sending.id)
    assert (planned.address, planned.name, planned.subscriber_id) == ("aino@example.com", "Aino", 1)


def leave(database: Database, how: str, address: str) -> None:
    """Let somebody leave after the freeze."""
    is_theirs = subscriber.c.address == address
    if how == "suppressed":
        suppress(database, address, SuppressionReason.COMPLAINT)
        return
    with database.write() as connection:
        if how == "erased":
            connection.execute(delete(subscriber).where(is_theirs))
        elif how == "moved":
            connection.execute(
                update(subscriber).where(is_theirs).values(address="new@example.com", address_hash="f" * 64)
            )
        else:
            connection.execute(update(subscriber).where(is_theirs).values(status=how))


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("suppressed", "suppressed since the audience was fixed (complaint)"),
        ("unsubscribed", "unsubscribed since the audience was fixed"),
        ("pending", "not confirmed any more"),
        ("erased", "no subscriber has this address any more"),
        ("moved", "no subscriber has this address any more"),
    ],
)
def test_whoever_left_since_the_freeze_is_skipped(database: Database, how: str, reason: str) -> None:
    """The claim looks everybody up again and skips, with the reason, whoever must not be mailed any more."""
    ledger, sending = a_sending(database, 2)
    leave(database, how, "reader1@example.com")
    assert reached(claim(ledger, sending)) == ["reader2@example.com"]
    assert states(ledger, sending) == {DeliveryState.SENDING: 1, DeliveryState.SKIPPED: 1}
    assert ledger.account(sending.id).reasons == (
        ReasonCount(state=DeliveryState.SKIPPED, reason=reason, deliveries=1),
    )


def test_an_erased_persons_number_gives_nobody_else_the_mail(sqlite_database: Database) -> None:
    """SQLite gives a freed number to the next person: the ledger goes by the hash of the address."""
    ledger, sending = a_sending(sqlite_database, 1)
    leave(sqlite_database, "erased", "reader1@example.com")
    add_people(sqlite_database, ["stranger@example.com"])
    with sqlite_database.read() as connection:
        assert connection.execute(select(subscriber.c.id)).scalars().all() == [1]
    assert ledger.claim(sending.id, owner="aino", now=NOW) is None
    assert states(ledger, sending) == {DeliveryState.SKIPPED: 1}


def test_a_batch_that_everybody_left_is_settled_on_the_way(database: Database) -> None:
    """An empty batch does not end the sending: the claim goes on to the next one, and the end is reached."""
    ledger, sending = a_sending(database, 4)
    first, second = claim(ledger, sending), claim(ledger, sending)
    ledger.release(first, NOW)
    ledger.release(second, NOW)
    for address in reached(first):
        suppress(database, address)
    assert reached(claim(ledger, sending)) == reached(second)
    for address in reached(second):
        suppress(database, address)
    assert ledger.finish(sending.id, now=LATER).state is SendingState.RUNNING
    assert states(ledger, sending) == {DeliveryState.SENDING: 2, DeliveryState.SKIPPED: 2}


def test_editions_choose_who_goes_now(database: Database) -> None:
    """A claim for some editions leaves the others queued."""
    add_people(database, addresses(1, "adviser"))
    add_people(database, addresses(1, "manager"), segments=[MANAGERS])
    ledger = DeliveryLedger(database)
    sending = freeze(ledger, keep_approval(database, an_approval()))
    chosen = {"owner": "aino", "now": NOW, "editions": [TO_MANAGERS, TO_BOTH]}
    assert reached(ledger.claim(sending.id, **chosen)) == ["manager1@example.com"]  # type: ignore[arg-type]
    assert ledger.claim(sending.id, **chosen) is None  # type: ignore[arg-type]
    assert states(ledger, sending) == {DeliveryState.QUEUED: 1, DeliveryState.SENDING: 1}


def test_a_limit_splits_a_batch(database: Database) -> None:
    """A limit below the batch's size takes so many and queues the rest; one at its size takes it whole."""
    ledger, sending = a_sending(database, 5, batch_size=5)
    sizes = []
    for limit in (2, 3, 9):
        claimed = ledger.claim(sending.id, owner="aino", now=NOW, limit=limit)
        sizes.append(None if claimed is None else reached(claimed))
    first, second, third = sizes
    assert (len(first or []), len(second or []), third) == (2, 3, None)
    assert sorted([*(first or []), *(second or [])]) == addresses(5)
    assert states(ledger, sending) == {DeliveryState.SENDING: 5}


def test_a_paused_sending_gives_no_batch(database: Database) -> None:
    """Pausing stops every sender at its next claim; resuming lets it go on."""
    ledger, sending = a_sending(database, 1)
    paused = ledger.pause(sending.id, reason="the subject is wrong")
    again = ledger.pause(sending.id, reason="another reason")
    nothing = ledger.claim(sending.id, owner="aino", now=NOW)
    resumed = ledger.resume(sending.id, now=LATER)
    assert (paused.state, paused.pause_reason) == (SendingState.PAUSED, "the subject is wrong")
    assert again == paused
    assert nothing is None
    assert resumed == sending
    assert reached(claim(ledger, sending)) == ["reader1@example.com"]


# Record ---------------------------------------------------------------------------------------------------------------


def test_accepted_and_rejected_settle_a_batch(database: Database) -> None:
    """A batch of which everybody has an end is settled, and each end keeps its reason and the provider's word.

    What most of those ended with who were taken is written on the batch, and nothing on them.
    """
    ledger, sending = a_sending(database, 5, batch_size=5)
    claimed = claim(ledger, sending)
    ends = [(Verdict.REJECTED, "no such mailbox", None), (Verdict.ACCEPTED, "", "call-8")]
    ends += [(Verdict.ACCEPTED, "", "call-7")] * 3
    taken = BatchOutcome(
        outcomes=tuple(
            Outcome(delivery_key=planned.key, verdict=verdict, reason=reason, provider_id=provider_id)
            for planned, (verdict, reason, provider_id) in zip(claimed.deliveries, ends, strict=True)
        )
    )
    ledger.record(claimed, taken, LATER)
    with database.read() as connection:
        kept = connection.execute(
            select(delivery.c.state, delivery.c.reason, delivery.c.provider_id, delivery.c.settled_at).order_by(
                delivery.c.address_hash
            )
        ).all()
        whole = connection.execute(select(batch.c.state, batch.c.reason, batch.c.provider_id, batch.c.settled_at)).one()
    assert [tuple(row) for row in kept] == [
        ("rejected", "no such mailbox", None, LATER),
        ("accepted", None, "call-8", LATER),
        *[(None, None, None, None)] * 3,
    ]
    assert tuple(whole) == ("accepted", "", "call-7", LATER)
    assert states(ledger, sending) == {DeliveryState.ACCEPTED: 4, DeliveryState.REJECTED: 1}
    assert ledger.finish(sending.id, now=LATER).state is SendingState.FINISHED


def test_refused_goes_to_the_end_of_the_queue(database: Database) -> None:
    """What was surely not taken is tried again after everybody else, as a further attempt."""
    ledger, sending = a_sending(database, 6)
    first = claim(ledger, sending)
    ledger.record(first, answered(first, Verdict.ACCEPTED, Verdict.REFUSED, reason="try later"), LATER)
    others = [claim(ledger, sending), claim(ledger, sending)]
    again = claim(ledger, sending)
    assert (again.id, again.attempt, len(again.deliveries)) == (first.id, 2, 1)
    assert again.deliveries == first.deliveries[1:]
    assert first.id not in {other.id for other in others}


@pytest.mark.parametrize(
    ("verdicts", "expected", "queued"),
    [
        ([Verdict.UNKNOWN], {DeliveryState.UNKNOWN: 3}, 0),
        ([Verdict.ACCEPTED, Verdict.UNKNOWN], {DeliveryState.ACCEPTED: 1, DeliveryState.UNKNOWN: 2}, 0),
        (
            [Verdict.REJECTED, Verdict.UNKNOWN, Verdict.REFUSED],
            {DeliveryState.REJECTED: 1, DeliveryState.UNKNOWN: 1, DeliveryState.QUEUED: 1},
            1,
        ),
    ],
)
def test_doubt_stays_apart(
    database: Database, verdicts: list[Verdict], expected: dict[DeliveryState, int], queued: int
) -> None:
    """Only those in doubt stay in doubt; whoever was refused beside them is queued in a batch of its own."""
    ledger, sending = a_sending(database, 3, batch_size=3)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, *verdicts, reason="no answer in 30 s"), LATER)
    assert states(ledger, sending) == expected
    assert ledger.unknown_batches(sending.id) == (
        UnknownBatch(
            id=claimed.id,
            edition=TO_ADVISERS,
            attempt=1,
            claimed_at=NOW,
            reason="no answer in 30 s",
            deliveries=expected[DeliveryState.UNKNOWN],
        ),
    )
    again = ledger.claim(sending.id, owner="aino", now=NOW)
    assert (0 if again is None else len(again.deliveries)) == queued
    assert ledger.finish(sending.id, now=LATER).state is SendingState.RUNNING


def test_whoever_an_answer_does_not_name_is_in_doubt(database: Database) -> None:
    """A mailer that forgets somebody has lost nobody; one that names a stranger has settled nobody else."""
    ledger, sending = a_sending(database, 2)
    claimed = claim(ledger, sending)
    stranger = Outcome(delivery_key=DeliveryKey("0" * 32), verdict=Verdict.ACCEPTED)
    named = answered(claimed, Verdict.ACCEPTED).outcomes[:1]
    ledger.record(claimed, BatchOutcome(outcomes=(*named, stranger)), LATER)
    assert states(ledger, sending) == {DeliveryState.ACCEPTED: 1, DeliveryState.UNKNOWN: 1}
    assert [doubt.reason for doubt in ledger.unknown_batches(sending.id)] == [NO_ANSWER]


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.REJECTED])
def test_what_the_provider_told_first_is_not_written_over(database: Database, verdict: Verdict) -> None:
    """A notification can be faster than the answer to the call: the end it told of stays, whatever the answer says."""
    ledger, sending = a_sending(database, 4, batch_size=4)
    claimed = claim(ledger, sending)
    told = StateChange(key=claimed.deliveries[0].key, state=DeliveryState.BOUNCED_HARD, reason="no such mailbox")
    with database.write() as connection:
        NotificationStore(connection).set_states([told], NOW)
    answer = answered(claimed, verdict, Verdict.ACCEPTED, reason="said later")
    alone = replace(answer.outcomes[0], provider_id="another call")
    ledger.record(claimed, BatchOutcome(outcomes=(alone, *answer.outcomes[1:])), LATER)
    assert states(ledger, sending) == {DeliveryState.ACCEPTED: 3, DeliveryState.BOUNCED_HARD: 1}
    assert [reason.reason for reason in ledger.account(sending.id).reasons] == ["no such mailbox"]


def test_sendings_to_the_same_people_leave_one_another_alone(database: Database) -> None:
    """A pause, an answer, or a split of one changes nothing of another, though their readers' hashes are the same."""
    ledger, sending = a_sending(database, 4, batch_size=4)
    rehearsal = freeze(ledger, an_approval(), is_rehearsal=True, batch_size=4)
    ledger.pause(sending.id, reason="wait")
    assert ledger.claim(sending.id, owner="aino", now=NOW) is None
    assert ledger.sending(rehearsal.id).state is SendingState.RUNNING
    ledger.pause(rehearsal.id, reason="wait too")
    ledger.resume(sending.id, now=NOW)
    assert ledger.sending(rehearsal.id).pause_reason == "wait too"
    ledger.resume(rehearsal.id, now=NOW)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.REJECTED, Verdict.UNKNOWN, Verdict.REFUSED), LATER)
    assert states(ledger, rehearsal) == {DeliveryState.QUEUED: 4}
    assert states(ledger, sending) == {DeliveryState.REJECTED: 1, DeliveryState.UNKNOWN: 1, DeliveryState.QUEUED: 2}
    ledger.cancel(sending.id, reason="wrong date", now=LATER)
    assert states(ledger, rehearsal) == {DeliveryState.QUEUED: 4}
    assert reached(claim(ledger, rehearsal)) == addresses(4)


def test_a_sending_ends_alone(database: Database) -> None:
    """One ends though another is open, and the other does not end with it."""
    ledger, sending = a_sending(database, 2)
    rehearsal = freeze(ledger, an_approval(), is_rehearsal=True)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), LATER)
    assert ledger.finish(sending.id, now=LATER).state is SendingState.FINISHED
    assert ledger.sending(rehearsal.id) == rehearsal


def test_cancelling_skips_only_who_still_waits(database: Database) -> None:
    """Somebody whose mail was taken stays accepted, though the others of the batch were refused and queued again."""
    ledger, sending = a_sending(database, 3, batch_size=3)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED, Verdict.REFUSED), LATER)
    ledger.cancel(sending.id, reason="wrong date", now=LATER)
    assert states(ledger, sending) == {DeliveryState.ACCEPTED: 1, DeliveryState.SKIPPED: 2}


def test_what_is_told_of_a_batch_on_its_way_does_not_end_its_call(database: Database) -> None:
    """Only doubt is settled by proof: a call whose mails are all told of already is still recorded by who made it."""
    ledger, sending = a_sending(database, 2)
    claimed = claim(ledger, sending)
    told = [StateChange(key=one.key, state=DeliveryState.DELIVERED, reason="") for one in claimed.deliveries]
    with database.write() as connection:
        NotificationStore(connection).set_states(told, NOW)
    assert ledger.finish(sending.id, now=LATER).state is SendingState.RUNNING
    assert ledger.holds(claimed)
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), LATER)
    assert ledger.finish(sending.id, now=LATER).state is SendingState.FINISHED


def test_proof_settles_the_doubt_of_its_own_sending(database: Database) -> None:
    """Ending one sending leaves the batches of another as they are, proven or not."""
    ledger, sending = a_sending(database, 1)
    rehearsal = freeze(ledger, an_approval(), is_rehearsal=True)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.UNKNOWN), LATER)
    told = StateChange(key=claimed.deliveries[0].key, state=DeliveryState.DELIVERED, reason="")
    with database.write() as connection:
        NotificationStore(connection).set_states([told], NOW)
    ledger.finish(rehearsal.id, now=LATER)
    with database.read() as connection:
        kept = connection.execute(select(batch.c.state).where(batch.c.id == claimed.id)).scalar_one()
    assert kept == BatchState.UNKNOWN


def test_whoever_has_an_end_stays_in_the_batch_it_ended_in(database: Database) -> None:
    """Splitting a batch moves those who still wait, and nobody who was skipped on the way."""
    ledger, sending = a_sending(database, 3, batch_size=3)
    with database.read() as connection:
        last = connection.execute(select(func.max(delivery.c.address_hash))).scalar_one()
        address = connection.execute(select(subscriber.c.address).where(subscriber.c.address_hash == last)).scalar_one()
    suppress(database, address)
    claimed = ledger.claim(sending.id, owner="aino", now=NOW, limit=1)
    assert claimed is not None
    with database.read() as connection:
        where = connection.execute(select(delivery.c.batch_id).where(delivery.c.address_hash == last)).scalar_one()
    assert where == claimed.id
    assert states(ledger, sending) == {DeliveryState.SENDING: 1, DeliveryState.QUEUED: 1, DeliveryState.SKIPPED: 1}


def test_a_record_is_fenced_by_its_attempt(database: Database) -> None:
    """Whoever was overtaken changes nothing: neither after the batch was settled nor after it was claimed again."""
    ledger, sending = a_sending(database, 2)
    stale = claim(ledger, sending)
    ledger.release(stale, NOW)
    current = claim(ledger, sending)
    assert (ledger.holds(stale), ledger.holds(current)) == (False, True)
    for overtaken in (stale, stale):
        with pytest.raises(StateError, match="was settled by somebody else"):
            ledger.record(overtaken, answered(overtaken, Verdict.REJECTED), LATER)
    ledger.record(current, answered(current, Verdict.ACCEPTED), LATER)
    with pytest.raises(StateError, match="was settled by somebody else"):
        ledger.release(current, NOW)
    assert states(ledger, sending) == {DeliveryState.ACCEPTED: 2}
    assert not ledger.holds(current)


def test_a_claim_reads_from_indexes_alone_whom_it_asks_about(sqlite_database: Database) -> None:
    """On SQLite nobody's row is looked for, and no batch but the next: a claim among a million costs as among a few."""
    with sqlite_database.read() as connection:
        plans = []
        for statement in (PEOPLE_OF_A_BATCH, TAKE):
            compiled = statement.compile(connection)
            values = (None,) * str(compiled).count("?")
            found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)
            plans.append("\n".join(row.detail for row in found))
    assert "SEARCH subscriber USING COVERING INDEX ix_subscriber_by_hash" in plans[0]
    assert "SEARCH batch USING COVERING INDEX ix_batch_sending_id_state_number" in plans[1]
