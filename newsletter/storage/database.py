"""Open the database, guard it, and give transactions. Its door is `Database`.

SQLite is set so that a power cut loses no committed transaction: a rollback journal with EXTRA where the library has
the WAL-reset bug, WAL with FULL where it is mended. A write begins with BEGIN IMMEDIATE, so that two writers wait
instead of failing half-way. Every fault of the database leaves here as a StorageError that says what to do.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from newsletter.errors import ConfigurationError, NewsletterError, StorageError
from newsletter.storage import postgresql
from newsletter.storage.faults import damaged, is_damaged, is_locked, storage_error

SCHEMA_REVISION = "0016"
"""The revision this program writes and reads; the newest file of `migrations/versions` (a test holds them together)."""

LOCK_WAIT_SECONDS = 10.0
"""How long a transaction waits for another one before it gives up."""

LOCK_ASKED_SECONDS = 0.002
"""How often a write asks for the lock meanwhile. SQLite's own busy handler sleeps up to a tenth of a second between two
looks, and whoever writes all the time has the lock back before it looks again: the sender got 0.4 calls a second."""

PATIENCE_SECONDS = 3_600.0
"""How long a patient database waits for another program: a person who watches for that long may as well come back."""

_Result = TypeVar("_Result")

APPLICATION_ID = 0x4E57534C
"""`NWSL`: written into the header of our SQLite files, so that another program's database is not taken for ours."""

TRIAL_APPLICATION_ID = 0x4E575354
"""`NWST`: a trial's. It goes wherever the file goes, and a program that knows of no trials takes it for no one's."""

_WAL_SAFE = (3, 51, 3)
_WAL_SAFE_BACKPORTS = {(3, 44): 6, (3, 50): 7}


def is_wal_safe(version: tuple[int, int, int]) -> bool:
    """Tell whether a SQLite version is free of the WAL-reset bug, which could lose committed transactions.

    Source: sqlite.org/wal.html, "The WAL-reset bug" (2026): mended in 3.51.3, 3.50.7 and 3.44.6.
    """
    backport = _WAL_SAFE_BACKPORTS.get(version[:2])
    return version >= _WAL_SAFE or (backport is not None and version[2] >= backport)


class _LongWait(NamedTuple):
    """Whom to tell of a wait, whom to ask whether it goes on, and how long it lasts at most."""

    tell: Callable[[str], None]
    unless: Callable[[], bool]
    seconds_max: float


