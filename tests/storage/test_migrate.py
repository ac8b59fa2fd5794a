import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import func, select, text

from newsletter.errors import StorageError
from newsletter.storage.database import SCHEMA_REVISION, Database
from newsletter.storage.migrate import alembic_config, back_up, migrate
from newsletter.storage.tables import batch, consent, consent_recording, consent_wording, metadata, sending, suppression


def _schema(path: Path) -> dict[str, list[str]]:
    """Give every table and index with its parts, in an order that does not depend on who wrote them."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {name: _parts(" ".join(sql.split())) for name, sql in rows if name != "alembic_version"}


def _parts(sql: str) -> list[str]:
    """Give the parts of a statement and what stands behind its last bracket."""
    inside, _, behind = sql.rpartition(")")
    return sorted([*inside.strip().split(", "), behind])


def test_the_migrated_schema_equals_the_fresh_one(database_template: Path, tmp_path: Path) -> None:
    """Whoever migrates from the beginning has the same tables and indexes as whoever starts today."""
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    with fresh.write() as connection:
        metadata.create_all(connection)
    fresh.close()

    migrated_schema, fresh_schema = (_schema(database_template)), (_schema(tmp_path / "fresh.db"))

    assert migrated_schema == fresh_schema
    assert len(fresh_schema) > 20


def test_a_database_of_the_first_schema_keeps_what_it_holds(database_template: Path, tmp_path: Path) -> None:
    """A sending that an older version began is there after the migration, and the schema is today's."""
    path = tmp_path / "old.db"
    database = Database(f"sqlite:///{path}")
    with database.write() as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.execute(text("INSERT INTO approval VALUES ('h', '2017-11', '2017', 'Aino', 's', 'r', '[]', '{}')"))
        connection.execute(
            text(
                "INSERT INTO sending (id, label, approval_hash, mailer, is_rehearsal, state, started_at, candidates)"
                " VALUES (7, '2017-11', 'h', 'smtp', 0, 'paused', '2017-11-24T07:00:00.000000+00:00', 2)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO batch (id, sending_id, edition, number, state, attempt, reason)"
                " VALUES (3, 7, 'advisers.fi', 1, 'queued', 2, 'slow down')"
            )
        )

    moved = migrate(database)

    with database.read() as connection:
        (kept,) = connection.execute(select(sending)).mappings().all()
        (batch_kept,) = connection.execute(select(batch)).mappings().all()
    database.close()
    assert moved == ("0001", SCHEMA_REVISION)
    assert (kept["id"], kept["state"], kept["resumed_at"]) == (7, "paused", None)
    assert (batch_kept["id"], batch_kept["attempt"], batch_kept["reason"]) == (3, 2, "slow down")
    assert (_schema(path)) == (_schema(database_template))


def test_an_older_databases_facts_get_the_form_that_is_compared(tmp_path: Path) -> None:
    """What was written stays, its form stands beside it, and a name takes its form where the person has no other."""
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.write() as connection:
        command.upgrade(alembic_config(connection), "0003")
        for whose in (1, 2):
            connection.execute(
                text("INSERT INTO subscriber VALUES (:id, :id || '@x', :id, '', 'fi', 'active', '2017', '2017')"),
                {"id": whose},
            )
        attribute = text("INSERT INTO subscriber_attribute VALUES (:whose, :name, :value)")
        connection.execute(attribute, {"whose": 1, "name": "Role", "value": "Yritysneuvoja"})
        connection.execute(attribute, {"whose": 2, "name": "Role", "value": "x"})
        connection.execute(attribute, {"whose": 2, "name": "role", "value": "A\u0308LY"})
        connection.execute(text("INSERT INTO subscriber_tag VALUES (1, 'Johtoryhmä'), (1, 'x')"))

    migrate(database)

    with database.read() as connection:
        attributes = connection.execute(text("SELECT * FROM subscriber_attribute ORDER BY 1, 2")).all()
        tags = connection.execute(text("SELECT * FROM subscriber_tag ORDER BY 1, 2")).all()
    database.close()
    assert [tuple(row) for row in attributes] == [
        (1, "role", "Yritysneuvoja", "yritysneuvoja"),
        (2, "Role", "x", "x"),
        (2, "role", "A\u0308LY", "äly"),
    ]
    assert [tuple(row) for row in tags] == [(1, "Johtoryhmä", "johtoryhmä"), (1, "x", "x")]


