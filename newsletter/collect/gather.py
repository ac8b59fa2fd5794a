"""Collects from every source: fetches, makes items, keeps them, and reports what happened to each.

The door is `gather`. A source that fails does not stop the others, and costs nothing that was collected before: its
items are in the store, and the report says since when they stand. It decides what to keep; how, the store knows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from newsletter.collect import contained
from newsletter.collect.fetching.fetch import NotModified
from newsletter.collect.fetching.side_by_side import side_by_side
from newsletter.collect.problems import ProblemLog
from newsletter.collect.sameness.settle import KeepsSameness, settle
from newsletter.collect.watching.absence import judge
from newsletter.collect.watching.contract import lost_dates
from newsletter.collect.watching.reading import is_as_it_was, mark_of
from newsletter.domain.content import (
    Answer,
    Harvest,
    Item,
    ItemCounts,
    LastSeen,
    Problem,
    ProblemGrade,
    Reading,
    Snapshot,
    Source,
    SourceId,
)
from newsletter.domain.sameness import Look, Match
from newsletter.errors import SourceError


class Fetches(Protocol):
    """What gathering needs of `fetch.Fetcher`."""

    def fetch(
        self,
        source: Source,
        *,
        now: datetime,
        validators: Mapping[str, str] | None = None,
        problems: ProblemLog | None = None,
    ) -> Snapshot | NotModified:
        """Bring what a source holds now."""
        ...

    def look(self, address: str) -> Look | None:
        """Say where an address leads, or None when that cannot be known now."""
        ...


class KeepsContent(KeepsSameness, Protocol):
    """What gathering needs of a store; `storage.content.ContentStore` fits."""

    def latest_snapshot(self, source_id: SourceId) -> Snapshot | None:
        """Give the last snapshot kept."""
        ...

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot."""
        ...

    def save_items(self, source_id: SourceId, items: Sequence[Item], *, now: datetime) -> ItemCounts:
        """Keep new and changed items; a known item keeps its key."""
        ...

    def standing(self, source_id: SourceId) -> Sequence[LastSeen]:
        """Give what the source had at the last look."""
        ...

    def mark_missed(
        self, source_id: SourceId, identities: Sequence[str], *, last_seen: datetime, now: datetime
    ) -> None:
        """Note that the source no longer has items, which are kept."""
        ...

    def was_dated(self, source_id: SourceId) -> bool:
        """Tell whether an article of the source ever had a date."""
        ...

    def reading(self, source_id: SourceId) -> Reading | None:
        """Give how a source fared last."""
        ...

    def save_reading(self, source_id: SourceId, reading: Reading, *, now: datetime) -> None:
        """Keep how the source fared, if that changed."""
        ...


OpenStore = Callable[[], AbstractContextManager[KeepsContent]]
"""Begins a transaction and gives the store in it; leaving the block keeps everything, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What happened to one source.

    Attributes:
        source_id: Which.
        found: Items in the harvest.
        counts: What became of them.
        rejected: Items that were left out.
        problems: What its keeper should know.
        error: Why nothing could be collected now, or None.
        content_age: How old the content in use is: nothing when it was collected now, the age of the last good
            snapshot when the source failed, None when there never was one.
    """

    source_id: SourceId
    found: int = 0
    counts: ItemCounts = field(default_factory=ItemCounts)
    rejected: int = 0
    problems: tuple[Problem, ...] = ()
    error: SourceError | None = None
    content_age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectReport:
    """What happened to every enabled source, in the order of the configuration.

    Attributes:
        sources: One after the other.
        matches: Items that were found to be one, or perhaps one, or two after all.
    """

    sources: tuple[SourceReport, ...]
    matches: tuple[Match, ...] = ()

    @property
    def failed(self) -> tuple[SourceReport, ...]:
        """Give the sources that could not be collected now."""
        return tuple(report for report in self.sources if report.error is not None)


def gather(
    sources: Iterable[Source],
    *,
    fetcher: Fetches,
    open_store: OpenStore,
    now: datetime,
    parse: Callable[[Snapshot, Source], Harvest] = contained.parse,
    on_progress: Callable[[SourceReport], None] = lambda _: None,
    on_wait: Callable[[Sequence[SourceId]], None] = lambda _: None,
) -> CollectReport:
    """Collect from all enabled sources side by side, each kept in a transaction of its own as soon as it is there.

    Nothing is written for what did not change. No transaction is open while a source is fetched, and a source that
    does not answer costs its own time only.

    Args:
        sources: In the order of the configuration.
        fetcher: Brings the bytes; asked from several threads.
        open_store: See `OpenStore`; used in the caller's thread alone.
        now: Aware moment of collecting.
        parse: Makes items of what was fetched; not asked about a source that is as it was.
        on_progress: Told of each source when it is done.
        on_wait: Told which sources are still waited for, once a while.

    Raises:
        StorageError: The store failed; sources that were done before stay kept.
    """
    sources = tuple(sources)
    enabled = {source.id: source for source in sources if source.is_enabled}
    with open_store() as store:
        before = {one: _Before(snapshot=store.latest_snapshot(one), reading=store.reading(one)) for one in enabled}
    reports: dict[SourceId, SourceReport] = {}
    bring = partial(_brought, fetcher=fetcher, parse=parse, now=now)
    work = [(partial(bring, source, before[source.id]), _host(source)) for source in enabled.values()]
    for brought in side_by_side(work, on_wait=lambda: on_wait([one for one in enabled if one not in reports])):
        source_id = brought.source.id
        reports[source_id] = _kept(brought, before[source_id].snapshot, open_store, now)
        on_progress(reports[source_id])
    matches = settle(sources, open_store=open_store, look_up=fetcher.look, now=now)
    return CollectReport(sources=tuple(reports[source_id] for source_id in enabled), matches=matches)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What is known of one source."""

    snapshot: Snapshot | None
    reading: Reading | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Brought:
    """What came of one source: a harvest of a snapshot, the reading that still holds, or the error in the way."""

    source: Source
    problems: tuple[Problem, ...] = ()
    snapshot: Snapshot | None = None
    harvest: Harvest | None = None
    mark: str | None = None
    unchanged: Reading | None = None
    error: SourceError | None = None


def _host(source: Source) -> str:
    """Name what a source takes a place at: its server, or this machine's disk."""
    return urlsplit(source.location).netloc.lower() if source.is_remote else ""


