"""Copy a whole publication's database into an empty one, of the other kind or the same, and prove that nothing is lost.

Both sides are read back and summed up, table by table: how many rows, and one number made of all their values, whatever
the order in which a database gives them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import Connection, Integer, Table, func, insert, select, text

from newsletter.errors import StorageError
from newsletter.storage.database import Database
from newsletter.storage.search_index import rebuild_index
from newsletter.storage.tables import metadata

_ROWS_AT_ONCE = 2_000
_SUM_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedTable:
    """What was copied of a table.

    Attributes:
        sum: Made of every value of every row, modulo 2^64; the order of the rows does not matter.
    """

    name: str
    rows: int
    sum: int


def copy_into(source: Database, target: Database, *, told: Callable[[str], None]) -> tuple[CopiedTable, ...]:
    """Copy every row, in one transaction of the target, from one moment of the source.

    Args:
        source: Of the current schema.
        target: Of the current schema, and empty.
        told: Told each table as it begins.

    Raises:
        StorageError: The target holds something, a sum differs, or one of them cannot be reached; the target is as it
            was.
    """
    with source.read() as reading, target.write() as writing:
        _require_empty(writing)
        copied = tuple(_copy(table, reading, writing, told) for table in metadata.sorted_tables)
        for before in copied:
            after = _sum_up(metadata.tables[before.name], writing)
            if after != before:
                raise StorageError(
                    f"The table {before.name} came over with other values: {after.rows} of {before.rows} rows.",
                    hint="Nothing was kept there. Please report this.",
                )
        if not target.is_sqlite:
            _go_on_counting(writing)
        rebuild_index(writing)
        return copied


def _copy(table: Table, reading: Connection, writing: Connection, told: Callable[[str], None]) -> CopiedTable:
    """Copy one table; give what was read."""
    told(table.name)
    rows = total = 0
    for portion in _portions(table, reading):
        writing.execute(insert(table), portion)
        rows, total = rows + len(portion), total + _sum(portion)
    return CopiedTable(name=table.name, rows=rows, sum=total % 2**_SUM_BITS)


def _sum_up(table: Table, connection: Connection) -> CopiedTable:
    """Sum up a table as it stands."""
    rows = total = 0
    for portion in _portions(table, connection):
        rows, total = rows + len(portion), total + _sum(portion)
    return CopiedTable(name=table.name, rows=rows, sum=total % 2**_SUM_BITS)


def _portions(table: Table, connection: Connection) -> Iterator[list[dict[str, object]]]:
    """Give the rows of a table, some thousands at a time."""
    with connection.execute(select(table), execution_options={"yield_per": _ROWS_AT_ONCE}) as found:
        for portion in found.mappings().partitions():
            yield [dict(row) for row in portion]


def _sum(rows: list[dict[str, object]]) -> int:
    """Make a number of some rows, whatever their order."""
    return sum(int.from_bytes(sha256(repr(sorted(row.items())).encode()).digest()[: _SUM_BITS // 8]) for row in rows)


def _require_empty(connection: Connection) -> None:
    """Refuse a target in which something stands."""
    for table in metadata.sorted_tables:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise StorageError(
                f"The database to copy into is not empty: something stands in {table.name}.",
                hint="Name an empty one: nothing is ever written over.",
            )


def _go_on_counting(connection: Connection) -> None:
    """Let the server number new rows behind those that came with their numbers."""
    for table in metadata.sorted_tables:
        if table.autoincrement_column is not None and isinstance(table.autoincrement_column.type, Integer):
            column = table.autoincrement_column
            highest = connection.execute(select(func.max(column))).scalar()
            if highest is not None:
                following = text("SELECT setval(pg_get_serial_sequence(:table, :column), :highest)")
                connection.execute(following, {"table": table.name, "column": column.name, "highest": highest})
