"""Runs what may hang, swell or die in a process of its own: compilers, parsers and templates that strangers feed.

A library in C or Rust can end its process, and no exception handler sees it; a pattern or a loop can take an hour. In a
child that costs one answer and is told in words; the next question gets a new child. One child lives for many
questions, because starting Python takes longer than most answers. Door: `Contained`. Questions and answers travel as
pickles between two processes of our own code; the child sees no environment, so no secret, and no terminal.
"""

import atexit
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import NoReturn, ParamSpec, TypeVar

from newsletter import machine

START_SECONDS = 30.0
"""A child that has not imported its modules by then is given up; a busy machine needs two."""
COLLECT_EVERY = 100
"""Answers between two searches for what they left in cycles."""
ANSWER_BYTES_MAX = 50_000_000
"""A longer answer would only move the harm from the child's memory to ours."""

_CODE = """
import sys
sys.path[:] = {path!r}
from newsletter.contained import serve
serve({handle}, {preload!r}, {growth}, {seconds})
"""
_LOOK_SECONDS = 0.1
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""Without the last Windows starts no Python."""
_P = ParamSpec("_P")
_R = TypeVar("_R")


class ContainedError(Exception):
    """The child gave no answer.

    Attributes:
        reason: The end of a sentence that begins with what was asked: "took longer than 5 s".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Contained:
    """A child process, started at the first question and replaced after one that it did not survive.

    Make one for a module, not one for each question. Questions from several threads take turns.

    Args:
        preload: Modules that the child imports before its memory is measured.
        limit_seconds: From question to answer, by the clock on the wall.
        growth_bytes: How much memory an answer may take beyond what the child needed to start.
    """

    def __init__(self, *, preload: Sequence[str], limit_seconds: float, growth_bytes: int) -> None:
        self._preload = list(preload)
        self._limit_seconds = limit_seconds
        self._growth_bytes = growth_bytes
        self._lock = threading.Lock()
        self._child: tuple[subprocess.Popen[bytes], Connection] | None = None
        self._resident_bytes = 0
        atexit.register(self.close)
        machine.after_fork(self._forget)

    def call(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call a function of a module in the child and give what it returns.

        Raises:
            ContainedError: It took too long or too much memory, or the child died.
            Exception: Whatever the function raises.
        """
        question = pickle.dumps((function, args, kwargs))
        with self._lock:
            try:
                answer = self._exchanged(self._started(), question, self._limit_seconds)
            except BaseException:
                # Also after Ctrl-C: an answer that nobody read would be taken for the next one's.
                self._end()
                raise
            # Memory that one answer took and did not give back must not be the next one's fault.
            if answer[0]:
                self._end()
        is_raised, value = pickle.loads(answer[1:])  # noqa: S301 - written by `answered`
        if is_raised:
            raise value
        result: _R = value
        return result

    @property
    def is_busy(self) -> bool:
        """Tell whether a question is being answered."""
        return self._lock.locked()

    def close(self) -> None:
        """End the child, if there is one, also in the middle of an answer; the next question starts another."""
        if self.is_busy and (child := self._child) is not None:
            child[0].kill()
        with self._lock:
            self._end()

    def _started(self) -> tuple[subprocess.Popen[bytes], Connection]:
        """Give the child and the line to it, starting it where there is none.

        Raises:
            ContainedError: It does not start.
        """
        if self._child is not None and self._child[0].poll() is None:
            return self._child
        self._end()
        ours, theirs = Pipe()
        code = _CODE.format(
            path=sys.path,
            handle=theirs.fileno(),
            preload=self._preload,
            growth=self._growth_bytes,
            seconds=self._limit_seconds,
        )
        with theirs:
            environment = {name: os.environ[name] for name in _LIBRARY_PATHS if name in os.environ}
            # Isolated and without site: the code above sets the path, and nothing else of this machine's matters.
            process = machine.start_apart([sys.executable, "-I", "-S", "-c", code], environment, handle=theirs.fileno())
        self._child = process, ours
        self._resident_bytes = 0
        self._resident_bytes = int(self._exchanged(self._child, b"", START_SECONDS))
        return self._child

    def _exchanged(
        self, child: tuple[subprocess.Popen[bytes], Connection], question: bytes, limit_seconds: float
    ) -> bytes:
        """Send the question and take the answer, within the limit.

        Raises:
            ContainedError: The child is late, too large or gone.
        """
        process, connection = child
        deadline = time.monotonic() + limit_seconds
        # A child may stop in the middle of reading or writing, where nothing but its end wakes us.
        watch = threading.Timer(limit_seconds, process.kill)
        watch.daemon = True
        watch.start()
        try:
            # Whoever is asked reads the whole question before anything else, and answers in one piece.
            connection.send_bytes(question)
            while not connection.poll(_LOOK_SECONDS):
                # Where the system keeps the limit itself, this comes second; macOS knows the limit and keeps it not.
                if self._resident_bytes and self._has_swollen(process):
                    raise _too_large(self._growth_bytes)
            return connection.recv_bytes(ANSWER_BYTES_MAX)
        except (EOFError, ConnectionError):
            is_late = time.monotonic() >= deadline
            raise (ContainedError(f"took longer than {limit_seconds:g} s") if is_late else _died(process)) from None
        except OSError as error:
            raise ContainedError(f"came to more than {ANSWER_BYTES_MAX // 1_000_000} MB") from error
        finally:
            watch.cancel()

    def _has_swollen(self, process: subprocess.Popen[bytes]) -> bool:
        return machine.resident_bytes(process.pid) > self._resident_bytes + self._growth_bytes

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            process, connection = child
            connection.close()
            process.kill()
            process.wait()

    def _forget(self) -> None:
        """Leave the child to the process that started it, after a fork."""
        self._lock = threading.Lock()
        self._child = None


def _died(process: subprocess.Popen[bytes]) -> ContainedError:
    code = process.wait()
    # Python ends with 1 and native code with a signal when memory is refused; neither tells it from other deaths.
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return ContainedError(f"ended the process that worked on it ({how})")


def serve(
    handle: int, preload: Sequence[str], growth_bytes: int, limit_seconds: float
) -> NoReturn:  # pragma: no cover - the child, which every test of `Contained` runs
    """Be the child: answer questions that come over a line, until it is closed."""
    # Looking for cycles costs a tenth of an answer and of the start, and what is imported never goes away.
    gc.disable()
    for name in preload:
        import_module(name)
    gc.freeze()
    started_bytes = machine.resident_bytes(os.getpid())
    machine.limit_memory(growth_bytes)
    number = 0
    with machine.connection(handle) as connection:
        connection.recv_bytes()
        connection.send_bytes(str(started_bytes).encode())
        while True:
            try:
                question = connection.recv_bytes()
            except (EOFError, OSError):
                sys.exit(0)
            number += 1
            # A parent that was killed cannot end us: native code that hangs is ended by the system.
            machine.end_after(int(limit_seconds * 2) + 1)
            answer = answered(question, growth_bytes)
            is_spent = machine.resident_bytes(os.getpid()) > started_bytes + growth_bytes // 3
            connection.send_bytes((b"\x01" if is_spent else b"\x00") + answer)
            machine.end_after(0)
            # The next question may be waiting, so not after every answer.
            if number % COLLECT_EVERY == 0:
                gc.collect()


def answered(question: bytes, growth_bytes: int) -> bytes:
    """Call what is asked for; give a pickle of whether it raised, and of what it gave or raised."""
    try:
        function, args, kwargs = pickle.loads(question)  # noqa: S301 - written by `call`
        return pickle.dumps((False, function(*args, **kwargs)))
    except MemoryError:
        return pickle.dumps((True, _too_large(growth_bytes)))
    except Exception as error:  # noqa: BLE001 - it is raised again in the parent
        return _pickled_error(error)


def _pickled_error(error: Exception) -> bytes:
    """Write an exception; one that cannot travel is told in words."""
    try:
        pickled = pickle.dumps((True, error))
        # Some exceptions can be written and not be read again.
        pickle.loads(pickled)  # noqa: S301 - written on the line above
    except Exception:  # noqa: BLE001 - an exception's pickling is its maker's code
        return pickle.dumps((True, ContainedError(f"failed: {type(error).__name__}: {error}")))
    return pickled


def _too_large(growth_bytes: int) -> ContainedError:
    return ContainedError(f"took more than {growth_bytes // 2**20} MiB of memory")
