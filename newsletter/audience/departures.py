"""The departures file beside the key: every suppression and every lifting, one line each, only ever added to.

Its door is `append_changes`, `read_changes` and `mark_of`. Who left stands here before the database says so, and who
may be mailed again only after it: whatever dies in between, nobody is mailed who left. A line holds a keyed hash and no
address; one that a power cut tore is passed by and told. What follows from a line is for the database to say.

    2026-11-24T19:21:07.123456+00:00 added 3f...9c hard bounce
"""

import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter import machine
from newsletter.domain.audience import AddressHash, SuppressionAction, SuppressionReason
from newsletter.domain.departures import FileMark, NotedChange
from newsletter.errors import StorageError

_LINE = re.compile(rb"(\S{20,40}) (added|lifted) ([0-9a-f]{64}) ([a-z ]{1,40})")
_TAIL_BYTES = 512
_EMPTY = FileMark(size_bytes=0, tail="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What stands in a departures file.

    Attributes:
        changes: In the order in which they were noted.
        unreadable: The numbers of lines that are none, from 1 where reading began; a torn last one among them.
    """

    changes: tuple[NotedChange, ...]
    unreadable: tuple[int, ...]


def departures_path(key_file: Path) -> Path:
    """Name the departures file of a key file: beside it, for what is hashed here only that key can read."""
    return key_file.with_suffix(".departures")


def append_changes(path: Path, changes: Sequence[NotedChange]) -> None:
    """Add lines, and wait until they are on the disk.

    Raises:
        StorageError: They cannot be written, or not wholly.
    """
    lines = b"".join(_line(change) for change in changes)
    try:
        is_new = not path.exists()
        handle = machine.append_private(path)
        try:
            if size := os.fstat(handle).st_size:
                os.lseek(handle, size - 1, os.SEEK_SET)
                if os.read(handle, 1) != b"\n":
                    lines = b"\n" + lines  # The line before was torn.
            if os.write(handle, lines) < len(lines):
                raise OSError(0, "only a part was written: is the disk full?")
            os.fsync(handle)
        finally:
            os.close(handle)
        if is_new:
            machine.sync_folder(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error


def read_changes(path: Path, *, after: FileMark = _EMPTY) -> Noted:
    """Give what was noted after a mark of this file; a file that is missing holds nothing.

    Raises:
        StorageError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(after.size_bytes)
            lines = file.read().split(b"\n")
    except FileNotFoundError:
        return Noted(changes=(), unreadable=())
    except OSError as error:
        raise _unusable(path, error) from error
    last = len(lines)
    # What follows the last line break is a torn line, or nothing.
    read = [(number, _read(line) if number < last else None) for number, line in enumerate(lines, start=1) if line]
    return Noted(
        changes=tuple(change for _, change in read if change is not None),
        unreadable=tuple(number for number, change in read if change is None),
    )


def mark_of(path: Path, size_bytes: int | None = None) -> FileMark:
    """Mark how far a file goes, or went when it had so many bytes; a size it has not gives another mark.

    Raises:
        StorageError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size if size_bytes is None else size_bytes
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read(min(size, _TAIL_BYTES))
    except FileNotFoundError:
        return _EMPTY
    except OSError as error:
        raise _unusable(path, error) from error
    if not size:
        return _EMPTY
    return FileMark(size_bytes=size, tail=hashlib.sha256(tail).hexdigest()[:16])


def _line(change: NotedChange) -> bytes:
    """Write a line."""
    moment = change.at.isoformat(timespec="microseconds")
    return f"{moment} {change.action} {change.address_hash} {change.reason}\n".encode("ascii")


def _read(line: bytes) -> NotedChange | None:
    """Read a line; None when it is none."""
    found = _LINE.fullmatch(line.rstrip(b"\r"))
    if found is None:
        return None
    moment, action, address_hash, reason = (part.decode("ascii") for part in found.groups())
    with suppress(ValueError):
        at = datetime.fromisoformat(moment)
        if at.tzinfo is not None:
            return NotedChange(
                at=at,
                action=SuppressionAction(action),
                address_hash=AddressHash(address_hash),
                reason=SuppressionReason(reason),
            )
    return None


def _unusable(path: Path, error: OSError) -> StorageError:
    """Say that the file cannot be used, and why nothing goes on without it."""
    return StorageError(
        f"{path.name} cannot be used: {error.strerror}.",
        hint="Who leaves is noted there too, so that a backup put back forgets nobody. Check the free space, and that"
        " the file and its folder may be written; then run this again.",
    )
