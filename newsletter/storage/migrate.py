"""Bring a database up to date, and copy it while it is in use. Its doors are `migrate` and `back_up`.

Importing Alembic takes a third of a second, so this module stands apart from `database`, which every command needs.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from newsletter import machine
from newsletter.errors import StorageError
from newsletter.storage.database import SCHEMA_REVISION, Database
from newsletter.storage.faults import damaged, is_damage

SCRIPTS = Path(__file__).parent / "migrations"
"""Alembic's environment and revisions, shipped inside the package."""


def migrate(database: Database) -> tuple[str | None, str]:
    """Create the tables of a new database, or bring an older one up to date; a current one is left alone.

    Returns:
        The revision before (None for a new database) and after.

    Raises:
        StorageError: The database is newer than this program, locked, read-only or cannot be reached.
        ConfigurationError: It is a trial's, and is not to be one, or the other way round.
    """
    before = database.revision()
    if before == SCHEMA_REVISION:
        return before, before
    if before is not None and before > SCHEMA_REVISION:
        database.require_current()
    _prepare_file(database)
    with database.write() as connection:
        database.require_ours(connection)  # Another program may have made it meanwhile.
        if database.is_sqlite:
            connection.exec_driver_sql(f"PRAGMA application_id = {database.application_id}")
        command.upgrade(alembic_config(connection), "head")
    return before, SCHEMA_REVISION


def alembic_config(connection: Connection | None = None) -> Config:
    """Give Alembic's configuration without an .ini file; with a connection, commands run inside its transaction."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def back_up(database: Database, target: Path) -> int:
    """Copy a SQLite database of any schema, also while a sending runs, and check the copy before it counts.

    Returns:
        The size of the copy in bytes.

    Raises:
        StorageError: The target exists or cannot be written; or there is no database of ours, or it is PostgreSQL.
        StorageDamaged: The database is damaged, and the copy would be.
    """
    if database.path is None:
        raise StorageError("Only a SQLite file can be copied from here.", hint="For PostgreSQL use pg_dump.")
    if database.revision() is None:
        database.require_current()  # Says that there is none.
    if target.exists():
        raise StorageError(f"{target} exists already and is left alone.", hint="Name another file.")
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        copy_whole(database.path, unfinished)
        unfinished.rename(target)
    except (OSError, sqlite3.Error) as error:
        if is_damage(error) or isinstance(error, CopyDamaged):
            raise damaged(database.path.name, "is damaged: no copy was made") from error
        hint = "Check that its folder exists and has room."
        why = error.strerror if isinstance(error, OSError) else error
        raise StorageError(f"The backup {target} cannot be written: {why}.", hint=hint) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


class CopyDamaged(sqlite3.DatabaseError):
    """A copy was made, and is damaged as its original is."""


def copy_whole(source: Path, target: Path) -> None:
    """Copy through SQLite's online backup, readable by its owner only, and look the copy over."""
    target.unlink(missing_ok=True)
    os.close(machine.create_private(target))
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise CopyDamaged(f"the copy is damaged ({verdict})")
    with target.open("r+b") as handle:
        os.fsync(handle.fileno())


def _prepare_file(database: Database) -> None:
    """Create a new SQLite file readable by its owner only, before anything stands in it."""
    path = database.path
    if path is None or path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(machine.create_private(path))
    except OSError as error:
        hint = "Check [storage] url and the permissions of its folder."
        raise StorageError(f"{path.name} cannot be created: {error.strerror}.", hint=hint) from error
