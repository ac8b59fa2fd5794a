"""The database knows its key: another one is refused everywhere, and an old database learns it only by proof."""

from pathlib import Path

import pytest
from sqlalchemy import delete, select

from newsletter import open_newsletter
from newsletter.audience.key_file import read_key_file
from newsletter.domain.audience import hash_address
from newsletter.domain.keys import key_id
from newsletter.errors import ConfigurationError
from newsletter.storage.database import Database
from newsletter.storage.tables import publication_key, subscriber
from newsletter.wiring import Newsletter

OTHER = bytes(range(7, 39))


def opened(folder: Path) -> Newsletter:
    """Open the publication as a command does."""
    return open_newsletter(folder / "newsletter.toml")


def own_key(folder: Path) -> bytes:
    """Give the key in use."""
    return read_key_file(folder / "newsletter.key").first


def put_key(folder: Path, *keys: bytes) -> None:
    """Write another key file, as somebody does who copies the wrong one."""
    lines = [keys[0].hex(), *(f"{key.hex()} kept" for key in keys[1:])]
    (folder / "newsletter.key").write_text("".join(f"{line}\n" for line in lines))


def forget_key(folder: Path) -> None:
    """Make the database one of a version that did not know its key."""
    database = Database(f"sqlite:///{folder / 'newsletter.db'}")
    with database.write() as connection:
        connection.execute(delete(publication_key))
    database.close()


def keys_in(folder: Path) -> dict[str, bool]:
    """Give the keys that the database knows, and which is the current one."""
    database = Database(f"sqlite:///{folder / 'newsletter.db'}")
    with database.read() as connection:
        rows = connection.execute(select(publication_key)).all()
    database.close()
    return {row.id: row.is_current for row in rows}


def test_a_new_publication_knows_its_key(publication: Path) -> None:
    """Laying it out writes the key's name into the database, and nothing of the key."""
    assert keys_in(publication) == {key_id(own_key(publication)): True}


def test_another_key_is_refused_by_whatever_opens_the_database(drafted: Path) -> None:
    """With another valid key file nothing is read or written, and the message says what would happen and what to do."""
    put_key(drafted, OTHER)

    with opened(drafted) as newsletter:
        for step in (newsletter.status.status, newsletter.items.collect, newsletter.people.everybody().__next__):
            with pytest.raises(ConfigurationError, match="another key than the one that this database") as caught:
                step()
            assert "newsletter key rotate --lost" in (caught.value.hint or "")


@pytest.mark.sqlite
def test_an_old_database_learns_its_key_when_it_reproduces_stored_people(drafted: Path) -> None:
    """A key under which nobody is stored is not taken; the right one is, by whatever command comes first."""
    key = own_key(drafted)
    forget_key(drafted)
    put_key(drafted, OTHER)
    with opened(drafted) as newsletter, pytest.raises(ConfigurationError, match="another key"):
        newsletter.status.status()
    assert keys_in(drafted) == {}

    put_key(drafted, key)
    with opened(drafted) as newsletter:
        newsletter.status.status()

    assert keys_in(drafted) == {key_id(key): True}


@pytest.mark.sqlite
def test_an_old_database_with_people_under_two_keys_comes_under_one(drafted: Path) -> None:
    """Who was stored under another key comes under this one, with all that is known, and it is counted."""
    key, path = own_key(drafted), drafted / "newsletter.db"
    with opened(drafted) as newsletter:
        second = list(newsletter.people.everybody())[1]
    database = Database(f"sqlite:///{path}")
    with database.write() as connection:
        moved = subscriber.update().where(subscriber.c.address == second.address)
        connection.execute(moved.values(address_hash=hash_address(second.address, OTHER)))
    database.close()
    forget_key(drafted)

    with opened(drafted) as newsletter:
        settled = newsletter.database.settle_key()
        found = newsletter.people.find(second.address)

    assert settled is not None
    assert (settled.key, settled.moved, settled.unproven) == (key_id(key), 1, 0)
    assert found == second


@pytest.mark.sqlite
def test_a_key_under_which_people_who_left_are_known_may_not_be_missing(drafted: Path) -> None:
    """Where the database names a kept key that the file lacks, nothing goes on, and both ways out are named."""
    key = own_key(drafted)
    put_key(drafted, key, OTHER)
    forget_key(drafted)
    with opened(drafted) as newsletter:
        newsletter.status.status()
    assert keys_in(drafted) == {key_id(key): True, key_id(OTHER): False}

    put_key(drafted, key)

    with (
        opened(drafted) as newsletter,
        pytest.raises(ConfigurationError, match=f"lacks the key {key_id(OTHER)}") as caught,
    ):
        newsletter.status.status()
    assert "key import FILE" in (caught.value.hint or "")
    assert f"key forget {key_id(OTHER)}" in (caught.value.hint or "")
