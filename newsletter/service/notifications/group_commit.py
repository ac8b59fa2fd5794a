"""One thread that writes what many hand in: a few transactions instead of thousands that wait for one another.

Door: `GroupCommit`. Measured on SQLite, many writers side by side let some of them wait for seconds; one writer that
commits in groups keeps the longest wait at a fifth of a second. Whoever hands something in is told only after it is
kept.

Between two groups it lets go of the database for a moment, so that whoever else writes, the sender above all, comes in
between: at the highest rate the sender waits for one group and no more.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Generic, TypeVar

Item = TypeVar("Item")

GROUP_SIZE_MAX = 500
"""Items in one transaction, if not one parcel alone has more: the longer it takes, the longer the sender waits."""

PAUSE_SECONDS = 0.01
"""Between two groups: five times as long as it takes somebody who waits for the lock to look again."""


class GroupCommit(Generic[Item]):
    """Write parcels of items, one group after another. Close it in the end.

    Args:
        write: Keeps items in one transaction, all of them or none.
        size_max: Parcels are put together up to so many items.
        sleep: Waits between two groups.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], object],
        *,
        size_max: int = GROUP_SIZE_MAX,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._write = write
        self._size_max = size_max
        self._sleep = sleep
        self._waiting: SimpleQueue[tuple[Sequence[Item], Future[None]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="group commit", daemon=True)
        self._thread.start()

    def submit(self, parcel: Sequence[Item]) -> "Future[None]":
        """Hand in a parcel; the future is done when it is kept, and fails with whatever `write` raised."""
        done: Future[None] = Future()
        self._waiting.put((parcel, done))
        return done

    def close(self) -> None:
        """Write what was handed in, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            group, is_last = self._gather(first)
            self._keep(group)
            if is_last:
                return
            self._sleep(PAUSE_SECONDS)

    def _gather(
        self, first: tuple[Sequence[Item], "Future[None]"]
    ) -> tuple[list[tuple[Sequence[Item], "Future[None]"]], bool]:
        """Take what else waits already, without waiting for more; say whether the end was among it."""
        group, size = [first], len(first[0])
        while size < self._size_max and not self._waiting.empty():
            following = self._waiting.get()
            if following is None:
                return group, True
            group.append(following)
            size += len(following[0])
        return group, False

    def _keep(self, group: Sequence[tuple[Sequence[Item], "Future[None]"]]) -> None:
        """Write a group and tell everybody; what cannot be written together is tried one by one."""
        try:
            self._write([item for parcel, _ in group for item in parcel])
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            if len(group) == 1:
                group[0][1].set_exception(error)
                return
            for alone in group:
                self._sleep(PAUSE_SECONDS)
                self._keep([alone])
            return
        for _, done in group:
            done.set_result(None)
