"""Collect: from where content is to items we can choose from.

`fetching` brings bytes (the only code that opens an address or a source's file), `parse` makes items of them, `gather`
does both for every source and keeps the result. Parsers know no network, no store and no clock; nothing here knows
issues, segments' rules or readers.
"""

from collections.abc import Callable, Mapping
from typing import Final

from newsletter.collect.kinds import calendar, feed, folder, text
from newsletter.collect.limits import MAXIMUM_ITEMS
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import Article, Event, Harvest, Snapshot, Source, SourceKind
from newsletter.errors import Fault, SourceError

_PARSERS: Final[Mapping[SourceKind, Callable[[Snapshot, Source], Harvest]]] = {
    SourceKind.TEXT: text.parse,
    SourceKind.FEED: feed.parse,
    SourceKind.CALENDAR: calendar.parse,
    SourceKind.FOLDER: folder.parse,
}


def parse(snapshot: Snapshot, source: Source) -> Harvest:
    """Make items of what was fetched. The same snapshot and source give the same harvest, on every machine.

    One bad item never loses the others: it stands among the problems. Identities are unique in the harvest.

    Raises:
        SourceError: The snapshot is not what the source promises (a web page instead of a feed), is empty, or holds no
            item that can be used: a source that fell silent is a fault, never an empty month.
    """
    if not snapshot.body.strip():
        raise SourceError(
            f"Source {source.id!r} is empty.",
            hint="Look at it: it should hold articles or events.",
        )
    harvest = _within_limits(_PARSERS[source.kind](snapshot, source))
    if not harvest.items:
        raise SourceError(
            f"Source {source.id!r} holds no item that can be used.",
            hint=f"`newsletter source check {source.id}` shows what was left out and why.",
            faults=[
                Fault(message=problem.message, key=problem.item, hint=problem.hint) for problem in harvest.problems
            ],
        )
    return harvest


def _within_limits(harvest: Harvest) -> Harvest:
    """Keep each identity once and no more items than one source may have."""
    problems = ProblemLog(harvest.source_id)
    seen: set[str] = set()
    articles: list[Article] = []
    events: list[Event] = []
    for item in harvest.items:
        if item.identity in seen:
            problems.fail("The source has this item twice; the first one was taken.", item=item.title)
        elif len(seen) < MAXIMUM_ITEMS:
            seen.add(item.identity)
            articles.append(item) if isinstance(item, Article) else events.append(item)
    if left_out := len({item.identity for item in harvest.items}) - len(seen):
        problems.warn(f"Only the first {MAXIMUM_ITEMS} items were taken; {left_out} were left out.")
    return Harvest(
        source_id=harvest.source_id,
        articles=tuple(articles),
        events=tuple(events),
        problems=(*harvest.problems, *problems.found),
    )
