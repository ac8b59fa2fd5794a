"""The mark beside the database: what a folder remembers of its sendings, so that another database in it is noticed.

Two accidents let a ledger forget: an older backup is put back, and a folder is copied and both copies send. Before each
call to a real mailer the number of calls so far is noted in a small file, which no backup of the database holds and
which knows where it lies. So a database that knows of fewer calls than the mark is an older one; a mark that lies
elsewhere than it says came with a copied folder; and a database with calls and no mark beside it has been elsewhere.
The door is `doubt_about`. It must not know why a person goes on all the same: whoever does writes a new mark.

A mark that is behind its database proves nothing, so it need not be on the disk before each call: one that a power cut
took back is passed by. Not noticed are a copied virtual machine that kept its machine id, a whole folder written over
in place with a copy from the middle of a sending, and a database copied alone that never sent.
"""

import hashlib
import json
import os
import platform
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from newsletter import machine
from newsletter.errors import StorageError

MACHINE_ID = Path("/etc/machine-id")
"""Made anew for every installation of Linux (machine-id(5)). Containers often lack it, and macOS has none."""

_ADOPT = "`newsletter db adopt`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why this may not be the database to send from.

    Attributes:
        message: What was seen, in whole sentences.
        hint: How a person goes on.
    """

    message: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """What is noted.

    Attributes:
        calls: How many calls to real mailers the ledger knew of.
        last: Which was the last, in words, or empty.
        place: Folder and machine, for people.
        file: Which file of its disk the mark is: a moved one stays the same, a copied one does not.
        machine: Digest of the machine's id, or empty where there is none.
        server: Which database of which server it is, or empty for a file.
    """

    calls: int
    last: str
    place: str
    file: str
    machine: str
    server: str = ""


def mark_path(database: Path) -> Path:
    """Name the mark of a database: beside it, with an ending that is ignored wherever the database's journals are."""
    return database.with_name(f"{database.name}-mark")


def doubt_about(
    database: Path, count_calls: Callable[[], int], *, server: str = "", machine_id: Path = MACHINE_ID
) -> Doubt | None:
    """Tell why a database may be an older one, a copy, or one from elsewhere; None when it is the one to send from.

    Args:
        database: The file.
        count_calls: Gives how many calls it knows of. Asked after the mark was read: who sends meanwhile counts up in
            the ledger first.
        server: Which database of which server it is, or empty for a file.
        machine_id: The file that tells one machine from another.

    Raises:
        StorageError: The mark cannot be read.
    """
    path = mark_path(database)
    try:
        with path.open("rb") as file:
            content, found = file.readline(), machine.file_identity(file.fileno())
    except FileNotFoundError:
        return _doubt_without_mark(database) if count_calls() else None
    except OSError as error:
        raise _unusable(path, error) from error
    mark = _read(content)
    if mark is None:
        return Doubt(
            message=f"{path.name} is damaged: nobody can tell whether {database.name} is the newest database.",
            hint=f"If it is: {_ADOPT}.",
        )
    here = _machine(machine_id)
    if mark.file != found or (mark.machine and here and mark.machine != here):
        return _doubt_about_copy(path, mark)
    if mark.server != server:
        return _doubt_about_server(database, mark)
    return _doubt_about_age(database, mark) if mark.calls > count_calls() else None


def write_mark(
    database: Path, *, calls: int, last: str = "", server: str = "", is_synced: bool, machine_id: Path = MACHINE_ID
) -> None:
    """Note how many calls the ledger knows of, here and now.

    The file is made when missing, and otherwise written over in place: so it stays the same one, and a full disk has
    room for it.

    Args:
        database: Beside which.
        calls: How many.
        last: Which was the last, in words.
        server: As in `doubt_about`.
        is_synced: Wait until it is on the disk.
        machine_id: As in `doubt_about`.

    Raises:
        StorageError: It cannot be written.
    """
    path = mark_path(database)
    try:
        handle = machine.open_private(path)
        try:
            mark = _Mark(
                calls=calls,
                last=last,
                place=f"{path.absolute().parent} on {platform.node()}",
                file=machine.file_identity(handle),
                machine=_machine(machine_id),
                server=server,
            )
            # Only the first line is read: what a longer mark left behind it does not matter.
            os.write(handle, json.dumps(asdict(mark)).encode() + b"\n")
            if is_synced:
                os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise _unusable(path, error) from error


def _doubt_without_mark(database: Path) -> Doubt:
    """Doubt a database that has sent and has no mark beside it."""
    return Doubt(
        message=f"{database.name} knows of mails that were handed over, but {mark_path(database).name} is not beside"
        " it: it was brought here without it, or last sent with an older version of this program, which wrote none.",
        hint=f"If mails are sent from another folder, send from there. If this is the only one: {_ADOPT}.",
    )


def _doubt_about_copy(path: Path, mark: _Mark) -> Doubt:
    """Doubt a folder whose mark was written elsewhere, or came back from a backup."""
    last = f" The last mails known here: {mark.last}." if mark.last else ""
    return Doubt(
        message=f"This folder was copied, moved to another disk, or put back from a backup: {path.name} was written in"
        f" {mark.place}. What was sent there since is not known here.{last}",
        hint=f"If the other folder is still in use, send from there. If this is the only one now: {_ADOPT}.",
    )


def _doubt_about_server(database: Path, mark: _Mark) -> Doubt:
    """Doubt a server's database that is not the one of the last sending, though it may have its name."""
    last = f" The last mails known here: {mark.last}." if mark.last else ""
    return Doubt(
        message=f"The database {database.stem} is another one than that which sent from here last: a dump or a backup"
        " was put back, the server was copied or replaced by its standby, or [storage] url names another one. What the"
        f" other one sent may not be known here.{last}",
        hint=f"If the other one is still in use, send from that. If this is the only one now: {_ADOPT}.",
    )


def _doubt_about_age(database: Path, mark: _Mark) -> Doubt:
    """Doubt a database that knows less than its folder."""
    last = f", the last for {mark.last}" if mark.last else ""
    return Doubt(
        message=f"{database.name} is older than its folder remembers: mails were handed over that it knows nothing"
        f" of{last}. Was a backup put back, or a new database made?",
        hint="Put the newest database back if there is one: this one does not know who got the mails, nor who left"
        f" since. If it is lost: {_ADOPT}.",
    )


def _read(content: bytes) -> _Mark | None:
    """Read a mark; None when it is damaged."""
    with suppress(ValueError, TypeError):
        mark = _Mark(**json.loads(content))
        if [type(value) for value in asdict(mark).values()] == [int, *[str] * 5]:
            return mark
    return None


def _machine(machine_id: Path) -> str:
    """Tell this machine from others, without giving its id away (machine-id(5) asks for that); empty without an id."""
    try:
        known = machine_id.read_bytes().strip()
    except OSError:
        return ""
    return hashlib.sha256(b"newsletter mark\0" + known).hexdigest()[:16] if known else ""


def _unusable(path: Path, error: OSError) -> StorageError:
    """Say that the file cannot be used."""
    return StorageError(
        f"{path.name} cannot be used: {error.strerror}.", hint="The folder of the database must be writable."
    )
