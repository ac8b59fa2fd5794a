"""Put a backup in a database's place, also while others have it open. Its doors are `look_over` and `put_in_place`."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from newsletter.errors import StorageError
from newsletter.storage.database import (
    APPLICATION_ID,
    LOCK_WAIT_SECONDS,
    SCHEMA_REVISION,
    TRIAL_APPLICATION_ID,
    Database,
)
from newsletter.storage.faults import is_damage
from newsletter.storage.migrate import copy_whole

_JOURNALS = ("-journal", "-wal", "-shm")


def look_over(backup: Path, copy: Path, *, is_trial: bool) -> str:
    """Copy a backup aside, so that it is never written to, and see that it is one of ours; give its schema.

    Args:
        backup: The file.
        copy: Where to.
        is_trial: Whether it has to be a trial's.

    Raises:
        StorageError: There is none, it is damaged, another program's, or of a newer version of this one.
    """
    if not backup.is_file():
        raise StorageError(f"There is no backup {backup}.", hint="Name a file that `newsletter db backup` wrote.")
    try:
        copy_whole(backup, copy)
        with closing(sqlite3.connect(copy)) as connection:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise StorageError(
            f"{backup.name} cannot be put back: {why}.", hint="Take another backup; nothing was changed."
        ) from error
    if application == (APPLICATION_ID if is_trial else TRIAL_APPLICATION_ID):
        of_which, into = ("a real publication", "a trial") if is_trial else ("a trial", "a real publication")
        raise StorageError(
            f"{backup.name} is a backup of {of_which}, and this is {into}: neither ever becomes the other.",
            hint="Take a backup that was made here; nothing was changed.",
        )
    database = Database(f"sqlite:///{copy}", is_trial=is_trial)
    revision = database.revision()
    database.close()
    if application != database.application_id or revision is None:
        raise StorageError(
            f"{backup.name} is no newsletter database.", hint="Name a file that `newsletter db backup` wrote."
        )
    if revision > SCHEMA_REVISION:
        raise StorageError(
            f"{backup.name} has schema {revision}; this program knows only up to {SCHEMA_REVISION}.",
            hint="Install the newer version of newsletter that wrote it.",
        )
    return revision


def put_in_place(copy: Path, path: Path) -> Path | None:
    """Write a copy over a database, in one transaction: killed half-way, the old one is there as before.

    Returns:
        Where the database that was there lies now, because it is none any more; None when it was written over.

    Raises:
        StorageError: It cannot be written, or another program holds it.
    """
    try:
        try:
            _write_over(copy, path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            aside = _set_aside(path)
            _write_over(copy, path)
            return aside
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise StorageError(
            f"{path.name} cannot be written: {why}.",
            hint="Close what uses it, check the free space, and run this again.",
        ) from error
    return None


def _write_over(copy: Path, path: Path) -> None:
    """Have SQLite write every page, under its lock and with its journal."""
    with (
        closing(sqlite3.connect(copy)) as source,
        closing(sqlite3.connect(path, timeout=LOCK_WAIT_SECONDS)) as target,
    ):
        target.execute("PRAGMA synchronous = EXTRA")
        source.backup(target)


def _set_aside(path: Path) -> Path:
    """Rename a damaged database with its journals."""
    aside = path.with_name(f"{path.name}.damaged")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{number}")
    for ending in ("", *_JOURNALS):
        with suppress(FileNotFoundError):
            path.with_name(f"{path.name}{ending}").rename(aside.with_name(f"{aside.name}{ending}"))
    return aside
