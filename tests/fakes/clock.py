"""A clock that only moves when somebody sleeps, or when the test says so."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Time for tests: nobody waits, and every nap is on record.

    Attributes:
        naps: How long each sleep was, in order.
    """

    def __init__(self, start: datetime = datetime(2017, 11, 14, 9, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._monotonic = 1000.0
        self.naps: list[float] = []

    def now(self) -> datetime:
        """Give the aware moment."""
        return self._now

    def monotonic(self) -> float:
        """Give the seconds that only grow."""
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.naps.append(seconds)
        self.pass_seconds(seconds)

    def pass_seconds(self, seconds: float) -> None:
        """Let the time pass without anybody sleeping: a call that takes long."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def jump(self, by: timedelta) -> None:
        """Set the moment forward or back, as a person or a time server would; the other clock does not care."""
        self._now += by
