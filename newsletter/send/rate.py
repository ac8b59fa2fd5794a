"""Pace: at most so many recipients a second, for however many threads, with nothing saved up over a pause.

The generic cell rate algorithm: one number, the moment at which the next recipient is due.
"""

from threading import Lock


class Rate:
    """A limit in recipients a second, shared by the threads of one process.

    Args:
        per_second: The limit, above 0; `per_hour / 3600` for slow starts.
    """

    def __init__(self, per_second: float) -> None:
        if per_second <= 0:
            raise ValueError(f"a rate must be above 0: {per_second}")
        self._seconds_each = 1 / per_second
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
