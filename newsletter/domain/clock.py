"""Time, as the one thing that the rooms are given and never take."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What tells time; a test's own clock stands still or jumps."""

    def now(self) -> datetime:
        """Give the aware moment, for the record; it may jump."""
        ...

    def monotonic(self) -> float:
        """Give seconds that only ever grow, for waiting."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own time, in UTC."""

    def now(self) -> datetime:
        """Give the aware moment."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give seconds that only ever grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)
