"""Keeps snapshots and items, and gives them back as the values they were.

The door is `ContentStore`, over a connection whose transaction somebody else began. An item is known by its source and
identity and keeps its first key for ever. Nothing is written for what is already there, so that collecting twice leaves
the database as it was, byte for byte.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, bindparam, func, insert, select, update

from newsletter.domain.content import (
    Answer,
    Event,
    Item,
    ItemCounts,
    ItemKey,
    LastSeen,
    Problem,
    ProblemGrade,
    Reading,
    Snapshot,
    SourceId,
    overlaps,
)
from newsletter.domain.issue import ItemKind
from newsletter.domain.period import first_moment
from newsletter.domain.sameness import merge
from newsletter.domain.told import Kept
from newsletter.storage import tables
from newsletter.storage.columns import Moment
from newsletter.storage.item_rows import columns_of, item_of, kept_of
from newsletter.storage.sameness import SamenessStore

_MARGIN = timedelta(days=1)
"""A bare date is kept as its midnight in UTC; in its own zone that moment is up to 14 hours away."""


_MOMENTS_MOST = 200
"""At which a source spoke: enough to know how often it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """How a source stands.

    Attributes:
        content_from: When its last snapshot came, or None.
        reading: How it fared last.
        reported_at: Since when it fares so.
    """

    source_id: SourceId
    items: int
    first_seen: datetime | None
    content_from: datetime | None
    reading: Reading
    reported_at: datetime


