"""Draw counts as SVG that stands inside a page: no script, no picture from elsewhere, readable in print and aloud.

Doors: `draw_shares` (how each group's whole is made up) and `draw_growth` (how counts grow over time). Pure: the same
numbers give the same bytes. What a colour tells is also told by the order, by a pattern of the line, or by words. They
must not know what the numbers count.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from itertools import accumulate

from markupsafe import Markup

WIDTH = 720
"""In the drawing's own units; the page scales it."""
_NAMES_WIDTH = 190
_NUMBERS_WIDTH = 60
_ROW_HEIGHT = 30
_BAR_HEIGHT = 18
_LEGEND_HEIGHT = 24
_PLOT_TOP, _PLOT_BOTTOM, _PLOT_LEFT, _PLOT_RIGHT = 12, 220, 64, WIDTH - 16
_AXIS_HEIGHT = 34
_TICKS_MAX = 6
_STEPS_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 86_400)
_MINUTE_SECONDS, _DAY_SECONDS = 60, 86_400
_NAME_LENGTH_MAX = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of thing that is counted.

    Attributes:
        colour: `#1b5e20`; it must differ from its neighbours in lightness too, for print without colours.
    """

    name: str
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A whole that is made up of parts.

    Attributes:
        counts: How many of each part; parts without any may be absent.
    """

    name: str
    counts: Mapping[str, int]

    @property
    def whole(self) -> int:
        """Add all parts up."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How one count grew.

    Attributes:
        additions: When how many were added, the earliest first; moments are aware.
        is_dashed: Drawn with a broken line, so that two lines differ without colours.
    """

    part: Part
    additions: Sequence[tuple[datetime, int]]
    is_dashed: bool = False


def draw_shares(groups: Sequence[Group], parts: Sequence[Part], *, key: str, title: str) -> Markup:
    """Draw one bar for each group, all of the same length scale, with its parts in their order.

    `key` tells this drawing from others on the page; a group of nothing has no bar.
    """
    shown = [part for part in parts if any(group.counts.get(part.name) for group in groups)]
    widest = max((group.whole for group in groups), default=0)
    legend_rows = list(_legend(shown))
    top = _LEGEND_HEIGHT * (1 + max((row for _, row, _ in legend_rows), default=0))
    lines = [_legend_entry(part, column, row * _LEGEND_HEIGHT) for part, row, column in legend_rows]
    for number, group in enumerate(groups):
        lines += _bar(group, shown, y=top + number * _ROW_HEIGHT, widest=widest)
    told = "; ".join(_sentence(group, shown) for group in groups)
    return _svg(lines, height=top + len(groups) * _ROW_HEIGHT + 4, key=key, title=title, description=told)


def _sentence(group: Group, parts: Sequence[Part]) -> str:
    """Say a bar in words."""
    told = [f"{group.counts[part.name]} {part.name}" for part in parts if group.counts.get(part.name)]
    return f"{group.name}: {', '.join(told) or 'none'}"


def _bar(group: Group, parts: Sequence[Part], *, y: int, widest: int) -> Iterator[Markup]:
    room, x = WIDTH - _NAMES_WIDTH - _NUMBERS_WIDTH, float(_NAMES_WIDTH)
    middle = y + _ROW_HEIGHT / 2 + 4
    name = group.name if len(group.name) <= _NAME_LENGTH_MAX else f"{group.name[: _NAME_LENGTH_MAX - 1]}…"
    yield Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(_NAMES_WIDTH - 8, middle, name)
    for part in parts:
        if not (count := group.counts.get(part.name, 0)):
            continue
        width = room * count / widest
        yield Markup('<rect x="{:.2f}" y="{:.1f}" width="{:.2f}" height="{}" fill="{}" class="part"/>').format(
            x, y + (_ROW_HEIGHT - _BAR_HEIGHT) / 2, width, _BAR_HEIGHT, part.colour
        )
        x += width
    yield Markup('<text x="{:.2f}" y="{:.1f}">{}</text>').format(x + 6, middle, f"{group.whole:,}")


def _legend(parts: Sequence[Part]) -> Iterator[tuple[Part, int, int]]:
    """Give each part a row and a place in it, as many in a row as fit."""
    row, x = 0, _NAMES_WIDTH
    for part in parts:
        width = 38 + 7 * len(part.name)
        if x + width > WIDTH and x > _NAMES_WIDTH:
            row, x = row + 1, _NAMES_WIDTH
        yield part, row, x
        x += width


def _legend_entry(part: Part, x: int, y: int) -> Markup:
    return Markup(
        '<rect x="{}" y="{}" width="12" height="12" fill="{}" class="part"/><text x="{}" y="{}">{}</text>'
    ).format(x, y + 4, part.colour, x + 17, y + 14, part.name)


