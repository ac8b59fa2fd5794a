"""`newsletter db`: create, migrate and back up the database."""

from dataclasses import asdict
from pathlib import Path

import click

from newsletter.cli.session import Session, json_option, pass_session, print_json


@click.group()
def db() -> None:
    """Create, migrate and back up the database."""


@db.command()
@json_option
@pass_session
def status(session: Session, *, as_json: bool) -> None:
    """Show the database's schema, engine and size."""
    state = session.newsletter.care.state()
    if as_json:
        print_json(asdict(state))
        return
    size = "none yet" if state.size_bytes is None else f"{state.size_bytes / 1024:,.0f} KiB"
    click.echo(
        f"{state.name}: schema {state.revision or 'none'} (this program: {state.wanted}), {state.engine}, {size}"
    )
    if not state.is_current:
        session.next_step("newsletter db migrate")


@db.command()
@pass_session
def migrate(session: Session) -> None:
    """Create the tables, or bring an older database up to date."""
    before, after = session.newsletter.care.migrate()
    click.echo(
        f"The database has schema {after} already." if before == after else f"The database has schema {after} now."
    )
    session.next_step("newsletter status")


@db.command()
@click.argument("target", required=False, type=click.Path(path_type=Path, dir_okay=False))
@pass_session
def backup(session: Session, target: Path | None) -> None:
    """Copy the database to TARGET, also while a sending runs. Default: backups/, named by the moment."""
    copy, size_bytes = session.newsletter.care.back_up(target)
    click.echo(f"Copied to {copy} ({size_bytes / 1024:,.0f} KiB) and checked.")
    session.say("Keep newsletter.key with it: without the key nobody can tell who must not be mailed.")
