"""Items as rows, and back: the columns by which they are found, and the rest as JSON."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from newsletter.domain.content import Article, Event, EventStatus, Item, Precision, fingerprint
from newsletter.domain.issue import ItemKind
from newsletter.domain.period import first_moment
from newsletter.domain.told import Kept
from newsletter.storage.columns import as_text, as_when

_MOMENTS: Final = {"published", "updated", "start", "end"}
_LATER: Final = {"alternates", "image", "image_alt", "sequence"}
"""Fields that the first databases did not have: kept only when they say something, so that no old row is rewritten."""


def kept_of(row: Row[Any]) -> Kept:
    """Make an item of a row, with what is known of it."""
    return Kept(
        item=item_of(row),
        first_seen=row.first_seen_at,
        changed_at=row.changed_at,
        last_seen=row.last_seen_at,
        missed_at=row.missed_at,
    )


def columns_of(item: Item) -> dict[str, object]:
    """Give an item as a row, without when it was seen."""
    is_article = isinstance(item, Article)
    plain = {part.name: _plain(getattr(item, part.name)) for part in fields(item)}
    return {
        "key": item.key,
        "source_id": item.source_id,
        "identity": item.identity,
        "kind": (ItemKind.ARTICLE if is_article else ItemKind.EVENT).value,
        "content": {name: value for name, value in plain.items() if value or name not in _LATER},
        "fingerprint": fingerprint(item),
        "published_at": _moment(item.published) if isinstance(item, Article) else None,
        "starts_at": _moment(item.start) if isinstance(item, Event) else None,
    }


def _moment(when: date | datetime | None) -> datetime | None:
    """Give the moment by which rows are found; a bare date counts from midnight UTC."""
    return None if when is None else first_moment(when, ZoneInfo("UTC"))


def _plain(value: object) -> object:
    """Give a field as JSON can hold it."""
    if isinstance(value, date):
        return as_text(value)
    return list(value) if isinstance(value, tuple) else value


def item_of(row: Row[Any]) -> Item:
    """Make an item of a row."""
    content: Mapping[str, Any] = row.content
    values = {name: _value(name, value) for name, value in content.items()}
    if row.kind == ItemKind.ARTICLE.value:
        return Article(**values)
    values |= {"precision": Precision(content["precision"]), "status": EventStatus(content["status"])}
    return Event(**values)


def _value(name: str, value: Any) -> Any:
    """Give a field as it was."""
    if isinstance(value, list):
        return tuple(value)
    if name in _MOMENTS and value is not None:
        return as_when(value)
    return value
