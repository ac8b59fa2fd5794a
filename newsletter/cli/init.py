"""`newsletter init`: lay out a new publication."""

from pathlib import Path

import click

from newsletter.cli.command import Verb
from newsletter.cli.session import TRIAL, Session, pass_session


@click.command(cls=Verb)
@click.argument("folder", default=Path(), type=click.Path(path_type=Path, file_okay=False))
@click.option("--trial", "is_trial", is_flag=True, help="To try everything: nobody is ever mailed, for good.")
@pass_session
def init(session: Session, folder: Path, *, is_trial: bool) -> None:
    """Lay out a new publication in a folder.

    A trial is sent for real, with every guard of a real sending, but to our own SendGrid on this machine alone:
    `newsletter serve --fake-sendgrid`. Its database stays a trial's for ever, and no real one becomes a trial's.
    """
    from newsletter.wiring import lay_out_publication

    laid_out = lay_out_publication(folder, is_trial=is_trial)
    if is_trial:
        click.echo(TRIAL)
    click.echo(f"Laid out {laid_out.files} files in {laid_out.folder}, with a key and an empty database.")
    session.say("Edit newsletter.toml: the sender and the addresses are examples. Back up newsletter.key.")
    session.next_step(f"cd {laid_out.folder} && newsletter doctor" if folder != Path() else "newsletter doctor")
