"""Collect: from where content is to items we can choose from.

`fetching` brings bytes (the only code that opens an address or a source's file), `parse` makes items of them, `gather`
does both for every source and keeps the result.
"""

from newsletter.collect import kinds
from newsletter.collect.problems import source_fault
from newsletter.collect.watching.contract import require_kind
from newsletter.domain.content import Harvest, Snapshot, Source
from newsletter.errors import SourceError


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
    require_kind(snapshot, source)
    harvest = kinds.parse(snapshot, source)
    if not harvest.items:
        raise SourceError(
            f"Source {source.id!r} holds no item that can be used.",
            hint="Mend what `newsletter collect` names of it, then collect again.",
            faults=[
                source_fault(source, problem.message, item=problem.item, line=problem.line, hint=problem.hint)
                for problem in harvest.problems
            ],
        )
    return harvest
