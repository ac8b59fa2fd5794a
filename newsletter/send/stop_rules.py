"""When to stop by itself and let a person look: too many turned down for good, or doubt after doubt."""

from threading import Lock

from newsletter.domain.mailing import BatchOutcome, Verdict

REJECTED_SHARE_MAX = 0.05
"""More permanent refusals than this say that the audience or the message is wrong; providers close accounts over it."""

REJECTED_MIN = 10
"""Fewer than this are no share of anything: two bad addresses among thirty readers are two bad addresses."""

UNKNOWN_IN_A_ROW_MAX = 3
"""Each call in doubt puts its people in doubt: after three the line, not the call, is broken."""


class StopRules:
    """Watch the answers of one run; shared by the threads of one process."""

    def __init__(self) -> None:
        self._answered = 0
        self._rejected = 0
        self._unknown_in_a_row = 0
        self._lock = Lock()

    def note(self, outcome: BatchOutcome) -> str | None:
        """Take an answer into account; give the reason to pause, or None."""
        verdicts = [answer.verdict for answer in outcome.outcomes]
        with self._lock:
            self._rejected += verdicts.count(Verdict.REJECTED)
            self._answered += len(verdicts) - verdicts.count(Verdict.REFUSED)
            self._unknown_in_a_row = self._unknown_in_a_row + 1 if Verdict.UNKNOWN in verdicts else 0
            if outcome.stop_reason is not None:
                return outcome.stop_reason
            if self._unknown_in_a_row >= UNKNOWN_IN_A_ROW_MAX:
                return f"{self._unknown_in_a_row} calls in a row ended without a clear answer"
            if self._rejected >= REJECTED_MIN and self._rejected > REJECTED_SHARE_MAX * self._answered:
                return f"{self._rejected} of {self._answered} deliveries were rejected for good"
            return None
