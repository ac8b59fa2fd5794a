"""SQLite under the scheduler: a step before each statement that writes and before each commit, and seeded failures."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, event, exc

from newsletter.storage.database import Database
from tests.reliability.simulation.scheduler import Scheduler

FAILURES = ("database or disk is full", "database is locked", "disk I/O error")
FAILING_MAX = 6
"""How many statements in a row fail at most."""

LOCK_WAIT_SECONDS = 0.004
"""Two looks at a lock, then the sender's own patience begins."""

Rewrite = Callable[[str], str]


class Disk:
    """Where the ledger lies, for one seed after another: what SQLAlchemy has built once serves them all.

    Attributes:
        path: The database's file.
        is_calm: Nothing fails any more.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_calm = True
        self._scheduler: Scheduler | None = None
        self._rewrite: Rewrite = str
        self._failure, self._fails, self._statements = "", range(0), 0
        self._opened: list[Database] = []
        self._idle: list[Database] = []

    def begin(self, template: Path, scheduler: Scheduler, *, rewrite: Rewrite) -> None:
        """Lay a fresh database here, and decide when it will fail."""
        for database in self._opened:
            database.close()
        self._idle = self._opened.copy()
        shutil.copyfile(template, self.path)
        chance = scheduler.chance
        self._scheduler, self._rewrite, self._statements, self.is_calm = scheduler, rewrite, 0, False
        self._failure = chance.choice(FAILURES)
        first = chance.choice((chance.randrange(20, 300), 1_000_000))
        self._fails = range(first, first + chance.randint(1, FAILING_MAX))

    @contextmanager
    def open(self) -> Iterator[Database]:
        """Open it for one process."""
        database = self._idle.pop() if self._idle else self._open_another()
        try:
            yield database
        finally:
            database.close()
            self._idle.append(database)

    def _open_another(self) -> Database:
        """Open it once more."""
        database = Database(
            f"sqlite:///{self.path}", lock_wait_seconds=LOCK_WAIT_SECONDS, sleep=lambda _seconds: self._step()
        )
        with database.read() as connection:
            event.listen(connection.engine, "before_cursor_execute", self._before_statement, retval=True)
        self._opened.append(database)
        return database

    def _step(self) -> None:
        """Let others come first."""
        if self._scheduler is not None:
            self._scheduler.step()

    def _before_statement(
        self, connection: Connection, _cursor: object, statement: str, parameters: object, *_rest: object
    ) -> tuple[str, object]:
        """Let others come first, fail if it is time, and give the statement as it shall be.

        A reader waits only where it begins: one that sleeps in the midst of reading keeps every writer out.
        """
        if connection.get_execution_options().get("newsletter_writes", False):
            self._step()
            self._statements += 1
            if not self.is_calm and self._statements in self._fails:
                raise exc.OperationalError("", None, sqlite3.OperationalError(self._failure))
        elif statement == "PRAGMA schema_version":
            self._step()
        return self._rewrite(statement), parameters
