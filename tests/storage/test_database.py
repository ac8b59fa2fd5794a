import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text

from newsletter.errors import StorageError, StorageLocked
from newsletter.storage.database import LOCK_ASKED_SECONDS, LOCK_WAIT_SECONDS, Database, is_wal_safe
from newsletter.storage.tables import suppression


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_is_used_only_where_its_bug_is_mended(version: tuple[int, int, int], expected: bool) -> None:  # noqa: FBT001
    """The versions that can lose a committed transaction in WAL mode are known one by one."""
    assert is_wal_safe(version) is expected


def test_every_connection_is_set_for_durability(sqlite_database: Database) -> None:
    """Journal, synchronous, foreign keys and deletion are set as a ledger needs them."""
    with sqlite_database.read() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "trusted_schema")
        }

    safe = is_wal_safe(sqlite3.sqlite_version_info)
    assert found == {
        "journal_mode": "wal" if safe else "truncate",
        "synchronous": 2 if safe else 3,
        "foreign_keys": 1,
        "secure_delete": 1,
        "trusted_schema": 0,
    }


def test_a_failed_write_leaves_nothing_behind(database: Database) -> None:
    """When the block raises, no statement of it is kept."""
    with pytest.raises(RuntimeError), database.write() as connection:
        connection.execute(text("INSERT INTO suppression VALUES ('h', 'manual', '2017-11-24', '')"))
        raise RuntimeError

    with database.read() as connection:
        assert connection.execute(select(suppression)).all() == []


def test_a_write_begins_at_the_first_look_after_the_lock_is_let_go(tmp_path: Path) -> None:
    """Whoever waits looks every few milliseconds, and so comes in between the writes of a server that never rests."""
    path, naps = tmp_path / "newsletter.db", list[float]()
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("CREATE TABLE t (x)")

        def sleep(seconds: float) -> None:
            naps.append(seconds)
            if len(naps) == 3:
                holder.execute("ROLLBACK")

        database = Database(f"sqlite:///{path}", sleep=sleep)
        holder.execute("BEGIN IMMEDIATE")
        with database.write() as connection:
            connection.execute(text("INSERT INTO t VALUES (1)"))
            patience = connection.execute(text("PRAGMA busy_timeout")).scalar()
        database.close()

    assert naps == [LOCK_ASKED_SECONDS] * 3
    assert patience == LOCK_WAIT_SECONDS * 1000


def test_a_lock_that_outlasts_our_patience_may_be_tried_again(tmp_path: Path) -> None:
    """It has an error of its own, so that a sender knows that nothing was changed and waiting helps."""
    path, naps = tmp_path / "newsletter.db", list[float]()
    database = Database(f"sqlite:///{path}?timeout=1", sleep=naps.append)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageLocked, match=r"^newsletter\.db is locked by another program\.$"), database.write():
            pass
    database.close()

    assert sum(naps) == pytest.approx(1)


def test_a_locked_database_is_told_in_words_and_keeps_its_content(sqlite_database: Database) -> None:
    """A second writer that waits in vain is told who is in the way, and may simply run again."""
    impatient = Database(str(sqlite_database.url), lock_wait_seconds=0.05)
    with sqlite_database.write(), pytest.raises(StorageError) as caught, impatient.write():
        pass
    impatient.close()

    assert str(caught.value) == "newsletter.db is locked by another program."
    assert caught.value.hint == "Wait until it is done, or close it, and run this again."


def test_a_second_writer_waits_for_the_first(database: Database) -> None:
    """Two writers at once both succeed, one after the other."""
    entered, release = threading.Event(), threading.Event()

    def hold() -> None:
        with database.write() as connection:
            connection.execute(text("INSERT INTO suppression VALUES ('first', 'manual', '2017-11-24', '')"))
            entered.set()
            release.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    entered.wait(5)
    threading.Timer(0.05, release.set).start()
    with database.write() as connection:
        found = connection.execute(select(suppression.c.address_hash)).scalars().all()
    thread.join()

    assert found == ["first"]


def test_a_missing_database_is_never_made_silently(tmp_path: Path) -> None:
    """An empty database would forget who was mailed: a missing one is refused with the command that makes one."""
    database = Database(f"sqlite:///{tmp_path / 'newsletter.db'}")

    with pytest.raises(StorageError, match=r"There is no newsletter database in newsletter\.db") as caught:
        database.require_current()
    database.close()

    assert caught.value.hint is not None
    assert "newsletter db migrate" in caught.value.hint
    assert not (tmp_path / "newsletter.db").exists()


@pytest.mark.parametrize(
    ("revision", "message", "hint"),
    [
        ("9999", "has schema 9999; this program knows only up to", "Install the newer version"),
        ("0000", "has schema 0000; this program needs", "newsletter db migrate"),
    ],
)
def test_a_database_of_another_age_is_refused(database: Database, revision: str, message: str, hint: str) -> None:
    """A newer and an older schema each say what to do."""
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})

    with pytest.raises(StorageError) as caught:
        database.require_current()

    assert message in str(caught.value)
    assert hint in str(caught.value.hint)


def test_a_file_of_another_kind_is_told_in_words(tmp_path: Path) -> None:
    """A text file in the database's place, and a folder that does not exist, are no tracebacks."""
    (tmp_path / "newsletter.db").write_text("This is a shopping list, not a database at all.\n" * 99)

    messages = []
    for path in (tmp_path / "newsletter.db", tmp_path / "absent" / "x.db"):
        database = Database(f"sqlite:///{path}")
        with pytest.raises(StorageError) as caught, database.read():
            pass
        database.close()
        messages.append(str(caught.value))

    assert messages == [
        "newsletter.db is no SQLite database, or too damaged to be one.",
        "x.db cannot be opened.",
    ]


def test_an_unknown_fault_names_its_kind_without_the_values(database: Database) -> None:
    """A statement that the database refuses is told without its values, which may hold an address."""
    with pytest.raises(StorageError) as caught, database.write() as connection:
        connection.execute(text("INSERT INTO suppression VALUES ('aino@example.org', NULL, '2017-11-24', '')"))

    name, refused = str(caught.value).split(" ", 1)
    assert name in str(database.url)
    assert refused == "refused a statement (IntegrityError)."
