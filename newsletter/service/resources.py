"""What the verbs share, opened when it is first needed: rendering needs no database, sending needs no network.

What speaks SQL is imported here when a verb first asks for it: a quarter of a second that `issue check` need not pay.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.audience.departures import append_changes, departures_path
from newsletter.audience.segments import read_segments
from newsletter.config import Settings
from newsletter.domain.clock import Clock
from newsletter.domain.content import SegmentId
from newsletter.domain.keys import Keyring
from newsletter.domain.segments import Segment
from newsletter.errors import StateError, UsageError
from newsletter.send.owner import Owner, hold_ownership, lock_path, new_owner
from newsletter.service.audience.departures import CaughtUp, catch_up, is_caught_up, note
from newsletter.service.keys.ring import Ring, Settled, settle_key
from newsletter.toml_file import did_you_mean

if TYPE_CHECKING:
    from newsletter.storage.audience import AudienceStore
    from newsletter.storage.database import Database
    from newsletter.storage.deliveries import DeliveryLedger
    from newsletter.storage.facts import Facts
    from newsletter.storage.issues import IssueStore

_SQLITE = "sqlite:///"

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Resources:
    """What every service is given.

    Attributes:
        open_database: Opens the database without looking into it.
    """

    settings: Settings
    clock: Clock
    open_database: "Callable[[], Database]"

    @cached_property
    def unchecked_database(self) -> "Database":
        """Give the database as it is, also an older one: for `db` and `doctor` only."""
        return self.open_database()

    @cached_property
    def database(self) -> "Database":
        """Give the database.

        Raises:
            StorageError: It is missing, or of another schema than this program's.
            ConfigurationError: The key file is missing or unusable, or holds another key than the database's.
        """
        self.unchecked_database.require_current()
        self.settle_key()
        self._tell(self.catch_up())
        return self.unchecked_database

    @property
    def ledger(self) -> "DeliveryLedger":
        """Give the ledger of the database.

        Raises:
            StorageError: As `database`.
        """
        from newsletter.storage.deliveries import DeliveryLedger

        return DeliveryLedger(self.database)

    @contextmanager
    def approvals(self, *, is_writing: bool = False) -> Iterator["IssueStore"]:
        """Give the approvals of the database, in one transaction.

        Raises:
            StorageError: As `database`; or it cannot be read or written.
        """
        from newsletter.storage.issues import IssueStore

        database = self.database
        with database.write() if is_writing else database.read() as connection:
            yield IssueStore(connection)

    @contextmanager
    def people(self, *, is_writing: bool = False) -> Iterator["AudienceStore"]:
        """Give the people of the database, in one transaction.

        Raises:
            StorageError: As `database`; or it cannot be read or written.
            ConfigurationError: As `key`.
        """
        database = self.database
        with self._changing_people(database) if is_writing else self._store(database) as store:
            yield store

    @contextmanager
    def _store(self, database: "Database", *, is_writing: bool = False) -> Iterator["AudienceStore"]:
        """Give the people in one transaction, under the keys of the database as it is in that."""
        from newsletter.storage.audience import AudienceStore
        from newsletter.storage.audience.keys import KeyStore

        with database.write() if is_writing else database.read() as connection:
            keys = self._ring.within(KeyStore(connection))
            yield AudienceStore(connection, key=keys.current, kept=keys.kept, by=self.settings.by)

    @contextmanager
    def _changing_people(self, database: "Database") -> Iterator["AudienceStore"]:
        """Give the people in a writing transaction; who leaves is noted before its end, and who comes back after."""
        path = departures_path(self.settings.key_path)
        with self._store(database, is_writing=True) as store:
            caught_up = catch_up(store, path)
            yield store
            lifted = note(store, path)
        self._tell(caught_up)
        if lifted:
            append_changes(path, lifted)

    def catch_up(self) -> CaughtUp:
        """Take over what the departures file tells and the database, which knows its key, lacks; give what that was.

        Raises:
            StorageError: The file or the database cannot be read or written.
        """
        path = departures_path(self.settings.key_path)
        with self._store(self.unchecked_database) as store:
            if is_caught_up(store, path):
                return CaughtUp(file=path.name)
        with self._store(self.unchecked_database, is_writing=True) as store:
            return catch_up(store, path)

    @staticmethod
    def _tell(caught_up: CaughtUp) -> None:
        if said := str(caught_up):
            log.warning("%s", said)

    @property
    def database_path(self) -> Path:
        """Give the database's file, beside which the sender keeps what it notes: the mark and the single mails.

        Of a server's database that is the name of no file, beside the key: what is noted must not come back with the
        database's backup.

        Raises:
            StateError: The database is in memory.
        """
        database = self.unchecked_database
        if not database.is_sqlite:
            return self.settings.key_path.with_name(f"{database.url.database}.postgresql")
        if database.path is None:
            raise StateError("Nothing is sent from a database in memory.", hint="Set [storage] url to a file.")
        return database.path

    @contextmanager
    def only_sender(self, who: str) -> Iterator[Owner]:
        """Be the only sender of this database while the block runs, on whatever machine.

        Args:
            who: Told to whoever comes second: person, machine, what is done.

        Raises:
            SendingInProgress: Somebody else is sending; says who and since when.
            StorageError: The lock cannot be made, or the server cannot be reached.
        """
        if self.unchecked_database.is_sqlite:
            with hold_ownership(lock_path(self.database_path), who=who, since=self.clock.now()) as owner:
                yield owner
        else:
            with self.unchecked_database.be_only_sender(who):
                yield new_owner(who)

    @cached_property
    def _ring(self) -> Ring:
        return Ring(self.settings.key_path)

    @property
    def keys(self) -> Keyring:
        """Give the publication's keys.

        Raises:
            StorageError: As `database`.
            ConfigurationError: Likewise.
        """
        from newsletter.storage.audience.keys import KeyStore

        with self.database.read() as connection:
            return self._ring.within(KeyStore(connection))

    def settle_key(self) -> Settled | None:
        """See that the database and the key file belong together; give what came of it where it did not know its key.

        Raises:
            ConfigurationError: The key file is missing or unusable, or holds another key than the database's.
            StorageError: The database cannot be read or written.
        """
        from newsletter.audience.key_file import read_key_file
        from newsletter.storage.audience.keys import KeyStore

        database, path = self.unchecked_database, self.settings.key_path
        with database.read() as connection:
            if KeyStore(connection).known().current is not None:
                self._ring.within(KeyStore(connection))
                return None
        with database.write() as connection:
            store = KeyStore(connection)
            if store.known().current is not None:
                return None
            settled = settle_key(store, read_key_file(path), name=path.name)
        with database.read() as connection:
            self._ring.within(KeyStore(connection))
        return settled

    @property
    def segments(self) -> tuple[Segment, ...]:
        """Read segments.toml, afresh each time: people edit it while the program runs.

        Raises:
            ConfigurationError: With every mistake of the file.
        """
        publication = self.settings.publication
        return read_segments(
            self.settings.segments_path,
            topics=[topic.id for topic in self.settings.topics],
            sections=[section.id for section in publication.sections],
            languages=publication.languages,
            zone=publication.zone,
        )

    def segment(self, segment_id: str) -> Segment:
        """Give one segment.

        Raises:
            UsageError: There is none of this name.
        """
        segments = {segment.id: segment for segment in self.segments}
        if found := segments.get(SegmentId(segment_id)):
            return found
        raise UsageError(f"There is no segment {segment_id!r}.", hint=did_you_mean(segment_id, tuple(segments)))

    @property
    def is_database_open(self) -> bool:
        """Tell whether somebody asked for the database already."""
        return "unchecked_database" in self.__dict__

    @property
    def are_facts_at_hand(self) -> bool:
        """Tell whether `facts` takes no time: a file is read as it is, for a server much has to be loaded."""
        return self.is_database_open or self.settings.database_url.startswith(_SQLITE)

    @contextmanager
    def facts(self) -> Iterator["Facts"]:
        """Give what people have, without their names, as the database is now.

        Raises:
            StorageError: It cannot be read.
        """
        from newsletter.storage.facts import read_facts, unreadable

        url = self.settings.database_url
        if url.startswith(_SQLITE):
            try:
                with read_facts(Path(url.removeprefix(_SQLITE).partition("?")[0])) as facts:
                    yield facts
            except sqlite3.Error as cause:
                raise unreadable(cause) from cause
            return
        from newsletter.storage.audience.facts import facts_of

        with self.database.read() as connection:
            yield facts_of(connection)

    def close(self) -> None:
        """Give back what was opened."""
        if self.is_database_open:
            self.unchecked_database.close()
