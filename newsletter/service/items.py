"""Articles and events: collecting them, and looking at what was collected."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from newsletter.collect.gather import CollectReport, Fetches, KeepsContent, SourceReport, gather
from newsletter.collect.markup import markdown_of, text_of
from newsletter.curate.draft import issue_item
from newsletter.curate.issue_text import item_text
from newsletter.curate.select import Choice
from newsletter.domain.content import Item, ItemKey, Source
from newsletter.domain.period import Period, midnight, parse_period
from newsletter.domain.told import Kept, Memory
from newsletter.errors import UsageError
from newsletter.service.looks import write_looks
from newsletter.service.resources import Resources
from newsletter.storage.content import ContentStore, SourceStatus
from newsletter.toml_file import did_you_mean


class ItemService:
    """The verbs of `collect`, `item` and `source`."""

    def __init__(self, resources: Resources, fetcher: Fetches) -> None:
        self._resources = resources
        self._fetcher = fetcher

    def collect(self, *, on_progress: Callable[[SourceReport], None] = lambda _report: None) -> CollectReport:
        """Visit every source that is switched on and keep what is new or changed; one bad source stops no other.

        Raises:
            StorageError: The database cannot be written.
        """
        now = self._resources.clock.now()
        report = gather(
            self._resources.settings.sources,
            fetcher=self._fetcher,
            open_store=self._writing,
            now=now,
            on_progress=on_progress,
        )
        answered = [one.source_id for one in report.sources if one.error is None]
        with self._resources.database.read() as connection:
            statuses = ContentStore(connection).source_status()
        write_looks(self._resources.settings.root, answered, statuses, now=now)
        return report

    def sources(self) -> tuple[tuple[Source, SourceStatus | None], ...]:
        """Give every source of the configuration with how it fared last, None when it was never visited."""
        with self._resources.database.read() as connection:
            statuses = {status.source_id: status for status in ContentStore(connection).source_status()}
        return tuple((source, statuses.get(source.id)) for source in self._resources.settings.sources)

    def items(self, *, label: str | None = None) -> tuple[Item, ...]:
        """Give what was collected: everything, or what was published or happens in a period.

        Raises:
            UsageError: The label is none.
        """
        zone = self._resources.settings.publication.zone
        with self._resources.database.read() as connection:
            store = ContentStore(connection)
            if label is None:
                return store.all_items()
            period = parse_period(label, zone)
            return store.items_between(period.start, period.end, zone=zone)

    def item(self, key: str) -> Kept:
        """Give one item, and when it was seen.

        Raises:
            UsageError: There is none with this key.
        """
        with self._resources.database.read() as connection:
            store = ContentStore(connection)
            if found := store.kept([ItemKey(key)]):
                return found[ItemKey(key)]
            keys = [str(item.key) for item in store.all_items()]
        raise UsageError(f"There is no item {key!r}.", hint=did_you_mean(key, keys) if keys else "newsletter collect")

    def toml_of(self, key: str) -> str:
        """Give an item as the table that an editor can paste into issue.toml.

        Raises:
            UsageError: There is none with this key.
        """
        item = self.item(key).item
        settings = self._resources.settings
        today = self._resources.clock.now().astimezone(settings.publication.zone).date()
        start = midnight(today, settings.publication.zone)
        choice = Choice(
            period=Period(label="", start=start, end=start),
            date=today,
            publication=settings.publication,
            segments=(),
            topics=settings.topics,
            memory=Memory(),
            text_of=text_of,
        )
        return item_text(issue_item(item, choice, markdown_of=markdown_of), settings.publication)

    @contextmanager
    def _writing(self) -> Iterator[KeepsContent]:
        with self._resources.database.write() as connection:
            yield ContentStore(connection)
