"""What `newsletter issue show` and `issue check` print: editions, items in every language, findings."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from newsletter.cli.session import Session, print_json, print_table

if TYPE_CHECKING:
    from newsletter.curate.parity import ParityRow
    from newsletter.domain.content import Language
    from newsletter.domain.issue import Finding
    from newsletter.service.issues import IssueSummary, Rendering


def print_editions(rendering: "Rendering", summary: "IssueSummary") -> None:
    """Print each edition with its items in order, and which of them are short entries."""
    click.echo(f"Issue {summary.label}: {summary.state}, planned for {rendering.issue.date}")
    for edition, message in rendering.editions:
        size_kilobytes = len(message.html.encode()) / 1000
        click.echo(f"\n{message.edition}  {len(message.items)} items, {size_kilobytes:.1f} kB of HTML")
        click.echo(f"  subject  {message.subject}")
        if message.shortened:
            click.echo(
                f"  {len(message.shortened)} items are short entries, so that mail programs show the whole letter"
            )
        for section in edition.sections:
            click.echo(f"  {section.title}")
            for item in section.items:
                click.echo(f"    {item.title}  [{item.key}]{'  short' if item.key in message.shortened else ''}")
    for name in rendering.empty:
        click.echo(f"\n{name}  no items: this edition is not made")


def print_editions_as_json(rendering: "Rendering", summary: "IssueSummary") -> None:
    """Print the same for programs."""
    editions = [
        {
            "edition": str(message.edition),
            "subject": message.subject,
            "items": message.items,
            "shortened": message.shortened,
        }
        for message in rendering.messages
    ]
    print_json({**asdict(summary), "editions": editions})


def print_parity(
    session: Session, rows: "Sequence[ParityRow]", languages: "Sequence[Language]", *, as_json: bool
) -> None:
    """Print each item with what it has in every language of the publication."""
    if as_json:
        print_json([{**asdict(row), "is_whole": row.is_whole} for row in rows])
        return
    print_table(
        ["ITEM", *(language.upper() for language in languages), "TITLE"],
        [(row.key, *(row.wordings[language] for language in languages), row.title) for row in rows],
    )
    lacking = sum(not row.is_whole for row in rows)
    session.say(
        f"{lacking} of {len(rows)} items lack words in some language: write a table such as [item.KEY.sv] for them."
        if lacking
        else f"All {len(rows)} items have words in every language."
    )


def print_findings(session: Session, findings: "Sequence[Finding]", language: str) -> None:
    """Print what each finding means and what to do about it, and count them."""
    from newsletter.check import describe  # noqa: PLC0415 - 0.2 s that `issue show` need not pay

    for finding, editions in _together(findings):
        words = describe(finding, language)
        where = ": ".join(part for part in (session.shown_place(finding.place), ", ".join(editions)) if part)
        waived = f" (waived: {finding.waived})" if finding.waived else ""
        click.echo(f"{finding.severity} {finding.code}{waived}  {where}\n  {words.message}\n  {words.fix}")
    _print_tally(findings)


def print_findings_as_json(findings: "Iterable[Finding]") -> None:
    """Print every finding, once for each edition."""
    print_json([{**asdict(one), "place": str(one.place) if one.place else None} for one in findings])


def _together(findings: "Iterable[Finding]") -> list[tuple["Finding", list[str]]]:
    """Give each finding once, with the editions it was found in: most stand in all of them."""
    found: dict[object, tuple[Finding, list[str]]] = {}
    for finding in findings:
        said = (finding.code, finding.place, *sorted(finding.facts.items()))
        _, editions = found.setdefault(said, (finding, []))
        if finding.edition is not None:
            editions.append(str(finding.edition))
    return list(found.values())


def _print_tally(findings: "Iterable[Finding]") -> None:
    """Count the findings by severity on one line."""
    counted = Counter(str(finding.severity) for finding, _ in _together(findings))
    click.echo(", ".join(f"{counted[name]} {name}s" for name in ("error", "warning", "note")) + ".")
