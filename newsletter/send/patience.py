"""How long to wait when the mailer says "not now", and when waiting has no end.

The mailer's own word counts; without one the wait doubles. Twenty refusals in a row are more than twenty minutes: a
storm of ten minutes is waited out with fewer calls than that, and what lasts longer is for a person to look at.
"""

from threading import Lock

from newsletter.domain.delivery import BatchOutcome, Verdict

TRIES_MAX = 20
"""Calls in a row in which nobody was taken or turned down for good."""

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0
"""A mailer that asks for longer gets longer."""


class Patience:
    """Count refusals in a row and say how long to wait; shared by the threads of one process."""

    def __init__(self) -> None:
        self._refused_in_a_row = 0
        self._resume_at = 0.0
        self._lock = Lock()

    def note(self, outcome: BatchOutcome, monotonic: float) -> str | None:
        """Take an answer into account; give the reason to pause when waiting has had no end, else None."""
        refused = [answer for answer in outcome.outcomes if answer.verdict is Verdict.REFUSED]
        is_wholly_refused = bool(refused) and len(refused) == len(outcome.outcomes)
        with self._lock:
            self._refused_in_a_row = self._refused_in_a_row + 1 if is_wholly_refused else 0
            wait_seconds = outcome.retry_after_seconds or 0.0
            if is_wholly_refused and outcome.retry_after_seconds is None:
                wait_seconds = min(FIRST_WAIT_SECONDS * 2 ** (self._refused_in_a_row - 1), LONGEST_WAIT_SECONDS)
            self._resume_at = max(self._resume_at, monotonic + wait_seconds)
            if self._refused_in_a_row < TRIES_MAX:
                return None
        return f"refused {TRIES_MAX} times in a row; the last reason was: {refused[-1].reason or 'none given'}"

    def wait_seconds(self, monotonic: float) -> float:
        """Give how long to wait before the next call."""
        with self._lock:
            return max(0.0, self._resume_at - monotonic)
