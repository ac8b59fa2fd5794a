"""`newsletter segment`: look at the segments and who is in them."""

from dataclasses import asdict

import click

from newsletter.cli.command import Noun
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table


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
@json_option
@pass_session
def show(session: Session, segment_id: str, *, as_json: bool) -> None:
    """Show one segment: its rule, its topics, and how many are in it."""
    audience = session.newsletter.audience
    one = audience.segment(segment_id)
    inside = [headcount for headcount in audience.headcounts() if one.id in headcount.segments]
    if as_json:
        print_json({**asdict(one), "people": sum(headcount.people for headcount in inside)})
        return
    click.echo(f"{one.id} (rank {one.rank}): {', '.join(f'{key} {name}' for key, name in one.names.items())}")
    click.echo(f"  topics    {', '.join(one.topics) or 'every topic'}")
    click.echo(f"  sections  {', '.join(one.sections) or 'every section'}")
    click.echo(f"  people    {sum(headcount.people for headcount in inside)}")
    session.next_step("newsletter segment coverage")


@segment.command()
@json_option
@pass_session
def coverage(session: Session, *, as_json: bool) -> None:
    """Count everybody by combination of segments, language and status: who would get which edition, and who none."""
    headcounts = session.newsletter.audience.headcounts()
    if as_json:
        print_json([asdict(headcount) for headcount in headcounts])
        return
    print_table(
        ["SEGMENTS", "LANGUAGE", "STATUS", "PEOPLE"],
        [
            (
                "+".join(one.segments) or "(in no segment)",
                one.language,
                ", ".join([one.status, *["suppressed"] * one.is_suppressed, *([one.wish] if one.wish else [])]),
                one.people,
            )
            for one in headcounts
        ],
    )
