"""The index of names and addresses by the start of their words, on SQLite: FTS5 over the table of people.

It holds no texts. Whoever changes people brings it in step: `drop_from_index` before, `put_into_index` after. (Triggers
may not: our databases do not trust what stands in their schema.) `tables` makes it with the table, a migration in older
databases; where SQLite was built without FTS5 there is none, and people are found by looking at everybody.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

# Of a million people it takes 21 bytes each; a start of one, two or three letters is found as quickly as a longer one.
_MAKE = (
    "CREATE VIRTUAL TABLE subscriber_search USING fts5(name, address, content='subscriber', content_rowid='id',"
    " detail='none', columnsize=0, prefix='1 2 3', tokenize='unicode61 remove_diacritics 0')"
)
_REBUILD = "INSERT INTO subscriber_search (subscriber_search) VALUES ('rebuild')"
_DROP = (
    "INSERT INTO subscriber_search (subscriber_search, rowid, name, address)"
    " SELECT 'delete', id, name, address FROM subscriber WHERE id IN (SELECT value FROM json_each(?))"
)
_PUT = (
    "INSERT INTO subscriber_search (rowid, name, address)"
    " SELECT id, name, address FROM subscriber WHERE id IN (SELECT value FROM json_each(?))"
)
_IS_TOLD = "SELECT v FROM subscriber_search_config WHERE k = 'secure-delete'"
_TELL = "INSERT INTO subscriber_search (subscriber_search, rank) VALUES ('secure-delete', 1)"
_FIND = "SELECT rowid FROM subscriber_search WHERE subscriber_search MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?"

_SECURE_DELETE = (3, 42)
"""From this version on FTS5 takes out what is deleted; before, it leaves it in place until parts are merged."""
_AT_ONCE = 500


def make_index(connection: Connection) -> None:
    """Make the index of whoever is stored, on SQLite with FTS5."""
    if connection.dialect.name != "sqlite":
        return
    if "ENABLE_FTS5" in set(connection.exec_driver_sql("PRAGMA compile_options").scalars()):
        connection.exec_driver_sql(_MAKE)
        connection.exec_driver_sql(_REBUILD)


def has_index(connection: Connection) -> bool:
    """Tell whether the database has the index."""
    if connection.dialect.name != "sqlite":
        return False
    found = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'subscriber_search'")
    return found.first() is not None


def drop_from_index(connection: Connection, ids: Iterable[int | None]) -> None:
    """Take people out who are about to be changed or deleted."""
    _each(connection, _DROP, ids)


def put_into_index(connection: Connection, ids: Iterable[int | None]) -> None:
    """Put people in as they are now."""
    _each(connection, _PUT, ids)


def rebuild_index(connection: Connection) -> None:
    """Make it anew of the people there are."""
    if has_index(connection):
        connection.exec_driver_sql(_REBUILD)


def forget_whoever_went(connection: Connection) -> None:
    """Leave no word of people who were deleted: SQLite from 3.42 on sees to it itself, once it has been told."""
    if not has_index(connection):
        return
    if sqlite3.sqlite_version_info >= _SECURE_DELETE:
        if connection.exec_driver_sql(_IS_TOLD).scalar() == 1:
            return
        connection.exec_driver_sql(_TELL)
    connection.exec_driver_sql(_REBUILD)


def find_in_index(connection: Connection, query: str, *, after: int) -> Iterator[list[int]]:
    """Give the ids of the people whom a query of FTS5 finds, in order, some at a time."""
    while ids := list(connection.exec_driver_sql(_FIND, (query, after, _AT_ONCE)).scalars()):
        yield ids
        after = ids[-1]


def _each(connection: Connection, statement: str, ids: Iterable[int | None]) -> None:
    """Run a statement for people, all at once: one by one an import takes a tenth longer."""
    if has_index(connection):
        connection.exec_driver_sql(statement, (json.dumps(list(ids)),))
