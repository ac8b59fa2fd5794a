"""Articles and events: collecting them, and looking at what was collected."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from newsletter.collect.gather import CollectReport, Fetches, KeepsContent, SourceReport, gather
from newsletter.collect.markup import markdown_of, text_of
from newsletter.curate.draft import issue_item
from newsletter.curate.issue_text import item_text
from newsletter.curate.select import Choice
from newsletter.domain.content import Item, ItemKey, Source, SourceId
from newsletter.domain.item_names import chosen_key
from newsletter.domain.period import Period, midnight, parse_period
from newsletter.domain.sameness import Match, Pair, Verdict, pair_of
from newsletter.domain.told import Kept, Memory
from newsletter.errors import UsageError
from newsletter.service.looks import write_looks
from newsletter.service.resources import Resources
from newsletter.storage.content import ContentStore, SourceStatus


class ItemService:
    """The verbs of `collect`, `item` and `source`."""

    def __init__(self, resources: Resources, fetcher: Fetches) -> None:
        self._resources = resources
        self._fetcher = fetcher

    def collect(
        self,
        *,
        on_progress: Callable[[SourceReport], None] = lambda _report: None,
        on_wait: Callable[[Sequence[SourceId]], None] = lambda _sources: None,
    ) -> CollectReport:
        """Visit every source that is switched on and keep what is new or changed; one bad source stops no other.

        Args:
            on_progress: Told of each source when it is done.
            on_wait: Told which sources are still waited for, when none was done for a while.

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
            on_wait=on_wait,
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

    def item(self, name: str) -> Kept:
        """Give one item, and when it was seen.

        Args:
            name: Its key, or a part of it that no other key has.

        Raises:
            UsageError: There is none with this name, or several.
        """
        with self._resources.database.read() as connection:
            store = ContentStore(connection)
            key = _key(store, name)
            return store.kept([key])[key]

    def matches(self, name: str | None = None) -> tuple[Match, ...]:
        """Give the pairs that wait for a person's word; or, of one item, all that was decided of it.

        Raises:
            UsageError: There is no item with this name, or several.
        """
        with self._resources.database.read() as connection:
            store = ContentStore(connection)
            if name is None:
                return _matches(store, store.pairs(Verdict.OFFERED))
            key = _key(store, name)
            keys = store.together().get(key, frozenset((key,)))
            return _matches(store, [pair for pair in store.pairs() if keys & pair.keys])

    def merge(self, names: Sequence[str]) -> Kept:
        """Make one item of several, as a person says: no rule takes them apart again, and `split` does.

        Raises:
            UsageError: There are fewer than two, or they are an article and an event.
        """
        with self._resources.database.write() as connection:
            store = ContentStore(connection)
            keys = list(dict.fromkeys(_key(store, name) for name in names))
            if len(keys) < len(("one", "other")):
                raise UsageError("One item alone cannot be merged.", hint="Name two keys of `newsletter item list`.")
            if len({type(kept.item) for kept in store.kept(keys).values()}) > 1:
                raise UsageError(
                    "An article and an event are never one.", hint="Leave out of the issue what is too much."
                )
            together = store.together()
            members = sorted({member for key in keys for member in together.get(key, {key})})
            apart = [pair.keys for pair in store.pairs(Verdict.TWO)]
            wanted = [frozenset((keys[0], key)) for key in keys[1:]]
            wanted += [pair for pair in apart if pair <= set(members) and pair not in wanted]
            self._say(store, wanted, Verdict.SAME, "you merged them")
            return store.kept(keys)[keys[0]]

    def split(self, name: str, other: str | None = None) -> Kept:
        """Take a record out of an item, as a person says, or settle that two which look alike are two.

        Args:
            name: The record.
            other: What it is not the same as; by default everything that it is or may be.

        Raises:
            UsageError: There is nothing that it is part of, or may be.
        """
        with self._resources.database.write() as connection:
            store = ContentStore(connection)
            key = _key(store, name)
            offered = {member for pair in store.pairs(Verdict.OFFERED) if key in pair.keys for member in pair.keys}
            others = (store.together().get(key, set()) | offered) - {key} if other is None else {_key(store, other)}
            if not others - {key}:
                raise UsageError(f"{key!r} is one record of one source.", hint="newsletter item list")
            self._say(store, [frozenset((key, one)) for one in sorted(others)], Verdict.TWO, "you took them apart")
            return store.kept([key])[key]

    def _say(self, store: ContentStore, pairs: Iterable[frozenset[ItemKey]], verdict: Verdict, because: str) -> None:
        """Keep a person's word."""
        said = [pair_of(one, other, verdict, because, is_by_person=True) for one, other in pairs]
        store.save_pairs(said, now=self._resources.clock.now())

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


def _key(store: ContentStore, name: str) -> ItemKey:
    """Find the key that is meant.

    Raises:
        UsageError: There is none, or there are several.
    """
    keys = store.keys()
    if not keys:
        raise UsageError(f"There is no item {name!r}.", hint="newsletter collect")
    return chosen_key(name, keys)


def _matches(store: ContentStore, pairs: Sequence[Pair]) -> tuple[Match, ...]:
    records = store.single({key for pair in pairs for key in pair.keys})
    return tuple(Match(pair=pair, first=records[pair.first], second=records[pair.second]) for pair in pairs)
