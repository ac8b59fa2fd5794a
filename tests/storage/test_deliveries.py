"""The ledger's rules, on real SQLite; `test_ledger_machine` walks through them at random."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from newsletter.domain.audience import ExclusionReason, SubscriberStatus, SuppressionReason
from newsletter.domain.content import Language
from newsletter.domain.delivery import (
    Balance,
    BatchId,
    BatchOutcome,
    BatchState,
    Checkpoint,
    ClaimedBatch,
    DeliveryKey,
    DeliveryState,
    Forecast,
    Outcome,
    ReasonCount,
    Sending,
    SendingId,
    SendingState,
    UnknownBatch,
    Verdict,
)
from newsletter.domain.issue import EditionKey, IssueLabel
from newsletter.errors import StateError, StorageError, UsageError
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.delivery_claims import NO_ANSWER
from newsletter.storage.tables import delivery, exclusion, subscriber
from tests.send.samples import (
    ADVISERS,
    FI,
    LABEL,
    MANAGERS,
    NOW,
    SEGMENTS,
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

LATER = NOW + timedelta(minutes=5)


def answered(claimed: ClaimedBatch, *verdicts: Verdict, reason: str = "") -> BatchOutcome:
    """Give an outcome with these verdicts in the order of the batch; the last one goes on for the rest."""
    padded = (*verdicts, *[verdicts[-1]] * (len(claimed.deliveries) - len(verdicts)))
    return BatchOutcome(
        outcomes=tuple(
            Outcome(delivery_key=planned.key, verdict=verdict, reason=reason if verdict is not Verdict.ACCEPTED else "")
            for planned, verdict in zip(claimed.deliveries, padded, strict=True)
        )
    )


def claim(ledger: DeliveryLedger, sending: Sending, owner: str = "aino") -> ClaimedBatch:
    """Claim a batch that must be there."""
    claimed = ledger.claim(sending.id, owner=owner, now=NOW)
    assert claimed is not None
    return claimed


def reached(claimed: ClaimedBatch | None) -> list[str]:
    """Give the addresses of a batch in a fixed order."""
    assert claimed is not None
    return sorted(planned.address or "" for planned in claimed.deliveries)


def states(ledger: DeliveryLedger, sending: Sending) -> dict[DeliveryState, int]:
    """Count the deliveries by state, once both sums are right."""
    balance = ledger.balance(sending.id)
    assert balance.holds
    return dict(balance.states)


# Freeze --------------------------------------------------------------------------------------------------------------


def test_everybody_is_planned_once_or_excluded_once(database: Database) -> None:
    """A freeze sorts people into editions by combination, and gives everybody else exactly one reason."""
    add_people(database, addresses(3, "adviser"))
    add_people(database, addresses(2, "manager"), segments=[MANAGERS])
    add_people(database, addresses(1, "both"), segments=[ADVISERS, MANAGERS])
    add_people(database, addresses(2, "nobody"), segments=[])
    add_people(database, addresses(1, "pending"), status=SubscriberStatus.PENDING)
    add_people(database, addresses(1, "gone"), status=SubscriberStatus.UNSUBSCRIBED)
    add_people(database, addresses(1, "bounced"))
    suppress(database, "bounced1@example.com", SuppressionReason.HARD_BOUNCE)
    suppress(database, "gone1@example.com")
    ledger = DeliveryLedger(database)
    forecast = ledger.foresee(label=LABEL, segments=SEGMENTS, languages=(FI,))
    sending = freeze(ledger, keep_approval(database, an_approval()))
    account = ledger.account(sending.id)
    excluded = {
        ExclusionReason.NO_SEGMENT: 2,
        ExclusionReason.PENDING: 1,
        ExclusionReason.UNSUBSCRIBED: 1,
        ExclusionReason.SUPPRESSED: 1,
    }
    assert forecast == Forecast(candidates=11, excluded=excluded, planned={TO_ADVISERS: 3, TO_BOTH: 1, TO_MANAGERS: 2})
    assert account.balance == Balance(candidates=11, excluded=excluded, planned=6, states={DeliveryState.QUEUED: 6})
    assert account.balance.holds
    assert account.editions == {
        TO_ADVISERS: {DeliveryState.QUEUED: 3},
        TO_BOTH: {DeliveryState.QUEUED: 1},
        TO_MANAGERS: {DeliveryState.QUEUED: 2},
    }


def test_a_sending_begins_running(database: Database) -> None:
    """A freeze gives the sending as the ledger keeps it."""
    ledger, sending = a_sending(database)
    assert sending == Sending(
        id=SendingId(1),
        label=LABEL,
        approval_hash=an_approval().hash,
        mailer="scripted",
        is_rehearsal=False,
        state=SendingState.RUNNING,
        started_at=NOW,
    )
    assert ledger.sendings(LABEL) == (sending,)
    assert ledger.sending(sending.id) == sending


def test_batches_are_full_but_for_the_last_of_an_edition(database: Database) -> None:
    """A freeze deals each edition's people into batches of the given size; no batch mixes editions."""
    add_people(database, addresses(5, "adviser"))
    add_people(database, addresses(3, "manager"), segments=[MANAGERS])
    ledger = DeliveryLedger(database)
    sending = freeze(ledger, keep_approval(database, an_approval()), batch_size=2)
    claims = [claim(ledger, sending) for _ in range(5)]
    sizes = Counter((claimed.edition, len(claimed.deliveries)) for claimed in claims)
    assert ledger.claim(sending.id, owner="aino", now=NOW) is None
    assert sizes == {(TO_ADVISERS, 2): 2, (TO_ADVISERS, 1): 1, (TO_MANAGERS, 2): 1, (TO_MANAGERS, 1): 1}


