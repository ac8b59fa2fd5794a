"""`newsletter pack` and `newsletter unpack`: hand a publication over to somebody else, or keep it safe."""

import getpass
import platform
from pathlib import Path

import click

from newsletter.cli.command import Verb
from newsletter.cli.session import Session, pass_session
from newsletter.config.terminal import PASSPHRASE, terminal_passphrase
from newsletter.errors import UsageError


@click.command(cls=Verb)
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@pass_session
def pack(session: Session, target: Path) -> None:
    """Put the whole publication into one file, behind a passphrase.

    In it are the configuration, templates, content, issues and pictures, the database, its key and who has left.
    Passwords of mail servers are not; what is left out is named. The passphrase is asked for, or stands in
    NEWSLETTER_PASSPHRASE; let it go to whoever unpacks by another way than the file. `age -d FILE | tar xz` opens it
    without this program, too.
    """
    handover = session.newsletter.handover
    passphrase = _passphrase(session, "Passphrase for the file", is_new=True)
    session.say("Packing; this takes some seconds.")
    packed = handover.pack(target, passphrase=passphrase, by=f"{getpass.getuser()} on {platform.node()}")
    click.echo(f"Packed {packed.files} files into {session.shown(packed.path)} ({packed.size_bytes / 1024:,.0f} KiB).")
    for sentence in packed.left_out:
        click.echo(f"Not in it: {sentence}")
    session.say("Here everything stays as it is. Whoever unpacks it and says `newsletter db adopt` sends from there;")
    session.say("from then on send no more from here.")
    session.next_step(f"newsletter unpack {target.name} FOLDER (there)")


@click.command(cls=Verb)
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False))
@pass_session
def unpack(session: Session, source: Path, folder: Path) -> None:
    """Take a publication out of such a file.

    FOLDER is a new one; nothing is sent from it before `newsletter db adopt` is said in it.
    """
    from newsletter.service.handover.service import unpack as take_out

    unpacked = take_out(source, folder, passphrase=_passphrase(session, "Passphrase of the file", is_new=False))
    click.echo(
        f"Unpacked {unpacked.label.publication} into {session.shown(unpacked.folder.absolute())}: packed by"
        f" {unpacked.label.by}, {unpacked.at:%Y-%m-%d %H:%M} UTC."
    )
    for sentence in unpacked.missing:
        click.echo(f"To be put there: {sentence}.")
    click.echo(
        "Nothing is sent from this copy yet: what was sent or who left elsewhere since is not known to it. When it is"
        " the one to send from, say `newsletter db adopt` in it, and send no more from the other."
    )
    session.next_step(f"cd {session.shown(folder.absolute())} && newsletter doctor")


def _passphrase(session: Session, question: str, *, is_new: bool) -> str:
    """Ask for the passphrase, or take the variable's."""
    if given := terminal_passphrase():
        return given
    if not session.can_ask:
        raise UsageError("A passphrase is needed, and nobody can be asked here.", hint=f"Set {PASSPHRASE}.")
    answer: str = click.prompt(question, hide_input=True, confirmation_prompt=is_new, err=True)
    return answer