def _brought(
    source: Source,
    before: _Before,
    *,
    fetcher: Fetches,
    parse: Callable[[Snapshot, Source], Harvest],
    now: datetime,
) -> _Brought:
    """Fetch a source and make items of it; runs in a thread of its own and touches no store."""
    problems = ProblemLog(source.id)
    try:
        snapshot = _fetched(source, fetcher, before.snapshot, now, problems)
        mark = mark_of(snapshot, source, problems.found)
        if is_as_it_was(before.reading, mark):
            return _Brought(source=source, unchanged=before.reading)
        harvest = parse(snapshot, source)
    except SourceError as error:
        return _Brought(source=source, error=error)
    return _Brought(
        source=source,
        problems=problems.found,
        snapshot=snapshot,
        harvest=harvest,
        mark=None if harvest.is_of_its_time else mark,
    )


def _kept(brought: _Brought, previous: Snapshot | None, open_store: OpenStore, now: datetime) -> SourceReport:
    """Keep what came of one source."""
    source = brought.source
    if brought.error is not None:
        return _failed(source, brought.error, previous, open_store, now)
    if brought.unchanged is not None:
        return _reported(source, brought.unchanged, ItemCounts(unchanged=brought.unchanged.found))
    snapshot, harvest = brought.snapshot, brought.harvest
    assert snapshot is not None
    assert harvest is not None
    problems = (*brought.problems, *harvest.problems)
    with open_store() as store:
        absence = judge(store.standing(source.id), harvest, now=now)
        breaches = (absence.problem, lost_dates(harvest, was_dated=store.was_dated(source.id)))
        reading = Reading(
            found=len(harvest.items),
            rejected=sum(problem.grade is ProblemGrade.FAILED for problem in problems),
            problems=(*problems, *(one for one in breaches if one is not None)),
            answer=absence.answer,
            # What is not there yet may be past tomorrow, and then it is no loss.
            mark=brought.mark if absence.problem is None else None,
        )
        if previous is None or previous.sha256 != snapshot.sha256:
            store.save_snapshot(snapshot)
        counts = store.save_items(source.id, harvest.items, now=now)
        if previous is not None:
            store.mark_missed(source.id, absence.missed, last_seen=previous.fetched_at, now=now)
        store.save_reading(source.id, reading, now=now)
    return _reported(source, reading, counts)


def _reported(source: Source, reading: Reading, counts: ItemCounts) -> SourceReport:
    """Report a source that answered."""
    return SourceReport(
        source_id=source.id,
        found=reading.found,
        counts=counts,
        rejected=reading.rejected,
        problems=reading.problems,
        content_age=timedelta(),
    )


def _fetched(
    source: Source, fetcher: Fetches, previous: Snapshot | None, now: datetime, problems: ProblemLog
) -> Snapshot:
    """Bring a snapshot, or give the last one where the source says that it is as it was."""
    # Another address must not be asked whether the old one's content changed.
    is_same_place = previous is not None and previous.location == source.location
    validators = previous.headers if previous is not None and is_same_place else None
    fetched = fetcher.fetch(source, now=now, validators=validators, problems=problems)
    if isinstance(fetched, Snapshot):
        return fetched
    assert previous is not None
    # An endless series is shown around the fetch, and this was one.
    return replace(previous, fetched_at=now)


def _failed(
    source: Source, error: SourceError, previous: Snapshot | None, open_store: OpenStore, now: datetime
) -> SourceReport:
    """Report a source that gave nothing, and since when its last content stands."""
    problems = ProblemLog(source.id)
    problems.fail(error.message, hint=error.hint)
    for fault in error.faults:
        problems.fail(fault.message, item=fault.key, line=fault.place.line if fault.place else None, hint=fault.hint)
    if previous is not None:
        day = previous.fetched_at.astimezone(source.zone).date()
        problems.warn(f"What was collected on {day} is used instead.")
    reading = Reading(rejected=len(error.faults), problems=problems.found, answer=Answer.FAILED)
    with open_store() as store:
        store.save_reading(source.id, reading, now=now)
    return SourceReport(
        source_id=source.id,
        rejected=len(error.faults),
        problems=problems.found,
        error=error,
        content_age=None if previous is None else now - previous.fetched_at,
    )
