"""What the ledger keeps of each step beside the state: when it was, why, and around which moments a test can cut it."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from newsletter.domain.delivery import Checkpoint, ClaimedBatch, DeliveryState, ReasonCount
from newsletter.domain.issue import IssueLabel
from newsletter.domain.mailing import Verdict
from newsletter.errors import StateError
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.tables import batch, delivery
from tests.send.samples import NOW, a_sending, an_approval, freeze, keep_approval, suppress
from tests.storage.ledger_steps import LATER, answered, claim

Moments = list[tuple[str, object]]


def _batches(database: Database) -> Moments:
    """Give state and moment of each batch."""
    with database.read() as connection:
        found = select(batch.c.state, batch.c.settled_at).order_by(batch.c.id)
        return [tuple(row) for row in connection.execute(found)]


def _deliveries(database: Database) -> Moments:
    """Give state and moment of each delivery that has an end of its own."""
    with database.read() as connection:
        found = select(delivery.c.state, delivery.c.settled_at).where(delivery.c.state.is_not(None))
        return sorted(tuple(row) for row in connection.execute(found))


def test_whoever_is_skipped_is_skipped_at_the_claim(database: Database) -> None:
    """The moment is that of the claim, for one person and for a batch that everybody left."""
    ledger, sending = a_sending(database, 2)
    for number in (1, 2):
        suppress(database, f"reader{number}@example.com")

    assert ledger.claim(sending.id, owner="aino", now=LATER) is None
    assert _deliveries(database) == [("skipped", LATER)] * 2
    assert _batches(database) == [("settled", LATER)]


@pytest.mark.parametrize(
    ("verdicts", "batches"),
    [
        ([Verdict.ACCEPTED, Verdict.ACCEPTED], [("accepted", LATER)]),
        ([Verdict.REJECTED, Verdict.REJECTED], [("settled", LATER)]),
    ],
)
def test_an_answer_is_kept_with_its_moment(database: Database, verdicts: list[Verdict], batches: Moments) -> None:
    """The batch has the moment of those who ended alike; whoever ended otherwise has it alone."""
    ledger, sending = a_sending(database, 2)
    claimed = claim(ledger, sending)

    ledger.record(claimed, answered(claimed, *verdicts, reason="no"), LATER)

    assert _batches(database) == batches
    assert _deliveries(database) == [("rejected", LATER)] * verdicts.count(Verdict.REJECTED)


@pytest.mark.parametrize("step", ["release", "refuse all", "refuse one"])
def test_what_comes_back_after_a_cancellation_is_skipped_then(database: Database, step: str) -> None:
    """Released or refused, it does not wait for ever: it is skipped when it came back."""
    ledger, sending = a_sending(database, 2)
    claimed = claim(ledger, sending)
    ledger.cancel(sending.id, reason="wrong audience", now=NOW)

    if step == "release":
        ledger.release(claimed, LATER)
    else:
        first = Verdict.REFUSED if step == "refuse all" else Verdict.UNKNOWN
        ledger.record(claimed, answered(claimed, first, Verdict.REFUSED, reason="later"), LATER)

    skipped = 1 if step == "refuse one" else 2
    assert _deliveries(database) == [("skipped", LATER)] * skipped


def test_why_a_batch_waits_is_kept_and_nothing_else(database: Database) -> None:
    """A refusal is told with its words; a release, and an acceptance, have none."""
    ledger, sending = a_sending(database, 4)
    released, refused = claim(ledger, sending), claim(ledger, sending)
    ledger.release(released, NOW)
    before = ledger.account(sending.id).reasons

    ledger.record(refused, answered(refused, Verdict.REFUSED, reason="try later"), LATER)
    told = ledger.account(sending.id).reasons

    assert before == ()
    assert told == (ReasonCount(state=DeliveryState.QUEUED, reason="try later", deliveries=2),)


def test_a_limit_of_just_a_batch_parts_nothing(database: Database) -> None:
    """Nobody is left over, so that no empty batch is queued."""
    ledger, sending = a_sending(database, 2)

    assert ledger.claim(sending.id, owner="aino", now=NOW, limit=2) is not None
    assert len(_batches(database)) == 1


def test_a_lost_claim_says_what_to_do(database: Database) -> None:
    """Somebody else sends the same: that has to be stopped first."""
    ledger, sending = a_sending(database, 2)
    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), NOW)

    with pytest.raises(StateError) as caught:
        ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), NOW)

    assert caught.value.hint == "Stop every other sender of this publication, then run `newsletter issue report`."


def test_each_commit_stands_between_its_checkpoints(database: Database) -> None:
    """Claiming and recording name the moments before and after what they keep."""
    _whole, sending = a_sending(database, 2)
    seen: list[Checkpoint] = []
    ledger = DeliveryLedger(database, checkpoint=seen.append)

    claimed = claim(ledger, sending)
    ledger.record(claimed, answered(claimed, Verdict.ACCEPTED), NOW)

    assert seen == [
        Checkpoint.BEFORE_CLAIM_COMMIT,
        Checkpoint.AFTER_CLAIM_COMMIT,
        Checkpoint.BEFORE_RECORD_COMMIT,
        Checkpoint.AFTER_RECORD_COMMIT,
    ]


def test_an_owners_claims_are_given_without_addresses(database: Database) -> None:
    """Only what is not recorded, only whoever has no end, of this owner alone and of whatever sending."""
    ledger, sending = a_sending(database, 6)
    other = freeze(ledger, keep_approval(database, an_approval(label=IssueLabel("2017-12"))))
    done, open_one, of_the_other = claim(ledger, sending), claim(ledger, sending), claim(ledger, other)
    claim(ledger, sending, "eero")
    ledger.record(done, answered(done, Verdict.ACCEPTED), NOW)
    told, *others = open_one.deliveries
    with database.write() as connection:
        connection.execute(update(delivery).where(delivery.c.key == told.key).values(state=DeliveryState.DELIVERED))

    found = ledger.claimed_by("aino")

    def known(claimed: ClaimedBatch) -> ClaimedBatch:
        planned = [replace(one, address=None, subscriber_id=None, name="") for one in claimed.deliveries]
        return replace(claimed, deliveries=tuple(sorted(planned, key=lambda one: one.address_hash)))

    still_open = replace(open_one, deliveries=tuple(others))
    assert [known(one) for one in found] == [known(still_open), known(of_the_other)]
    assert {one.address for each in found for one in each.deliveries} == {None}
