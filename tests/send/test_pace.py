"""Waiting when refused, and while another program holds the ledger."""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from newsletter.domain.delivery import Checkpoint, DeliveryKey, DeliveryState
from newsletter.domain.mailing import BatchOutcome, Outcome, Verdict, read_pace
from newsletter.errors import StorageLocked
from newsletter.send.dispatch import StopCause, send
from newsletter.send.pace import TRIES_MAX, Backoff, Rate
from newsletter.storage.database import Database
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import ScriptedMailer
from tests.send.samples import NOW, a_sending, addresses, an_assignment


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


def test_chance_shortens_our_own_waits_and_never_the_mailers() -> None:
    """Senders that were refused together come back apart; whoever names a moment is taken at his word."""
    ours, told = Backoff(lambda: 1.0), Backoff(lambda: 1.0)
    ours.note(REFUSED, 0.0)
    told.note(outcome(Verdict.REFUSED, retry_after_seconds=300.0), 0.0)
    assert (ours.wait_seconds(0.0), told.wait_seconds(0.0)) == (0.75, 300.0)


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
    patience, monotonic = Backoff(lambda: 1.0), 0.0
    answer = outcome(Verdict.REFUSED, retry_after_seconds=retry_after_seconds)
    for _ in range(TRIES_MAX - 1):
        assert patience.note(answer, monotonic) is None
        monotonic += patience.wait_seconds(monotonic)
    assert patience.note(answer, monotonic) == "refused 20 times in a row; the last reason was: try later"
    assert monotonic > 600.0


class Held:
    """A database that another program holds until it was told of that so often.

    Attributes:
        told: What was told, in order.
    """

    def __init__(self, url: URL, *, until_told: int = 3) -> None:
        self.told: list[str] = []
        self._path = str(url.database)
        self._until_told = until_told
        self._holder: sqlite3.Connection | None = None

    def hold(self) -> None:
        """Hold it."""
        self._holder = sqlite3.connect(self._path, isolation_level=None)
        self._holder.execute("BEGIN EXCLUSIVE")

    def tell(self, message: str) -> None:
        """Take a word, and let go at the last one."""
        self.told.append(message)
        if len(self.told) % self._until_told == 0:
            self.let_go()

    def let_go(self) -> None:
        """Let go of it."""
        if self._holder is not None:
            self._holder.close()


@pytest.fixture
def impatient(sqlite_database: Database) -> Iterator[Database]:
    """Give the database as one that gives up at once where it is not told to be patient."""
    opened = Database(str(sqlite_database.url), lock_wait_seconds=0.004)
    yield opened
    opened.close()


def test_a_lock_does_not_end_a_sending(impatient: Database) -> None:
    """Whoever holds the database is waited for, before a claim and after a call, and named as long as it lasts."""
    ledger, sending = a_sending(impatient, 4)
    mailer, held = ScriptedMailer(), Held(impatient.url)
    held.hold()

    def hold_again(passed: Checkpoint) -> None:
        if passed is Checkpoint.AFTER_HAND_OVER and len(held.told) == 3:
            held.hold()

    with impatient.patient(held.tell):
        done = send(an_assignment(ledger, sending, mailer, FakeClock(), checkpoint=hold_again))

    assert done.balance.states == {DeliveryState.ACCEPTED: 4}
    assert sorted(mailer.handed_over) == addresses(4)
    assert held.told == ["newsletter.db has been locked by another program for 0 s."] * 6


def test_a_lock_that_lasts_ends_the_run(impatient: Database) -> None:
    """Nobody waits for ever: after the hour the run ends, who was queued stays queued, and sending again goes on."""
    ledger, sending = a_sending(impatient, 4)
    held, mailer = Held(impatient.url, until_told=99), ScriptedMailer()
    run = an_assignment(ledger, sending, mailer, FakeClock())

    with impatient.patient(held.tell, seconds_max=0.02), pytest.raises(StorageLocked):
        held.hold()
        send(run)
    held.let_go()

    assert (held.told, mailer.calls) == (["newsletter.db has been locked by another program for 0 s."] * 3, [])
    assert send(run).balance.states == {DeliveryState.ACCEPTED: 4}


