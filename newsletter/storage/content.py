"""Keeps snapshots and items, and gives them back as the values they were.

The door is `ContentStore`, over a connection whose transaction somebody else began. An item is known by its source and
identity and keeps its first key for ever. Nothing is written for what is already there, so that collecting twice leaves
the database as it was, byte for byte.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update

from newsletter.domain.content import (
    Answer,
    Article,
    Event,
    EventStatus,
    Item,
    ItemCounts,
    ItemKey,
    LastSeen,
    Precision,
    Problem,
    ProblemGrade,
    Snapshot,
    SourceId,
    fingerprint,
    overlaps,
)
from newsletter.domain.issue import ItemKind
from newsletter.domain.period import first_moment
from newsletter.domain.told import Kept
from newsletter.storage import tables
from newsletter.storage.columns import as_text, as_when

_MARGIN = timedelta(days=1)
"""A bare date is kept as its midnight in UTC; in its own zone that moment is up to 14 hours away."""

_MOMENTS: Final = {"published", "updated", "start", "end"}
_LATER: Final = {"alternates", "image", "image_alt"}
"""Fields that the first databases did not have: kept only when they say something, so that no old row is rewritten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How a source stands.

    Attributes:
        source_id: Which.
        items: How many of its items are kept.
        first_seen: When its first snapshot came, or None.
        content_from: When its last snapshot came, or None.
        found: Items it held when it was last collected with another result than before.
        rejected: Likewise, items left out.
        problems: Likewise.
        reported_at: When that was.
        answer: What the last look brought.
    """

    source_id: SourceId
    items: int
    first_seen: datetime | None
    content_from: datetime | None
    found: int
    rejected: int
    problems: tuple[Problem, ...]
    reported_at: datetime
    answer: Answer


class ContentStore:
    """Snapshots and items, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def latest_snapshot(self, source_id: SourceId) -> Snapshot | None:
        """Give the last snapshot kept of a source, or None."""
        table = tables.snapshot
        row = self._connection.execute(
            select(table).where(table.c.source_id == source_id).order_by(table.c.id.desc()).limit(1)
        ).one_or_none()
        if row is None:
            return None
        return Snapshot(
            source_id=SourceId(row.source_id),
            fetched_at=row.fetched_at,
            location=row.location,
            media_type=row.media_type,
            headers=row.headers,
            body=row.body,
        )

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot."""
        self._connection.execute(
            insert(tables.snapshot).values(
                source_id=snapshot.source_id,
                fetched_at=snapshot.fetched_at,
                location=snapshot.location,
                media_type=snapshot.media_type,
                headers=dict(snapshot.headers),
                sha256=snapshot.sha256,
                body=snapshot.body,
            )
        )

    def save_items(self, source_id: SourceId, items: Sequence[Item], *, now: datetime) -> ItemCounts:
        """Keep new and changed items of one source; what the source no longer has stays (`mark_missed`).

        Args:
            source_id: Whose.
            items: Each identity once. The key of a new one is kept for ever; a known one is kept under its first key.
            now: Aware moment; `first_seen` of new items, and the time of change where the words changed.
        """
        known = self._known(source_id)
        added: list[dict[str, object]] = []
        changed = 0
        for item in items:
            row = known.get(item.identity)
            if row is None:
                added.append({**_columns(item), "first_seen_at": now, "changed_at": now})
                continue
            columns = _columns(replace(item, key=ItemKey(row.key)))
            if columns["content"] != row.content or columns["kind"] != row.kind or row.missed_at is not None:
                if columns["fingerprint"] != row.fingerprint:
                    columns["changed_at"] = now
                columns |= {"last_seen_at": None, "missed_at": None}
                self._connection.execute(update(tables.item).where(tables.item.c.key == row.key).values(columns))
                changed += 1
        if added:
            self._connection.execute(insert(tables.item), added)
        return ItemCounts(new=len(added), changed=changed, unchanged=len(items) - len(added) - changed)

    def standing(self, source_id: SourceId) -> tuple[LastSeen, ...]:
        """Give what a source had at the last look, by key."""
        table = tables.item
        rows = self._connection.execute(
            select(table.c.identity, table.c.content, table.c.starts_at)
            .where(table.c.source_id == source_id, table.c.missed_at.is_(None))
            .order_by(table.c.key)
        )
        return tuple(
            LastSeen(identity=row.identity, title=row.content["title"], starts_at=row.starts_at) for row in rows
        )

    def mark_missed(
        self, source_id: SourceId, identities: Sequence[str], *, last_seen: datetime, now: datetime
    ) -> None:
        """Note that a complete answer came without items; they are kept.

        Args:
            source_id: Whose.
            identities: Of items that it had until now.
            last_seen: When it is known to have had them.
            now: Aware moment of the answer.
        """
        table = tables.item
        if identities:
            self._connection.execute(
                update(table)
                .where(table.c.source_id == source_id, table.c.identity == bindparam("absent"))
                .values(last_seen_at=last_seen, missed_at=now),
                [{"absent": identity} for identity in identities],
            )

    def count(self) -> int:
        """Give how many items are kept."""
        return self._connection.execute(select(func.count()).select_from(tables.item)).scalar_one()

    def _known(self, source_id: SourceId) -> dict[str, Any]:
        """Give the rows of a source by identity."""
        table = tables.item
        rows = self._connection.execute(
            select(
                table.c.identity, table.c.key, table.c.kind, table.c.content, table.c.fingerprint, table.c.missed_at
            ).where(table.c.source_id == source_id)
        )
        return {row.identity: row for row in rows}

    def save_report(
        self,
        source_id: SourceId,
        *,
        found: int,
        rejected: int,
        problems: Sequence[Problem],
        answer: Answer,
        now: datetime,
    ) -> None:
        """Keep how a source fared, unless it fared the same before."""
        table = tables.source_report
        values: dict[str, object] = {
            "found": found,
            "rejected": rejected,
            "answer": answer.value,
            "problems": [{part.name: getattr(problem, part.name) for part in fields(problem)} for problem in problems],
        }
        row = self._connection.execute(select(table).where(table.c.source_id == source_id)).one_or_none()
        if row is None:
            self._connection.execute(insert(table).values(source_id=source_id, changed_at=now, **values))
        elif any(getattr(row, name) != value for name, value in values.items()):
            self._connection.execute(
                update(table).where(table.c.source_id == source_id).values(changed_at=now, **values)
            )

    def source_status(self) -> tuple[SourceStatus, ...]:
        """Give how every source that was ever collected stands, by its id."""
        item, snapshot, report = tables.item, tables.snapshot, tables.source_report
        counts = select(item.c.source_id, func.count().label("kept")).group_by(item.c.source_id).subquery()
        latest = (
            select(
                snapshot.c.source_id,
                func.min(snapshot.c.fetched_at).label("first_seen"),
                func.max(snapshot.c.fetched_at).label("content_from"),
            )
            .group_by(snapshot.c.source_id)
            .subquery()
        )
        rows = self._connection.execute(
            select(report, counts.c.kept, latest.c.first_seen, latest.c.content_from)
            .outerjoin(counts, counts.c.source_id == report.c.source_id)
            .outerjoin(latest, latest.c.source_id == report.c.source_id)
            .order_by(report.c.source_id)
        )
        return tuple(
            SourceStatus(
                source_id=SourceId(row.source_id),
                items=row.kept or 0,
                first_seen=row.first_seen,
                content_from=row.content_from,
                found=row.found,
                rejected=row.rejected,
                problems=tuple(
                    Problem(**{**problem, "grade": ProblemGrade(problem["grade"])}) for problem in row.problems
                ),
                reported_at=row.changed_at,
                answer=Answer(row.answer or Answer.WHOLE),
            )
            for row in rows
        )

    def kept(self, keys: Collection[ItemKey]) -> dict[ItemKey, Kept]:
        """Give those of some items that are kept, with what is known of them."""
        table = tables.item
        rows = self._connection.execute(select(table).where(table.c.key.in_(keys)))
        return {ItemKey(row.key): _kept(row) for row in rows}

    def candidates(
        self, *, published: tuple[datetime, datetime], begins: tuple[datetime, datetime]
    ) -> tuple[Kept, ...]:
        """Give what an issue may be made of, by key: by its time, without a date, or carried by an issue before.

        Args:
            published: Half-open, of aware moments: when an article was published.
            begins: Likewise: when an event begins.
        """
        table = tables.item
        was_published = table.c.published_at.between(published[0] - _MARGIN, published[1] + _MARGIN)
        undated = (table.c.kind == ItemKind.ARTICLE.value) & table.c.published_at.is_(None)
        begun = table.c.starts_at.between(begins[0] - _MARGIN, begins[1] + _MARGIN)
        carried = table.c.key.in_(select(tables.approved_item.c.item_key))
        rows = self._connection.execute(
            select(table).where(was_published | undated | begun | carried).order_by(table.c.key)
        )
        return tuple(map(_kept, rows))

    def all_items(self) -> tuple[Item, ...]:
        """Give every item, by key."""
        return self._items(select(tables.item))

    def items_between(self, start: datetime, end: datetime, *, zone: ZoneInfo) -> tuple[Item, ...]:
        """Give what belongs to [start, end), by key.

        These are the articles published in it, the events of which any part falls into it, and the articles without a
        date: those belong to no time, and a person has to decide.

        Args:
            start: Aware moment.
            end: Aware moment.
            zone: Decides when a bare date begins and ends.
        """
        table = tables.item
        published = table.c.published_at.between(start - _MARGIN, end + _MARGIN)
        undated = (table.c.kind == ItemKind.ARTICLE.value) & table.c.published_at.is_(None)
        begun = table.c.starts_at < end + _MARGIN
        found = self._items(select(table).where(published | undated | begun))
        return tuple(item for item in found if _falls_into(item, start, end, zone))

    def _items(self, query: Select[Any]) -> tuple[Item, ...]:
        """Give the items of a query, by key."""
        return tuple(_item(row) for row in self._connection.execute(query.order_by(tables.item.c.key)))


def _kept(row: Row[Any]) -> Kept:
    """Make an item of a row, with what is known of it."""
    return Kept(
        item=_item(row),
        first_seen=row.first_seen_at,
        changed_at=row.changed_at,
        last_seen=row.last_seen_at,
        missed_at=row.missed_at,
    )


def _falls_into(item: Item, start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """Tell whether an item belongs to [start, end), or to no time."""
    if isinstance(item, Event):
        return overlaps(item, start, end, zone)
    return item.published is None or start <= first_moment(item.published, zone) < end


def _columns(item: Item) -> dict[str, object]:
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


def _item(row: Row[Any]) -> Item:
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
