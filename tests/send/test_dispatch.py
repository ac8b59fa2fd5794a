"""The loop of one process."""

import gc
from collections import Counter
from datetime import datetime, timedelta
from threading import Barrier, Event

import pytest

from newsletter.domain.audience import ExclusionReason
from newsletter.domain.delivery import Balance, BatchState, ClaimedBatch, DeliveryState, InDoubt, SendingState
from newsletter.domain.mailing import BatchOutcome, OutgoingBatch, Verdict, read_pace
from newsletter.errors import StateError
from newsletter.send.assignment import Threads
from newsletter.send.dispatch import Choice, Dispatched, Progress, StopCause, send
from newsletter.send.reconcile import Reconciled
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import Answer, ScriptedMailer, by_address, each, failing
from tests.send.samples import (
    ADVISERS,
    MANAGERS,
    NOW,
    TO_MANAGERS,
    a_sending,
    add_people,
    addresses,
    an_approval,
    an_assignment,
    freeze,
    keep_approval,
)

ACCEPTED, REJECTED = DeliveryState.ACCEPTED, DeliveryState.REJECTED
QUEUED, UNKNOWN = DeliveryState.QUEUED, DeliveryState.UNKNOWN


def test_everybody_is_mailed_once_and_the_sending_finished(database: Database) -> None:
    """A plain run ends with everybody accepted, the sums right and the sending finished."""
    ledger, sending = a_sending(database, 5)
    add_people(database, addresses(1, "nobody"), segments=[])
    mailer, clock = ScriptedMailer(), FakeClock()
    dispatched = send(an_assignment(ledger, sending, mailer, clock))
    assert dispatched == Dispatched(
        cause=StopCause.NOTHING_LEFT,
        sending=ledger.sending(sending.id),
        balance=Balance(candidates=5, excluded={}, planned=5, states={ACCEPTED: 5}),
        doubt=InDoubt(),
        reconciled=Reconciled(queued_again=0, unknown=0),
    )
    assert sorted(mailer.handed_over) == addresses(5)
    assert (dispatched.sending.state, dispatched.sending.finished_at) == (SendingState.FINISHED, clock.now())
    assert clock.naps == []


def test_a_second_run_finds_nothing_left(database: Database) -> None:
    """Sending again after the end mails nobody."""
    ledger, sending = a_sending(database, 3)
    mailer = ScriptedMailer()
    for _ in range(2):
        dispatched = send(an_assignment(ledger, sending, mailer, FakeClock()))
    assert dispatched.cause is StopCause.NOTHING_LEFT
    assert sorted(mailer.handed_over) == addresses(3)


def test_refused_mails_are_waited_for(database: Database) -> None:
    """A mailer that says "later" is asked again after the wait it names, or ours, and everybody is mailed once."""
    ledger, sending = a_sending(database, 2)
    script = [
        each(Verdict.REFUSED, "too many", retry_after_seconds=1.25),
        each(Verdict.REFUSED, "too many"),
        by_address({"reader1@example.com": Verdict.REFUSED}, reason="greylisted"),
    ]
    mailer, clock = ScriptedMailer(script), FakeClock()
    dispatched = send(an_assignment(ledger, sending, mailer, clock))
    assert dispatched.balance.states == {ACCEPTED: 2}
    assert clock.naps[:3] == [0.5, 0.5, 0.25]
    assert 1.5 <= sum(clock.naps[3:]) <= 2.0
    assert [len(call.recipients) for call in mailer.calls] == [2, 2, 2, 1]
    assert [call.attempt for call in mailer.calls] == [1, 2, 3, 4]


def test_a_wait_of_more_than_an_hour_ends_the_run(database: Database) -> None:
    """Nobody watches for that long: the run ends with what it waits for, nobody is lost, and sending again goes on."""
    ledger, sending = a_sending(database, 2)
    waits: list[float] = []
    mailer, clock = (
        ScriptedMailer([each(Verdict.REFUSED, "come back tonight", retry_after_seconds=7200.0)]),
        FakeClock(),
    )
    first = send(
        an_assignment(ledger, sending, mailer, clock), progress=lambda progress: waits.append(progress.wait_seconds)
    )
    again = send(an_assignment(ledger, sending, mailer, clock))
    assert (first.cause, first.sending.state, waits) == (StopCause.LONG_WAIT, SendingState.RUNNING, [7200.0])
    assert (clock.naps, again.balance.states) == ([], {ACCEPTED: 2})


