"""`newsletter db`: create, migrate and back up the database."""

import getpass
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import DAY, Noun
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.errors import counted

if TYPE_CHECKING:
    from newsletter.service.keys.ring import Settled


@click.group(cls=Noun)
def db() -> None:
    """Create, migrate and back up the database, or put a backup back."""


@db.command()
@json_option
@pass_session
def status(session: Session, *, as_json: bool) -> None:
    """Show the database's schema, engine and size."""
    state = session.newsletter.database.state()
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
@click.option("--since", type=DAY, help="Only from this day on.")
@click.option("--address", default="", help="Only what was done about this address.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@json_option
@pass_session
def log(session: Session, *, since: datetime | None, address: str, limit: int, as_json: bool) -> None:
    """Show who did what with which command, the newest first; no address stands in it. Kept for two years.

    Every command that changes people, keys or sendings, or takes people out of the database, leaves a line; what
    readers do themselves stands with them. Who is NEWSLETTER_BY, or the name the machine knows.
    """
    zone = session.newsletter.settings.publication.zone
    from_then = None if since is None else since.replace(tzinfo=zone)
    acts = session.newsletter.trail.lines(since=from_then, address=address, limit=limit)
    if as_json:
        print_json([asdict(one) for one in acts])
        return
    print_table(
        ["AT", "BY", "COMMAND", "WHAT", "PEOPLE", "END"],
        [
            (
                f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}",
                *(one.by, one.command, one.what, "" if one.people is None else one.people),
                "done" if one.code == 0 else f"exit code {one.code}",
            )
            for one in acts
        ],
        wraps=["COMMAND", "WHAT"],
    )


@db.command()
@pass_session
def migrate(session: Session) -> None:
    """Create the tables, or bring an older database up to date."""
    before, after = session.newsletter.database.migrate()
    click.echo(
        f"The database has schema {after} already." if before == after else f"The database has schema {after} now."
    )
    if settled := session.newsletter.database.settle_key():
        _tell_key(settled)
    session.next_step("newsletter status")


def _tell_key(settled: "Settled") -> None:
    """Say which key is the database's from now on."""
    click.echo(f"It knows its key now: {settled.key}. No other one is taken from here on.")
    if settled.moved:
        people = counted(settled.moved, "person was", "people were")
        click.echo(
            f"{people} stored under another key, and are under this one now, each once. If you still"
            " have that key: `newsletter key import FILE`, so that who left under it is known."
        )
    if settled.unproven:
        click.echo(
            f"Nobody is stored on whom it could be tried: whether {counted(settled.unproven, 'suppression')} were made"
            " with it, nobody can tell. See that it is the key file you always had."
        )


@db.command()
@click.argument("target", required=False, type=click.Path(path_type=Path, dir_okay=False))
@pass_session
def backup(session: Session, target: Path | None) -> None:
    """Copy the database to TARGET, also while a sending runs. Default: backups/, named by the moment."""
    copy, size_bytes = session.newsletter.database.back_up(target)
    click.echo(f"Copied to {copy} ({size_bytes / 1024:,.0f} KiB) and checked.")
    session.say("Keep newsletter.key with it: without the key nobody can tell who must not be mailed.")
    session.say("Who leaves from now on stands in newsletter.departures: leave that where it is when you restore.")


@db.command()
@click.argument("backup_file", metavar="BACKUP", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def restore(session: Session, backup_file: Path, *, yes: bool) -> None:
    """Put a BACKUP in the database's place; who left since is taken over from newsletter.departures.

    The database that is there is copied to backups/ first. What was sent since the backup is not known to it: a sending
    is refused until a person says `newsletter db adopt`.
    """
    if not yes:
        session.confirm("Put this backup in the database's place? What happened since is known to the copy alone.")
    restored = session.newsletter.database.restore(backup_file, by=getpass.getuser())
    click.echo(f"{session.shown(backup_file.absolute())} is the database now, with schema {restored.revision}.")
    if restored.before is not None:
        what = "was damaged and lies" if restored.is_damaged else "is kept"
        click.echo(f"The database before {what} in {session.shown(restored.before)}.")
    if restored.key_moved:
        click.echo("It was from before the key was changed, and everybody in it is under the key in use now.")
    if restored.taken:
        click.echo(restored.taken)
    if restored.doubt is not None:
        click.echo(f"{restored.doubt.message} Nothing is sent from it until then.\n{restored.doubt.hint}")
    session.next_step("newsletter status" if restored.is_current else "newsletter db migrate")


@db.command()
@click.argument("address", metavar="ADDRESS")
@pass_session
def copy(session: Session, address: str) -> None:
    """Copy everything into an empty database at ADDRESS: sqlite:///FILE or postgresql://USER@HOST/DATABASE.

    Each table is read back and compared by sums; this database stays as it is. A server's password comes from
    NEWSLETTER_DATABASE_PASSWORD, from password_file of [storage] or from ~/.pgpass, never from here.
    """
    copied = session.newsletter.database.copy_to(address, by=getpass.getuser(), told=session.say)
    rows = sum(table.rows for table in copied.tables)
    click.echo(f"{counted(rows, 'row')} of {counted(len(copied.tables), 'table')} are in {copied.name}, each compared.")
    click.echo(f'To go on from there: write url = "{address}" under [storage] of newsletter.toml, and then')
    click.echo("`newsletter db adopt`. From then on never send from the database before.")
    session.next_step("newsletter status")


@db.command()
@click.argument("labels", metavar="[LABEL]...", nargs=-1)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def adopt(session: Session, labels: tuple[str, ...], *, yes: bool) -> None:
    """Declare this database the one to send from, after a backup was put back or the folder was copied.

    What another database sent since is not known to this one, nor who left since; nobody may send from the other one
    any more. An issue that the other one began to send stays closed here, unless its LABEL is named: then it can be
    sent anew, and whoever got it gets it again.
    """
    if not yes:
        again = f" Whoever got {', '.join(labels)} can get it again." if labels else ""
        session.confirm(f"Send from this database from now on, and never again from another one?{again}")
    adopted = session.newsletter.database.adopt(labels, by=getpass.getuser())
    click.echo(f"{adopted.database} is the database to send from now.")
    for label in adopted.opened:
        click.echo(f"Issue {label} can be sent anew; what spoke against it is in issue.sent.old beside issue.toml.")
    for label in adopted.closed:
        click.echo(f"Issue {label} stays closed: another database began to send it.")
    session.next_step("newsletter status")
