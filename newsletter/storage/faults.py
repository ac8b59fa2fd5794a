"""What a driver's fault means in words, and what to do; never a statement or its values, which hold addresses.

Doors: `storage_error`, `damaged`, `is_damage`, `is_locked`.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import exc

from newsletter.errors import StorageDamaged, StorageError, StorageLocked
from newsletter.storage import postgresql

_FAULTS = (
    ("database or disk is full", "cannot grow: the disk is full", "Free some space and run this again."),
    ("readonly", "is read-only", "Check the permissions of the file and its folder."),
    ("unable to open", "cannot be opened", "Check [storage] url and that its folder exists."),
    ("disk i/o error", "cannot be read or written (I/O error)", "Check the disk before anything else."),
)


def is_locked(error: exc.DBAPIError) -> bool:
    """Tell whether another program is in the way."""
    return "database is locked" in str(error.orig).lower() or postgresql.is_locked(error)


def is_damage(error: BaseException | None) -> bool:
    """Tell a SQLite file that is damaged, or no database any more, from one that cannot be used now."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return isinstance(error, sqlite3.Error) and code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def is_damaged(path: Path) -> bool:
    """Look through a whole SQLite file for damage: what was read of it made no sense."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except sqlite3.Error as error:
        return is_damage(error)


def damaged(label: str, how: str = "is damaged") -> StorageDamaged:
    """Say that a file is damaged, and how a backup is put back."""
    return StorageDamaged(
        f"{label} {how}.",
        hint="Put the newest backup back, which keeps the damaged file: `newsletter db restore BACKUP` (they lie in"
        " backups/). Send nothing before that, and have the disk looked at.",
    )


def storage_error(error: exc.DBAPIError | sqlite3.Error, name: str) -> StorageError:
    """Say what a driver's fault means and what to do."""
    label = Path(name).name or "The database"
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(error, exc.DBAPIError) and is_locked(error):
        hint = "Wait until it is done, or close it, and run this again."
        return StorageLocked(f"{label} is locked by another program.", hint=hint)
    if is_damage(cause):
        is_none = getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_NOTADB
        return damaged(label, "is no SQLite database, or too damaged to be one" if is_none else "is damaged")
    if isinstance(error, exc.DBAPIError) and not isinstance(cause, sqlite3.Error):
        fault = postgresql.storage_error(error, label)
        if fault is not None:
            return fault
    said = str(cause).lower()
    for sign, meaning, hint in _FAULTS:
        if sign in said:
            return StorageError(f"{label} {meaning}.", hint=hint)
    return StorageError(f"{label} refused a statement ({type(error).__name__}).", hint="Run it again with -v.")