def test_refusal_without_end_pauses(database: Database) -> None:
    """After twenty refusals in a row a person is asked; nobody is lost, and sending again goes on."""
    ledger, sending = a_sending(database, 2)
    mailer = ScriptedMailer([each(Verdict.REFUSED, "too many")] * 20)
    dispatched = send(an_assignment(ledger, sending, mailer, FakeClock()))
    assert dispatched.cause is StopCause.PAUSED
    assert dispatched.sending.pause_reason == "refused 20 times in a row; the last reason was: too many"
    assert dispatched.balance.states == {QUEUED: 2}
    again = send(an_assignment(ledger, dispatched.sending, mailer, FakeClock()))
    assert (again.cause, again.balance.states) == (StopCause.NOTHING_LEFT, {ACCEPTED: 2})


@pytest.mark.parametrize(
    ("answers", "reason", "states", "calls"),
    [
        (
            [each(Verdict.REFUSED, "key revoked", stop_reason="the key was revoked")],
            "the key was revoked",
            {QUEUED: 40},
            1,
        ),
        (
            [each(Verdict.UNKNOWN, "no answer")] * 4,
            "3 calls in a row ended without a clear answer",
            {QUEUED: 10, UNKNOWN: 30},
            3,
        ),
        (
            [each(Verdict.REJECTED, "no such mailbox")] * 2,
            "10 of 10 deliveries were rejected for good",
            {QUEUED: 30, REJECTED: 10},
            1,
        ),
        (
            [failing(RuntimeError("boom"))],
            "the mailer scripted failed (RuntimeError)",
            {QUEUED: 30, UNKNOWN: 10},
            1,
        ),
    ],
)
def test_what_cannot_go_well_pauses(
    database: Database, answers: list[Answer], reason: str, states: dict[DeliveryState, int], calls: int
) -> None:
    """A revoked key, doubt after doubt, or too many rejections pause the sending with the reason."""
    ledger, sending = a_sending(database, 40, batch_size=10)
    mailer = ScriptedMailer(answers)
    dispatched = send(an_assignment(ledger, sending, mailer, FakeClock()))
    assert (dispatched.cause, dispatched.sending.pause_reason) == (StopCause.PAUSED, reason)
    assert dispatched.sending.state is SendingState.PAUSED
    assert dispatched.balance.states == states
    assert len(mailer.calls) == calls


def test_doubt_keeps_the_sending_open(database: Database) -> None:
    """With a delivery in doubt the run ends, but the sending is not finished."""
    ledger, sending = a_sending(database, 3)
    mailer = ScriptedMailer([each(Verdict.UNKNOWN, "no answer")])
    dispatched = send(an_assignment(ledger, sending, mailer, FakeClock()))
    assert (dispatched.cause, dispatched.sending.state) == (StopCause.NOTHING_LEFT, SendingState.RUNNING)
    assert dispatched.balance.states == {ACCEPTED: 1, UNKNOWN: 2}
    assert not dispatched.balance.is_finished


def test_a_reason_to_pause_after_the_last_mail_pauses_nothing(database: Database) -> None:
    """What was the end anyway is the end."""
    ledger, sending = a_sending(database, 2)
    mailer = ScriptedMailer([each(Verdict.ACCEPTED, stop_reason="the quota is used up")])
    dispatched = send(an_assignment(ledger, sending, mailer, FakeClock()))
    assert (dispatched.cause, dispatched.sending.state) == (StopCause.NOTHING_LEFT, SendingState.FINISHED)


def test_a_limit_sends_so_many_and_no_more(database: Database) -> None:
    """A limit counts people handed over, not those refused; running again goes on behind them."""
    ledger, sending = a_sending(database, 5)
    mailer = ScriptedMailer([each(Verdict.REFUSED, "too many")])
    assignment = an_assignment(ledger, sending, mailer, FakeClock())
    first = send(assignment, choice=Choice(limit=3))
    second = send(assignment, choice=Choice(limit=3))
    assert (first.cause, first.balance.states) == (StopCause.LIMIT_REACHED, {QUEUED: 2, ACCEPTED: 3})
    assert (second.cause, second.balance.states) == (StopCause.NOTHING_LEFT, {ACCEPTED: 5})
    accepted = Counter(recipient.address for call in mailer.calls[1:] for recipient in call.recipients)
    assert accepted == Counter(addresses(5))


