"""`newsletter source`: look at the sources."""

from dataclasses import asdict
from typing import Any

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
