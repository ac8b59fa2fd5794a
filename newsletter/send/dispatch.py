"""The loop of one process: claim, deliver, again, until nothing is left or something says stop. Its door is `send`.

One thread or a few. Claims are taken one after another through a gate, where pace, patience and the limit are kept;
calls run side by side, and never more batches than there are threads are claimed and not recorded. A mailer that takes
nobody is asked by one of them, for all. Between batches, and only there, the loop stops: what was handed over is
recorded first.
"""

import gc
import math
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum

from newsletter.domain.delivery import Balance, ClaimedBatch, DeliveryState, InDoubt, Sending, SendingState
from newsletter.domain.issue import EditionKey
from newsletter.domain.mailing import BatchOutcome, Pace, Verdict
from newsletter.errors import StorageLocked
from newsletter.send.assignment import Assignment, Crew, Threads
from newsletter.send.deliver import deliver
from newsletter.send.journal import Journal, keep_journal
from newsletter.send.pace import Backoff, Rate
from newsletter.send.reconcile import Reconciled, reconcile
from newsletter.send.stop_rules import StopRules

LONGEST_WAIT_SECONDS = 3_600.0
"""What asks for more ends the run: a person who watches it for that long may as well come back."""
_LONGEST_NAP_SECONDS = 0.5
"""Waiting is done in naps, so that somebody who asks to stop is heard soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Who goes now; the others stay queued, for the audience was fixed.

    Attributes:
        editions: Only these; None for all.
        limit: At most so many people are handed over, at least 1; None for all.
    """

    editions: frozenset[EditionKey] | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is.

    Attributes:
        accepted: Taken by the mailer in this run.
        rejected: Turned down for good in this run.
        unknown: In doubt since this run.
        remaining: Still queued, at most.
        seconds: Since the run began.
        refusal: Why nobody in the last call was taken, for which the run waits now; empty when somebody was.
        wait_seconds: How long it waits for that.
    """

    accepted: int
    rejected: int
    unknown: int
    remaining: int
    seconds: float
    refusal: str = ""
    wait_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Give how many people were handed over a second."""
        return (self.accepted + self.rejected + self.unknown) / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Guess how long the rest will take; None before the first answer."""
        return self.remaining / self.per_second if self.per_second > 0 else None


class StopCause(StrEnum):
    """Why a run ended."""

    NOTHING_LEFT = "nobody is queued any more"
    LIMIT_REACHED = "limit reached"
    CHOSEN_DONE = "the chosen segments are done"
    ASKED = "asked to stop"
    PAUSED = "paused"
    LONG_WAIT = "the mailer asks to wait for more than an hour; send again after that"


_ASKED_FOR = frozenset({StopCause.LIMIT_REACHED, StopCause.CHOSEN_DONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """What a run did.

    Attributes:
        sending: As it stands now; `pause_reason` says more when it is paused.
        balance: Of the whole sending.
        doubt: Who of it is in doubt.
        reconciled: What a dead sender had left behind.
    """

    cause: StopCause
    sending: Sending
    balance: Balance
    doubt: InDoubt
    reconciled: Reconciled

    @property
    def is_as_asked(self) -> bool:
        """Tell whether people are left because somebody wanted it so, and nobody is in doubt."""
        is_asked = self.cause in _ASKED_FOR or self.sending.is_paused_by_hand
        return self.sending.finished_at is None and is_asked and not self.doubt.people


def send(
    assignment: Assignment,
    *,
    choice: Choice | None = None,
    pace: Pace | None = None,
    crew: Crew | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Progress], None] = lambda _progress: None,
) -> Dispatched:
    """Deliver all that is queued and chosen of a sending.

    A paused sending is resumed: calling this is the word for it. What a dead sender left behind is settled first. A
    mailer that gives up, and the stop rules, pause the sending; a sending of which nothing is open any more is
    finished. The caller holds the ownership all the while.

    Args:
        assignment: The sending and all it needs.
        choice: Who goes now; everybody when None.
        pace: How fast; as fast as it goes when None.
        crew: Who makes the calls; this thread alone when None.
        should_stop: Asked between batches and while waiting.
        progress: Told after each batch, from one thread at a time.

    Raises:
        StateError: The sending is over; a batch has no message; a claim was lost, for somebody else interferes.
        StorageError: The ledger cannot be written. No further call was begun; what was on its way is found next time.
    """
    if assignment.sending.state is SendingState.PAUSED:
        assignment.ledger.resume(assignment.sending.id, now=assignment.clock.now())
    reconciled = reconcile(assignment)
    with _journal(assignment) as journal, _old_objects_left_alone():
        crew = crew or Threads()
        run = _Run(assignment, choice or Choice(), pace, should_stop, progress, journal=journal, crew=crew)
        crew.work(run.work)
    return run.close(reconciled)


def _journal(assignment: Assignment) -> AbstractContextManager[Journal | None]:
    """Give where single mails are noted, for a mailer that answers mail by mail."""
    if assignment.journal_path is None or not assignment.mailer.capabilities.notes_each:
        return nullcontext()
    return keep_journal(assignment.journal_path, owner=assignment.owner.name)


@contextmanager
def _old_objects_left_alone() -> Iterator[None]:
    """Keep Python from looking through all that was loaded before, while recipients come and go by the thousand.

    They make it look for garbage again and again, which was a tenth of what a sending costs; none of it is there.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


