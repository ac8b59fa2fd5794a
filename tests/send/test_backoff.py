"""Waiting when refused, and while the ledger is locked."""

from collections.abc import Collection
from datetime import datetime

import pytest

from newsletter.domain.delivery import (
    BatchOutcome,
    Checkpoint,
    ClaimedBatch,
    DeliveryKey,
    DeliveryState,
    Outcome,
    SendingId,
    Verdict,
)
from newsletter.domain.issue import EditionKey
from newsletter.errors import StorageLocked
from newsletter.send.backoff import LOCK_WAIT_SECONDS, TRIES_MAX, Backoff
from newsletter.send.dispatch import StopCause, send
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer
from tests.send.samples import a_sending, addresses, an_assignment


def outcome(*verdicts: Verdict, retry_after_seconds: float | None = None) -> BatchOutcome:
    """Give an answer with these verdicts."""
    return BatchOutcome(
        outcomes=tuple(
            Outcome(delivery_key=DeliveryKey(str(number)), verdict=verdict, reason="try later")
            for number, verdict in enumerate(verdicts)
        ),
        retry_after_seconds=retry_after_seconds,
    )


REFUSED = outcome(Verdict.REFUSED, Verdict.REFUSED)


def test_the_wait_doubles_up_to_a_minute() -> None:
    """Without a word from the mailer the wait doubles from a second to a minute, and a taken mail begins it anew."""
    patience, monotonic = Backoff(), 0.0
    waits = []
    for answer in (*[REFUSED] * 8, outcome(Verdict.REFUSED, Verdict.ACCEPTED), REFUSED):
        patience.note(answer, monotonic)
        waits.append(patience.wait_seconds(monotonic))
        monotonic += waits[-1]
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 0.0, 1.0]


@pytest.mark.parametrize("answer", [Verdict.REFUSED, Verdict.ACCEPTED])
def test_the_mailers_own_word_counts(answer: Verdict) -> None:
    """When the mailer says how long, at least that long it is, even after a call that was taken."""
    patience = Backoff()
    waits = []
    for seconds in (300.0, 0.5):
        patience.note(outcome(answer, retry_after_seconds=seconds), 0.0)
        waits.append((patience.wait_seconds(0.0), patience.wait_seconds(299.0), patience.wait_seconds(301.0)))
    assert waits == [(300.0, 1.0, 0.0)] * 2


@pytest.mark.parametrize(("answer", "seconds"), [(Verdict.REFUSED, 1.0), (Verdict.ACCEPTED, 0.5)])
def test_a_short_word_does_not_shorten_our_own_wait(answer: Verdict, seconds: float) -> None:
    """Where nobody was taken the longer wait counts; where somebody was, the mailer's word alone."""
    patience = Backoff()
    patience.note(outcome(answer, retry_after_seconds=0.5), 0.0)
    assert patience.wait_seconds(0.0) == seconds


def test_calls_refused_side_by_side_are_one_wave() -> None:
    """Three threads refused at the same moment have been refused once, not three times in a row."""
    patience = Backoff()
    waits = []
    for monotonic in (0.0, 0.25, 0.5, 1.5, 1.75):
        patience.note(REFUSED, monotonic)
        waits.append(patience.wait_seconds(monotonic))
    assert waits == [1.0, 1.0, 1.0, 2.0, 2.0]


@pytest.mark.parametrize("retry_after_seconds", [None, 1.0, 30.0, 59.0])
def test_a_storm_of_ten_minutes_is_waited_out_in_twenty_calls(retry_after_seconds: float | None) -> None:
    """Whatever the mailer says, the waits between the calls allowed add up to more; then a person is asked."""
    patience, monotonic = Backoff(), 0.0
    answer = outcome(Verdict.REFUSED, retry_after_seconds=retry_after_seconds)
    for _ in range(TRIES_MAX - 1):
        assert patience.note(answer, monotonic) is None
        monotonic += patience.wait_seconds(monotonic)
    assert patience.note(answer, monotonic) == "refused 20 times in a row; the last reason was: try later"
    assert monotonic > 600.0


class LockedLedger(DeliveryLedger):
    """A ledger that another program holds for so many tries.

    Attributes:
        tries_left: How many more fail.
    """

    tries_left = 0

    def claim(
        self,
        sending_id: SendingId,
        *,
        owner: str,
        now: datetime,
        editions: Collection[EditionKey] | None = None,
        limit: int | None = None,
    ) -> ClaimedBatch | None:
        """Claim, once it is free."""
        self._meet_lock()
        return super().claim(sending_id, owner=owner, now=now, editions=editions, limit=limit)

    def record(self, claimed: ClaimedBatch, outcome: BatchOutcome, now: datetime) -> None:
        """Record, once it is free."""
        self._meet_lock()
        super().record(claimed, outcome, now)

    def _meet_lock(self) -> None:
        if self.tries_left:
            self.tries_left -= 1
            raise StorageLocked("newsletter.db is locked by another program.")


def test_a_lock_does_not_end_a_sending(database: Database) -> None:
    """Whoever holds the database for a minute is waited for, before a claim and after a call, and named once each."""
    _, sending = a_sending(database, 4)
    ledger, mailer, clock, told = LockedLedger(database), ScriptedMailer(), FakeClock(), list[str]()
    ledger.tries_left = 120

    def lock(passed: Checkpoint) -> None:
        if passed is Checkpoint.AFTER_HAND_OVER and len(told) == 1:
            ledger.tries_left = 120

    began = clock.monotonic()
    done = send(an_assignment(ledger, sending, mailer, clock, checkpoint=lock), waits_for=told.append)

    assert done.balance.states == {DeliveryState.ACCEPTED: 4}
    assert sorted(mailer.handed_over) == addresses(4)
    assert told == ["newsletter.db is locked by another program."] * 2
    assert clock.monotonic() - began == 2 * 120 * LOCK_WAIT_SECONDS


def test_somebody_who_waits_for_a_lock_can_stop(database: Database) -> None:
    """Nothing is under way while a claim waits: asked to stop, the run ends, and who was queued stays queued."""
    _, sending = a_sending(database, 4)
    ledger, told = LockedLedger(database), list[str]()
    ledger.tries_left = 10**6
    assignment = an_assignment(ledger, sending, ScriptedMailer(), FakeClock())

    done = send(assignment, should_stop=lambda: bool(told), waits_for=told.append)

    assert (done.cause, done.balance.states) == (StopCause.ASKED, {DeliveryState.QUEUED: 4})
