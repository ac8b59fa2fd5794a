"""`newsletter collect`: visit every source and keep what is new."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import Verb
from newsletter.cli.item import print_matches
from newsletter.cli.session import Session, json_option, pass_session, print_json
from newsletter.errors import SourceError, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.collect.gather import SourceReport
    from newsletter.domain.content import SourceId

_NAMED_MOST = 8
"""Sources that are waited for, by name; of more only the number is said."""


@click.command(cls=Verb)
@json_option
@pass_session
def collect(session: Session, *, as_json: bool) -> None:
    """Visit every source and keep what is new."""
    items = session.newsletter.items
    waits = Waits(session)
    report = items.collect(on_progress=(lambda _report: None) if as_json else _print_source, on_wait=waits)
    if as_json:
        print_json([{**asdict(one), "error": str(one.error) if one.error else None} for one in report.sources])
    else:
        print_matches(report.matches)
    if report.failed:
        names = ", ".join(one.source_id for one in report.failed)
        raise SourceError(
            f"{len(report.failed)} of {len(report.sources)} sources could not be read: {names}.",
            hint="The others were collected. Mend or switch off the source in newsletter.toml, then collect again.",
        )
    session.next_step("newsletter issue new LABEL (for example 2017-11)")


def _print_source(report: "SourceReport") -> None:
    counts = report.counts
    click.echo(
        f"{report.source_id}: {report.found} found, {counts.new} new, {counts.changed} changed, "
        f"{counts.unchanged} unchanged, {report.rejected} rejected"
    )
    for problem in report.problems:
        where = " ".join(part for part in (f"line {problem.line}" if problem.line else "", problem.item or "") if part)
        said = f"{where}: {problem.message}" if where else problem.message
        click.echo(f"  {problem.grade}: {said}{f' ({problem.hint})' if problem.hint else ''}")


class Waits:
    """Says which sources are waited for, each time that it is another set of them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._said = ""

    def __call__(self, sources: "Sequence[SourceId]") -> None:
        """Say it."""
        names = ", ".join(sources[:_NAMED_MOST])
        if (more := len(sources) - _NAMED_MOST) > 0:
            names += f" and {counted(more, 'other')}"
        if names != self._said:
            self._session.say(f"Waiting for {names}.")
        self._said = names