class Database:
    """A database, open for short transactions.

    Attributes:
        is_trial: It has to be a trial's. Which it is, is decided when it is made, and never again.

    Use `read()` to look and `write()` to change; both give a SQLAlchemy connection inside one transaction, and wait for
    other programs where a transaction begins and where it ends, never in its midst. Close it in the end. Safe to share
    between threads; not between forked processes.
    """

    def __init__(
        self,
        url: str,
        *,
        password: str | None = None,
        is_trial: bool = False,
        lock_wait_seconds: float = LOCK_WAIT_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = make_url(url) if password is None else make_url(url).set(password=password)
        self.is_trial = is_trial
        if is_trial and not self.is_sqlite:
            raise ConfigurationError(
                "A trial lives in a SQLite file of its own, and the address names a server.",
                hint="Set [storage] url to the trial's file.",
            )
        # `sqlite:///newsletter.db?timeout=30` in the configuration wins over our own patience.
        named = self.url.query.get("timeout")
        self.lock_wait_seconds = float(named) if isinstance(named, str) else lock_wait_seconds
        self._engine = _open_engine(self.url, self.lock_wait_seconds, sleep)
        self._reading_engine = self._engine if self.is_sqlite else postgresql.reading(self._engine)
        self._writing_engines = {
            writing: self._engine.execution_options(newsletter_writes=writing) for writing in postgresql.Writing
        }
        self._long_wait: _LongWait | None = None

    @property
    def is_sqlite(self) -> bool:
        """Tell whether this is a SQLite file."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path | None:
        """Give the SQLite file, or None for PostgreSQL and for a database in memory."""
        named = self.url.database
        return Path(named) if self.is_sqlite and named and named != ":memory:" else None

    @contextmanager
    def patient(
        self,
        tell: Callable[[str], None],
        *,
        unless: Callable[[], bool] = lambda: False,
        seconds_max: float = PATIENCE_SECONDS,
    ) -> Iterator[None]:
        """Wait for other programs for up to an hour each time while the block runs, instead of for some seconds.

        Args:
            tell: Told what is waited for, and again each time the wait has doubled.
            unless: Asked before each further wait; where it says yes, the lock is raised after all.
            seconds_max: After so long it is raised in any case.
        """
        self._long_wait = _LongWait(tell, unless, seconds_max)
        try:
            yield
        finally:
            self._long_wait = None

    def read(self, *, to_the_end: bool = False) -> AbstractContextManager[Connection]:
        """Give a connection whose statements all see one state.

        Raises:
            StorageError: The database is missing, locked, damaged or cannot be reached.
        """
        return self._transaction(self._reading_engine, to_the_end=to_the_end)

    def write(self, *, to_the_end: bool = False, beside_others: bool = False) -> AbstractContextManager[Connection]:
        """Give a connection whose changes are kept together, durably, when the block ends, or not at all.

        Args:
            to_the_end: A patient database waits also when it is asked to stop: what is written is known here alone.
            beside_others: On PostgreSQL others who say so may write at the same time; only for what is right whatever
                they do. Else there is one writer at a time, as in a SQLite file.

        Raises:
            StorageError: The database is missing, locked, full, read-only, damaged or cannot be reached.
        """
        writing = postgresql.Writing.BESIDE_OTHERS if beside_others else postgresql.Writing.ALONE
        return self._transaction(self._writing_engines[writing], to_the_end=to_the_end)

    @contextmanager
    def _transaction(self, engine: Engine, *, to_the_end: bool) -> Iterator[Connection]:
        """Give one transaction; a commit that meets a lock loses nothing and is made again."""
        with self._guarded(), ExitStack() as stack:
            connection = self._once_free(lambda: stack.enter_context(engine.begin()), to_the_end=to_the_end)
            yield connection
            if self.is_sqlite and connection.in_transaction():  # nobody took it back
                self._once_free(lambda: connection.exec_driver_sql("COMMIT"), to_the_end=to_the_end)

    def _once_free(self, action: Callable[[], _Result], *, to_the_end: bool) -> _Result:
        """Do what may meet a lock, again and again as our patience says; each try waits by itself, too."""
        tries = 0
        while True:
            try:
                return action()
            except exc.OperationalError as error:
                long_wait, tries = self._long_wait, tries + 1
                if long_wait is None or not is_locked(error) or (long_wait.unless() and not to_the_end):
                    raise
                waited_seconds = tries * self.lock_wait_seconds
                if waited_seconds >= long_wait.seconds_max:
                    raise
                if tries & (tries - 1) == 0:
                    long_wait.tell(f"{self._name} has been locked by another program for {waited_seconds:.0f} s.")

    def revision(self) -> str | None:
        """Give the schema revision the database has, or None when it holds no tables at all.

        Raises:
            StorageError: As `read`; or it is another program's.
            ConfigurationError: It is a trial's, and is not to be one, or the other way round.
        """
        if self.path is not None and not self.path.exists():
            return None
        with self.read() as connection:
            self.require_ours(connection)
            if not connection.dialect.has_table(connection, "alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()

    @property
    def application_id(self) -> int:
        """Give what the header of the file says, or is to say."""
        return TRIAL_APPLICATION_ID if self.is_trial else APPLICATION_ID

    def require_ours(self, connection: Connection) -> None:
        """Refuse a file of another program: its header says so, or it has tables and none that we have always had.

        Raises:
            StorageError: It is another program's.
            ConfigurationError: It is a trial's, and is not to be one, or the other way round.
        """
        if not self.is_sqlite:
            return
        (application,) = connection.exec_driver_sql("PRAGMA application_id").one()
        if application == self.application_id:
            return
        tables = set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars())
        if application == TRIAL_APPLICATION_ID:
            raise ConfigurationError(
                f"{self._name} is a trial's database, and newsletter.toml says trial = false: nobody of it was"
                " ever mailed.",
                hint="For the trial put trial = true back under [publication]. For the real publication put its own"
                " database back, or name it in [storage] url; nothing was changed.",
            )
        if self.is_trial and (application == APPLICATION_ID or tables):
            raise ConfigurationError(
                f"{self._name} is no trial's database, and newsletter.toml says trial = true: which of the two it is,"
                " is decided when it is made, and never changes.",
                hint="For the real publication put trial = false back under [publication]. For a trial:"
                " `newsletter init DIR --trial` makes one with a database of its own; nothing was changed.",
            )
        if application != APPLICATION_ID and (application or (tables and not tables & {"subscriber", "snapshot"})):
            raise StorageError(
                f"{Path(self.url.database or '').name} is a database of another program.",
                hint="Check [storage] url in newsletter.toml; nothing was changed.",
            )

    def require_current(self) -> None:
        """Refuse a database that is missing, older or newer than this program.

        Raises:
            StorageError: With the command that mends it.
        """
        revision = self.revision()
        if revision == SCHEMA_REVISION:
            return
        name = self._name
        if revision is None:
            raise StorageError(
                f"There is no newsletter database in {name}.",
                hint="For a new publication: `newsletter db migrate`. Otherwise check [storage] url, or put a backup"
                " back (`newsletter db restore BACKUP`): an empty database would forget who was mailed.",
            )
        if revision > SCHEMA_REVISION:
            raise StorageError(
                f"{name} has schema {revision}; this program knows only up to {SCHEMA_REVISION}.",
                hint="Install the newer version of newsletter that wrote it.",
            )
        raise StorageError(
            f"{name} has schema {revision}; this program needs {SCHEMA_REVISION}.",
            hint="Run `newsletter db backup`, then `newsletter db migrate`.",
        )

    @property
    def _name(self) -> str:
        """Name the database for people."""
        return self.path.name if self.path is not None else f"the database {self.url.database}"

    @contextmanager
    def be_only_sender(self, who: str) -> Iterator[None]:
        """Hold the one place of a sender on a PostgreSQL server while the block runs.

        Raises:
            SendingInProgress: As `postgresql.be_only_sender`.
            StorageError: The server cannot be reached.
        """
        with self._guarded(), postgresql.be_only_sender(self.url, who):
            yield

    def identity(self) -> str:
        """Tell this database of a PostgreSQL server from a copy of it; empty for a SQLite file.

        Raises:
            StorageError: As `read`.
        """
        if self.is_sqlite:
            return ""
        with self.read() as connection:
            return postgresql.identity(connection, self.url)

    def try_to_write(self) -> None:
        """See that something can be written; nothing is kept.

        Raises:
            StorageError: As `write`.
        """
        with self.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
            connection.rollback()

    def describe(self) -> tuple[str, int | None]:
        """Give the engine with its version, and the size in bytes; None where nothing is there yet.

        Raises:
            StorageError: As `read`.
        """
        if self.is_sqlite:
            is_there = self.path is not None and self.path.exists()
            return f"SQLite {sqlite3.sqlite_version}", self.path.stat().st_size if self.path and is_there else None
        with self.read() as connection:
            return postgresql.describe(connection)

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn the driver's faults into ours."""
        try:
            yield
        except (exc.DBAPIError, sqlite3.Error) as error:
            raise storage_error(error, self.url.database or "") from error
        except NewsletterError:
            raise
        except Exception as error:
            # What was read makes no sense: it may be damage that SQLite passed by.
            if self.path is not None and is_damaged(self.path):
                raise damaged(self._name) from error
            raise


def _open_engine(url: URL, lock_wait_seconds: float, sleep: Callable[[float], None]) -> Engine:
    """Make an engine with our settings on every connection."""
    if url.get_backend_name() == "postgresql":
        return postgresql.open_engine(url, lock_wait_seconds)
    engine = create_engine(url, connect_args={"timeout": lock_wait_seconds})

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        _set_pragmas(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if "newsletter_writes" in connection.get_execution_options():
            _wait_for_lock(connection, lock_wait_seconds, sleep)
        else:
            connection.exec_driver_sql("BEGIN")
            # It takes the lock now, where it can be waited for, and not in the midst of what is read.
            connection.exec_driver_sql("PRAGMA schema_version")

    return engine


def _wait_for_lock(connection: Connection, patience_seconds: float, sleep: Callable[[float], None]) -> None:
    """Begin to write as soon as nobody else does, looking often enough to get between the writes of a busy server."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        for _ in range(round(patience_seconds / LOCK_ASKED_SECONDS)):
            try:
                raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            else:
                return
            sleep(LOCK_ASKED_SECONDS)
        # The last time through SQLAlchemy, which makes of the driver's faults what `_guarded` knows.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA busy_timeout = {round(patience_seconds * 1000)}")


def _set_pragmas(connection: DBAPIConnection) -> None:
    """Set one SQLite connection for durability (reliability reference, section 4)."""
    assert isinstance(connection, sqlite3.Connection)
    # The driver must not begin transactions by itself: ours begin with BEGIN IMMEDIATE.
    connection.isolation_level = None
    journal = ("WAL", "FULL") if is_wal_safe(sqlite3.sqlite_version_info) else ("TRUNCATE", "EXTRA")
    for pragma, value in (
        ("journal_mode", journal[0]),
        ("synchronous", journal[1]),
        ("fullfsync", "ON"),
        ("foreign_keys", "ON"),
        ("trusted_schema", "OFF"),
        ("cell_size_check", "ON"),
        ("secure_delete", "ON"),
    ):
        connection.execute(f"PRAGMA {pragma} = {value}")
