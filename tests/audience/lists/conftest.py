"""People in a database, for whoever imports lists."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from newsletter.storage.audience import AudienceStore
from newsletter.storage.database import Database

KEY = bytes(range(32))
Transaction = Callable[[], AbstractContextManager[AudienceStore]]


@pytest.fixture
def transaction(database: Database) -> Transaction:
    """Give what opens a writing transaction with the store in it."""

    @contextmanager
    def begin() -> Iterator[AudienceStore]:
        with database.write() as connection:
            yield AudienceStore(connection, key=KEY)

    return begin
