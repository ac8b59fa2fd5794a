"""Parses what sources hold in processes of their own, with an end to their time and memory.

The libraries that read feeds, HTML and calendars can be held up by hostile content for minutes (100 kB as an author's
name: 77 s in feedparser), or die without an exception. In a child that costs one source and is named; in ours it would
cost the whole collecting. A file on the disk came from somewhere too. The door is `parse`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from newsletter import collect
from newsletter.collect import kinds
from newsletter.collect.looking import recognise
from newsletter.contained import Contained, ContainedError
from newsletter.domain.content import Harvest, Snapshot, Source, SourceKind
from newsletter.errors import SourceError

LIMIT_SECONDS = 30.0
GROWTH_BYTES = 1_200 * 2**20
"""Ten megabytes of HTML, which is as much as a source may send, take a hundred times that."""

LARGE_BYTES = 50_000
"""A smaller source is read before a second child has started."""


def _child() -> Contained:
    """Make a process that reads sources; it starts when it is first asked."""
    return Contained(
        preload=tuple(map(kinds.module_of, SourceKind)), limit_seconds=LIMIT_SECONDS, growth_bytes=GROWTH_BYTES
    )


_FIRST, _SECOND = _child(), _child()
_FREE = [_FIRST, _SECOND]
_FREED = threading.Condition()


def parse(snapshot: Snapshot, source: Source, *, process: Contained | None = None) -> Harvest:
    """Do what `collect.parse` does, in a child process that is ended when it takes too long.

    Args:
        snapshot: What was fetched.
        source: Whose.
        process: The child; by default one of two, which several threads may ask.

    Raises:
        SourceError: As `collect.parse`, or the child ran out of time or memory, died, or met what no reader expects.
    """
    try:
        with nullcontext(process) if process else _taken(is_large=len(snapshot.body) > LARGE_BYTES) as child:
            return child.call(collect.parse, snapshot, source)
    except SourceError:
        raise
    except ContainedError as cause:
        raise _unreadable(source, f"reading it {cause.reason}") from cause
    except Exception as cause:
        raise _unreadable(source, f"it breaks the reader ({type(cause).__name__})") from cause


@contextmanager
def _taken(*, is_large: bool) -> Iterator[Contained]:
    """Give a child that is free, or whichever is free next; a small source waits for the first alone."""
    wanted = (_FIRST, _SECOND) if is_large else (_FIRST,)
    with _FREED:
        _FREED.wait_for(lambda: any(one in _FREE for one in wanted))
        child = next(one for one in wanted if one in _FREE)
        _FREE.remove(child)
    try:
        yield child
    finally:
        with _FREED:
            _FREE.append(child)
            _FREED.notify_all()


def named_on(body: bytes, base: str) -> tuple[str, ...]:
    """Do what `looking.recognise.named_on` does, in a child; a page that holds it up names nothing."""
    try:
        return _FIRST.call(recognise.named_on, body, base)
    except ContainedError:
        return ()


def _unreadable(source: Source, reason: str) -> SourceError:
    """Say that a source's content is more than we read."""
    return SourceError(
        f"Source {source.id!r} cannot be read: {reason}.",
        hint="Its content is broken or hostile: look at it in a browser, or disable the source.",
    )
