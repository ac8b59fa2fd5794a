"""One thread that writes what many hand in: a few transactions instead of thousands that wait for one another.

Door: `GroupCommit`. Measured on SQLite, many writers side by side let some of them wait for seconds; one writer that
commits in groups keeps the longest wait at a fifth of a second. Whoever hands something in is told only after it is
kept. What a reader wants goes before what a provider tells, however much of that waits.

Between two groups it lets go of the database for a moment, so that whoever else writes, the sender above all, comes in
between: at the highest rate the sender waits for one group and no more.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, NamedTuple, TypeVar

from newsletter.errors import StorageError

Item = TypeVar("Item")

GROUP_SIZE_MAX = 500
"""Items in one transaction, if not one parcel alone has more: the longer it takes, the longer the sender waits."""

WAITING_MAX = 5_000
"""Parcels that wait in one lane: more are told to come again, before memory or patience runs out."""

PAUSE_SECONDS = 0.01
"""Between two groups: five times as long as it takes somebody who waits for the lock to look again."""


class _Parcel(NamedTuple, Generic[Item]):
    items: Sequence[Item]
    done: "Future[None]"
    since: float


class Lane(Generic[Item]):
    """What waits to be written in one way. Made by `GroupCommit.lane`."""

    def __init__(
        self, write: Callable[[Sequence[Item]], object], ready: threading.Condition, *, waiting_max: int
    ) -> None:
        self.write = write
        self._waiting_max = waiting_max
        self.waiting: deque[_Parcel[Item]] = deque()
        self._ready = ready

    def submit(self, parcel: Sequence[Item]) -> "Future[None]":
        """Hand in a parcel; the future is done when it is kept, and fails with whatever `write` raised.

        Raises:
            StorageError: Too much waits already; nothing of this is kept.
        """
        done: Future[None] = Future()
        with self._ready:
            if len(self.waiting) >= self._waiting_max:
                raise StorageError("Too much waits to be written.", hint="Try again in a moment.")
            self.waiting.append(_Parcel(parcel, done, time.monotonic()))
            self._ready.notify()
        return done

    def take_group(self, size_max: int) -> list[_Parcel[Item]]:
        """Take what waits, up to a size; at least one parcel."""
        group = [self.waiting.popleft()]
        size = len(group[0].items)
        while self.waiting and size < size_max:
            group.append(self.waiting.popleft())
            size += len(group[-1].items)
        return group


class GroupCommit:
    """Write parcels of items, one group after another. Close it in the end.

    Args:
        size_max: Parcels are put together up to so many items.
        waiting_max: Parcels that may wait in one lane.
        sleep: Waits between two groups.
    """

    def __init__(
        self,
        *,
        size_max: int = GROUP_SIZE_MAX,
        waiting_max: int = WAITING_MAX,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._size_max = size_max
        self._waiting_max = waiting_max
        self._sleep = sleep
        self._lanes: list[Lane] = []  # type: ignore[type-arg]  # each writes items of its own kind
        self._ready = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._work, name="group commit", daemon=True)
        self._thread.start()

    def lane(self, write: Callable[[Sequence[Item]], object]) -> Lane[Item]:
        """Give a lane for what `write` keeps, a group in one transaction or not at all; earlier lanes go first."""
        lane = Lane(write, self._ready, waiting_max=self._waiting_max)
        with self._ready:
            self._lanes.append(lane)
        return lane

    def waiting(self) -> tuple[int, float]:
        """Give how many parcels wait to be written, and for how many seconds the oldest has."""
        with self._ready:
            parcels = [parcel for lane in self._lanes for parcel in lane.waiting]
        return len(parcels), max((time.monotonic() - parcel.since for parcel in parcels), default=0.0)

    def close(self) -> None:
        """Write what was handed in, and end."""
        with self._ready:
            self._is_closing = True
            self._ready.notify()
        self._thread.join()

    def _work(self) -> None:
        while (lane := self._next()) is not None:
            with self._ready:
                group = lane.take_group(self._size_max)
            self._keep(lane, group)
            self._sleep(PAUSE_SECONDS)

    def _next(self) -> Lane | None:  # type: ignore[type-arg]  # as above
        """Wait for the first lane in which something waits; None when the end has come and nothing waits."""
        with self._ready:
            while True:
                lane = next((one for one in self._lanes if one.waiting), None)
                if lane is not None or self._is_closing:
                    return lane
                self._ready.wait()

    def _keep(self, lane: Lane[Item], group: Sequence[_Parcel[Item]]) -> None:
        """Write a group and tell everybody; what cannot be written together is tried one by one."""
        try:
            lane.write([item for parcel in group for item in parcel.items])
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            if len(group) == 1:
                group[0].done.set_exception(error)
                return
            for alone in group:
                self._sleep(PAUSE_SECONDS)
                self._keep(lane, [alone])
            return
        for parcel in group:
            parcel.done.set_result(None)
