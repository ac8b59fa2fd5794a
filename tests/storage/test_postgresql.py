"""What only a server has: one writer at a time on all machines, claims side by side, one sender, copies that differ."""

import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import func, insert, select, text

from newsletter.domain.delivery import Checkpoint, DeliveryState
from newsletter.errors import SendingInProgress, StorageError, StorageLocked
from newsletter.storage.copying import CopiedTable, copy_into
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.migrate import migrate
from newsletter.storage.tables import subscriber, suppression
from tests import postgresql
from tests.send.samples import NOW, a_sending, add_people, addresses
from tests.storage.ledger_steps import reached, states

pytestmark = pytest.mark.postgresql


def beside(database: Database, *, lock_wait_seconds: float = 10) -> Database:
    """Open the same database as another machine would."""
    return Database(database.url.render_as_string(hide_password=False), lock_wait_seconds=lock_wait_seconds)


def test_whoever_writes_is_alone(database: Database) -> None:
    """Between two statements of a writer nobody else changes anything, so that what was counted is what is written."""
    other, added = beside(database), threading.Event()

    def add() -> None:
        add_people(other, ["late@example.com"])
        added.set()

    adding = threading.Thread(target=add)
    with database.write() as connection:
        adding.start()
        was_kept_out = not added.wait(0.2)
        counted = connection.execute(select(func.count()).select_from(subscriber)).scalar_one()
    adding.join()
    other.close()

    assert was_kept_out
    assert counted == 0
    assert added.is_set()


def test_a_reader_sees_one_moment(database: Database) -> None:
    """What others keep meanwhile is not in the second half of a report."""
    with database.read() as connection:
        count = select(func.count()).select_from(subscriber)
        before = connection.execute(count).scalar_one()
        other = beside(database)
        add_people(other, addresses(3))
        other.close()
        after = connection.execute(count).scalar_one()

    assert (before, after) == (0, 0)


def test_claims_are_made_side_by_side_and_never_meet(database: Database) -> None:
    """While one sender's claim is not kept yet another machine claims the next batch, and does not wait."""
    ledger, sending = a_sending(database, 4)
    other, beside_it = beside(database), list[str]()

    def claim_too(passed: Checkpoint) -> None:
        if passed is Checkpoint.BEFORE_CLAIM_COMMIT:
            claimed = DeliveryLedger(other).claim(sending.id, owner="bertil", now=NOW)
            assert claimed is not None
            beside_it.extend(reached(claimed))

    claimed = DeliveryLedger(database, checkpoint=claim_too).claim(sending.id, owner="aino", now=NOW)
    other.close()

    assert claimed is not None
    assert sorted([*reached(claimed), *beside_it]) == addresses(4)
    assert states(ledger, sending) == {DeliveryState.SENDING: 4}


def test_whoever_changes_a_sending_waits_for_claims_and_is_told_so(database: Database) -> None:
    """A cancelling that came between a claim and its people would call somebody skipped who gets the mail."""
    ledger, sending = a_sending(database, 2)
    impatient, refused = beside(database, lock_wait_seconds=0.05), list[str]()

    def cancel(passed: Checkpoint) -> None:
        if passed is Checkpoint.BEFORE_CLAIM_COMMIT:
            with pytest.raises(StorageLocked) as caught:
                DeliveryLedger(impatient).cancel(sending.id, reason="", now=NOW)
            refused.append(caught.value.message)

    DeliveryLedger(database, checkpoint=cancel).claim(sending.id, owner="aino", now=NOW)
    impatient.close()

    assert refused == [f"{database.url.database} is locked by another program."]
    assert states(ledger, sending) == {DeliveryState.SENDING: 2}


