"""`newsletter segment`: look at the segments and who is in them."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import Noun
from newsletter.cli.issue.options import language_option
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from newsletter.service.audience.segments import Named, SegmentLook


@click.group(cls=Noun)
def segment() -> None:
    """Look at the segments and who is in them."""


@segment.command(name="list")
@json_option
@pass_session
def list_(session: Session, *, as_json: bool) -> None:
    """List the segments of segments.toml by rank."""
    segments = session.newsletter.audience.segments()
    if as_json:
        print_json([asdict(one) for one in segments])
        return
    language = session.newsletter.settings.publication.languages[0]
    print_table(
        ["SEGMENT", "RANK", "NAME", "TOPICS"],
        [(one.id, one.rank, one.names.get(language, ""), ", ".join(one.topics) or "every topic") for one in segments],
        wraps=["NAME", "TOPICS"],
    )


@segment.command()
@click.argument("segment_id", metavar="SEGMENT")
@language_option
@json_option
@pass_session
def show(session: Session, segment_id: str, *, language: str, as_json: bool) -> None:
    """Show one segment: its rule in words, who is in it and why, and who is just not."""
    audience = session.newsletter.audience
    look, one = audience.look_at(segment_id, language), audience.segment(segment_id)
    people, mailable = audience.size(one.id)
    if as_json:
        print_json(_as_json(look, people, mailable))
        return
    click.echo(f"{one.id} (rank {one.rank}): {', '.join(f'{key} {name}' for key, name in one.names.items())}")
    click.echo(f"  topics    {', '.join(one.topics) or 'every topic'}")
    click.echo(f"  sections  {', '.join(one.sections) or 'every section'}")
    click.echo("  rule      " + "\n            ".join(look.rule))
    click.echo(f"  people    {people}, of whom {mailable} would get the next issue")
    for warning in look.asked_of_nobody:
        click.echo(f"  warning   {session.shown_place(warning.asked.place)}: {warning}")
    _print_named("In it, for example:", look.inside)
    _print_named("Just not in it:", look.just_not)
    session.next_step("newsletter segment coverage")


def _print_named(heading: str, named: "Sequence[Named]") -> None:
    """Print people and why, when there are some."""
    if named:
        click.echo(heading)
        for one in named:
            click.echo(f"  {one.person.address}  {one.person.name}\n    {one.why}")


def _as_json(look: "SegmentLook", people: int, mailable: int) -> dict[str, object]:
    """Give a look for programs."""
    one = look.segment
    return {
        "id": one.id,
        "rank": one.rank,
        "names": one.names,
        "who": one.who.written(),
        "topics": one.topics,
        "sections": one.sections,
        "rule": look.rule,
        "people": people,
        "mailable": mailable,
        "inside": [{"address": each.person.address, "why": each.why} for each in look.inside],
        "just_not": [{"address": each.person.address, "why": each.why} for each in look.just_not],
        "asked_of_nobody": [
            {"line": each.asked.place.line, "asked": str(each.asked), "nearest": each.nearest}
            for each in look.asked_of_nobody
        ],
    }


@segment.command()
@click.option(
    "--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with a plot to this file."
)
@language_option
@json_option
@pass_session
def coverage(session: Session, *, page: Path | None, language: str, as_json: bool) -> None:
    """Count everybody by combination of segments, language and status: who would get which edition, and who none."""
    audience = session.newsletter.audience
    headcounts, named = audience.headcounts(), audience.named(language)
    if page is not None:
        try:
            page.write_text(audience.coverage_page(headcounts, language), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{page} cannot be written: {error.strerror}.", hint="Check the path.") from error
        click.echo(f"Wrote {session.shown(page)}. Open it in a browser; it prints well from there.")
        return
    if as_json:
        print_json([asdict(headcount) for headcount in headcounts])
        return
    print_table(
        ["SEGMENTS", "LANGUAGE", "STATUS", "PEOPLE"],
        [
            (
                named(one.segments) or "(in no segment)",
                one.language,
                ", ".join([one.status, *["suppressed"] * one.is_suppressed, *([one.wish] if one.wish else [])]),
                one.people,
            )
            for one in headcounts
        ],
    )
