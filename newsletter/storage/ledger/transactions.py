"""One durable transaction for each verb of the ledger, with the moments at which a test may kill the process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from newsletter.domain.delivery import Checkpoint, pass_by
from newsletter.storage.database import Database


class Transactions:
    """What the verbs stand on.

    `checkpoint` is called at the named moments around each commit; a test's may kill the process.
    """

    def __init__(self, database: Database, *, checkpoint: Callable[[Checkpoint], None] = pass_by) -> None:
        self._database = database
        self._checkpoint = checkpoint

    @contextmanager
    def _write(
        self, before: Checkpoint, after: Checkpoint, *, to_the_end: bool = False, beside_others: bool = False
    ) -> Iterator[Connection]:
        """Give a writing transaction between two checkpoints."""
        with self._database.write(to_the_end=to_the_end, beside_others=beside_others) as connection:
            yield connection
            self._checkpoint(before)
        self._checkpoint(after)
