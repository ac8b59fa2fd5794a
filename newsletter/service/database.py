"""Look after the database: its state, its migration, its backup."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import machine
from newsletter.errors import StateError, StorageDamaged, StorageError, UsageError
from newsletter.send.mark import Doubt
from newsletter.service.audience.departures import CaughtUp
from newsletter.service.deliveries.guard import Adopted, Guard
from newsletter.service.keys.ring import Settled, require_own_key
from newsletter.service.keys.service import KeyService
from newsletter.service.resources import Resources
from newsletter.storage.database import SCHEMA_REVISION, Database, is_wal_safe
from newsletter.storage.faults import damaged, is_damaged

if TYPE_CHECKING:
    from newsletter.storage.copying import CopiedTable


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseState:
    """How the database stands.

    Attributes:
        revision: Its schema, or None when it holds no tables of ours.
        size_bytes: None where nothing is there yet.
        engine: `SQLite 3.40.1` or `PostgreSQL 16.4`.
        journal: How SQLite keeps a transaction whole, in words; None for a server.
    """

    name: str
    revision: str | None
    wanted: str
    size_bytes: int | None
    engine: str
    journal: str | None

    @property
    def is_current(self) -> bool:
        """Tell whether the program can work with it."""
        return self.revision == self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What became of putting a backup back.

    Attributes:
        before: A copy of the database that was there; None where there was none.
        is_damaged: It was damaged, or no database any more, and was set aside as it is.
        revision: The backup's schema.
        taken: What it took over from the departures file, in sentences; empty where that was nothing, or where it has
            to be migrated first.
        key_moved: It was from before the key was changed, and is under the key in use now.
        doubt: What speaks against sending from it; None where nothing does, or where it has to be migrated first.
    """

    before: Path | None
    is_damaged: bool
    revision: str
    taken: str
    key_moved: bool
    doubt: Doubt | None

    @property
    def is_current(self) -> bool:
        """Tell whether the program can work with it."""
        return self.revision == SCHEMA_REVISION


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What became of copying into another database.

    Attributes:
        name: The other one's file or name.
        tables: What came over, and was read back; all of them.
    """

    name: str
    tables: "tuple[CopiedTable, ...]"


class DatabaseService:
    """The verbs of `newsletter db`."""

    def __init__(self, resources: Resources, *, open_other: Callable[[str], Database]) -> None:
        self._resources = resources
        self._open_other = open_other
        self._guard = Guard(resources)

    def state(self) -> DatabaseState:
        """Look at the database without changing it.

        Raises:
            StorageError: It cannot be opened.
        """
        database = self._resources.unchecked_database
        engine, size_bytes = database.describe()
        journal = "write-ahead log" if is_wal_safe(sqlite3.sqlite_version_info) else "rollback journal"
        return DatabaseState(
            name=str(database.path or database.url.database or "(in memory)"),
            revision=database.revision(),
            wanted=SCHEMA_REVISION,
            size_bytes=size_bytes,
            engine=engine,
            journal=journal if database.is_sqlite else None,
        )

    def migrate(self) -> tuple[str | None, str]:
        """Create the tables, or bring an older schema up to date; give the revision before and after.

        Raises:
            StorageError: It is newer than this program, locked or read-only.
        """
        from newsletter.storage.migrate import migrate  # noqa: PLC0415 - Alembic takes 0.3 s to import

        before, after = migrate(self._resources.unchecked_database)
        if before is None:
            self._guard.mark_new()
        return before, after

    def require_sound(self) -> None:
        """Look through the whole file for damage.

        Raises:
            StorageDamaged: There is some.
        """
        path = self._resources.unchecked_database.path
        if path is not None and path.exists() and is_damaged(path):
            raise damaged(path.name)

    def settle_key(self) -> Settled | None:
        """See that database and key file belong together; give what came of it where the database did not know its key.

        Raises:
            ConfigurationError: The key file is missing or unusable, or holds another key than the database's.
        """
        return self._resources.settle_key()

    def adopt(self, labels: Collection[str] = (), *, by: str) -> Adopted:
        """Declare this database, as it is and where it is, the one to send from, after a restored backup or a copy.

        Args:
            labels: Issues that another database began to send, to be sent from this one anew; the others stay closed.
            by: The person's name, told to whoever sends meanwhile.

        Raises:
            UsageError: Nobody else began to send a named issue.
            SendingInProgress: Somebody is sending from it now.
            StorageError: It is missing or of another schema, or a file cannot be written.
        """
        return self._guard.adopt(labels, by=by)

    def doubt(self) -> Doubt | None:
        """Give what speaks against sending from this database: it is an older one, a copy, or has been elsewhere.

        Raises:
            StorageError: It is missing or of another schema, or its mark cannot be read.
        """
        return self._guard.doubt()

    def restore(self, backup: Path, *, by: str) -> Restored:
        """Put a backup in the database's place, and let it take over who left since; the one there is copied first.

        The mark stays as it is: that this database does not know what was sent since is noticed before a sending.

        The backup stays as it is; `by` is told to whoever wants to send meanwhile.

        Raises:
            SendingInProgress: Somebody is sending now.
            ConfigurationError: The backup was made with another key.
            StorageError: The backup is damaged, none, or of a newer version; or a file cannot be written.
        """
        from newsletter.storage.restore import look_over, put_in_place  # noqa: PLC0415 - as above

        resources = self._resources
        path = resources.unchecked_database.path
        if path is None:
            raise StateError("Only a SQLite file is put back from here.", hint="For PostgreSQL use pg_restore.")
        copy = path.with_name(f".{path.name}.restoring")
        try:
            with resources.only_sender(f"{by}, restoring a backup"):
                is_trial = resources.unchecked_database.is_trial
                revision = look_over(backup, copy, is_trial=is_trial)
                require_own_key(copy, resources.settings.key_path, is_trial=is_trial)
                before, is_damaged = self._copy_before_restoring(path)
                resources.close()
                aside = put_in_place(copy, path)
        finally:
            copy.unlink(missing_ok=True)
        is_current, key_moved, taken = revision == SCHEMA_REVISION, False, CaughtUp(file="")
        if is_current:
            key_moved = KeyService(resources).bring_along(by=by)
            resources.settle_key()
            taken = resources.catch_up()
        return Restored(
            before=aside or before,
            is_damaged=is_damaged or aside is not None,
            revision=revision,
            taken=str(taken),
            key_moved=key_moved,
            doubt=self._guard.doubt() if is_current else None,
        )

    def _copy_before_restoring(self, path: Path) -> tuple[Path | None, bool]:
        """Copy the database that is there, a damaged one as it is; give the copy or None, and whether it is damaged."""
        try:
            if path.exists() and self._resources.unchecked_database.revision() is not None:
                return self.back_up(self._backup_path("before-restoring"))[0], False
        except StorageDamaged:
            aside = self._backup_path("damaged")
            os.close(machine.create_private(aside))
            shutil.copyfile(path, aside)
            return aside, True
        except StorageError:
            pass
        return None, False

    def copy_to(self, address: str, *, by: str, told: Callable[[str], None] = lambda _table: None) -> Copied:
        """Copy the whole database into an empty one, and prove by sums that all came over; this one stays as it is.

        Args:
            address: `sqlite:///FILE` or `postgresql://USER@HOST/DATABASE`, without a password.
            by: The person's name, told to whoever wants to send meanwhile.
            told: Told each table as it begins.

        Raises:
            UsageError: The address is none, holds a password, or is this database's own.
            SendingInProgress: Somebody is sending now.
            StorageError: One of both cannot be reached, the other one is not empty, or a sum differs.
        """
        from newsletter.storage.copying import copy_into  # noqa: PLC0415 - as above
        from newsletter.storage.migrate import migrate  # noqa: PLC0415 - as above

        url = self._resources.settings.other_database_url(address)
        source, target = self._resources.database, self._open_other(url)
        try:
            if target.url.set(password=None) == source.url.set(password=None):
                raise UsageError("That is the database itself.", hint="Name an empty one.")
            with self._resources.only_sender(f"{by}, copying the database"):
                migrate(target)
                tables = copy_into(source, target, told=told)
        finally:
            target.close()
        return Copied(name=target.url.database or "", tables=tables)

    def back_up(self, target: Path | None = None) -> tuple[Path, int]:
        """Copy the database, also while a sending runs; give the copy and its size in bytes.

        By default it goes to `backups/` beside newsletter.toml, named by the moment.

        Raises:
            StorageError: The target exists or cannot be written.
        """
        from newsletter.storage.migrate import back_up  # noqa: PLC0415 - as above

        target = target or self._backup_path("newsletter")
        return target, back_up(self._resources.unchecked_database, target)

    def _backup_path(self, name: str) -> Path:
        """Name a copy by the moment, in a folder that only its owner can read."""
        folder = self._resources.settings.root / "backups"
        machine.make_private_folder(folder)
        return folder / f"{name}-{self._resources.clock.now():%Y%m%dT%H%M%SZ}.db"