def test_somebody_who_waits_for_a_lock_can_stop(impatient: Database) -> None:
    """Nothing is under way while a claim waits: asked to stop, the run ends, and who was queued stays queued."""
    ledger, sending = a_sending(impatient, 4)
    held = Held(impatient.url, until_told=99)
    run = an_assignment(ledger, sending, ScriptedMailer(), FakeClock())

    with impatient.patient(held.tell, unless=lambda: bool(held.told)), pytest.raises(StorageLocked):
        held.hold()
        send(run, should_stop=lambda: bool(held.told))
    held.let_go()

    assert ledger.balance(sending.id).states == {DeliveryState.QUEUED: 4}


def test_a_claim_is_given_back_also_by_somebody_who_was_asked_to_stop(impatient: Database) -> None:
    """Whether a call may be made, and that none was, must not depend on somebody else's lock."""
    ledger, sending = a_sending(impatient, 2)
    claimed, held = ledger.claim(sending.id, owner="aino", now=NOW), Held(impatient.url)
    assert claimed is not None

    with impatient.patient(held.tell, unless=lambda: True):
        held.hold()
        is_ours = ledger.holds(claimed)
        held.hold()
        ledger.release(claimed, NOW)

    assert (is_ours, len(held.told)) == (True, 6)
    assert ledger.balance(sending.id).states == {DeliveryState.QUEUED: 2}


def test_an_answer_is_recorded_also_by_somebody_who_was_asked_to_stop(impatient: Database) -> None:
    """What the mailer said is known here alone, so that it is written however long the lock lasts."""
    ledger, sending = a_sending(impatient, 4)
    held = Held(impatient.url)

    def hold(passed: Checkpoint) -> None:
        if passed is Checkpoint.AFTER_HAND_OVER:
            held.hold()

    with impatient.patient(held.tell, unless=lambda: bool(held.told)):
        run = an_assignment(ledger, sending, ScriptedMailer(), FakeClock(), checkpoint=hold)
        done = send(run, should_stop=lambda: bool(held.told))

    assert (done.cause, done.balance.states) == (
        StopCause.ASKED,
        {DeliveryState.QUEUED: 2, DeliveryState.ACCEPTED: 2},
    )


def test_batches_begin_no_faster_than_the_limit() -> None:
    """At ten a second, a batch of twenty keeps the next one waiting for two seconds, less what has passed."""
    rate = Rate(read_pace("10/s"))
    waits = [rate.wait_seconds(100.0)]
    rate.spend(20, 100.0)
    waits += [rate.wait_seconds(100.0), rate.wait_seconds(101.5)]
    rate.spend(5, 101.5)
    waits += [rate.wait_seconds(101.5), rate.wait_seconds(110.0)]
    assert waits == [0.0, 2.0, 0.5, 1.0, 0.0]


def test_a_pause_saves_nothing_up() -> None:
    """After an hour of silence the pace is the same: no burst makes up for it."""
    rate = Rate(read_pace("10/s"))
    rate.spend(10, 0.0)
    rate.spend(10, 3600.0)
    assert rate.wait_seconds(3600.0) == 1.0


@pytest.mark.parametrize(
    ("written", "per_second", "at_once_max"),
    [("25/min", 25 / 60, 4), ("1/h", 1 / 3600, 1), ("300 / min", 5.0, 40), ("1000/s", 1000.0, 8000)],
)
def test_a_pace_is_read(written: str, per_second: float, at_once_max: int) -> None:
    """Readers in a second, a minute or an hour; slow ones go in small calls, so that no minute has more than it may."""
    pace = read_pace(written)

    assert (pace.per_second, pace.at_once_max, str(pace)) == (per_second, at_once_max, written.replace(" ", ""))


@pytest.mark.parametrize("written", ["0/min", "25", "-1/s", "25/day", "1.5/s", "25/min/h"])
def test_no_pace_is_guessed(written: str) -> None:
    """What is none is refused with three that are."""
    with pytest.raises(ValueError, match="25/min, 5/s or 1000/h"):
        read_pace(written)


def test_at_25_a_minute_no_minute_has_more_than_28() -> None:
    """Microsoft 365 takes thirty in any minute, however it is cut."""
    rate, now, begun = Rate(read_pace("25/min")), 0.0, []
    while now < 600:
        rate.spend(rate.at_once_max, now)
        begun += [now] * rate.at_once_max
        now += rate.wait_seconds(now)

    assert max(sum(start <= one < start + 60 for one in begun) for start in begun) <= 28
    assert len(begun) >= 250