def test_a_wanted_language_is_met_where_it_is_published(database: Database) -> None:
    """A reader gets the wanted language if the publication has it, else the publication's first."""
    swedish, english = Language("sv"), Language("en")
    add_people(database, addresses(1, "finn"))
    add_people(database, addresses(2, "swede"), language=swedish)
    add_people(database, addresses(1, "briton"), language=english)
    in_swedish = EditionKey(segments=(ADVISERS,), language=swedish)
    approval = keep_approval(database, an_approval((TO_ADVISERS, in_swedish), languages=(FI, swedish)))
    ledger = DeliveryLedger(database)
    sending = ledger.freeze(
        approval=approval,
        mailer="outbox",
        is_rehearsal=True,
        segments=SEGMENTS,
        languages=(FI, swedish),
        batch_size=9,
        now=NOW,
    )
    assert ledger.account(sending.id).editions == {
        TO_ADVISERS: {DeliveryState.QUEUED: 2},
        in_swedish: {DeliveryState.QUEUED: 2},
    }


def test_delivery_keys_are_opaque_and_unique(database: Database) -> None:
    """A delivery key is 32 random hex digits: nothing of the person shows in it."""
    ledger, sending = a_sending(database, 4, batch_size=9)
    keys = [planned.key for planned in claim(ledger, sending).deliveries]
    assert len(set(keys)) == 4
    assert all(len(key) == 32 and set(key) <= set("0123456789abcdef") for key in keys)


def test_people_who_come_later_get_the_next_issue(database: Database) -> None:
    """The audience is fixed: somebody added after the freeze is no candidate of this sending."""
    ledger, sending = a_sending(database, 1)
    add_people(database, ["late@example.com"])
    assert reached(ledger.claim(sending.id, owner="aino", now=NOW)) == ["reader1@example.com"]
    assert ledger.claim(sending.id, owner="aino", now=NOW) is None
    assert ledger.balance(sending.id).candidates == 1


def test_a_combination_without_an_edition_is_refused(database: Database) -> None:
    """Nobody is left out for lack of an edition: the freeze says which one is missing, and writes nothing."""
    add_people(database, addresses(1, "adviser"))
    add_people(database, addresses(2, "both"), segments=[ADVISERS, MANAGERS])
    ledger = DeliveryLedger(database)
    approval = keep_approval(database, an_approval((TO_ADVISERS, TO_MANAGERS)))
    with pytest.raises(StateError, match=r"^No approved edition for advisers\+managers\.fi \(2 people\)\.$"):
        freeze(ledger, approval)
    assert ledger.sendings(LABEL) == ()


def test_an_audience_of_nobody_is_refused(database: Database) -> None:
    """A sending to nobody is a mistake somewhere else."""
    add_people(database, addresses(2), segments=[])
    approval = keep_approval(database, an_approval())
    with pytest.raises(StateError, match="Nobody would get issue 2017-11"):
        freeze(DeliveryLedger(database), approval)


def test_segments_changed_since_approval_are_refused(database: Database) -> None:
    """The audience rule is part of what was approved."""
    add_people(database, addresses(1))
    approval = keep_approval(database, an_approval(segments=SEGMENTS[:1], editions=(TO_MANAGERS,)))
    with pytest.raises(StateError, match="have changed since the issue was approved"):
        freeze(DeliveryLedger(database), approval)


def test_there_is_one_real_sending_and_any_number_of_rehearsals(database: Database) -> None:
    """Rehearsals neither stand in the way of the real sending nor of each other; a second real one is refused."""
    add_people(database, addresses(2))
    approval = keep_approval(database, an_approval())
    ledger = DeliveryLedger(database)
    for _ in range(2):
        freeze(ledger, approval, is_rehearsal=True)
    freeze(ledger, approval)
    freeze(ledger, approval, is_rehearsal=True)
    with pytest.raises(StateError, match="has a sending already"):
        freeze(ledger, approval)
    assert [sending.is_rehearsal for sending in ledger.sendings(LABEL)] == [True, True, False, True]


def test_a_cancelled_sending_that_reached_nobody_may_begin_again(database: Database) -> None:
    """Cancelling before anybody could have got the issue frees its place."""
    ledger, sending = a_sending(database, 3)
    ledger.cancel(sending.id, reason="wrong date", now=LATER)
    again = freeze(ledger, an_approval())
    assert states(ledger, again) == {DeliveryState.QUEUED: 3}


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.UNKNOWN])
def test_a_cancelled_sending_that_may_have_reached_somebody_stands_in_the_way(
    database: Database, verdict: Verdict
) -> None:
    """A new audience would be mailed the same issue again: so there is none."""
    ledger, sending = a_sending(database, 3)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, verdict), LATER)
    ledger.cancel(sending.id, reason="wrong date", now=LATER)
    with pytest.raises(StateError, match="has a sending already"):
        freeze(ledger, an_approval())