def test_chosen_editions_go_first(database: Database) -> None:
    """Choosing editions leaves the others queued and the sending open."""
    add_people(database, addresses(2, "adviser"), segments=[ADVISERS])
    add_people(database, addresses(2, "manager"), segments=[MANAGERS])
    ledger = DeliveryLedger(database)
    sending = freeze(ledger, keep_approval(database, an_approval()))
    mailer = ScriptedMailer()
    dispatched = send(
        an_assignment(ledger, sending, mailer, FakeClock()), choice=Choice(editions=frozenset({TO_MANAGERS}))
    )
    assert sorted(mailer.handed_over) == addresses(2, "manager")
    assert (dispatched.cause, dispatched.sending.state) == (StopCause.CHOSEN_DONE, SendingState.RUNNING)
    assert dispatched.balance.states == {QUEUED: 2, ACCEPTED: 2}
    assert dispatched.is_as_asked


def test_the_pace_is_kept(database: Database) -> None:
    """At two people a second, five people in batches of two take two seconds to begin, and all are mailed."""
    ledger, sending = a_sending(database, 5)
    mailer, clock = ScriptedMailer(), FakeClock()
    dispatched = send(an_assignment(ledger, sending, mailer, clock), pace=read_pace("2/s"))
    assert dispatched.balance.states == {ACCEPTED: 5}
    assert sum(clock.naps) == 2.0


def test_asking_to_stop_stops_between_batches(database: Database) -> None:
    """Ctrl-C lets the call in flight end and be recorded; nothing more is begun, and nothing is lost."""
    ledger, sending = a_sending(database, 5)
    mailer = ScriptedMailer()
    dispatched = send(an_assignment(ledger, sending, mailer, FakeClock()), should_stop=lambda: len(mailer.calls) == 2)
    assert dispatched.cause is StopCause.ASKED
    assert dispatched.balance.states == {QUEUED: 1, ACCEPTED: 4}
    assert dispatched.sending.state is SendingState.RUNNING


def test_asking_to_stop_is_heard_while_waiting(database: Database) -> None:
    """An hour's wait does not keep anybody who asks to stop."""
    ledger, sending = a_sending(database, 2)
    mailer, clock = ScriptedMailer([each(Verdict.REFUSED, "too many", retry_after_seconds=3600.0)]), FakeClock()
    dispatched = send(an_assignment(ledger, sending, mailer, clock), should_stop=lambda: len(clock.naps) == 3)
    assert dispatched.cause is StopCause.ASKED
    assert sum(clock.naps) == 1.5


def test_pausing_from_elsewhere_is_seen_at_the_next_claim(database: Database) -> None:
    """Another terminal may pause a running sending: the sender stops by itself and says why."""
    ledger, sending = a_sending(database, 4)

    def pause(batch: OutgoingBatch) -> BatchOutcome:
        ledger.pause(sending.id, reason="the subject is wrong")
        return each(Verdict.ACCEPTED)(batch)

    dispatched = send(an_assignment(ledger, sending, ScriptedMailer([pause]), FakeClock()))
    assert (dispatched.cause, dispatched.sending.pause_reason) == (StopCause.PAUSED, "the subject is wrong")
    assert dispatched.balance.states == {QUEUED: 2, ACCEPTED: 2}


def test_a_paused_sending_that_was_cancelled_since_is_refused(database: Database) -> None:
    """Sending again is the word to go on with what is paused, never with what is over."""
    ledger, sending = a_sending(database, 4)
    paused = ledger.pause(sending.id, reason="the subject is wrong")
    ledger.cancel(sending.id, reason="it is", now=NOW)
    mailer = ScriptedMailer()
    with pytest.raises(StateError, match="is cancelled"):
        send(an_assignment(ledger, paused, mailer, FakeClock()))
    assert mailer.calls == []


def test_a_dead_senders_batches_are_settled_first(database: Database) -> None:
    """A run begins with what an earlier one left behind; with an idempotent mailer it is handed over again."""
    ledger, sending = a_sending(database, 4)
    ledger.claim(sending.id, owner="dead", now=NOW)
    dispatched = send(an_assignment(ledger, sending, ScriptedMailer(is_idempotent=True), FakeClock()))
    assert dispatched.reconciled == Reconciled(queued_again=1, unknown=0)
    assert dispatched.balance.states == {ACCEPTED: 4}


