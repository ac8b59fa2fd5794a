"""One module, or one room, per kind of source, named as the kind is: `parse(snapshot, source) -> Harvest`.

A parser is pure: it reads the bytes of a snapshot and nothing else, no network, no file, no clock. It writes a draft of
each item for the maker; what it leaves out it reports; it raises only when the whole snapshot is not what the source
promised.
"""

from collections.abc import Callable
from importlib import import_module

from newsletter.domain.content import Harvest, Snapshot, Source, SourceKind


def module_of(kind: SourceKind) -> str:
    """Name the module that reads a kind."""
    return f"{__name__}.{kind}"


def parse(snapshot: Snapshot, source: Source) -> Harvest:
    """Let the module of the source's kind read the snapshot; it is loaded when it is first needed.

    The libraries behind the kinds take a quarter of a second to load, which no command but `collect` should pay.
    """
    read: Callable[[Snapshot, Source], Harvest] = import_module(module_of(source.kind)).parse
    return read(snapshot, source)
