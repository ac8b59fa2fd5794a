"""Draw who is in which segments, and who would get the next issue, as a page with a plot and a table.

The door is `coverage_page`. Pure.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import cycle

from markupsafe import Markup

from newsletter.domain.audience import Headcount
from newsletter.domain.content import SegmentId
from newsletter.track.charts import Group, Part, draw_shares
from newsletter.track.sheet import Cells, sheet, table

_GROUPS_DRAWN = 30
"""The largest combinations; the table has all."""
_GETTING = ("#0b5d3b", "#b9dccb", "#58a182", "#dfeee7")
_NOT_GETTING = ("#8a5a00", "#e6b450", "#7a1f1f", "#d0d0d0", "#4a4a8a", "#ffffff")
"""Dark beside light, so that neighbours differ without colours too."""
_NOBODY = "in no segment"


def coverage_page(headcounts: Sequence[Headcount], name: str, named: Callable[[Sequence[SegmentId]], str]) -> str:
    """Write the page.

    Args:
        headcounts: Of everybody known.
        name: Of the publication.
        named: Gives the name of a combination of segments.
    """
    groups: dict[str, Counter[str]] = {}
    for one in headcounts:
        groups.setdefault(named(one.segments) or _NOBODY, Counter())[_part_of(one)] += one.people
    drawn = [Group(name=group, counts=counts) for group, counts in groups.items()]
    drawn.sort(key=lambda group: (group.name == _NOBODY, -group.whole, group.name))
    parts = _parts(headcounts)
    title = "Who would get the next issue, by combination of segments"
    figure = draw_shares(drawn[:_GROUPS_DRAWN], parts, key="coverage", title=title) if drawn else Markup()
    rows: list[Cells] = [
        (group.name, group.whole, *(group.counts.get(part.name, 0) for part in parts)) for group in drawn
    ]
    body = Markup("<figure>\n<figcaption>{}</figcaption>\n{}\n</figure>\n{}").format(
        title, figure, table("Everybody known", ["", "people", *(part.name for part in parts)], rows)
    )
    people = f"{sum(one.people for one in headcounts):,} people are known; each is counted once."
    return sheet(f"{name}: coverage", heading=f"{name}: who is in which segments", body=body, foot=people)


def _part_of(one: Headcount) -> str:
    """Name what becomes of people: the language they would get the issue in, or why they would not."""
    return f"gets it, {one.language}" if one.exclusion is None else str(one.exclusion.value)


def _parts(headcounts: Sequence[Headcount]) -> list[Part]:
    """Give every part that occurs: languages first, then reasons."""
    getting = sorted({_part_of(one) for one in headcounts if one.exclusion is None})
    others = sorted({_part_of(one) for one in headcounts if one.exclusion is not None})
    return [
        *(Part(name=name, colour=colour) for name, colour in zip(getting, cycle(_GETTING), strict=False)),
        *(Part(name=name, colour=colour) for name, colour in zip(others, cycle(_NOT_GETTING), strict=False)),
    ]
