"""Notice, before a real sending, that this database is an older one, a copy, or not the one that began to send.

Rehearsals are let through: they reach nobody, and are not counted. The door is `Guard`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from newsletter.domain.delivery import Sending
from newsletter.domain.issue import IssueLabel
from newsletter.errors import StateError, UsageError
from newsletter.send.mark import Doubt, doubt_about, mark_path, write_mark
from newsletter.service.deliveries.sent_file import SENT_NAME, begun_elsewhere, set_aside, write_sent
from newsletter.service.resources import Resources
from newsletter.toml_file import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What was declared to be the one database to send from.

    Attributes:
        opened: Issues that another database began to send and that may be sent from this one now.
        closed: Issues that another database began to send and that stay closed here.
    """

    database: str
    opened: tuple[IssueLabel, ...]
    closed: tuple[IssueLabel, ...]


class Guard:
    """Compare the database with what its folder and the issues' folders remember."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def require_same(self, label: IssueLabel) -> None:
        """Refuse a real sending of an issue from a database that may have forgotten one.

        Raises:
            StateError: What happened, and how a person goes on.
            StorageError: The mark cannot be read.
        """
        doubt = self._doubt_about_issue(label) or self.doubt()
        if doubt is not None:
            raise StateError(f"{doubt.message} Nothing was sent now.", hint=doubt.hint)

    def doubt(self) -> Doubt | None:
        """Give what speaks against sending anything from this database; None also where it is in memory.

        Raises:
            StorageError: The mark cannot be read.
        """
        if self._is_in_memory:
            return None
        resources = self._resources
        identity = resources.unchecked_database.identity()
        return doubt_about(resources.database_path, resources.ledger.count_real_calls, server=identity)

    def begin(self, sending: Sending) -> Callable[[], None]:
        """Note that a real sending has begun; give what notes each of its calls before it is made.

        Raises:
            StorageError: It cannot be noted.
        """
        path, calls, lock = self._resources.database_path, self._resources.ledger.count_real_calls(), Lock()
        server = self._resources.unchecked_database.identity()
        write_sent(self._sent_path(sending.label), sending)
        write_mark(path, calls=calls, last=self._last(sending.label), server=server, is_synced=True)

        def note() -> None:
            nonlocal calls
            with lock:
                calls += 1
                write_mark(path, calls=calls, last=self._last(sending.label), server=server, is_synced=False)

        return note

    def adopt(self, labels: Collection[str], *, by: str) -> Adopted:
        """Declare this database, as it is and where it is, the one to send from; a person's word.

        What another one began to send stays closed here, but for the named issues.

        Raises:
            UsageError: Nobody else began to send a named issue.
            SendingInProgress: Somebody is sending from it now.
            StorageError: A file cannot be written.
        """
        path = self._resources.database_path
        with self._resources.only_sender(f"{by}, adopting the database"):
            files = self._resources.settings.issues_path.glob(f"*/{SENT_NAME}")
            begun = [IssueLabel(file.parent.name) for file in sorted(files)]
            elsewhere = [label for label in begun if self._doubt_about_issue(label) is not None]
            for label in labels:
                if label not in elsewhere:
                    raise UsageError(
                        f"No other database began to send an issue {label}.", hint=did_you_mean(label, elsewhere)
                    )
            opened = tuple(label for label in elsewhere if label in labels)
            for label in opened:
                set_aside(self._sent_path(label))
            server = self._resources.unchecked_database.identity()
            write_mark(path, calls=self._resources.ledger.count_real_calls(), server=server, is_synced=True)
        return Adopted(
            database=path.name, opened=opened, closed=tuple(label for label in elsewhere if label not in opened)
        )

    def mark_new(self) -> None:
        """Mark a new database, so that a copy of its folder is noticed from the beginning."""
        if not self._is_in_memory and not mark_path(self._resources.database_path).exists():
            server = self._resources.unchecked_database.identity()
            write_mark(self._resources.database_path, calls=0, server=server, is_synced=True)

    @property
    def _is_in_memory(self) -> bool:
        database = self._resources.unchecked_database
        return database.is_sqlite and database.path is None

    def _doubt_about_issue(self, label: IssueLabel) -> Doubt | None:
        """Doubt an issue whose sending another database began."""
        began = begun_elsewhere(self._sent_path(label), self._resources.ledger.sendings(label))
        if began is None:
            return None
        return Doubt(
            message=f"The sending of issue {label} began {began} from another database, or from this one before an"
            f" older backup was put back (see {SENT_NAME} beside issue.toml).",
            hint="Send from the database that began it. To begin anew from here, so that whoever got it gets it again:"
            f" `newsletter db adopt {label}`.",
        )

    def _last(self, label: IssueLabel) -> str:
        """Say which call is being made."""
        return f"issue {label} on {self._resources.clock.now():%Y-%m-%d %H:%M} UTC"

    def _sent_path(self, label: IssueLabel) -> Path:
        return self._resources.settings.issues_path / label / SENT_NAME