def test_progress_is_told_after_each_batch(database: Database) -> None:
    """Whoever watches sees counts, pace and the time that is left."""
    ledger, sending = a_sending(database, 6)
    clock = FakeClock()

    def slowly(verdict: Verdict) -> Answer:
        def answer(batch: OutgoingBatch) -> BatchOutcome:
            clock.pass_seconds(2)
            return each(verdict, "because")(batch)

        return answer

    told: list[Progress] = []
    script = [slowly(verdict) for verdict in (Verdict.ACCEPTED, Verdict.REJECTED, Verdict.UNKNOWN)]
    send(an_assignment(ledger, sending, ScriptedMailer(script), clock), progress=told.append)
    assert told == [
        Progress(accepted=2, rejected=0, unknown=0, remaining=4, seconds=2.0),
        Progress(accepted=2, rejected=2, unknown=0, remaining=2, seconds=4.0),
        Progress(accepted=2, rejected=2, unknown=2, remaining=0, seconds=6.0),
    ]
    assert [(one.per_second, one.seconds_left) for one in told] == [(1.0, 4.0), (1.0, 2.0), (1.0, 0.0)]


def test_progress_says_why_nobody_is_taken(database: Database) -> None:
    """Whoever watches a run that waits sees for what; once somebody is taken there is nothing to say."""
    ledger, sending = a_sending(database, 2)
    told: list[Progress] = []

    send(
        an_assignment(ledger, sending, ScriptedMailer([each(Verdict.REFUSED, "too busy")]), FakeClock()),
        progress=told.append,
    )

    assert [one.refusal for one in told] == ["too busy", ""]


def test_progress_before_the_first_answer_guesses_nothing() -> None:
    """Without any answer there is no pace and no guess of the end."""
    progress = Progress(accepted=0, rejected=0, unknown=0, remaining=9, seconds=0.0)
    assert (progress.per_second, progress.seconds_left) == (0.0, None)


@pytest.mark.parametrize("by", [timedelta(days=-366), timedelta(days=366)])
def test_a_jumping_clock_neither_hurries_nor_stalls(database: Database, by: timedelta) -> None:
    """A moment that jumps a year forward or back changes no wait and loses nobody."""
    ledger, sending = a_sending(database, 4)
    clock = FakeClock()

    def jump(batch: OutgoingBatch) -> BatchOutcome:
        clock.jump(by)
        return each(Verdict.REFUSED, "too many", retry_after_seconds=2.0)(batch)

    dispatched = send(an_assignment(ledger, sending, ScriptedMailer([jump]), clock), pace=read_pace("100/s"))
    assert dispatched.balance.states == {ACCEPTED: 4}
    assert sum(clock.naps) == pytest.approx(2.0 + 2 / 100)


def test_threads_share_the_work_and_mail_everybody_once(database: Database) -> None:
    """Several calls run side by side; together they mail everybody once."""
    ledger, sending = a_sending(database, 12)
    together = Barrier(3, timeout=20)

    def meet(batch: OutgoingBatch) -> BatchOutcome:
        together.wait()
        return each(Verdict.ACCEPTED)(batch)

    mailer = ScriptedMailer([meet] * 6)
    dispatched = send(an_assignment(ledger, sending, mailer, FakeClock()), crew=Threads(3))
    assert dispatched.balance.states == {ACCEPTED: 12}
    assert sorted(mailer.handed_over) == sorted(addresses(12))


def test_one_asks_for_all_in_a_storm(database: Database) -> None:
    """Refused side by side once, the threads ask one after another: as few calls as one alone, nobody lost."""
    ledger, sending = a_sending(database, 12)
    together = Barrier(3, timeout=20)

    def refuse(batch: OutgoingBatch) -> BatchOutcome:
        together.wait()
        return each(Verdict.REFUSED, "too many")(batch)

    mailer, clock = ScriptedMailer([refuse] * 3 + [each(Verdict.REFUSED, "too many")] * 30), FakeClock()
    stormy = send(an_assignment(ledger, sending, mailer, clock), crew=Threads(3))
    calm = send(an_assignment(ledger, stormy.sending, ScriptedMailer(), FakeClock()), crew=Threads(3))
    assert (stormy.cause, len(mailer.calls), stormy.balance.states) == (StopCause.PAUSED, 3 + 19, {QUEUED: 12})
    assert (calm.cause, calm.balance.states) == (StopCause.NOTHING_LEFT, {ACCEPTED: 12})


def test_a_limit_is_reached_though_one_of_several_calls_is_refused(database: Database) -> None:
    """Whoever wants four to go gets four, also when two of them came back meanwhile."""
    ledger, sending = a_sending(database, 12)
    together = Barrier(2, timeout=20)

    def meet(verdict: Verdict) -> Answer:
        def answer(batch: OutgoingBatch) -> BatchOutcome:
            together.wait()
            return each(verdict)(batch)

        return answer

    mailer = ScriptedMailer([meet(Verdict.REFUSED), meet(Verdict.ACCEPTED)])
    done = send(an_assignment(ledger, sending, mailer, FakeClock()), choice=Choice(limit=4), crew=Threads(2))
    assert (done.cause, done.balance.states) == (StopCause.LIMIT_REACHED, {ACCEPTED: 4, QUEUED: 8})


