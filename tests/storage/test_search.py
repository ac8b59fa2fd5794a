import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from newsletter.domain.audience import Subscriber, SubscriberStatus
from newsletter.domain.content import Language
from newsletter.domain.joining import Said, Wording
from newsletter.storage.audience import AudienceStore
from newsletter.storage.audience.search import begins_words
from newsletter.storage.database import Database
from newsletter.storage.tables import subscriber

NOW = datetime(2017, 11, 20, tzinfo=UTC)
KEY = bytes(range(32))
FI = Language("fi")
PEOPLE = (
    ("Aino Mäkelä-Salo", "aino.makela@turku.example.fi"),
    ("Anna-Liisa O'Hara", "al+news@oulu.example"),
    ("Åke Ainola", "ake_ainola@vasa.example"),
    ("", "info@turku.example.fi"),
)


def kept(database: Database) -> None:
    """Keep the people."""
    with database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        store.add_many([(Subscriber(address=address, name=name, language=FI), None) for name, address in PEOPLE], NOW)


def found(store: AudienceStore, words: str, limit: int = 10) -> list[str]:
    """Give who is found."""
    return [person.address.partition("@")[0] for person in store.page(limit=limit, words=words)]


def test_people_are_found_by_the_start_of_any_word(database: Database) -> None:
    """Of name, address and domain; all words that are asked for, in one page or over several."""
    kept(database)
    asked = ("ain", "AINO", "salo", "mäk", "turku", "turku info", "ke", "aino.mak", "l+new", "o'h", "@turku", "_", "")
    with database.read() as connection:
        store = AudienceStore(connection, key=KEY)
        told = {words: found(store, words) for words in asked}
        last = store.page(limit=1, words="turku")[0].id
        second = [person.address for person in store.page(limit=1, words="turku", after=last)]

    aino, anna, ake, info = "aino.makela", "al+news", "ake_ainola", "info"
    assert told == {
        "ain": [aino, ake],
        "AINO": [aino, ake],
        "salo": [aino],
        "mäk": [aino],
        "turku": [aino, info],
        "turku info": [info],
        "ke": [],
        "aino.mak": [aino],
        "l+new": [],
        "o'h": [anna],
        "@turku": [],
        "_": [],
        "": [aino, anna, ake, info],
    }
    assert second == ["info@turku.example.fi"]


@pytest.fixture(scope="module")
def shared_people(database_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give the people, who are only looked at."""
    path = tmp_path_factory.mktemp("search") / "newsletter.db"
    shutil.copyfile(database_template, path)
    opened = Database(f"sqlite:///{path}")
    kept(opened)
    yield opened
    opened.close()


@given(words=st.text(alphabet="aoäåAÅ .-@+'\"*%_l", max_size=6))
def test_the_index_knows_everybody_whom_a_look_at_all_finds(words: str, shared_people: Database) -> None:
    """Whatever is typed, the index leaves nobody out; it adds whoever differs by the case of letters beyond ASCII."""
    with shared_people.read() as connection:
        store = AudienceStore(connection, key=KEY)
        by_look = select(subscriber.c.address).where(*begins_words(words)).order_by(subscriber.c.id)
        looked = [address.partition("@")[0] for address in connection.execute(by_look).scalars()]
        by_index = found(store, words)

    assert [one for one in by_index if one in looked] == looked
    assert by_index == looked or not words.isascii()


def test_who_has_another_name_or_address_is_found_by_the_new_one_alone(database: Database) -> None:
    """The index keeps step with what is edited."""
    kept(database)
    with database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        aino = store.page(limit=1)[0]
        assert aino.id is not None
        store.change_address(aino.id, store.hash_of(aino.address), "virtanen@vaasa.example", NOW)
        store.update_many([Subscriber(id=aino.id, address="", name="Aino Virtanen", language=FI)], NOW)
        told = [found(store, words) for words in ("mäkelä", "makela", "virtanen vaasa")]

    assert told == [[], [], ["virtanen"]]


@pytest.mark.parametrize("words", ["ma\u0308k", "ma\u0308kela\u0308-s", "A\u030ake"])
def test_letters_in_two_parts_find_what_is_stored_in_one(words: str, database: Database) -> None:
    """As a Mac's clipboard gives them."""
    kept(database)
    with database.read() as connection:
        assert len(found(AudienceStore(connection, key=KEY), words)) == 1


@pytest.mark.parametrize("words", ["åke", "ÅKE", "åke-", "MÄKELÄ-SALO"])
def test_letters_beyond_ascii_are_cased_alike(words: str, sqlite_database: Database) -> None:
    """Also in a word with a sign in it, which the index knows in parts."""
    with sqlite_database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        aake = Subscriber(address="ake@example.com", name="Åke-Åke Mäkelä-Salo", language=FI)
        store.add_many([(aake, None)], NOW)
        assert len(found(store, words)) == 1


def test_nothing_of_who_did_not_confirm_is_left_in_the_index(sqlite_database: Database) -> None:
    """Whoever gets the number of the row next is not found by the other's words."""
    wording = Wording(text="Tilaan.", language=FI, form="front page")
    with sqlite_database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        asking = Subscriber(address="zebedeus.qvist@oulu.example", language=FI, status=SubscriberStatus.PENDING)
        store.add_many([(asking, None)], NOW)
        (stored,) = store.page(limit=1)
        assert stored.id is not None
        store.add_request(stored.id, wording, Said(language=FI), key="key", at=NOW)
        assert store.remove_unconfirmed(NOW) == 1
    kept(sqlite_database)
    sqlite_database.close()
    path = sqlite_database.path
    assert path is not None
    with closing(sqlite3.connect(path)) as connection_of_file:
        rows = connection_of_file.execute(
            "SELECT rowid FROM subscriber_search WHERE subscriber_search MATCH 'z* OR q*'"
        )
        indexed = rows.fetchall()

    assert indexed == []
    assert [word for word in (b"zebedeus", b"qvist") if word in path.read_bytes().lower()] == []


def test_nothing_of_an_erased_person_is_left_in_the_bytes(sqlite_database: Database) -> None:
    """Not in the index either, also of what was edited before: older SQLite leaves deleted words there."""
    kept(sqlite_database)
    with sqlite_database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        anna = store.page(limit=1, words="liisa")[0]
        assert anna.id is not None
        store.update_many([Subscriber(id=anna.id, address="", name="Zebedeus Qvist", language=FI)], NOW)
    with sqlite_database.write() as connection:
        AudienceStore(connection, key=KEY).erase(store.hash_of(anna.address))
    sqlite_database.close()
    path = sqlite_database.path
    assert path is not None
    bytes_left = path.read_bytes().lower()
    with closing(sqlite3.connect(path)) as connection_of_file:
        rows = connection_of_file.execute("SELECT count(*) FROM subscriber_search WHERE subscriber_search MATCH 'a*'")
        (indexed,) = rows.fetchone()

    assert [word for word in (b"liisa", b"hara", b"zebedeus", b"qvist", b"oulu") if word in bytes_left] == []
    assert indexed == 2
