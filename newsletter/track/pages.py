"""Write a report down: as a table for the terminal, as JSON for programs, as CSV for a spreadsheet. Pure functions.

Reasons may come from strangers' mail servers: control characters never reach a terminal, nor a formula a spreadsheet.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, tzinfo
from io import StringIO

from newsletter.domain.delivery import ACCEPTED_AND_LATER, Balance, DeliveryState, Sending
from newsletter.track.report import (
    OPEN_STATES,
    Report,
    ReportRow,
    count_accepted,
    count_of,
    minute,
    plain,
    state_word,
)

_LATER = tuple(state for state in DeliveryState if state in ACCEPTED_AND_LATER - {DeliveryState.ACCEPTED})
_ENDS = (DeliveryState.REJECTED, DeliveryState.SKIPPED, DeliveryState.UNKNOWN)
_COLUMNS = ("planned", "open", "accepted", *_ENDS)


def as_table(report: Report, *, zone: tzinfo = UTC) -> str:
    """Write the report for a person at a terminal; moments are given in the zone.

    "accepted" counts everything the mailer took, whatever became of it later; what did is on the line below.
    """
    parts = [
        [_headline(report), *_moments(report.sending, zone)],
        _sums(report.balance),
        _rows("segment", report.segments),
        _rows("edition", report.editions),
        _rows("domain", report.domains),
        [f"{one.state}: {one.deliveries} x {plain(one.reason)}" for one in report.reasons],
        [
            f"unknown: batch {doubt.id}, {doubt.edition}, {doubt.deliveries} since "
            f"{minute(doubt.claimed_at, zone)}: {plain(doubt.reason)}"
            for doubt in report.unknown
        ],
        [line for advice in report.advice for line in (plain(advice.message), f"  {advice.command}")],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


def _headline(report: Report) -> str:
    sending, nobody = report.sending, " (nobody is mailed)" if report.is_trial else ""
    return f"Issue {sending.label}: {report.kind} through {sending.mailer}, {state_word(sending)}{nobody}"


def _moments(sending: Sending, zone: tzinfo) -> list[str]:
    lines = [f"began     {minute(sending.started_at, zone)}"]
    if sending.finished_at is not None:
        lines.append(f"ended     {minute(sending.finished_at, zone)}")
    return lines


def _sums(balance: Balance) -> list[str]:
    """Write both sums, so that anybody can add them up."""
    excluded = [f"{count} {reason}" for reason, count in balance.excluded.items()]
    states = balance.states
    parts = [
        f"{states.get(DeliveryState.QUEUED, 0)} queued",
        f"{states.get(DeliveryState.SENDING, 0)} sending",
        f"{count_accepted(states)} accepted",
        *(f"{states.get(state, 0)} {state}" for state in _ENDS),
    ]
    lines = [
        f"candidates {balance.candidates} = {' + '.join([f'{balance.planned} planned', *excluded])}",
        f"planned {balance.planned} = {' + '.join(parts)}",
    ]
    later = [f"{states[state]} {state}" for state in _LATER if state in states]
    if later:
        lines.append(f"of the accepted: {', '.join(later)}")
    lines.append("The report balances." if balance.holds else "The report DOES NOT BALANCE.")
    return lines


def _rows(heading: str, rows: Sequence[ReportRow]) -> list[str]:
    """Write rows under column headings: names to the left, numbers to the right."""
    if not rows:
        return []
    cells = [(heading, *_COLUMNS), *((row.name, *map(str, _numbers(row))) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]


def _numbers(row: ReportRow) -> tuple[int, ...]:
    return (
        row.planned,
        count_of(row.states, *OPEN_STATES),
        count_accepted(row.states),
        *(row.states.get(state, 0) for state in _ENDS),
    )


def as_json(report: Report) -> str:
    """Write the report for a program: moments in ISO 8601 with their offset, states by their names, absent when 0."""
    sending, balance = report.sending, report.balance
    written = {
        "label": sending.label,
        "sending": sending.id,
        "mailer": sending.mailer,
        "is_rehearsal": sending.is_rehearsal,
        "is_trial": report.is_trial,
        "state": sending.state,
        "pause_reason": sending.pause_reason,
        "approval_hash": sending.approval_hash,
        "started_at": sending.started_at.isoformat(),
        "finished_at": None if sending.finished_at is None else sending.finished_at.isoformat(),
        "balance": {
            "holds": balance.holds,
            "candidates": balance.candidates,
            "excluded": dict(balance.excluded),
            "planned": balance.planned,
            "states": dict(balance.states),
        },
        "segments": [_json_row(row) for row in report.segments],
        "editions": [_json_row(row) for row in report.editions],
        "domains": [_json_row(row) for row in report.domains],
        "reasons": [{"state": one.state, "reason": one.reason, "deliveries": one.deliveries} for one in report.reasons],
        "unknown": [
            {
                "batch": doubt.id,
                "edition": str(doubt.edition),
                "attempt": doubt.attempt,
                "claimed_at": doubt.claimed_at.isoformat(),
                "reason": doubt.reason,
                "deliveries": doubt.deliveries,
            }
            for doubt in report.unknown
        ],
        "advice": [{"message": advice.message, "command": advice.command} for advice in report.advice],
    }
    return json.dumps(written, ensure_ascii=False, indent=2) + "\n"


def _json_row(row: ReportRow) -> dict[str, str | int | Mapping[DeliveryState, int]]:
    return {"name": row.name, "planned": row.planned, "states": dict(row.states)}


def as_csv(*reports: Report) -> str:
    """Write reports for a spreadsheet: one number a line, with the sending and what it counts there.

    Groups are `candidates` and `excluded` (people), `all`, `segment`, `edition`, `domain` and `reason` (deliveries).
    """
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(("sending", "kind", "group", "name", "state", "count"))
    for report in reports:
        writer.writerows(
            (report.sending.id, report.kind, group, inert(name), state, count)
            for group, name, state, count in _csv_lines(report)
        )
    return written.getvalue()


def _csv_lines(report: Report) -> Iterable[tuple[str, str, str, int]]:
    """Give every number of a report with what it counts."""
    balance = report.balance
    return [
        ("candidates", "", "", balance.candidates),
        *(("excluded", reason, "", count) for reason, count in balance.excluded.items()),
        *_csv_rows("all", [ReportRow(name="", states=balance.states)]),
        *_csv_rows("segment", report.segments),
        *_csv_rows("edition", report.editions),
        *_csv_rows("domain", report.domains),
        *(("reason", one.reason, one.state, one.deliveries) for one in report.reasons),
    ]


def _csv_rows(group: str, rows: Iterable[ReportRow]) -> Iterable[tuple[str, str, str, int]]:
    return [(group, row.name, state, count) for row in rows for state, count in row.states.items()]


def inert(text: str) -> str:
    """Keep a spreadsheet from reading text as a formula."""
    said = plain(text)
    return f"'{said}" if said.startswith(("=", "+", "-", "@")) else said