def test_there_is_one_sender_on_all_machines(database: Database) -> None:
    """The second one is told who was first; the place is free when the first is done, or its connection is gone."""
    other = beside(database)
    with (
        database.be_only_sender("aino on laptop, issue 2017-11"),
        pytest.raises(SendingInProgress) as second,
        other.be_only_sender("bertil on desktop"),
    ):
        pass
    with other.be_only_sender("bertil on desktop"):
        with other.write() as connection:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%bertil%'")
            )
        with database.be_only_sender("aino on laptop"):
            was_free = True
    other.close()

    assert second.value.message.startswith("aino on laptop, issue 2017-11 has been sending since 20")
    assert was_free


def test_a_connection_that_is_lost_is_told_in_words_and_keeps_nothing(database: Database) -> None:
    """The server went down in the middle: what stood in the transaction is not kept, and the next one works."""
    with pytest.raises(StorageError, match=r"was shut down|was lost") as caught, database.write() as connection:
        connection.execute(insert(suppression).values(address_hash="h", reason="manual", at=NOW, note=""))
        other = beside(database)
        with other.read() as elsewhere:
            elsewhere.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE 'idle in%'")
            )
        other.close()
        connection.execute(select(suppression))

    with database.read() as connection:
        assert connection.execute(select(suppression)).all() == []
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("name", "server", "message"),
    [
        ("absent", None, "The database absent is not there."),
        ("seutu", "/absent", "The server of the database seutu cannot be reached, or was lost."),
    ],
)
def test_what_cannot_be_reached_is_told_in_words(
    database: Database, name: str, server: str | None, message: str
) -> None:
    """A name that is not there and a server that does not run each say what to do, and no password or statement."""
    url = database.url.set(database=name, query={"host": server} if server else database.url.query)
    unreachable = Database(url.render_as_string(hide_password=False))
    with pytest.raises(StorageError, match=message) as caught, unreachable.read():
        pass
    unreachable.close()

    assert caught.value.hint is not None


def test_a_publication_moves_there_and_back_whole(
    database: Database, sqlite_database: Database, tmp_path: Path
) -> None:
    """Every value is the same after both moves, new rows are numbered behind the others, nothing is overwritten."""
    _, sending = a_sending(sqlite_database, 7)
    back = Database(f"sqlite:///{tmp_path / 'back.db'}")
    migrate(back)
    there = copy_into(sqlite_database, database, told=lambda _table: None)
    here = copy_into(database, back, told=lambda _table: None)
    with pytest.raises(StorageError, match="not empty"):
        copy_into(sqlite_database, database, told=lambda _table: None)
    add_people(database, ["late@example.com"])
    back.close()

    assert here == there
    assert {table.name: table.rows for table in there}["delivery"] == 7
    assert all(isinstance(table, CopiedTable) for table in there)
    assert states(DeliveryLedger(database), sending) == {DeliveryState.QUEUED: 7}


def test_a_dump_that_was_put_back_is_another_database(database: Database) -> None:
    """It has all that the first one has, and a number of its own on the server."""
    database.close()
    url = postgresql.create_database(like=database.url.render_as_string(hide_password=False))
    copy = Database(url)
    first, second = database.identity(), copy.identity()
    copy.close()
    postgresql.drop_database(url)

    assert first != second


def test_a_copied_server_and_a_restored_one_are_other_databases() -> None:
    """A copy of the server's files is reached elsewhere; a base backup that was put back goes on in a new timeline."""
    with TemporaryDirectory(prefix="pg") as folder:
        backup = Path(folder) / "backup"
        with postgresql.running() as url:
            first = _identity(url)
            postgresql.base_backup(url, backup)
        Path(folder).chmod(0o755)
        with postgresql.running(like=backup) as url:
            copied = _identity(url)
        with postgresql.running(like=backup, is_restored=True) as url:
            restored = _identity(url)

    system, database, timeline = first.split(" at ")[0].split("/")
    assert copied.split(" at ")[0] == f"{system}/{database}/{timeline}"
    assert restored.split(" at ")[0] == f"{system}/{database}/{int(timeline) + 1}"
    assert len({first, copied, restored}) == 3


def _identity(url: str) -> str:
    database = Database(url)
    try:
        return database.identity()
    finally:
        database.close()
