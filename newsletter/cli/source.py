"""`newsletter source`: look at the sources."""

from dataclasses import asdict

import click

from newsletter.cli.command import Noun
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table


@click.group(cls=Noun)
def source() -> None:
    """Look at the sources."""


@source.command(name="list")
@json_option
@pass_session
def list_(session: Session, *, as_json: bool) -> None:
    """List the sources of newsletter.toml and how each fared when it was last visited."""
    sources = session.newsletter.items.sources()
    if as_json:
        print_json([{"source": asdict(one), "status": asdict(status) if status else None} for one, status in sources])
        return
    print_table(
        ["SOURCE", "KIND", "FOUND", "REJECTED", "PROBLEMS", "LOCATION"],
        [
            (
                one.id,
                one.kind if one.is_enabled else f"{one.kind} (off)",
                status.found if status else "never visited",
                status.rejected if status else "",
                len(status.problems) if status else "",
                session.shown_text(one.location),
            )
            for one, status in sources
        ],
        wraps=["LOCATION"],
    )