def test_an_older_databases_editions_each_name_their_items(tmp_path: Path) -> None:
    """What an issue carried stands afterwards with every edition that showed it, and with none that did not."""
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.write() as connection:
        command.upgrade(alembic_config(connection), "0004")
        connection.execute(text("INSERT INTO approval VALUES ('h', '2017-11', '2017', 'Aino', 's', 'r', '[]', '{}')"))
        content = text("INSERT INTO approved_message VALUES ('h', :edition, 0, :content)")
        connection.execute(content, {"edition": "advisers.fi", "content": '{"items": ["a", "b", "a"]}'})
        connection.execute(content, {"edition": "managers.fi", "content": '{"items": ["a"]}'})
        connection.execute(text("INSERT INTO approved_item VALUES ('h', 'a', 'f1'), ('h', 'b', NULL)"))

    migrate(database)

    with database.read() as connection:
        rows = connection.execute(text("SELECT * FROM approved_item ORDER BY edition, item_key")).all()
    database.close()
    assert [tuple(row) for row in rows] == [
        ("h", "advisers.fi", "a", "f1", None),
        ("h", "advisers.fi", "b", None, None),
        ("h", "managers.fi", "a", "f1", None),
    ]


def test_a_wording_that_nobody_said_is_no_ground(tmp_path: Path) -> None:
    """Consents with the program's own old wordings stay, without a ground; what a person had said stands once."""
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.write() as connection:
        command.upgrade(alembic_config(connection), "0004")
        given = text("INSERT INTO consent VALUES (:id, :id, '2017', 'import list.csv', :wording)")
        wordings = ["imported list; the people on it asked for the newsletter", "Tilaan.", "Tilaan."]
        for whose, wording in enumerate(wordings):
            connection.execute(given, {"id": whose, "wording": wording})

    migrate(database)

    with database.read() as connection:
        proofs = select(consent_recording.c.source, consent_wording.c.ground, consent_wording.c.wording)
        kept = connection.execute(
            proofs.select_from(consent.join(consent_recording).outerjoin(consent_wording)).order_by(consent.c.id)
        ).all()
        said = connection.execute(select(func.count()).select_from(consent_wording)).scalar_one()
    database.close()
    assert [tuple(row) for row in kept] == [
        ("import list.csv", None, None),
        ("import list.csv", "consent", "Tilaan."),
        ("import list.csv", "consent", "Tilaan."),
    ]
    assert said == 1


def test_the_program_names_its_newest_revision() -> None:
    """The revision the program asks for is the last of the migrations."""
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [SCHEMA_REVISION]


def test_a_new_database_is_private_and_migrating_again_changes_nothing(tmp_path: Path) -> None:
    """The file is readable by its owner only, and a second run leaves its bytes alone."""
    path = tmp_path / "folder" / "newsletter.db"
    database = Database(f"sqlite:///{path}")

    first = migrate(database)
    content = path.read_bytes()
    second = migrate(database)
    database.close()

    assert (first, second) == ((None, SCHEMA_REVISION), (SCHEMA_REVISION, SCHEMA_REVISION))
    assert path.read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_newer_database_is_not_touched(database: Database) -> None:
    """Migrating refuses a schema that this program does not know."""
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StorageError, match="knows only up to"):
        migrate(database)


def test_a_backup_holds_everything_and_is_private(sqlite_database: Database, tmp_path: Path) -> None:
    """The copy opens as a database of its own with the same rows, readable by its owner only."""
    with sqlite_database.write() as connection:
        connection.execute(text("INSERT INTO suppression VALUES ('h', 'manual', '2017', '')"))
    target = tmp_path / "copy.db"

    size = back_up(sqlite_database, target)

    copy = Database(f"sqlite:///{target}")
    copy.require_current()
    with copy.read() as connection:
        rows = connection.execute(select(suppression.c.address_hash)).scalars().all()
    copy.close()
    assert rows == ["h"]
    assert size == target.stat().st_size
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("revision", ["0001", "9999"])
def test_a_database_of_another_schema_is_backed_up_too(
    sqlite_database: Database, tmp_path: Path, revision: str
) -> None:
    """Before it is migrated a person is told to make a backup; a newer one is worth as much."""
    with sqlite_database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})

    assert back_up(sqlite_database, tmp_path / "copy.db") > 0


