"""How fast to go: at most so many recipients a second, and how long to wait when the mailer says "not now".

Each refusal in a row doubles the wait, and the mailer's own word counts where it is longer: a mailer that asks for a
second each time would otherwise be asked twenty times in twenty seconds. Twenty waves of refusals take more than twelve
minutes: a storm of ten is waited out with fewer calls than that, and what lasts longer is for a person to look at.
"""

from collections.abc import Callable
from threading import Lock

from newsletter.domain.mailing import BatchOutcome, Pace, Verdict

TRIES_MAX = 20
"""Waves of calls in a row in which nobody was taken or turned down for good."""

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
"""A mailer that asks for longer gets longer."""


class Backoff:
    """Count refusals in a row and say how long to wait; shared by the threads of one process.

    Our own waits are shortened by up to a quarter by chance, so that those who were refused together do not all come
    back together. Twenty waves still outlast a storm of ten minutes.

    Args:
        chance: Gives numbers from 0 to 1; different ones to each sender.
    """

    def __init__(self, chance: Callable[[], float] = lambda: 0.0) -> None:
        self._chance = chance
        self._refused_in_a_row = 0
        self._resume_at = 0.0
        self._lock = Lock()

    def note(self, outcome: BatchOutcome, monotonic: float) -> str | None:
        """Take an answer into account; give the reason to pause when waiting has had no end, else None."""
        refused = [answer for answer in outcome.outcomes if answer.verdict is Verdict.REFUSED]
        is_wholly_refused = bool(refused) and len(refused) == len(outcome.outcomes)
        with self._lock:
            if not is_wholly_refused:
                self._refused_in_a_row = 0
            elif self._refused_in_a_row == 0 or monotonic >= self._resume_at:
                # Calls that ran side by side are refused together: that is one wave, not one after another.
                self._refused_in_a_row += 1
            wait_seconds = outcome.retry_after_seconds or 0.0
            if is_wholly_refused:
                own_seconds = min(FIRST_WAIT_SECONDS * 2 ** (self._refused_in_a_row - 1), LONGEST_WAIT_SECONDS)
                wait_seconds = max(wait_seconds, own_seconds * (1 - self._chance() / 4))
            self._resume_at = max(self._resume_at, monotonic + wait_seconds)
            if self._refused_in_a_row < TRIES_MAX:
                return None
        return f"refused {TRIES_MAX} times in a row; the last reason was: {refused[-1].reason or 'none given'}"

    @property
    def is_in_a_storm(self) -> bool:
        """Tell whether nobody was taken in the last call: then one asks for all, and the others wait for its answer."""
        return self._refused_in_a_row > 0

    def wait_seconds(self, monotonic: float) -> float:
        """Give how long to wait before the next call."""
        with self._lock:
            return max(0.0, self._resume_at - monotonic)


class Rate:
    """A pace kept, for however many threads, with nothing saved up over a pause.

    The generic cell rate algorithm: one number, the moment at which the next recipient is due.

    Attributes:
        at_once_max: How many may go into one call.
    """

    def __init__(self, pace: Pace) -> None:
        self.at_once_max = pace.at_once_max
        self._seconds_each = 1 / pace.per_second
        self._due_at = 0.0
        self._lock = Lock()

    def wait_seconds(self, monotonic: float) -> float:
        """Give how long to wait before the next batch may begin."""
        with self._lock:
            return max(0.0, self._due_at - monotonic)

    def spend(self, recipients: int, monotonic: float) -> None:
        """Count a batch that begins now."""
        with self._lock:
            self._due_at = max(self._due_at, monotonic) + recipients * self._seconds_each
