"""Change the key, take older ones in, and give them up: the verbs of `key`.

Changing it goes through two files that no transaction spans, so the new key is written into the key file first, as the
one that is next; then the database brings everybody under it, in one transaction, and says so; then the file puts it
first. Whoever looks in between goes by what the database says.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from newsletter.audience.key_file import KeyFile, create_key_file, draw_key, read_key_file, write_key_file
from newsletter.domain.keys import KeyId, key_id
from newsletter.errors import StateError, UsageError
from newsletter.service.keys.ring import another_key
from newsletter.service.resources import Resources
from newsletter.storage.audience.keys import KeyStore, KnownKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What became of changing the key.

    Attributes:
        before: The one before, which is kept; None where it is lost, or where the database knew none.
        lost: How many suppressions nobody can be found under any more, where the key before is lost.
        is_resumed: A change that was interrupted had come so far already.
    """

    key: KeyId
    before: KeyId | None
    people: int
    lost: int = 0
    is_resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a key file brought.

    Attributes:
        keys: The names of the keys that were not known.
        known: How many of the file's keys were.
        suppressed: How many people who are stored turn out to be suppressed under one of them.
    """

    keys: tuple[KeyId, ...]
    known: int
    suppressed: int


class KeyService:
    """The verbs of `key`.

    `checkpoint` is called at each step of a change with its name: the tests' own process dies there.
    """

    def __init__(self, resources: Resources, *, checkpoint: Callable[[str], None] = lambda _step: None) -> None:
        self._resources = resources
        self._checkpoint = checkpoint
        self._path = resources.settings.key_path

    def rotate(self, *, by: str, is_lost: bool = False) -> Rotated:
        """Bring everybody under a new key; the one before is kept, and verifies and looks up.

        A change that was interrupted goes on from where it was. A database from before a change comes under the key in
        use.

        Args:
            by: The person's name, told to whoever wants to send meanwhile.
            is_lost: The key before is lost: what it alone could recognise is lost with it.

        Raises:
            StateError: A sending is open.
            SendingInProgress: Somebody is sending now.
            ConfigurationError: The key file is missing or another one's, and is not said to be lost; or it is not.
            StorageError: The database cannot be written.
        """
        self._resources.unchecked_database.require_current()
        with self._alone(by):
            known, keys = self._known(is_lost=is_lost), self._key_file(is_lost=is_lost)
            if keys.following is not None and key_id(keys.following) == known.current:
                self._put_first(keys)
                return Rotated(key=known.current, before=key_id(keys.first), people=0, is_resumed=True)
            self._require_in_order(keys, known, is_lost=is_lost)
            if known.current != key_id(keys.first):
                # Lost, or a database from before a change: another key is in use already, and nothing else goes on
                # before this, not even the end of a sending.
                return self._rehash(keys.first, keys, known, is_lost=is_lost)
            self._refuse_open_sending()
            following = keys.following or draw_key()
            keys = replace(keys, following=following)
            write_key_file(self._path, keys)
            self._checkpoint("drawn")
            rotated = self._rehash(following, keys, known, is_lost=False)
            self._put_first(keys)
            return rotated

    def bring_along(self, *, by: str) -> bool:
        """Bring a database from before the key was changed under the key in use; False where it is under that already.

        Raises:
            NewsletterError: As `rotate`.
        """
        known, keys = self._known(), read_key_file(self._path)
        if known.current not in {key_id(key) for key, _ in keys.kept}:
            return False
        self.rotate(by=by)
        return True

    def import_file(self, path: Path, *, by: str) -> Imported:
        """Take the keys of another key file in: they verify and look up, and never sign.

        Raises:
            ConfigurationError: It is no key file, or our own is not in order.
            SendingInProgress: Somebody is sending now.
            StorageError: The database cannot be written.
        """
        brought = read_key_file(path)
        self._resources.unchecked_database.require_current()
        with self._alone(by):
            known, keys = self._known(), self._key_file()
            self._require_in_order(keys, known)
            new = [key for key in brought.keys if keys.find(key_id(key)) is None]
            keys = replace(keys, kept=(*keys.kept, *((key, self._today()) for key in new)))
            write_key_file(self._path, keys)
            taken = {key_id(key): key for key in brought.keys if key_id(key) != known.current}
            with self._resources.unchecked_database.write() as connection:
                store = KeyStore(connection)
                store.keep(replace(known, kept=known.kept | set(taken)))
                suppressed = store.adopt(tuple(taken.values()), own=self._own(keys, known))
        return Imported(keys=tuple(map(key_id, new)), known=len(brought.keys) - len(new), suppressed=suppressed)

    def forget(self, key: str, *, by: str) -> KeyId:
        """Give up a key that is only kept: its links stop working, and who left under it and is gone is not known.

        Raises:
            UsageError: It is the one in use, or there is none of this name.
            SendingInProgress: Somebody is sending now.
            ConfigurationError: The key file is not in order.
        """
        database, wanted = self._resources.unchecked_database, KeyId(key)
        database.require_current()
        with self._alone(by):
            keys = read_key_file(self._path)
            with database.write() as connection:
                store = KeyStore(connection)
                known = store.known()
                kept = {key_id(one) for one, _ in keys.kept} | known.kept
                if wanted == known.current or wanted not in kept:
                    why = "is the one in use" if wanted == known.current else "is none of ours"
                    raise UsageError(f"The key {key} {why}.", hint=f"Kept are: {', '.join(sorted(kept)) or 'none'}.")
                store.keep(KnownKeys(current=known.current, kept=known.kept - {wanted}))
            write_key_file(self._path, replace(keys, kept=tuple(one for one in keys.kept if key_id(one[0]) != wanted)))
        return wanted

    @contextmanager
    def _alone(self, by: str) -> Iterator[None]:
        """Keep everybody from sending while the block runs."""
        with self._resources.only_sender(f"{by}, changing the key"):
            yield

    def _known(self, *, is_lost: bool = False) -> KnownKeys:
        """Give the keys that the database knows; where it does not know its own yet, let it learn that first."""
        database = self._resources.unchecked_database
        with database.read() as connection:
            known = KeyStore(connection).known()
        if known.current is None and not is_lost:
            self._resources.settle_key()
            with database.read() as connection:
                return KeyStore(connection).known()
        return known

    def _key_file(self, *, is_lost: bool = False) -> KeyFile:
        """Read the key file; where there is none because the key is lost, make one."""
        if is_lost and not self._path.exists():
            create_key_file(self._path)
        return read_key_file(self._path)

    def _require_in_order(self, keys: KeyFile, known: KnownKeys, *, is_lost: bool = False) -> None:
        """Refuse a key file of another database, unless the key is lost, which it must be then."""
        has_it = known.current is not None and keys.find(known.current) is not None
        if has_it and is_lost:
            raise UsageError("The key is not lost: the key file has it.", hint="`newsletter key rotate` changes it.")
        if not has_it and not is_lost:
            raise another_key(self._path.name)

    def _own(self, keys: KeyFile, known: KnownKeys) -> bytes:
        own = None if known.current is None else keys.find(known.current)
        assert own is not None, "the key file was looked over"
        return own

    def _refuse_open_sending(self) -> None:
        """Refuse to change the key under a sending.

        Raises:
            StateError: One is open.
        """
        with self._resources.unchecked_database.read() as connection:
            if not KeyStore(connection).has_open_sending():
                return
        raise StateError(
            "A sending is open: its mails carry links made with the key in use. The key was not changed.",
            hint="Let it finish (`newsletter issue send LABEL`), decide about what is in doubt"
            " (`newsletter issue resolve LABEL`), or end it (`newsletter issue cancel LABEL`): see `newsletter"
            " status`.",
        )

    def _rehash(self, new: bytes, keys: KeyFile, known: KnownKeys, *, is_lost: bool) -> Rotated:
        """Bring everybody under a key, and have the database say that it is its own: all of it or nothing."""
        there = set(keys.ids())
        before = None if is_lost else known.current
        kept = frozenset(key_id(key) for key, _ in keys.kept) | (known.kept & there if is_lost else known.kept)
        with self._resources.unchecked_database.write() as connection:
            store = KeyStore(connection)
            people = store.rehash(new)
            lost = store.count_gone() if is_lost else 0
            store.keep(KnownKeys(current=key_id(new), kept=kept | ({before} if before else frozenset())))
            self._checkpoint("rehashed")
        self._checkpoint("committed")
        return Rotated(key=key_id(new), before=before, people=people, lost=lost)

    def _put_first(self, keys: KeyFile) -> None:
        """Write the key that was to follow as the first one of the file, and the one before as kept."""
        assert keys.following is not None, "it was drawn"
        write_key_file(self._path, KeyFile(first=keys.following, kept=((keys.first, self._today()), *keys.kept)))

    def _today(self) -> date:
        return self._resources.clock.now().astimezone(self._resources.settings.publication.zone).date()