@pytest.mark.parametrize("way", ["pause", "stop"])
def test_who_wants_it_to_end_is_heard_by_every_thread(database: Database, way: str) -> None:
    """A pause by another terminal and a word to stop let the calls in flight end, and no thread begins another."""
    ledger, sending = a_sending(database, 12)
    together = Barrier(2, timeout=20)

    def end(batch: OutgoingBatch) -> BatchOutcome:
        together.wait()
        if way == "pause":
            ledger.pause(sending.id, reason="paused by hand")
        together.wait()
        return each(Verdict.ACCEPTED)(batch)

    mailer = ScriptedMailer([end] * 2)
    done = send(
        an_assignment(ledger, sending, mailer, FakeClock()),
        crew=Threads(2),
        should_stop=lambda: way == "stop" and len(mailer.calls) == 2,
    )
    assert (done.cause, done.balance.states) == (
        StopCause.PAUSED if way == "pause" else StopCause.ASKED,
        {ACCEPTED: 4, QUEUED: 8},
    )


def test_a_slow_pace_goes_in_small_calls(database: Database) -> None:
    """At 25 a minute a batch of twelve goes out four by four, and not all at once with a pause after it."""
    ledger, sending = a_sending(database, 12, batch_size=12)
    mailer, clock = ScriptedMailer(), FakeClock()
    done = send(an_assignment(ledger, sending, mailer, clock), pace=read_pace("25/min"))
    assert [len(call.recipients) for call in mailer.calls] == [4, 4, 4]
    assert sum(clock.naps) == pytest.approx(2 * 4 * 60 / 25)
    assert done.balance.states == {ACCEPTED: 12}


def test_a_failure_in_one_thread_stops_them_all(database: Database) -> None:
    """When one thread cannot go on, the others end after the batch they are at, and the failure is told."""
    _, sending = a_sending(database, 40)
    lost, failed = Event(), Event()

    class TellingLedger(DeliveryLedger):
        """Tells the other thread that recording was refused, so that it works on only after that."""

        def record(self, claimed: ClaimedBatch, outcome: BatchOutcome, now: datetime) -> None:
            try:
                super().record(claimed, outcome, now)
            except StateError:
                failed.set()
                raise

    ledger = TellingLedger(database)

    def lose_the_claim(batch: OutgoingBatch) -> BatchOutcome:
        ledger.settle_dead_owners(sending.id, is_dead=lambda _owner: True, into=BatchState.UNKNOWN, reason="mistaken")
        lost.set()
        return each(Verdict.ACCEPTED)(batch)

    def wait_for_it(batch: OutgoingBatch) -> BatchOutcome:
        assert lost.wait(20)
        assert failed.wait(20)
        return each(Verdict.ACCEPTED)(batch)

    mailer = ScriptedMailer([lose_the_claim, wait_for_it])
    with pytest.raises(StateError, match="was settled by somebody else"):
        send(an_assignment(ledger, sending, mailer, FakeClock()), crew=Threads(2))
    balance = ledger.balance(sending.id)
    assert balance.holds
    assert balance.states[QUEUED] >= 30


def test_the_excluded_stay_excluded(database: Database) -> None:
    """Whoever was left out when the audience was fixed is in no call, and in the balance with the reason."""
    add_people(database, addresses(1, "nobody"), segments=[])
    ledger, sending = a_sending(database, 2)
    mailer = ScriptedMailer()
    dispatched = send(an_assignment(ledger, sending, mailer, FakeClock()))
    assert dispatched.balance == Balance(
        candidates=3, excluded={ExclusionReason.NO_SEGMENT: 1}, planned=2, states={ACCEPTED: 2}
    )
    assert sorted(mailer.handed_over) == addresses(2)


def test_what_was_loaded_is_looked_through_again_after_a_sending(database: Database) -> None:
    """Python's search for garbage passes old objects by while mails go out, and comes back even after a failure."""
    ledger, sending = a_sending(database, 2)
    passed_by: list[bool] = []

    def interrupt(_progress: Progress) -> None:
        passed_by.append(gc.get_freeze_count() > 0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(an_assignment(ledger, sending, ScriptedMailer(), FakeClock()), progress=interrupt)
    assert (passed_by, gc.get_freeze_count()) == ([True], 0)
