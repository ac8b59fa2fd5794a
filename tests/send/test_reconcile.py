"""What a dead sender left behind."""

import pytest

from newsletter.domain.delivery import DeliveryState
from newsletter.domain.mailing import Verdict
from newsletter.send.deliver import deliver
from newsletter.send.reconcile import AGAIN, CUT_OFF, Reconciled, reconcile
from newsletter.storage.database import Database
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer, each
from tests.send.samples import NOW, a_sending, an_assignment


@pytest.mark.parametrize(
    ("is_idempotent", "expected", "states"),
    [
        (
            True,
            Reconciled(queued_again=2, unknown=0),
            {DeliveryState.QUEUED: 4, DeliveryState.SENDING: 2},
        ),
        (
            False,
            Reconciled(queued_again=0, unknown=1),
            {DeliveryState.SENDING: 2, DeliveryState.UNKNOWN: 4},
        ),
    ],
)
def test_the_dead_are_settled_and_the_living_left_alone(
    database: Database,
    is_idempotent: bool,  # noqa: FBT001 - a table's column
    expected: Reconciled,
    states: dict[DeliveryState, int],
) -> None:
    """A dead sender's batch and older doubt go out again through an idempotent mailer, and stay in doubt otherwise."""
    ledger, sending = a_sending(database, 6)
    doubtful = an_assignment(ledger, sending, ScriptedMailer([each(Verdict.UNKNOWN, "no answer")]), FakeClock())
    before = ledger.claim(sending.id, owner="aino on laptop", now=NOW)
    assert before is not None
    deliver(doubtful, before)
    assert ledger.claim(sending.id, owner="dead", now=NOW) is not None
    ours = an_assignment(ledger, sending, ScriptedMailer(is_idempotent=is_idempotent), FakeClock())
    assert ledger.claim(sending.id, owner="aino on laptop", now=NOW) is not None
    assert reconcile(ours) == expected
    assert ledger.balance(sending.id).states == states
    queued = [one.reason for one in ledger.account(sending.id).reasons if one.state is DeliveryState.QUEUED]
    assert queued == ([AGAIN] if is_idempotent else [])


def test_the_reason_of_doubt_is_told(database: Database) -> None:
    """Doubt after a death says that the sender was cut off."""
    ledger, sending = a_sending(database, 2)
    ledger.claim(sending.id, owner="dead", now=NOW)
    reconcile(an_assignment(ledger, sending, ScriptedMailer(), FakeClock()))
    assert [doubt.reason for doubt in ledger.unknown_batches(sending.id)] == [CUT_OFF]
    assert AGAIN != CUT_OFF


def test_a_cancelled_sending_hands_nothing_over_again(database: Database) -> None:
    """What a dead sender had on its way when the sending was cancelled is in doubt, even with an idempotent mailer."""
    ledger, sending = a_sending(database, 4)
    ledger.claim(sending.id, owner="dead", now=NOW)
    cancelled = ledger.cancel(sending.id, reason="wrong audience", now=NOW)
    found = reconcile(an_assignment(ledger, cancelled, ScriptedMailer(is_idempotent=True), FakeClock()))
    assert found == Reconciled(queued_again=0, unknown=1)
    assert ledger.balance(sending.id).states == {DeliveryState.UNKNOWN: 2, DeliveryState.SKIPPED: 2}