def test_what_is_no_database_of_ours_is_not_backed_up(tmp_path: Path) -> None:
    """A copy of nothing would be taken for a backup."""
    database = Database(f"sqlite:///{tmp_path / 'newsletter.db'}")

    with pytest.raises(StorageError, match=r"There is no newsletter database in newsletter\.db"):
        back_up(database, tmp_path / "copy.db")
    database.close()


def test_a_backup_never_overwrites(sqlite_database: Database, tmp_path: Path) -> None:
    """A file that is there already is left alone."""
    (tmp_path / "copy.db").write_text("precious")

    with pytest.raises(StorageError, match="exists already"):
        back_up(sqlite_database, tmp_path / "copy.db")

    assert (tmp_path / "copy.db").read_text() == "precious"


def test_a_backup_to_nowhere_is_told_in_words(sqlite_database: Database, tmp_path: Path) -> None:
    """A folder that does not exist is named, once, and no half copy stays."""
    target = tmp_path / "absent" / "copy.db"
    with pytest.raises(StorageError) as caught:
        back_up(sqlite_database, target)

    assert str(caught.value) == f"The backup {target} cannot be written: No such file or directory."

    assert [path.name for path in tmp_path.iterdir()] == ["newsletter.db"]


def test_a_database_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    """A file in the folder's place keeps the database from being made, and the message says so."""
    (tmp_path / "folder").write_text("a file")
    database = Database(f"sqlite:///{tmp_path / 'folder' / 'newsletter.db'}")

    with pytest.raises(StorageError, match=r"newsletter\.db cannot be created"):
        migrate(database)
    database.close()


def test_an_older_databases_undated_article_goes_by_its_day_under_its_old_key(tmp_path: Path) -> None:
    """The next collecting finds a pasted article of before 1990 again, and no issue loses it; other names stay."""
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    identities = ["1.2.1985 Otsikko. Jatkoa", "31.2.1985 Ei päivä", "1.2.2017 Uusi", "3. 4. 1985 A", "1985-04-03 A"]
    with database.write() as connection:
        command.upgrade(alembic_config(connection), "0005")
        for number, identity in enumerate(identities):
            connection.execute(
                text(
                    "INSERT INTO item (key, source_id, identity, kind, content, fingerprint, first_seen_at, changed_at)"
                    " VALUES (:key, 's', :identity, 'article', '{}', 'f', '2017', '2017')"
                ),
                {"key": f"k{number}", "identity": identity},
            )

    migrate(database)

    with database.read() as connection:
        rows = connection.execute(text("SELECT identity FROM item ORDER BY key")).scalars().all()
    database.close()
    assert rows == ["1985-02-01 Otsikko. Jatkoa", *identities[1:]]


