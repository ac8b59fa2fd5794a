"""`newsletter key`: the key behind every hash and every unsubscribe link."""

import getpass
from pathlib import Path

import click

from newsletter.cli.command import Noun
from newsletter.cli.session import Session, pass_session
from newsletter.errors import counted


@click.group(cls=Noun)
def key() -> None:
    """Change the key behind address hashes and unsubscribe links, or take an older one in."""


@key.command()
@click.option("--lost", is_flag=True, help="The key file is lost: draw a new one, and say what is lost with it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def rotate(session: Session, *, lost: bool, yes: bool) -> None:
    """Bring everybody under a new key; the one before is kept in the key file, and still verifies and looks up.

    Links and notifications of mails from before still find their person. Refused while a sending is open. Killed
    half-way it leaves a key file and a database that work; the same command then goes on.
    """
    if not yes:
        session.confirm(_LOST if lost else "Change the key? It stays in the key file, for links in mails of before.")
    rotated = session.newsletter.keys.rotate(by=getpass.getuser(), is_lost=lost)
    if rotated.is_resumed:
        click.echo(f"The change that was interrupted is complete: the key in use is {rotated.key}.")
    else:
        people = counted(rotated.people, "person is", "people are")
        click.echo(f"The key in use is {rotated.key}; {people} under it now.")
    if rotated.before is not None:
        click.echo(f"{rotated.before} is kept: it verifies and looks up, and never signs.")
    if lost:
        click.echo("Links in mails of before are refused from now on: unsubscribe by hand who writes instead.")
    if rotated.lost:
        click.echo(f"Nobody can be recognised any more under {counted(rotated.lost, 'suppression')} of people gone.")
    session.say("Back the key file up anew: newsletter.key of before does not know the key in use.")
    session.next_step("newsletter doctor")


_LOST = (
    "Draw a new key? Links in mails of before stop working, and who left and is not stored any more is not recognised"
    " when a list brings them in again."
)


@key.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@pass_session
def import_(session: Session, file: Path) -> None:
    """Take the keys of another key FILE in: they verify links and look up suppressions, and never sign."""
    imported = session.newsletter.keys.import_file(file, by=getpass.getuser())
    for name in imported.keys:
        click.echo(f"The key {name} is kept from now on.")
    if imported.known:
        click.echo(f"{counted(imported.known, 'key')} of the file {'was' if imported.known == 1 else 'were'} known.")
    if imported.suppressed:
        click.echo(f"{counted(imported.suppressed, 'record')} of who left belong to people who are stored: kept.")
    session.say("Back the key file up anew.")


@key.command()
@click.argument("name", metavar="KEY")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def forget(session: Session, name: str, *, yes: bool) -> None:
    """Give a kept KEY up, as `doctor` names it: its links are refused, and who is gone under it is not recognised."""
    if not yes:
        session.confirm(
            "Links signed with it stop working, and who left under it and is gone may come in again. Go on?"
        )
    click.echo(f"The key {session.newsletter.keys.forget(name, by=getpass.getuser())} is not known any more.")
