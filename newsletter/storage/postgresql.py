"""What PostgreSQL needs and SQLite does not: its driver, one writer at a time, one sender on all machines, its faults.

A writing transaction takes a lock before its first look, as SQLite's file does, so that what reads and then writes is
as right here as there. Claims and their records share that lock, for they never meet in a row: senders on several
machines work side by side, and whoever changes anything else waits for the calls' short transactions only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from newsletter.errors import ConfigurationError, SendingInProgress, StorageError

_OURS = 0x4E57534C
"""`NWSL`: the first number of our advisory locks, so that another program on the server is not waited for."""
_WRITER, _SENDER = 1, 2
_NAMED = "newsletter: "
"""How the connection of a sender is named on the server, and then by whom."""

CONNECT_SECONDS = 10
_DEAD_AFTER = {"tcp_keepalives_idle": 30, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}
"""A machine that lost its power says no goodbye: after a minute of silence its locks are given to others, not after the
two hours that are usual."""


class Writing(Enum):
    """How a writing transaction stands beside others."""

    ALONE = "pg_advisory_xact_lock"
    BESIDE_OTHERS = "pg_advisory_xact_lock_shared"


def open_engine(url: URL, lock_wait_seconds: float) -> Engine:
    """Make an engine; its transactions begin with the lock that the option `newsletter_writes` names, if it does.

    Raises:
        ConfigurationError: The driver is not installed.
    """
    engine = _engine(url)

    @event.listens_for(engine, "connect")
    def set_up(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.cursor().execute(f"SET lock_timeout = {round(lock_wait_seconds * 1000)}")
        connection.commit()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing: Writing | None = connection.get_execution_options().get("newsletter_writes")
        if writing is not None:
            connection.exec_driver_sql(f"SELECT {writing.value}({_OURS}, {_WRITER})")

    return engine


def reading(engine: Engine) -> Engine:
    """Give the engine for transactions that look at one moment and change nothing."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


@contextmanager
def be_only_sender(url: URL, who: str) -> Iterator[None]:
    """Hold the one place of a sender, on whatever machine, while the block runs; the server frees it at the end.

    A connection of its own holds it. Where that is lost while its process lives, another sender may begin: then only
    the claims and the number of each attempt stand between them, and they are enough.

    Args:
        url: Of the database.
        who: Told to whoever comes second.

    Raises:
        SendingInProgress: Somebody else has it; says who and since when.
    """
    engine = _engine(url, poolclass=NullPool)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name, value in {**_DEAD_AFTER, "idle_session_timeout": 0}.items():
            connection.exec_driver_sql(f"SET {name} = {value}")
        named = {"who": f"{_NAMED}{who}"}
        connection.execute(text("SELECT set_config('application_name', :who, false)"), named)
        if not connection.execute(text(f"SELECT pg_try_advisory_lock({_OURS}, {_SENDER})")).scalar_one():
            raise SendingInProgress(
                f"{_holder(connection)} Nothing was sent now.",
                hint="Wait until it is done. A sender that was killed frees its place at once.",
            )
        yield
    engine.dispose()


def _holder(connection: Connection) -> str:
    """Say who has the place, as far as the server tells."""
    held = text(
        "SELECT application_name, backend_start FROM pg_stat_activity JOIN pg_locks USING (pid)"
        " WHERE locktype = 'advisory' AND classid = :ours AND objid = :sender AND granted"
        " AND datname = current_database() AND pg_locks.database = datid"
    )
    found = connection.execute(held, {"ours": _OURS, "sender": _SENDER}).first()
    if found is None or not found.application_name.startswith(_NAMED):
        return "Somebody else has just begun to send."
    return (
        f"{found.application_name.removeprefix(_NAMED)} has been sending since {found.backend_start:%Y-%m-%dT%H:%MZ}."
    )


def identity(connection: Connection, url: URL) -> str:
    """Tell this database from a dump or a base backup of it that was put back, and from a copied server.

    A restored dump is another database of the server, or of another one; a base backup goes on in another timeline; and
    a copy that differs in neither is reached elsewhere.
    """
    system, database, timeline = connection.exec_driver_sql(
        "SELECT (SELECT system_identifier FROM pg_control_system()),"
        " (SELECT oid FROM pg_database WHERE datname = current_database()),"
        " (SELECT timeline_id FROM pg_control_checkpoint())"
    ).one()
    place = url.host or url.query.get("host") or "localhost"
    return f"{system}/{database}/{timeline} at {place}:{url.port or 5432}"


def describe(connection: Connection) -> tuple[str, int]:
    """Give the server's name with its version, and the size of the database in bytes."""
    version, size_bytes = connection.exec_driver_sql(
        "SELECT current_setting('server_version'), pg_database_size(current_database())"
    ).one()
    return f"PostgreSQL {version.split()[0]}", size_bytes


def _engine(url: URL, **options: type[NullPool]) -> Engine:
    """Make an engine of the one driver we know."""
    try:
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_SECONDS},
            **options,
        )
    except ImportError as error:
        raise ConfigurationError(
            "[storage] url names PostgreSQL, and its driver is not installed.",
            hint="pip install 'uutiskirje[postgresql]'",
        ) from error


_LOCKED = ("55P03", "40P01", "40001")
"""lock_not_available, deadlock_detected, serialization_failure: the same call may be made again."""
_FAULTS = (
    ("28", "lets nobody in by this name or password", "Check NEWSLETTER_DATABASE_URL, or the server's pg_hba.conf."),
    ("3D000", "is not there", "Make it with createdb, then run `newsletter db migrate`."),
    ("53100", "cannot grow: the server's disk is full", "Free some space there and run this again."),
    ("53300", "has no connection left", "Raise the server's max_connections, or stop what holds them."),
    ("25006", "is read-only: this server is a standby", "Name the primary in [storage] url."),
    ("42501", "forbids this to its user", "Let the tables belong to the user of [storage] url."),
    ("57", "was shut down by its operator", "Run this again when it is up."),
    ("XX001", "is damaged", "Put a backup back, and keep the damaged files."),
)
_UNREACHABLE = (
    ("password authentication failed", _FAULTS[0]),
    ("no password supplied", _FAULTS[0]),
    ("no pg_hba.conf entry", _FAULTS[0]),
    ("does not exist", _FAULTS[1]),
    ("too many clients", _FAULTS[3]),
)
"""A connection that fails carries no code, only words."""


def is_locked(error: exc.DBAPIError) -> bool:
    """Tell whether another transaction was in the way, so that the same call may be made again."""
    return getattr(error.orig, "sqlstate", None) in _LOCKED


def storage_error(error: exc.DBAPIError, name: str) -> StorageError | None:
    """Say what a fault of the server means and what to do, without its words, which may hold values."""
    code, said = getattr(error.orig, "sqlstate", None), str(error.orig)
    for sign, meaning, hint in _FAULTS:
        if code is not None and code.startswith(sign):
            return StorageError(f"The database {name} {meaning}.", hint=hint)
    for words, (_, meaning, hint) in _UNREACHABLE:
        if code is None and words in said:
            return StorageError(f"The database {name} {meaning}.", hint=hint)
    if code is None and isinstance(error, exc.OperationalError):
        hint = "Check that the server runs and that [storage] url names its host and port; then run this again."
        return StorageError(f"The server of the database {name} cannot be reached, or was lost.", hint=hint)
    return None
