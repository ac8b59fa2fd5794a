"""Does what mostly waits side by side: so many at once, and so many at one host.

The door is `side_by_side`. The threads die with the program: a server that hangs holds nobody up who pressed Ctrl-C.
"""

import queue
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import TypeVar

AT_ONCE = 24
"""Threads; each mostly waits for a server."""
AT_ONE_HOST = 4
WAIT_SECONDS = 2.0
"""Without an answer, until somebody is told what is waited for."""

_Result = TypeVar("_Result")
Work = tuple[Callable[[], _Result], str]
"""What to do, and the host that it is done at."""


def side_by_side(
    work: Sequence[Work[_Result]], *, on_wait: Callable[[], None] = lambda: None, wait_seconds: float = WAIT_SECONDS
) -> Iterator[_Result]:
    """Give the results as they come; one that raises does so here, when it comes.

    Args:
        work: In the order in which it begins, as far as its hosts are free.
        on_wait: Called each time that nothing has come for a while.
        wait_seconds: How long that is.
    """
    done: queue.SimpleQueue[tuple[str, Future[_Result]]] = queue.SimpleQueue()
    waiting, busy = deque(work), Counter[str]()
    for _ in range(len(work)):
        _start(waiting, busy, done)
        while (came := _next(done, wait_seconds)) is None:
            on_wait()
        host, result = came
        busy[host] -= 1
        yield result.result()


def _next(
    done: "queue.SimpleQueue[tuple[str, Future[_Result]]]", wait_seconds: float
) -> tuple[str, Future[_Result]] | None:
    """Give the next that is done, or None when nothing comes for a while."""
    try:
        return done.get(timeout=wait_seconds)
    except queue.Empty:
        return None


def _start(
    waiting: "deque[Work[_Result]]", busy: Counter[str], done: "queue.SimpleQueue[tuple[str, Future[_Result]]]"
) -> None:
    """Start what may start now, and leave the rest in its order."""
    for _ in range(len(waiting)):
        do, host = waiting.popleft()
        if busy.total() < AT_ONCE and busy[host] < AT_ONE_HOST:
            busy[host] += 1
            threading.Thread(target=_do, args=(do, host, done), name=f"collect {host}", daemon=True).start()
        else:
            waiting.append((do, host))


def _do(do: Callable[[], _Result], host: str, done: "queue.SimpleQueue[tuple[str, Future[_Result]]]") -> None:
    """Do one piece of work, and hand over what it gave or raised."""
    result: Future[_Result] = Future()
    try:
        result.set_result(do())
    except BaseException as error:  # noqa: BLE001 - it is raised again where it is waited for
        result.set_exception(error)
    done.put((host, result))