class _Run:
    """What the threads of one run share."""

    def __init__(
        self,
        assignment: Assignment,
        choice: Choice,
        pace: Pace | None,
        should_stop: Callable[[], bool],
        progress: Callable[[Progress], None],
        *,
        journal: Journal | None,
        crew: Crew,
    ) -> None:
        self._assignment = assignment
        self._journal = journal
        self._choice = choice
        self._rate = None if pace is None else Rate(pace)
        self._should_stop = should_stop
        self._tell = progress
        self._backoff = Backoff(random.Random(assignment.owner.name).random)  # noqa: S311 - no secret
        self._rules = StopRules()
        self._gate, self._counts = crew.gate(), crew.gate()
        self._handed_over = self._under_way = 0
        self._by_verdict = dict.fromkeys(Verdict, 0)
        self._cause: StopCause | None = None
        self._pause_reason = ""
        self._began_at = assignment.clock.monotonic()
        balance = assignment.ledger.balance(assignment.sending.id)
        self._queued_at_start = balance.states.get(DeliveryState.QUEUED, 0)

    def work(self) -> None:
        """Deliver batch after batch; whatever goes wrong here ends the other threads' work too."""
        try:
            while (claimed := self._next()) is not None:
                outcome = deliver(self._assignment, claimed, journal=self._journal)
                self._take_in(outcome or BatchOutcome(outcomes=()))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Let every thread end after the batch it is at."""
        self._end(StopCause.ASKED)

    def close(self, reconciled: Reconciled) -> Dispatched:
        """Finish or pause the sending as the run ended, and say how it stands."""
        ledger, sending_id = self._assignment.ledger, self._assignment.sending.id
        sending = ledger.finish(sending_id, now=self._assignment.clock.now())
        if self._cause is StopCause.PAUSED and sending.state is SendingState.RUNNING:
            sending = ledger.pause(sending_id, reason=self._pause_reason)
        is_paused = sending.state is SendingState.PAUSED
        is_finished = sending.state is SendingState.FINISHED
        cause = StopCause.PAUSED if is_paused else StopCause.NOTHING_LEFT if is_finished else self._cause
        balance = ledger.balance(sending_id)
        if cause is None and self._choice.editions is not None and balance.states.get(DeliveryState.QUEUED):
            cause = StopCause.CHOSEN_DONE
        return Dispatched(
            cause=cause or StopCause.NOTHING_LEFT,
            sending=sending,
            balance=balance,
            doubt=ledger.doubt(sending_id),
            reconciled=reconciled,
        )

    def _next(self) -> ClaimedBatch | None:
        """Wait for our turn and claim; None ends this thread."""
        with self._gate:
            if not self._may_go_on():
                return None
            if (left := self._left()) == 0:
                self._end(StopCause.LIMIT_REACHED)
                return None
            if (claimed := self._claim(left)) is None:
                return None
            with self._counts:
                self._handed_over += len(claimed.deliveries)
                self._under_way += 1
            if self._rate is not None:
                self._rate.spend(len(claimed.deliveries), self._assignment.clock.monotonic())
            return claimed

    def _left(self) -> int | None:
        """Give how many may go into the next call, as limit and pace have it; None for a whole batch."""
        limit, at_once = self._choice.limit, None if self._rate is None else self._rate.at_once_max
        by_limit = None if limit is None else limit - self._handed_over
        return min((one for one in (by_limit, at_once) if one is not None), default=None)

    def _claim(self, limit: int | None) -> ClaimedBatch | None:
        """Claim the next batch; None also when somebody asks to stop while another program holds the ledger."""
        assignment = self._assignment
        try:
            return assignment.ledger.claim(
                assignment.sending.id,
                owner=assignment.owner.name,
                now=assignment.clock.now(),
                editions=self._choice.editions,
                limit=limit,
            )
        except StorageLocked:
            if not self._should_stop():
                raise
            self._end(StopCause.ASKED)
            return None

    def _may_go_on(self) -> bool:
        """Wait as long as pace and patience ask; False when the run is over, or somebody asked to stop."""
        clock = self._assignment.clock
        while self._cause is None:
            if self._should_stop():
                self._end(StopCause.ASKED)
                break
            if self._is_up_to_another():
                continue
            if self._handed_over >= self._queued_at_start:
                return True  # Most likely nothing is left: no need to wait in order to see that.
            monotonic = clock.monotonic()
            paced = 0.0 if self._rate is None else self._rate.wait_seconds(monotonic)
            wait_seconds = max(paced, self._backoff.wait_seconds(monotonic))
            if wait_seconds <= 0:
                return True
            clock.sleep(min(wait_seconds, _LONGEST_NAP_SECONDS))
        return False

    def _is_up_to_another(self) -> bool:
        """Tell whether the answer to a call under way decides, after a nap in which it may have come.

        In a storm one asks for all; and what seems to be the end is none where that call may bring its readers back.
        """
        with self._counts:
            is_last = self._handed_over >= min(self._choice.limit or math.inf, self._queued_at_start)
            if not self._under_way or not (is_last or self._backoff.is_in_a_storm):
                return False
            self._counts.wait(_LONGEST_NAP_SECONDS)
            return True

    def _take_in(self, outcome: BatchOutcome) -> None:
        """Learn from an answer: count it, and stop when it says so."""
        monotonic = self._assignment.clock.monotonic()
        reason = self._rules.note(outcome) or self._backoff.note(outcome, monotonic)
        wait_seconds = self._backoff.wait_seconds(monotonic)
        with self._counts:
            verdicts = [answer.verdict for answer in outcome.outcomes]
            for verdict in Verdict:
                self._by_verdict[verdict] += verdicts.count(verdict)
            self._handed_over -= verdicts.count(Verdict.REFUSED)
            self._under_way -= 1
            self._counts.notify_all()
            self._tell(self._progress(_refusal_of(outcome), wait_seconds))
        if reason is not None:
            self._pause_reason = reason
            self._end(StopCause.PAUSED)
        elif wait_seconds > LONGEST_WAIT_SECONDS:
            self._end(StopCause.LONG_WAIT)

    def _progress(self, refusal: str, wait_seconds: float) -> Progress:
        """Say how far the run is."""
        accepted = self._by_verdict[Verdict.ACCEPTED]
        rejected = self._by_verdict[Verdict.REJECTED]
        unknown = self._by_verdict[Verdict.UNKNOWN]
        return Progress(
            accepted=accepted,
            rejected=rejected,
            unknown=unknown,
            remaining=max(0, self._queued_at_start - accepted - rejected - unknown),
            seconds=self._assignment.clock.monotonic() - self._began_at,
            refusal=refusal,
            wait_seconds=wait_seconds,
        )

    def _end(self, cause: StopCause) -> None:
        """End the run for every thread, between batches; a reason to pause outweighs any other."""
        with self._counts:
            if self._cause is None or cause is StopCause.PAUSED:
                self._cause = cause
            self._counts.notify_all()


def _refusal_of(outcome: BatchOutcome) -> str:
    """Give the reason why nobody was taken though the call may be made again; empty when that is not so."""
    refused = [answer for answer in outcome.outcomes if answer.verdict is Verdict.REFUSED]
    if outcome.stop_reason is not None or not refused or len(refused) < len(outcome.outcomes):
        return ""
    return refused[-1].reason