def test_who_is_stored_twice_becomes_one_person(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Facts are put together, who left has left, the old hash leads on, and it is told how many they were."""
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.write() as connection:
        command.upgrade(alembic_config(connection), "0010")
        for whose, address, status in ((1, "aino@x", "active"), (2, "Aino@x", "unsubscribed"), (3, "Äino@x", "active")):
            values = {"id": whose, "address": address, "hash": f"hash{whose}", "status": status}
            connection.execute(
                text("INSERT INTO subscriber VALUES (:id, :address, :hash, '', 'fi', :status, '2017', '2017')"), values
            )
        for row in ("1, 'role', 'a', 'a'", "2, 'role', 'b', 'b'", "2, 'town', 'c', 'c'"):
            connection.execute(text(f"INSERT INTO subscriber_attribute VALUES ({row})"))  # noqa: S608 - our own words
        connection.execute(text("INSERT INTO suppression VALUES ('hash1', 'unsubscribed', '2017', '')"))
        connection.execute(text("INSERT INTO suppression VALUES ('hash2', 'complaint', '2017', '')"))

    migrate(database)

    with database.read() as connection:
        people = connection.execute(text("SELECT id, address, status FROM subscriber ORDER BY id")).all()
        attributes = connection.execute(text("SELECT subscriber_id, name, value FROM subscriber_attribute")).all()
        suppressions = connection.execute(text("SELECT address_hash, reason FROM suppression")).all()
        leading = connection.execute(text("SELECT old_hash, new_hash FROM rehashed")).all()
    database.close()
    assert [tuple(row) for row in people] == [(1, "aino@x", "unsubscribed"), (3, "Äino@x", "active")]
    assert [tuple(row) for row in attributes] == [(1, "role", "a"), (1, "town", "c")]
    assert [tuple(row) for row in suppressions] == [("hash1", "complaint")]
    assert [tuple(row) for row in leading] == [("hash2", "hash1")]
    told = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert told == ["Stored twice, and one person each now: 1. Who had left under either record has left."]


def test_a_word_that_nobody_writes_stops_the_migration(tmp_path: Path) -> None:
    """It is named with its table, nothing is changed, and nothing is dropped in silence."""
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.write() as connection:
        command.upgrade(alembic_config(connection), "0010")
        connection.execute(text("INSERT INTO suppression VALUES ('h', 'tired of it', '2017', '')"))

    with pytest.raises(StorageError, match="holds 'tired of it' as reason of suppression"):
        migrate(database)

    assert database.revision() == "0010"
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO suppression VALUES ('h', 'tired of it', '2017-11-24', '')",
        "INSERT INTO subscriber VALUES (1, 'a@x', 'h', '', 'fi', 'gone', '2017-11-24', '2017-11-24')",
        "INSERT INTO suppression_change VALUES (1, 'h', 'moved', 'manual', '2017-11-24', '')",
    ],
)
def test_the_database_takes_known_words_alone(database: Database, statement: str) -> None:
    """A status, state or reason that another program makes up is refused by the database itself."""
    with pytest.raises(StorageError, match="IntegrityError"), database.write() as connection:
        connection.execute(text(statement))


def test_an_address_is_stored_once_whatever_its_hash(database: Database) -> None:
    """Also without the key nobody is stored twice: case does not tell ASCII letters apart, and does others."""
    row = text("INSERT INTO subscriber VALUES (:id, :address, :id, '', 'fi', 'active', '2017-11-24', '2017-11-24')")
    with database.write() as connection:
        connection.execute(row, [{"id": 1, "address": "ä@x"}, {"id": 2, "address": "Ä@x"}, {"id": 3, "address": "a@x"}])

    with pytest.raises(StorageError, match="IntegrityError"), database.write() as connection:
        connection.execute(row, {"id": 4, "address": "A@X"})


@pytest.mark.parametrize("header", [0, 0x12345678])
def test_another_programs_database_is_left_alone(tmp_path: Path, header: int) -> None:
    """Neither its header nor its tables are ours: nothing is made in it, and the configuration is named."""
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute("CREATE TABLE photos (id INTEGER)")
        theirs.execute(f"PRAGMA application_id = {header}")
        theirs.commit()
    content = path.read_bytes()
    database = Database(f"sqlite:///{path}")

    for step in (database.require_current, lambda: migrate(database)):
        with pytest.raises(StorageError, match=r"theirs\.db is a database of another program") as caught:
            step()
        assert "[storage] url" in (caught.value.hint or "")
    database.close()

    assert path.read_bytes() == content


def test_an_older_databases_consents_keep_their_order_and_say_that_nobody_noted_who_recorded_them(
    tmp_path: Path,
) -> None:
    """What was recorded the same way is one row of recordings, and every consent still leads to its wording."""
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.write() as connection:
        command.upgrade(alembic_config(connection), "0013")
        connection.execute(text("INSERT INTO consent_wording (id, ground, wording) VALUES (4, 'consent', 'Tilaan.')"))
        given = text(
            "INSERT INTO consent (id, address_hash, at, source, wording_id) VALUES (:id, :hash, :at, :how, :it)"
        )
        for row in ((7, "h1", "2017", "list", 4), (9, "h2", "2016", "form", None), (11, "h3", "2018", "list", 4)):
            connection.execute(given, dict(zip(("id", "hash", "at", "how", "it"), row, strict=True)))

    migrate(database)

    with database.read() as connection:
        kept = text(
            "SELECT address_hash, consent.at, source, wording_id, by, r.at"
            " FROM consent JOIN consent_recording r ON r.id = recording_id ORDER BY consent.id"
        )
        consents = [tuple(row) for row in connection.execute(kept)]
        recordings = connection.execute(select(func.count()).select_from(consent_recording)).scalar_one()
    database.close()
    assert consents == [
        ("h1", "2017", "list", 4, None, None),
        ("h2", "2016", "form", None, None, None),
        ("h3", "2018", "list", 4, None, None),
    ]
    assert recordings == 2
