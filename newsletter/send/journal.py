"""What became of single mails, kept before the ledger learns of it: a kill then leaves one mail in doubt, not a batch.

A mailer that answers mail by mail notes each one as it begins it, durably, and each answer as it comes. The ledger
would take two commits a mail for that; here lines are added to one small file beside the database, and several
connections share one wait for the disk. When a batch's answer is in the ledger, its lines are forgotten.

The file names its owner, so that whoever finds it later knows that every mail which that owner began is in it. No
address stands there, and a line that a crash cut short counts for nothing.
"""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from newsletter import machine
from newsletter.domain.delivery import BatchId, ClaimedBatch, DeliveryKey
from newsletter.domain.mailing import BatchOutcome, Outcome, Verdict
from newsletter.errors import StorageError

NOT_BEGUN = "the sender was cut off before this mail was begun"
DURING = "the sender was cut off while this mail was handed over"


def journal_path(database: Path) -> Path:
    """Name the journal of a database: beside it, with an ending that is ignored wherever its own journals are."""
    return database.with_name(f"{database.name}-mails")


class Journal:
    """The notes of one sender; safe to use from several threads. Close it in the end."""

    def __init__(self, handle: int, name: str) -> None:
        self.handle = handle
        self._name = name
        self._begins_at = os.lseek(handle, 0, os.SEEK_CUR)
        self._open_batches = 0
        self._written = self._synced = 0
        self._writing, self._syncing = Lock(), Lock()

    @contextmanager
    def batch(self, claimed: ClaimedBatch) -> Iterator["BatchNotes"]:
        """Take the notes of one batch; they are forgotten when the block ends well: its answer is in the ledger."""
        with self._writing:
            self._open_batches += 1
        yield BatchNotes(journal=self, batch_id=claimed.id, attempt=claimed.attempt)
        with self._writing:
            self._open_batches -= 1
            if not self._open_batches:
                os.ftruncate(self.handle, self._begins_at)
                os.lseek(self.handle, self._begins_at, os.SEEK_SET)

    def add(self, line: list[str | int | None], *, is_synced: bool) -> None:
        """Add a line; durably where that is asked for.

        Raises:
            StorageError: The disk is full or failing.
        """
        try:
            with self._writing:
                _write(self.handle, json.dumps(line))
                self._written += 1
                mine = self._written
            if is_synced:
                with self._syncing:
                    # Whoever waited here finds that somebody else's wait was for this line too.
                    if self._synced < mine:
                        written = self._written
                        machine.sync(self.handle)
                        self._synced = written
        except OSError as error:
            raise _unusable(self._name, error) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchNotes:
    """Takes the notes of one batch."""

    journal: Journal
    batch_id: BatchId
    attempt: int

    def begin(self, key: DeliveryKey) -> None:
        """Note durably that a mail is about to be handed over.

        Raises:
            StorageError: It cannot be noted: then the mail must not be begun.
        """
        self.journal.add([self.batch_id, self.attempt, key], is_synced=True)

    def answer(self, outcome: Outcome) -> None:
        """Note what became of a mail; where that cannot be, a kill leaves a doubt, and no more."""
        told = [outcome.delivery_key, outcome.verdict.value, outcome.reason, outcome.provider_id]
        with suppress(StorageError):
            self.journal.add([self.batch_id, self.attempt, *told], is_synced=False)


@contextmanager
def keep_journal(path: Path, *, owner: str) -> Iterator[Journal]:
    """Begin a sender's journal over whatever was there; what a dead sender left is read before.

    Raises:
        StorageError: The disk is full or read-only.
    """
    try:
        handle = machine.rewrite_private(path)
    except OSError as error:
        raise _unusable(path.name, error) from error
    try:
        try:
            _write(handle, json.dumps(owner))
            machine.sync(handle)
            machine.sync_folder(path.parent)
        except OSError as error:
            raise _unusable(path.name, error) from error
        yield Journal(handle, path.name)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What a sender left in its journal.

    Attributes:
        owner: Who; empty where there is no journal.
        begun: By batch, attempt and delivery.
        answers: Likewise.
    """

    owner: str = ""
    begun: set[tuple[int, int, str]] = field(default_factory=set)
    answers: dict[tuple[int, int, str], Outcome] = field(default_factory=dict)

    def outcome(self, claimed: ClaimedBatch) -> BatchOutcome:
        """Give what became of a batch of the owner's: whoever was not begun may go out again, and surely once."""
        outcomes = []
        for planned in claimed.deliveries:
            known = claimed.id, claimed.attempt, planned.key
            otherwise = Outcome(
                delivery_key=planned.key,
                verdict=Verdict.UNKNOWN if known in self.begun else Verdict.REFUSED,
                reason=DURING if known in self.begun else NOT_BEGUN,
            )
            outcomes.append(self.answers.get(known, otherwise))
        return BatchOutcome(outcomes=tuple(outcomes))


def read_journal(path: Path) -> Remains:
    """Read what a dead sender left; nothing where there is no journal, or none that begins as one.

    Raises:
        StorageError: It cannot be read.
    """
    try:
        lines = [line for line in path.read_bytes().split(b"\n")[:-1] if line]
    except FileNotFoundError:
        return Remains()
    except OSError as error:
        raise _unusable(path.name, error) from error
    owner = _read(lines[0]) if lines else None
    remains = Remains(owner=owner if isinstance(owner, str) else "")
    for line in lines[1:]:
        match _read(line):
            case [int(batch), int(attempt), str(key)]:
                remains.begun.add((batch, attempt, key))
            case [int(batch), int(attempt), str(key), str(verdict), str(reason), provider_id] if verdict in set(
                Verdict
            ):
                remains.answers[batch, attempt, key] = Outcome(
                    delivery_key=DeliveryKey(key),
                    verdict=Verdict(verdict),
                    reason=reason,
                    provider_id=None if provider_id is None else str(provider_id),
                )
    return remains


def _write(handle: int, line: str) -> None:
    """Write a line whole; the break before it ends a line that a full disk cut short.

    Raises:
        OSError: The disk is full or failing.
    """
    content = f"\n{line}\n".encode()
    if os.write(handle, content) < len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _read(line: bytes) -> object:
    """Read one line; None when it is damaged."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def _unusable(name: str, error: OSError) -> StorageError:
    """Say that the file cannot be used."""
    return StorageError(
        f"{name} cannot be used: {error.strerror}.",
        hint="The folder of the database must be writable and have some space.",
    )
