"""Parses what came from the network in a process of its own, with an end to its time and memory.

The libraries that read feeds, HTML and calendars can be held up by hostile content for minutes (100 kB as an author's
name: 77 s in feedparser), or die without an exception. In a child that costs one source and is named; in ours it would
cost the whole collecting. Local files are their keeper's own and are parsed at once. The door is `parse`.
"""

from newsletter import collect
from newsletter.collect import kinds
from newsletter.contained import Contained, ContainedError
from newsletter.domain.content import Harvest, Snapshot, Source, SourceKind
from newsletter.errors import SourceError

LIMIT_SECONDS = 30.0
GROWTH_BYTES = 1_200 * 2**20
"""Ten megabytes of HTML, which is as much as a source may send, take a hundred times that."""

_PROCESS = Contained(
    preload=tuple(map(kinds.module_of, SourceKind)),
    limit_seconds=LIMIT_SECONDS,
    growth_bytes=GROWTH_BYTES,
)


def parse(snapshot: Snapshot, source: Source, *, process: Contained = _PROCESS) -> Harvest:
    """Do what `collect.parse` does, in a child process that is ended when it takes too long.

    Raises:
        SourceError: As `collect.parse`, or the child ran out of time or memory, died, or met what no reader expects.
    """
    try:
        return process.call(collect.parse, snapshot, source)
    except SourceError:
        raise
    except ContainedError as cause:
        raise _unreadable(source, f"reading it {cause.reason}") from cause
    except Exception as cause:
        raise _unreadable(source, f"it breaks the reader ({type(cause).__name__})") from cause


def _unreadable(source: Source, reason: str) -> SourceError:
    """Say that a source's content is more than we read."""
    return SourceError(
        f"Source {source.id!r} cannot be read: {reason}.",
        hint="Its content is broken or hostile: look at it in a browser, or disable the source.",
    )
