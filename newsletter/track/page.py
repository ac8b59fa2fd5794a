"""Write reports as one HTML page that stands alone: to open in any browser, to print, to send to whoever asks.

The door is `as_html`. Pure. Everything that came from strangers' servers is text, never markup; the page loads nothing
and runs nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo

from markupsafe import Markup

from newsletter.domain.delivery import DeliveryState, SendingId
from newsletter.domain.notification import TimelinePoint
from newsletter.track.charts import Group, Growth, Part, draw_growth, draw_shares
from newsletter.track.report import Report, ReportRow, minute, plain, state_word
from newsletter.track.sheet import Cells, sheet, table

_DELIVERED = Part(name="delivered", colour="#0b5d3b")
_ACCEPTED = Part(name="accepted", colour="#58a182")
_PARTS: Sequence[tuple[Part, tuple[DeliveryState, ...]]] = (
    (_DELIVERED, (DeliveryState.DELIVERED,)),
    (_ACCEPTED, (DeliveryState.ACCEPTED,)),
    (Part(name="deferred", colour="#b9dccb"), (DeliveryState.DEFERRED,)),
    (Part(name="bounced", colour="#8a5a00"), (DeliveryState.BOUNCED_SOFT, DeliveryState.BOUNCED_HARD)),
    (Part(name="complained", colour="#e6b450"), (DeliveryState.COMPLAINED,)),
    (Part(name="rejected", colour="#7a1f1f"), (DeliveryState.REJECTED,)),
    (Part(name="skipped", colour="#d0d0d0"), (DeliveryState.SKIPPED,)),
    (Part(name="unknown", colour="#4a4a8a"), (DeliveryState.UNKNOWN,)),
    (Part(name="still to be sent", colour="#ffffff"), (DeliveryState.QUEUED, DeliveryState.SENDING)),
)
"""Dark beside light, so that neighbours differ without colours too."""


def as_html(
    reports: Sequence[Report], timelines: Mapping[SendingId, Sequence[TimelinePoint]], *, name: str, zone: tzinfo
) -> str:
    """Write reports of one issue on one page.

    There is at least one report; they are shown in their order.
    """
    label = reports[0].sending.label
    articles = [_article(report, timelines.get(report.sending.id, ()), zone) for report in reports]
    foot = "Opens and clicks are not measured. Whoever is in several segments counts in each of them."
    return sheet(
        f"{name} {label}: report",
        heading=f"{name}: report of issue {label}",
        body=Markup("\n").join(articles),
        foot=foot,
    )


def _article(report: Report, timeline: Sequence[TimelinePoint], zone: tzinfo) -> Markup:
    sending = report.sending
    nobody = " This is a trial: nobody is mailed." if report.is_trial else ""
    began = minute(sending.started_at, zone)
    ended = "" if sending.finished_at is None else f", ended {minute(sending.finished_at, zone)}"
    parts = [
        Markup("<h2>{} through {}: {}</h2>\n<p>Began {}{}.{}</p>").format(
            report.kind.capitalize(), sending.mailer, state_word(sending), began, ended, nobody
        ),
        _advice(report),
        _sums(report),
        _growth(report, timeline, zone),
        _shares(report),
        _rows("By segment", report.segments),
        _rows("By edition", report.editions),
        _rows("By mail domain", report.domains),
        _reasons(report),
        _unknown(report, zone),
    ]
    return Markup("<article>\n{}\n</article>").format(Markup("\n").join(part for part in parts if part))


def _advice(report: Report) -> Markup:
    said = [
        Markup("<p>{}<br><code>{}</code></p>").format(plain(advice.message), advice.command) for advice in report.advice
    ]
    return (
        Markup('<section class="advice">\n<h3>To do</h3>\n{}\n</section>').format(Markup("\n").join(said))
        if said
        else Markup()
    )


def _sums(report: Report) -> Markup:
    """Write both sums, so that anybody can add them up."""
    balance = report.balance
    excluded = [f"{count:,} {reason}" for reason, count in balance.excluded.items()]
    planned = [f"{count:,} {part.name}" for part, count in _counts(balance.states) if count]
    verdict = "The report balances." if balance.holds else "The report DOES NOT BALANCE."
    return Markup("<p>{} people known = {}.<br>{} planned = {}.<br><strong>{}</strong></p>").format(
        f"{balance.candidates:,}",
        " + ".join([f"{balance.planned:,} planned", *excluded]),
        f"{balance.planned:,}",
        " + ".join(planned) or "0",
        verdict,
    )


def _growth(report: Report, timeline: Sequence[TimelinePoint], zone: tzinfo) -> Markup:
    """Draw how deliveries came about over time; nothing when nothing did."""
    if not timeline:
        return Markup()
    growths = [
        Growth(
            part=part,
            additions=[(point.at, point.deliveries) for point in timeline if point.state is state],
            is_dashed=state is DeliveryState.DELIVERED,
        )
        for part, state in (
            (Part(name="accepted by the mailer", colour="#58a182"), DeliveryState.ACCEPTED),
            (Part(name="delivered, as the provider tells", colour=_DELIVERED.colour), DeliveryState.DELIVERED),
        )
    ]
    title = "Deliveries over time"
    drawn = draw_growth(growths, zone=zone, key=f"growth-{report.sending.id}", title=title)
    return Markup("<figure>\n<figcaption>{}</figcaption>\n{}\n</figure>").format(title, drawn)


def _shares(report: Report) -> Markup:
    groups = [
        Group(name=plain(row.name), counts={part.name: count for part, count in _counts(row.states)})
        for row in report.segments
    ]
    if not groups:
        return Markup()
    title = "Outcomes by segment"
    drawn = draw_shares(groups, [part for part, _ in _PARTS], key=f"shares-{report.sending.id}", title=title)
    return Markup("<figure>\n<figcaption>{}</figcaption>\n{}\n</figure>").format(title, drawn)


def _rows(caption: str, rows: Sequence[ReportRow]) -> Markup:
    """Write a table of groups and states; states that no group has are left out."""
    if not rows:
        return Markup()
    named = [(row, dict(_named(row.states))) for row in rows]
    shown = [part.name for part, _ in _PARTS if any(counts[part.name] for _, counts in named)]
    cells: list[Cells] = [(plain(row.name), row.planned, *(counts[name] for name in shown)) for row, counts in named]
    return table(caption, ["", "planned", *shown], cells)


def _reasons(report: Report) -> Markup:
    cells: list[Cells] = [(str(one.state), one.deliveries, plain(one.reason)) for one in report.reasons]
    return table("Reasons", ["state", "deliveries", "reason"], cells, kind="words") if cells else Markup()


def _unknown(report: Report, zone: tzinfo) -> Markup:
    cells: list[Cells] = [
        (str(doubt.id), str(doubt.edition), doubt.deliveries, minute(doubt.claimed_at, zone), plain(doubt.reason))
        for doubt in report.unknown
    ]
    headings = ["batch", "edition", "deliveries", "since", "reason"]
    return table("In doubt", headings, cells, kind="words") if cells else Markup()


def _counts(states: Mapping[DeliveryState, int]) -> list[tuple[Part, int]]:
    return [(part, sum(states.get(state, 0) for state in members)) for part, members in _PARTS]


def _named(states: Mapping[DeliveryState, int]) -> list[tuple[str, int]]:
    return [(part.name, count) for part, count in _counts(states)]
