"""Look after the database: its state, its migration, its backup."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from newsletter import machine
from newsletter.send.mark import Doubt
from newsletter.service.deliveries.guard import Adopted, Guard
from newsletter.service.keys.ring import Settled
from newsletter.service.resources import Resources
from newsletter.storage.database import SCHEMA_REVISION, is_wal_safe


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseState:
    """How the database stands.

    Attributes:
        name: File name, or the server's database.
        revision: Its schema, or None when it holds no tables of ours.
        wanted: The schema of this program.
        size_bytes: Of the file; None for a server.
        engine: `SQLite 3.40.1` or `PostgreSQL`.
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


class DatabaseService:
    """The verbs of `newsletter db`."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._guard = Guard(resources)

    def state(self) -> DatabaseState:
        """Look at the database without changing it.

        Raises:
            StorageError: It cannot be opened.
        """
        database = self._resources.unchecked_database
        path = database.path
        if not database.is_sqlite:
            return DatabaseState(
                name=database.url.database or "",
                revision=database.revision(),
                wanted=SCHEMA_REVISION,
                size_bytes=None,
                engine="PostgreSQL",
                journal=None,
            )
        return DatabaseState(
            name=str(path) if path is not None else "(in memory)",
            revision=database.revision(),
            wanted=SCHEMA_REVISION,
            size_bytes=path.stat().st_size if path is not None and path.exists() else None,
            engine=f"SQLite {sqlite3.sqlite_version}",
            journal="write-ahead log" if is_wal_safe(sqlite3.sqlite_version_info) else "rollback journal",
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

    def back_up(self, target: Path | None = None) -> tuple[Path, int]:
        """Copy the database, also while a sending runs; give the copy and its size in bytes.

        Args:
            target: Where to; by default `backups/` beside newsletter.toml, named by the moment.

        Raises:
            StorageError: The target exists or cannot be written.
        """
        from newsletter.storage.migrate import back_up  # noqa: PLC0415 - as above

        if target is None:
            folder = self._resources.settings.root / "backups"
            machine.make_private_folder(folder)
            target = folder / f"newsletter-{self._resources.clock.now():%Y%m%dT%H%M%SZ}.db"
        return target, back_up(self._resources.unchecked_database, target)
