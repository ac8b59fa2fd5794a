"""`newsletter init`: lay out a new publication."""

from pathlib import Path

import click

from newsletter.cli.command import Verb
from newsletter.cli.session import Session, pass_session


@click.command(cls=Verb)
@click.argument("folder", default=Path(), type=click.Path(path_type=Path, file_okay=False))
@pass_session
def init(session: Session, folder: Path) -> None:
    """Lay out a new publication in a folder."""
    from newsletter.wiring import lay_out_publication

    laid_out = lay_out_publication(folder)
    click.echo(f"Laid out {laid_out.files} files in {laid_out.folder}, with a key and an empty database.")
    session.say("Edit newsletter.toml: the sender and the addresses are examples. Back up newsletter.key.")
    session.next_step(f"cd {laid_out.folder} && newsletter doctor" if folder != Path() else "newsletter doctor")
