"""What tables are made of: column types that mean the same on SQLite (STRICT tables) and on PostgreSQL, known words."""

import json
from datetime import UTC, date, datetime
from enum import StrEnum

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


class Moment(TypeDecorator[datetime]):
    """An aware moment; kept in UTC, given back in UTC. A naive one is refused.

    SQLite has no such type: there it is ISO 8601 text of fixed width, so that text order is time order.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        """Take text on SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | datetime | None:
        """Turn an aware moment into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {value!r}")
        moment = value.astimezone(UTC)
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    def process_result_value(self, value: str | datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        """Turn what the database kept into an aware moment in UTC."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)


class Flag(TypeDecorator[bool]):
    """True or false; 1 or 0 on SQLite."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[bool] | TypeEngine[int]:
        """Take an integer on SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Integer())
        return dialect.type_descriptor(Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | bool | None:  # noqa: FBT001 - SQLAlchemy's
        """Turn a truth value into what the database keeps."""
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: object, dialect: Dialect) -> bool | None:  # noqa: ARG002 - SQLAlchemy's
        """Turn what the database kept into a truth value."""
        return None if value is None else bool(value)


class Json(TypeDecorator[object]):
    """A value of plain lists, dicts, text and numbers, as JSON text with sorted keys: equal values are equal text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Write the value as text."""
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:  # noqa: ARG002 - SQLAlchemy's
        """Read the value from text."""
        return None if value is None else json.loads(value)


def as_text(when: date | datetime) -> str:
    """Write a day or a moment as JSON can hold it, with the offset it has."""
    return when.isoformat()


def as_when(text: str) -> date | datetime:
    """Read what `as_text` wrote; a day has ten characters, a moment more."""
    return date.fromisoformat(text) if len(text) == len("2017-11-17") else datetime.fromisoformat(text)


def texts(*names: str) -> list[Column[str]]:
    """Make columns of text that is always there."""
    return [Column(name, Text, nullable=False) for name in names]


def only(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Let a column hold these words alone: what another program writes is refused, not read as something else.

    A new word needs a migration; `0009_only_known_words` shows how it is written without touching a row.
    """
    known = ", ".join(repr(word.value) for word in words)
    return CheckConstraint(f"{column} IN ({known})", name=column)
