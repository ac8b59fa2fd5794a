"""`newsletter source`: look at the sources, check them, and add one."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.collect import Waits
from newsletter.cli.command import Noun
from newsletter.cli.pages import source_lines
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.errors import ChecksFailed, UsageError, counted

if TYPE_CHECKING:
    from newsletter.service.sources.adding import Proposal

PROBLEMS_SHOWN = 5


@click.group(cls=Noun)
def source() -> None:
    """Look at the sources, check them, and add one."""


@source.command(name="list")
@json_option
@pass_session
def list_(session: Session, *, as_json: bool) -> None:
    """List the sources of newsletter.toml and how each fared when it was last visited."""
    sources = session.newsletter.items.sources()
    if as_json:
        print_json(
            [{"source": asdict(one), "status": _as_json(asdict(status)) if status else None} for one, status in sources]
        )
        return
    print_table(
        ["SOURCE", "KIND", "FOUND", "REJECTED", "PROBLEMS", "LOCATION"],
        [
            (
                one.id,
                one.kind if one.is_enabled else f"{one.kind} (off)",
                status.reading.found if status else "never visited",
                status.reading.rejected if status else "",
                len(status.reading.problems) if status else "",
                session.shown_text(one.location),
            )
            for one, status in sources
        ],
        wraps=["LOCATION"],
    )


def _as_json(status: dict[str, Any]) -> dict[str, Any]:
    """Give how a source stands, on one level."""
    reading = {name: value for name, value in status.pop("reading").items() if name != "mark"}
    return status | reading


@source.command()
@json_option
@pass_session
def check(session: Session, *, as_json: bool) -> None:
    """Look at every source now, keep nothing, and say which is not what it was.

    A source can be silent for too long, have moved, be of another kind, or suddenly have no items, no coming events or
    no dates. `newsletter status` says the same of the last time that it was collected.
    """
    checked = session.newsletter.sources.check(on_wait=Waits(session))
    if as_json:
        print_json([{"source": one.report.source_id, "breaches": list(map(asdict, one.breaches))} for one in checked])
    else:
        for one in checked:
            if not one.breaches:
                click.echo(f"Source {one.report.source_id!r}: {counted(one.report.found, 'item')}, as it should be.")
            for line in source_lines(one.breaches):
                click.echo(line)
    if broken := [one.report.source_id for one in checked if one.breaches]:
        raise ChecksFailed(
            f"{len(broken)} of {counted(len(checked), 'source')} need a look: {', '.join(broken)}.",
            hint="What was collected before is kept, and used until then.",
        )


@source.command()
@click.argument("place")
@click.option("--key", help="The id to give it. Default: made of its address or file name.")
@click.option("--language", type=click.Choice(["fi", "sv", "en"]), help="Of its texts. Default: told by their words.")
@click.option("--allow-private-hosts", is_flag=True, help="The address may stand in your own network.")
@click.option("--dry-run", is_flag=True, help="Say what would be added, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@pass_session
def add(
    session: Session,
    place: str,
    *,
    key: str | None,
    language: str | None,
    allow_private_hosts: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Look at an address, a file or a folder, say what it holds, and add it to newsletter.toml.

    PLACE is a feed, a calendar, or a web page that names its feed. Nothing is collected yet.
    """
    sources = session.newsletter.sources
    proposals = sources.look(
        place, key=key, language=language, allow_private_hosts=allow_private_hosts, folder=Path.cwd()
    )
    if as_json:
        print_json([_proposal_json(one) for one in proposals])
    else:
        for number, one in enumerate(proposals, 1):
            _print_proposal(one, number=number if len(proposals) > 1 else None)
    if dry_run:
        return
    chosen = _chosen(session, proposals, is_silent=as_json or yes)
    if session.can_ask and not (yes or as_json):
        session.confirm("Write it into newsletter.toml?")
    sources.add(chosen)
    session.say(f"Source {chosen.entry['id']!r} stands in newsletter.toml now.")
    session.next_step("newsletter collect")


def _chosen(session: Session, proposals: "Sequence[Proposal]", *, is_silent: bool) -> "Proposal":
    """Give the one that is meant.

    Raises:
        UsageError: There are several, and nobody can be asked.
    """
    if len(proposals) == 1:
        return proposals[0]
    if is_silent or not session.can_ask:
        places = [one.found.source.location for one in proposals]
        raise UsageError(
            f"There are {len(proposals)} to choose from; nothing was written.",
            hint=f"Name one: newsletter source add {places[0]}",
        )
    number: int = click.prompt("Which one", type=click.IntRange(1, len(proposals)), default=1, err=True)
    return proposals[number - 1]


def _print_proposal(proposal: "Proposal", *, number: int | None) -> None:
    """Say what was found, and what would be written."""
    found = proposal.found
    coming = f", {found.coming} of them coming events" if found.coming else ""
    which = "the next" if found.coming else "the newest"
    newest = f"; {which} of {found.newest_at:%Y-%m-%d}: {found.newest}" if found.newest_at else "; none has a date"
    click.echo(
        f"{f'{number}. ' if number else ''}{found.source.location}: {found.source.kind}, "
        f"{counted(found.items, 'item')}{coming}{newest}"
    )
    if not found.is_language_known:
        click.echo(f"  Its words do not tell its language; {found.source.language!r} is taken. (--language)")
    for note in found.notes:
        click.echo(f"  {note}")
    for problem in found.problems[:PROBLEMS_SHOWN]:
        click.echo(f"  {problem.grade}: {f'{problem.item}: ' if problem.item else ''}{problem.message}")
    if (more := len(found.problems) - PROBLEMS_SHOWN) > 0:
        click.echo(f"  and {counted(more, 'problem')} more")
    if proposal.taken:
        click.echo(f"  It is source {proposal.taken!r} already.")
    click.echo(f"\n{proposal.text}")


def _proposal_json(proposal: "Proposal") -> dict[str, Any]:
    """Give what was found as it is printed as JSON."""
    found = proposal.found
    return {
        "entry": proposal.entry,
        "taken_by": proposal.taken,
        "items": found.items,
        "coming_events": found.coming,
        "newest": found.newest,
        "newest_at": found.newest_at,
        "is_language_known": found.is_language_known,
        "notes": found.notes,
        "problems": [asdict(problem) for problem in found.problems],
    }