class ContentStore(SamenessStore):
    """Snapshots and items, and which of these are one, within one transaction."""

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
                added.append({**columns_of(item), "first_seen_at": now, "changed_at": now})
                continue
            columns = columns_of(replace(item, key=ItemKey(row.key)))
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

    def keys(self) -> tuple[ItemKey, ...]:
        """Give the keys of all records, also of those that are part of another item."""
        return tuple(map(ItemKey, self._connection.execute(select(tables.item.c.key)).scalars()))

    def _known(self, source_id: SourceId) -> dict[str, Any]:
        """Give the rows of a source by identity."""
        table = tables.item
        rows = self._connection.execute(
            select(
                table.c.identity, table.c.key, table.c.kind, table.c.content, table.c.fingerprint, table.c.missed_at
            ).where(table.c.source_id == source_id)
        )
        return {row.identity: row for row in rows}

    def was_dated(self, source_id: SourceId) -> bool:
        """Tell whether an article of a source, also one that it has no more, has a date."""
        table = tables.item
        dated = select(table.c.key).where(table.c.source_id == source_id, table.c.published_at.is_not(None)).limit(1)
        return self._connection.execute(dated).first() is not None

    def spoke(self, source_id: SourceId) -> tuple[datetime, ...]:
        """Give when items of a source appeared, the latest first: as they say, or when they were first seen."""
        table = tables.item
        when = func.coalesce(table.c.published_at, table.c.first_seen_at, type_=Moment())
        rows = self._connection.execute(
            select(when.label("at"))
            .where(table.c.source_id == source_id)
            .group_by("at")
            .order_by(when.desc())
            .limit(_MOMENTS_MOST)
        )
        return tuple(row.at for row in rows)

    def reading(self, source_id: SourceId) -> Reading | None:
        """Give how a source fared last, or None when it was never collected."""
        table = tables.source_report
        row = self._connection.execute(select(table).where(table.c.source_id == source_id)).one_or_none()
        return None if row is None else _reading_of(row)

    def save_reading(self, source_id: SourceId, reading: Reading, *, now: datetime) -> None:
        """Keep how a source fared, unless it fared the same before."""
        table, before = tables.source_report, self.reading(source_id)
        values: dict[str, object] = {
            "found": reading.found,
            "rejected": reading.rejected,
            "answer": reading.answer.value,
            "problems": [asdict(problem) for problem in reading.problems],
            "mark": reading.mark,
        }
        if before is None:
            self._connection.execute(insert(table).values(source_id=source_id, changed_at=now, **values))
        elif before != reading:
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
                reading=_reading_of(row),
                reported_at=row.changed_at,
            )
            for row in rows
        )

    def kept(self, keys: Collection[ItemKey]) -> dict[ItemKey, Kept]:
        """Give those of some items that are kept, with what is known of them, each under the key it was asked by."""
        merged = self._merged(select(tables.item).where(tables.item.c.key.in_(keys)))
        found: dict[ItemKey, Kept] = {}
        for kept in merged:
            for key in {kept.item.key, *(record.key for record in kept.records)}.intersection(keys):
                found[key] = replace(kept, item=replace(kept.item, key=key))
        return found

    def single(self, keys: Collection[ItemKey]) -> dict[ItemKey, Item]:
        """Give records by key, each as its own source has it."""
        rows = self._connection.execute(select(tables.item).where(tables.item.c.key.in_(keys)))
        return {ItemKey(row.key): item_of(row) for row in rows}

    def records(self, *, touched: datetime, around: timedelta) -> tuple[Kept, ...]:
        """Give what became new, changed or missed at a moment, and what is of about its time, by key and unmerged.

        Args:
            touched: Aware moment of a collecting.
            around: How much earlier or later the others may be; what has no date is always among them.
        """
        table = tables.item
        is_touched = (
            (table.c.first_seen_at == touched) | (table.c.changed_at == touched) | (table.c.missed_at == touched)
        )
        when = func.coalesce(table.c.published_at, table.c.starts_at, type_=Moment())
        row = self._connection.execute(select(func.count(), func.min(when), func.max(when)).where(is_touched)).one()
        if not row[0]:
            return ()
        is_near = when.is_(None) if row[1] is None else when.is_(None) | when.between(row[1] - around, row[2] + around)
        rows = self._connection.execute(select(table).where(is_touched | is_near).order_by(table.c.key))
        return tuple(map(kept_of, rows))

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
        return self._merged(select(table).where(was_published | undated | begun | carried))

    def all_items(self) -> tuple[Item, ...]:
        """Give every item, by key."""
        return self._items(select(tables.item))

    def items_between(self, start: datetime, end: datetime, *, zone: ZoneInfo) -> tuple[Item, ...]:
        """Give what belongs to [start, end), by key.

        These are the articles published in it, the events of which any part falls into it, and the articles without a
        date: those belong to no time, and a person has to decide.

        The zone decides when a bare date begins and ends.
        """
        table = tables.item
        published = table.c.published_at.between(start - _MARGIN, end + _MARGIN)
        undated = (table.c.kind == ItemKind.ARTICLE.value) & table.c.published_at.is_(None)
        begun = table.c.starts_at < end + _MARGIN
        found = self._items(select(table).where(published | undated | begun))
        return tuple(item for item in found if _falls_into(item, start, end, zone))

    def _items(self, query: Select[Any]) -> tuple[Item, ...]:
        """Give the items of a query, by key."""
        return tuple(kept.item for kept in self._merged(query))

    def _merged(self, query: Select[Any]) -> tuple[Kept, ...]:
        """Give the items of a query by key, each made of all its records."""
        records = {ItemKey(row.key): kept_of(row) for row in self._connection.execute(query)}
        together = self.together()
        missing = {other for key in records for other in together.get(key, ())} - records.keys()
        if missing:
            rows = self._connection.execute(select(tables.item).where(tables.item.c.key.in_(missing)))
            records |= {ItemKey(row.key): kept_of(row) for row in rows}
        return merge(records.values(), together)


def _reading_of(row: Row[Any]) -> Reading:
    """Give how a source fared, as its row says."""
    return Reading(
        found=row.found,
        rejected=row.rejected,
        problems=tuple(Problem(**{**problem, "grade": ProblemGrade(problem["grade"])}) for problem in row.problems),
        answer=Answer(row.answer or Answer.WHOLE),
        mark=row.mark,
    )


def _falls_into(item: Item, start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """Tell whether an item belongs to [start, end), or to no time."""
    if isinstance(item, Event):
        return overlaps(item, start, end, zone)
    return item.published is None or start <= first_moment(item.published, zone) < end
