"""One sender at a time: a lock on a file beside the database, which the operating system frees when the holder dies.

A lock proves what no time-out can: a process that was stopped for an hour still holds it, and a process that is gone,
however it went, does not. So whoever holds it knows that every batch claimed under another name is a dead sender's.
Works on a local disk; a database on a server has the same lock for senders on all machines.
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter import machine
from newsletter.errors import SendingInProgress, StorageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The one sender there is, as long as it holds the lock.

    Attributes:
        name: Unique; stands on every batch it claims.
    """

    name: str

    def has_outlived(self, other: str) -> bool:
        """Tell whether another owner is proven dead: the lock is ours, so whoever held it before is gone."""
        return other != self.name


def new_owner(who: str) -> Owner:
    """Name the sender that has just got the lock."""
    return Owner(name=f"{who} {secrets.token_hex(8)}")


def lock_path(database: Path) -> Path:
    """Name the lock file of a database: beside it, so that whoever reaches the one reaches the other."""
    return database.with_name(f"{database.name}.lock-owner")


@contextmanager
def hold_ownership(path: Path, *, who: str, since: datetime) -> Iterator[Owner]:
    """Be the only sender while the block runs.

    Args:
        path: The lock file; made when missing, never removed.
        who: Told to whoever comes second: person, machine, issue.
        since: Aware moment, told likewise.

    Raises:
        SendingInProgress: Somebody else holds it; says who and since when.
        StorageError: The file cannot be made or locked.
    """
    with _opened(path) as handle:
        _write(handle, {"who": who, "since": since.isoformat(timespec="minutes")})
        try:
            yield new_owner(who)
        finally:
            _write(handle, {})


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open the lock file and take the lock, or say who has it; closing it frees the lock."""
    with ExitStack() as stack:
        try:
            handle = machine.open_private(path)
            stack.callback(os.close, handle)
            machine.lock(handle)
        except BlockingIOError as error:
            raise SendingInProgress(
                f"{_holder(handle)} Nothing was sent now.",
                hint="Wait until it is done. A sender that was killed frees its place at once.",
            ) from error
        except OSError as error:
            raise StorageError(
                f"{path.name} cannot be locked.",
                hint="The folder of the database must be writable and on a local disk, so that one sender can exclude"
                " others.",
            ) from error
        yield handle


def _holder(handle: int) -> str:
    """Say who holds the lock; the holder may just be writing it down."""
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        note = json.loads(os.read(handle, 4096))
        return f"{note['who']} has been sending since {note['since']}."
    except (ValueError, KeyError):
        return "Somebody else has just begun to send."


def _write(handle: int, note: dict[str, str]) -> None:
    """Write who holds the lock; it is for people only, so its loss in a crash or on a full disk does not matter.

    A note that cannot be written must not speak for the ledger: that says by itself, and better, that a disk is full.
    """
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps(note, ensure_ascii=False).encode())
