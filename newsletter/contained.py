"""Runs what may hang, swell or die in a process of its own: compilers, parsers and templates that strangers feed.

A library in C or Rust can end its process, and no exception handler sees it; a pattern or a loop can take an hour. In a
child that costs one answer and is told in words; the next question gets a new child. One child lives for many
questions, because starting Python takes longer than most answers.
Door: `Contained`. It must not know what is asked. Questions and answers travel as pickles between two processes of our
own code; the child sees no environment, so no secret, and no terminal.
"""

import atexit
import gc
import os
import pickle
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NoReturn, ParamSpec, TypeVar

try:
    import resource
except ImportError:  # pragma: no cover - Windows has no such limits
    resource = None  # type: ignore[assignment]

START_SECONDS = 30.0
"""A child that has not imported its modules by then is given up; a busy machine needs two."""
PIPE_BYTES = 1 << 20
"""Where the system lets a pipe be so large; it is a wish."""
READ_BYTES = 1 << 17
"""A letter comes in one piece; a larger buffer costs more to make than a second reading."""
COLLECT_EVERY = 100
"""Answers between two searches for what they left in cycles."""
ANSWER_BYTES_MAX = 50_000_000
"""A longer answer would only move the harm from the child's memory to ours."""

_CODE = """
import sys
sys.path[:] = {path!r}
from newsletter.contained import serve
serve({preload!r}, {growth}, {seconds})
"""
_LENGTH = struct.Struct(">Q")
_LOOK_SECONDS = 0.1
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
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
        self._process: subprocess.Popen[bytes] | None = None
        self._resident_bytes = 0
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._forget)

    def call(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call a function of a module in the child and give what it returns.

        Raises:
            ContainedError: It took too long or too much memory, or the child died.
            Exception: Whatever the function raises.
        """
        question = pickle.dumps((function, args, kwargs))
        with self._lock:
            try:
                process = self._started()
                answer = self._exchanged(process, question, self._limit_seconds)
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

    def close(self) -> None:
        """End the child, if there is one; the next question starts another."""
        with self._lock:
            self._end()

    def _started(self) -> subprocess.Popen[bytes]:
        """Give the child, starting it where there is none.

        Raises:
            ContainedError: It does not start.
        """
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        code = _CODE.format(
            path=sys.path, preload=self._preload, growth=self._growth_bytes, seconds=self._limit_seconds
        )
        environment = {name: os.environ[name] for name in _LIBRARY_PATHS if name in os.environ}
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code; content goes in as bytes
            # Isolated and without site: the code above sets the path, and nothing else of this machine's matters.
            [sys.executable, "-I", "-S", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # A letter fits into the pipe, so that nobody waits for the other in the middle of it.
            pipesize=PIPE_BYTES,
            env=environment,
            # Ctrl-C is for us; the child ends when we do.
            start_new_session=True,
        )
        self._process = process
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
        self._resident_bytes = int(self._exchanged(process, b"", START_SECONDS))
        return process

    def _exchanged(self, process: subprocess.Popen[bytes], question: bytes, limit_seconds: float) -> bytes:
        """Write the question and read the answer, both within the limit.

        Raises:
            ContainedError: The child is late, too large or gone.
        """
        assert process.stdin is not None
        assert process.stdout is not None
        to_write = memoryview(_LENGTH.pack(len(question)) + question)
        answer = bytearray()
        deadline = time.monotonic() + limit_seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdin, selectors.EVENT_WRITE)
            selector.register(process.stdout, selectors.EVENT_READ)
            while len(answer) < _LENGTH.size or len(answer) < _LENGTH.size + _LENGTH.unpack_from(answer)[0]:
                ready = selector.select(min(_LOOK_SECONDS, max(deadline - time.monotonic(), 0)))
                self._check(process, answer, deadline, limit_seconds, is_quiet=not ready)
                for key, _ in ready:
                    if key.fileobj is process.stdout:
                        answer += _read(process)
                        continue
                    to_write = _write(process, to_write)
                    if not to_write:
                        selector.unregister(process.stdin)
        return bytes(answer[_LENGTH.size :])

    def _check(
        self,
        process: subprocess.Popen[bytes],
        answer: bytearray,
        deadline: float,
        limit_seconds: float,
        *,
        is_quiet: bool,
    ) -> None:
        """See that the child keeps its limits.

        Raises:
            ContainedError: It does not.
        """
        if time.monotonic() > deadline:
            raise ContainedError(f"took longer than {limit_seconds:g} s")
        if len(answer) > _LENGTH.size and _LENGTH.unpack_from(answer)[0] > ANSWER_BYTES_MAX:
            raise ContainedError(f"came to more than {ANSWER_BYTES_MAX // 1_000_000} MB")
        # Where the system keeps the limit itself, this comes second; macOS knows the limit and does not keep it.
        if is_quiet and self._resident_bytes and _resident(process.pid) > self._resident_bytes + self._growth_bytes:
            raise _too_large(self._growth_bytes)

    def _end(self) -> None:
        """Kill the child and bury it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            with suppress(OSError):  # a question that was never read
                pipe.close()

    def _forget(self) -> None:
        """Leave the child to the process that started it, after a fork."""
        self._lock = threading.Lock()
        self._process = None


def _read(process: subprocess.Popen[bytes]) -> bytes:
    """Read what the child has written.

    Raises:
        ContainedError: It has closed its end.
    """
    assert process.stdout is not None
    part = os.read(process.stdout.fileno(), READ_BYTES)
    if not part:
        raise _died(process)
    return part


def _write(process: subprocess.Popen[bytes], to_write: memoryview) -> memoryview:
    """Write what the pipe takes and give the rest.

    Raises:
        ContainedError: The child has closed its end.
    """
    assert process.stdin is not None
    try:
        return to_write[os.write(process.stdin.fileno(), to_write) :]
    except BrokenPipeError:
        raise _died(process) from None


def _died(process: subprocess.Popen[bytes]) -> ContainedError:
    """Say how the child ended."""
    code = process.wait()
    # Python ends with 1 and native code with a signal when memory is refused; neither tells it from other deaths.
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return ContainedError(f"ended the process that worked on it ({how})")


def _resident(process_id: int) -> int:
    """Give the bytes of memory that a process holds; 0 where nobody says."""
    try:
        return int(Path(f"/proc/{process_id}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # pragma: no cover - no /proc: macOS, which counts the largest of a process's own in bytes
        if process_id == os.getpid():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        command = ["ps", "-o", "rss=", "-p", str(process_id)]
        said = subprocess.run(command, capture_output=True, check=False).stdout  # noqa: S603 - fixed words and a number
        return int(said) * 1024 if said.strip() else 0


def serve(
    preload: Sequence[str], growth_bytes: int, limit_seconds: float
) -> NoReturn:  # pragma: no cover - the child, which every test of `Contained` runs
    """Be the child: answer questions from standard input on standard output until it is closed."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Whatever prints must not print into an answer.
    os.dup2(2, 1)
    # Looking for cycles costs a tenth of an answer and of the start, and what is imported never goes away.
    gc.disable()
    for name in preload:
        import_module(name)
    gc.freeze()
    started_bytes = _resident(os.getpid())
    _limit_memory(growth_bytes)
    _take(questions)
    _put(answers, str(started_bytes).encode())
    number = 0
    while question := _take(questions):
        number += 1
        # A parent that was killed cannot end us: native code that hangs is ended by the system.
        signal.alarm(int(limit_seconds * 2) + 1)
        answer = answered(question, growth_bytes)
        is_spent = _resident(os.getpid()) > started_bytes + growth_bytes // 3
        _put(answers, (b"\x01" if is_spent else b"\x00") + answer)
        signal.alarm(0)
        # The next question may be waiting, so not after every answer.
        if number % COLLECT_EVERY == 0:
            gc.collect()
    sys.exit(0)


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
    """Say that there is no more memory."""
    return ContainedError(f"took more than {growth_bytes // 2**20} MiB of memory")


def _limit_memory(growth_bytes: int) -> None:  # pragma: no cover - in the child
    """Have the system refuse more memory than that, where it does."""
    with suppress(OSError, ValueError, AttributeError):  # no /proc, no limit, no module: the parent looks
        mapped_bytes = int(Path("/proc/self/statm").read_bytes().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (mapped_bytes + growth_bytes, mapped_bytes + growth_bytes))


def _take(pipe: BinaryIO) -> bytes:  # pragma: no cover - in the child
    """Read one question; empty at the end."""
    length = pipe.read(_LENGTH.size)
    return pipe.read(_LENGTH.unpack(length)[0]) if len(length) == _LENGTH.size else b""


def _put(pipe: BinaryIO, answer: bytes) -> None:  # pragma: no cover - in the child
    """Write one answer."""
    pipe.write(_LENGTH.pack(len(answer)) + answer)
    pipe.flush()
