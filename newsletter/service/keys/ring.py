"""Choose the keys that belong to the database, and refuse a key file of another one. Door: `Ring`, `settle_key`.

With another key everybody would be stored twice, and people who left would be mailed again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.audience.key_file import KeyFile, read_key_file
from newsletter.domain.keys import KeyId, Keyring, key_id
from newsletter.errors import ConfigurationError

if TYPE_CHECKING:
    from newsletter.storage.audience.keys import KeyStore, KnownKeys

LOST = "If the key is lost for good: `newsletter key rotate --lost` says what is lost with it."


class Ring:
    """The keys of the file that belong to the database.

    They are chosen anew when the database says other ones, so that a server which runs for weeks never writes under a
    key that was changed meanwhile: what it is asked and what it writes stand in one transaction.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._chosen: tuple[KnownKeys, Keyring] | None = None

    def within(self, store: "KeyStore") -> Keyring:
        """Give the keys for what is read or written in a transaction.

        Raises:
            ConfigurationError: The file is missing or unusable, holds another key, or lacks one that is needed.
        """
        known = store.known()
        if self._chosen is None or self._chosen[0] != known:
            self._chosen = (known, choose(read_key_file(self._path), known, self._path.name))
        return self._chosen[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What came of writing into a database which key is its own.

    Attributes:
        moved: How many people were stored under another key and are under this one now.
        unproven: How many suppressions there are, where nobody is stored on whom the key could be tried.
    """

    key: KeyId
    moved: int
    unproven: int


def settle_key(store: "KeyStore", keys: KeyFile, *, name: str) -> Settled:
    """Write into a database that does not know its key which one it is: the one that reproduces the hashes there are.

    Args:
        store: Of a writing transaction.
        keys: What the key file holds.
        name: The file's.

    Raises:
        ConfigurationError: No key of the file reproduces any hash.
    """
    from newsletter.storage.audience.keys import KnownKeys  # noqa: PLC0415 - SQL is loaded by who needs it

    people, counts = store.count_reproduced(keys.keys)
    best = counts.index(max(counts))
    if people and not counts[best]:
        raise another_key(name)
    key = keys.keys[best]
    moved = store.rehash(key)
    kept = {key_id(one) for one, _ in keys.kept}
    store.keep(KnownKeys(current=key_id(key), kept=frozenset(kept)))
    return Settled(key=key_id(key), moved=moved, unproven=0 if people else store.count_gone())


def choose(keys: KeyFile, known: "KnownKeys", name: str) -> Keyring:
    """Give the keys of a file by what the database knows.

    Raises:
        ConfigurationError: It holds another key, the database is from before the key was changed, or a key is missing
            under which people who are gone are known.
    """
    assert known.current is not None, "a database that does not know its key is asked by `settle_key` first"
    ring = keys.ring(known.current)
    if ring is None:
        if keys.find(known.current) is None:
            raise another_key(name)
        raise ConfigurationError(
            f"This database is from before the key in {name} was changed: its own key is only kept there now.",
            hint="`newsletter key rotate` brings everybody in it under the key in use.",
        )
    missing = sorted(known.kept - set(keys.ids()))
    if missing:
        raise ConfigurationError(
            f"{name} lacks the key {missing[0]}, under which people who left are known.",
            hint="`newsletter key import FILE` takes it from a backup of the key file. If it is lost:"
            f" `newsletter key forget {missing[0]}`.",
        )
    return ring


def require_own_key(copy: Path, key_file: Path, *, is_trial: bool) -> None:
    """Refuse a copy of a database, of whatever schema, that was made with none of our keys.

    Raises:
        ConfigurationError: It was, or the key file is not in order.
    """
    from newsletter.storage.audience.keys import KEYS_SINCE, KeyStore  # noqa: PLC0415 - as above
    from newsletter.storage.database import Database  # noqa: PLC0415 - as above

    keys, database = read_key_file(key_file), Database(f"sqlite:///{copy}", is_trial=is_trial)
    try:
        revision = database.revision() or ""
        with database.read() as connection:
            store = KeyStore(connection)
            known = store.known().current if revision >= KEYS_SINCE else None
            people, counts = store.count_reproduced(keys.keys)
    finally:
        database.close()
    is_ours = keys.find(known) is not None if known is not None else not people or any(counts)
    if not is_ours:
        raise ConfigurationError(
            f"The backup was made with another key than those in {key_file.name}. Nothing was changed.",
            hint="Put the key file back that was kept with the backup, or take its key in with `newsletter key import"
            " FILE`.",
        )


def another_key(name: str) -> ConfigurationError:
    """Refuse a key file of another database."""
    return ConfigurationError(
        f"{name} holds another key than the one that this database was made with: everybody would be stored twice, and"
        " people who left would be mailed again.",
        hint=f"Put the key file back that belongs to the database, from your backup. {LOST}",
    )
