"""Which sources are not what they were, by a look at them now that keeps nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from newsletter.collect.gather import CollectReport, Fetches, KeepsContent, SourceReport, gather
from newsletter.domain.content import Problem, Reading, SourceId
from newsletter.domain.contract import silence
from newsletter.service.resources import Resources
from newsletter.service.sources.breaches import of_problems
from newsletter.storage.content import ContentStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A source that was looked at now.

    Attributes:
        report: What collecting would have reported.
        breaches: What is not as it was.
    """

    report: SourceReport
    breaches: tuple[Problem, ...]


def check(
    resources: Resources, fetcher: Fetches, *, on_wait: Callable[[Sequence[SourceId]], None]
) -> tuple[Checked, ...]:
    """Look at every source as `collect` does, and keep nothing of it."""
    now, sources = resources.clock.now(), resources.settings.sources
    with resources.database.read() as connection:
        known = ContentStore(connection)
        spoken = {source.id: known.spoke(source.id) for source in sources}

    @contextmanager
    def trying() -> Iterator[KeepsContent]:
        with resources.database.write() as connection:
            store = _Trying(connection)
            store.spoken = spoken
            yield store
            connection.rollback()

    report: CollectReport = gather(sources, fetcher=fetcher, open_store=trying, now=now, on_wait=on_wait)
    by_id = {source.id: source for source in sources}
    return tuple(
        Checked(
            report=one,
            breaches=(
                *of_problems(one.problems, is_failed=one.error is not None),
                *filter(None, [silence(by_id[one.source_id], spoken[one.source_id], looked_at=now)]),
            ),
        )
        for one in report.sources
    )


class _Trying(ContentStore):
    """Notes when a source spoke, before what it said is taken back."""

    spoken: dict[SourceId, tuple[datetime, ...]]

    def save_reading(self, source_id: SourceId, reading: Reading, *, now: datetime) -> None:
        """Note it."""
        super().save_reading(source_id, reading, now=now)
        self.spoken[source_id] = self.spoke(source_id)
