"""Parses what came from the network in a process of its own, with an end to its time and memory.

The libraries that read feeds, HTML and calendars can be held up by hostile content for minutes (100 kB as an author's
name: 77 s in feedparser), or die without an exception. In a child that costs one source and is named; in ours it would
cost the whole collecting. Local files are their keeper's own and are parsed at once. The door is `parse`.
"""

import pickle
import subprocess
import sys
from contextlib import suppress
from typing import BinaryIO

from newsletter import collect
from newsletter.domain.content import Harvest, Snapshot, Source
from newsletter.errors import SourceError

try:
    import resource
except ImportError:  # pragma: no cover - Windows has no such limits
    resource = None  # type: ignore[assignment]

LIMIT_SECONDS = 30.0
_LIMIT_BYTES = 1_500_000_000
_CODE = "import sys; sys.path[:] = {path!r}; from newsletter.collect import contained; contained.work({memory})"


def parse(snapshot: Snapshot, source: Source, *, limit_seconds: float = LIMIT_SECONDS) -> Harvest:
    """Do what `collect.parse` does, in a child process that is killed when it takes too long.

    Raises:
        SourceError: As `collect.parse`, or the child ran out of time or memory, or died.
    """
    code = _CODE.format(path=sys.path, memory=_LIMIT_BYTES)
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and code; content goes in as bytes
            [sys.executable, "-c", code],
            input=pickle.dumps((snapshot, source)),
            capture_output=True,
            timeout=limit_seconds,
            check=True,
        )
    except subprocess.TimeoutExpired as cause:
        raise _unreadable(source, f"reading it takes longer than {limit_seconds:.0f} s") from cause
    except subprocess.CalledProcessError as cause:
        raise _unreadable(source, "reading it takes too much memory, or breaks the reader") from cause
    result = pickle.loads(done.stdout)  # noqa: S301 - written by our own code in the child
    if isinstance(result, SourceError):
        raise result
    assert isinstance(result, Harvest)
    return result


def work(memory_bytes: int) -> None:
    """Be the child: read a snapshot and its source from standard input, write the harvest to standard output."""
    if resource is not None:
        with suppress(ValueError, OSError):  # macOS knows the limit but refuses it
            resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    answer(sys.stdin.buffer, sys.stdout.buffer)


def answer(question: BinaryIO, reply: BinaryIO) -> None:
    """Parse what is asked and write the harvest, or the SourceError."""
    snapshot, source = pickle.load(question)  # noqa: S301 - written by our own code in the parent
    try:
        result: Harvest | SourceError = collect.parse(snapshot, source)
    except SourceError as error:
        result = error
    reply.write(pickle.dumps(result))


def _unreadable(source: Source, reason: str) -> SourceError:
    """Say that a source's content is more than we read."""
    return SourceError(
        f"Source {source.id!r} cannot be read: {reason}.",
        hint="Its content is broken or hostile: look at it in a browser, or disable the source.",
    )
