"""What the verbs of curating print: what happened, what it means where the issue stands, and what to type next."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from newsletter.cli.session import Session, print_json
from newsletter.domain.issue import IssueState

if TYPE_CHECKING:
    from newsletter.service.issues.changes import Stepped

_DONE = {"take": "Took in", "drop": "Left out", "move": "Moved", "set": "Changed"}
_STANDS = {
    IssueState.APPROVED: "It was approved: what is sent is what was approved, so approve it again before it is sent.",
    IssueState.SENT: "It was sent: readers have the letter as it was approved, and no step changes that.",
    IssueState.CANCELLED: "Its sending was cancelled: who got it has it as it was; approve it again to send it again.",
    None: "The database cannot be read: whether the issue was approved or sent already is not known.",
}


def print_stepped(session: Session, made: "Stepped", *, as_json: bool) -> None:
    """Print what a step did."""
    if as_json:
        _print_json(made)
        return
    verb = made.what.partition(" ")[0]
    segments = f" for {', '.join(made.segments)}" if made.segments else ""
    if not made.is_changed:
        click.echo(f"Nothing to change: it is so already ({made.what}).")
    elif made.is_dry_run:
        click.echo(f"Would do: {made.what}")
    else:
        click.echo(f"{_DONE[verb]} “{made.title}” [{made.key}]{segments}.")
    if made.told is not None:
        when = "" if made.told.at is None else f" on {made.told.at.day}.{made.told.at.month}.{made.told.at.year}"
        click.echo(f"Readers have had it before: it was sent in issue {made.told.label}{when}. It is your word now.")
    for note in made.notes:
        click.echo(note)
    _print_rest(session, made)


def print_turned(session: Session, made: "Stepped", *, as_json: bool, is_redo: bool = False) -> None:
    """Print what was undone, or done again."""
    if as_json:
        _print_json(made)
        return
    verb = "Would undo" if made.is_dry_run else "Undone"
    if is_redo:
        verb = "Would do again" if made.is_dry_run else "Done again"
    click.echo(f"{verb}: {made.what}.")
    for note in made.notes:
        click.echo(note)
    _print_rest(session, made, is_turn=True)


def _print_rest(session: Session, made: "Stepped", *, is_turn: bool = False) -> None:
    """Print the lines that changed where nothing was written, what it means, and the next command."""
    if made.is_dry_run:
        for line in made.difference:
            click.echo(f"  {line}")
        session.say("Nothing was written.")
    if made.is_changed and (stands := _STANDS.get(made.state)):
        click.echo(stands)
    if made.is_changed and not made.is_dry_run and not is_turn:
        session.say(f"To take it back: newsletter issue undo {made.label}")
    session.next_step(f"newsletter issue {'show' if is_turn else 'check'} {made.label}")


def _print_json(made: "Stepped") -> None:
    print_json({**asdict(made), "path": str(made.path)})