def draw_growth(growths: Sequence[Growth], *, zone: tzinfo, key: str, title: str) -> Markup:
    """Draw one line for each count, from its first addition on; moments are given in the zone.

    `key` tells this drawing from others on the page; there is at least one addition.
    """
    moments = [at for growth in growths for at, _ in growth.additions]
    first, last = min(moments), max(moments)
    last = max(last, first + timedelta(seconds=1))
    highest = max(sum(count for _, count in growth.additions) for growth in growths)
    scale = _Scale(first=first, last=last, highest=highest)
    lines = [*_count_axis(scale), *_time_axis(scale, zone)]
    for number, growth in enumerate(growths):
        lines += _line(growth, scale, number)
    told = "; ".join(_growth_sentence(growth, zone) for growth in growths)
    return _svg(lines, height=_PLOT_BOTTOM + _AXIS_HEIGHT, key=key, title=title, description=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """Where moments and counts are on the drawing."""

    first: datetime
    last: datetime
    highest: int

    def x(self, at: datetime) -> float:
        """Give the place of a moment."""
        return _PLOT_LEFT + (_PLOT_RIGHT - _PLOT_LEFT) * ((at - self.first) / (self.last - self.first))

    def y(self, count: float) -> float:
        """Give the height of a count."""
        return _PLOT_BOTTOM - (_PLOT_BOTTOM - _PLOT_TOP) * count / self.highest


def _growth_sentence(growth: Growth, zone: tzinfo) -> str:
    """Say a line in words."""
    if not growth.additions:
        return f"{growth.part.name}: none"
    whole = sum(count for _, count in growth.additions)
    ends = [f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (growth.additions[0][0], growth.additions[-1][0])]
    return f"{growth.part.name}: {whole:,} from {ends[0]} to {ends[1]}"


def _line(growth: Growth, scale: _Scale, number: int) -> Iterator[Markup]:
    """Draw a count that stands still between additions, one point for each column of the drawing, and its name."""
    if not growth.additions:
        return
    totals = accumulate(count for _, count in growth.additions)
    columns: dict[int, tuple[float, int]] = {}
    for (at, _), total in zip(growth.additions, totals, strict=True):
        x = scale.x(at)
        columns[round(x)] = (x, total)
    first_x = scale.x(growth.additions[0][0])
    steps = " ".join(f"H{x:.1f} V{scale.y(total):.1f}" for x, total in columns.values())
    path = f"M{first_x:.1f},{_PLOT_BOTTOM} {steps} H{_PLOT_RIGHT}"
    pattern = "6 4" if growth.is_dashed else "none"
    yield Markup('<path d="{}" fill="none" stroke="{}" stroke-width="2.5" stroke-dasharray="{}"/>').format(
        path, growth.part.colour, pattern
    )
    y = _PLOT_BOTTOM - 12 - 18 * number
    yield Markup(
        '<path d="M{},{} h28" fill="none" stroke="{}" stroke-width="2.5" stroke-dasharray="{}"/>'
        '<text x="{}" y="{}" text-anchor="end">{}</text>'
    ).format(_PLOT_RIGHT - 30, y, growth.part.colour, pattern, _PLOT_RIGHT - 36, y + 4, growth.part.name)


def _count_axis(scale: _Scale) -> Iterator[Markup]:
    """Draw a line across for every round count."""
    step = _round_step(scale.highest)
    for count in range(0, scale.highest + 1, step):
        y = scale.y(count)
        yield Markup(
            '<path d="M{},{:.1f} H{}" class="grid"/><text x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format(_PLOT_LEFT, y, _PLOT_RIGHT, _PLOT_LEFT - 8, y + 4, f"{count:,}")


def _round_step(highest: int) -> int:
    """Give the smallest of 1, 2, 5, 10, 20 and so on that needs few enough lines."""
    step, factors = 1, (2, 2.5, 2)
    number = 0
    while highest / step > _TICKS_MAX:
        step = round(step * factors[number % 3])
        number += 1
    return step


def _time_axis(scale: _Scale, zone: tzinfo) -> Iterator[Markup]:
    """Mark round moments below the plot, and name the day at the left."""
    span_seconds = (scale.last - scale.first).total_seconds()
    step_seconds = next(
        (step for step in _STEPS_SECONDS if span_seconds / step <= _TICKS_MAX),
        _DAY_SECONDS * -(-int(span_seconds) // (_DAY_SECONDS * _TICKS_MAX)),
    )
    form = "%H:%M:%S" if step_seconds < _MINUTE_SECONDS else "%H:%M" if step_seconds < _DAY_SECONDS else "%Y-%m-%d"
    midnight = scale.first.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    steps_before = math.ceil((scale.first - midnight) / timedelta(seconds=step_seconds))
    at = midnight + timedelta(seconds=steps_before * step_seconds)
    while at <= scale.last:
        x = scale.x(at)
        yield Markup(
            '<path d="M{:.1f},{} v5" class="tick"/><text x="{:.1f}" y="{}" text-anchor="middle">{}</text>'
        ).format(x, _PLOT_BOTTOM, x, _PLOT_BOTTOM + 18, at.astimezone(zone).strftime(form))
        at += timedelta(seconds=step_seconds)
    yield Markup('<text x="0" y="{}">{}</text>').format(
        _PLOT_BOTTOM + 32, f"from {scale.first.astimezone(zone):%Y-%m-%d %H:%M %Z}"
    )


def _svg(lines: Sequence[Markup], *, height: int, key: str, title: str, description: str) -> Markup:
    """Frame a drawing with its title and, for whoever cannot see it, everything in words."""
    return Markup(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{}-title {}-description">'
        '<title id="{}-title">{}</title><desc id="{}-description">{}</desc>{}</svg>'
    ).format(WIDTH, height, key, key, key, title, key, description, Markup().join(lines))
