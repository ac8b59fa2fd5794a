"""What SQLAlchemy compiled for one test's database serves the next one's: a third of all tests' time went there.

It keeps compiled statements by the dialect, which is another object for each engine. Ours are equal to each other; all
else is SQLite's own.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

_COMPILED: dict[Any, Any] = {}


class SharingDialect(SQLiteDialect_pysqlite):
    """SQLite's dialect, equal to that of every other engine of this process."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        """Tell whether the other is one of these."""
        return type(other) is type(self)

    def __hash__(self) -> int:
        """Give them all one hash."""
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Have an engine keep what it compiles where all look."""
        engine.update_execution_options(compiled_cache=_COMPILED)


def share_compiled_statements() -> None:
    """Give every SQLite database that is opened from now on in this process the sharing dialect."""
    registry.register("sqlite", __name__, SharingDialect.__name__)