def test_the_forecast_remembers_the_last_real_sending(database: Database) -> None:
    """The number to compare an audience with is that of the last finished real sending of another issue."""
    ledger, sending = a_sending(database, 2)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), LATER)
    ledger.finish(sending.id, now=LATER)
    add_people(database, ["third@example.com"])
    december = ledger.foresee(label=IssueLabel("2017-12"), segments=SEGMENTS, languages=(FI,))
    november = ledger.foresee(label=LABEL, segments=SEGMENTS, languages=(FI,))
    assert (december.planned_last_time, november.planned_last_time) == (2, None)


# Claim ---------------------------------------------------------------------------------------------------------------


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


def test_an_erased_persons_number_gives_nobody_else_the_mail(database: Database) -> None:
    """SQLite gives a freed number to the next person: the ledger goes by the hash of the address."""
    ledger, sending = a_sending(database, 1)
    leave(database, "erased", "reader1@example.com")
    add_people(database, ["stranger@example.com"])
    with database.read() as connection:
        assert connection.execute(select(subscriber.c.id)).scalars().all() == [1]
    assert ledger.claim(sending.id, owner="aino", now=NOW) is None
    assert states(ledger, sending) == {DeliveryState.SKIPPED: 1}


def test_a_batch_that_everybody_left_is_settled_on_the_way(database: Database) -> None:
    """An empty batch does not end the sending: the claim goes on to the next one, and the end is reached."""
    ledger, sending = a_sending(database, 4)
    first, second = claim(ledger, sending), claim(ledger, sending)
    ledger.release(first)
    ledger.release(second)
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
    resumed = ledger.resume(sending.id)
    assert (paused.state, paused.pause_reason) == (SendingState.PAUSED, "the subject is wrong")
    assert again == paused
    assert nothing is None
    assert resumed == sending
    assert reached(claim(ledger, sending)) == ["reader1@example.com"]


# Record --------------------------------------------------------------------------------------------------------------


def test_accepted_and_rejected_settle_a_batch(database: Database) -> None:
    """A batch of which everybody has an end is settled, and each end keeps its reason and the provider's word."""
    ledger, sending = a_sending(database, 4, batch_size=4)
    claimed = claim(ledger, sending)
    outcome = answered(claimed, Verdict.REJECTED, Verdict.ACCEPTED, reason="no such mailbox")
    taken = BatchOutcome(
        outcomes=tuple(
            Outcome(
                delivery_key=answer.delivery_key,
                verdict=answer.verdict,
                reason=answer.reason,
                provider_id="call-7" if answer.verdict is Verdict.ACCEPTED else None,
            )
            for answer in outcome.outcomes
        )
    )
    ledger.record(claimed, taken, LATER)
    with database.read() as connection:
        kept = connection.execute(
            select(delivery.c.state, delivery.c.reason, delivery.c.provider_id, delivery.c.settled_at).order_by(
                delivery.c.address_hash
            )
        ).all()
    assert [tuple(row) for row in kept] == [
        ("rejected", "no such mailbox", None, LATER),
        *[("accepted", None, "call-7", LATER)] * 3,
    ]
    assert states(ledger, sending) == {DeliveryState.ACCEPTED: 3, DeliveryState.REJECTED: 1}
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


def test_a_record_is_fenced_by_its_attempt(database: Database) -> None:
    """Whoever was overtaken changes nothing: neither after the batch was settled nor after it was claimed again."""
    ledger, sending = a_sending(database, 2)
    stale = claim(ledger, sending)
    ledger.release(stale)
    current = claim(ledger, sending)
    assert (ledger.holds(stale), ledger.holds(current)) == (False, True)
    for overtaken in (stale, stale):
        with pytest.raises(StateError, match="was settled by somebody else"):
            ledger.record(overtaken, answered(overtaken, Verdict.REJECTED), LATER)
    ledger.record(current, answered(current, Verdict.ACCEPTED), LATER)
    with pytest.raises(StateError, match="was settled by somebody else"):
        ledger.release(current)
    assert states(ledger, sending) == {DeliveryState.ACCEPTED: 2}
    assert not ledger.holds(current)


# Doubt, dead owners, the end -----------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("change", ["pause", "resume", "cancel", "queue_unknown"])
def test_what_is_over_stays_over(database: Database, change: str) -> None:
    """A finished or cancelled sending can be neither paused, resumed, cancelled nor filled again."""
    ledger, sending = a_sending(database, 1)
    over = ledger.cancel(sending.id, reason="wrong audience", now=LATER)
    changes: dict[str, Callable[[], object]] = {
        "pause": lambda: ledger.pause(sending.id, reason=""),
        "resume": lambda: ledger.resume(sending.id),
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


# What the database itself sees to ------------------------------------------------------------------------------------


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
