"""Which commands leave a line in the trail, and what it says: no address, no name, no word that somebody typed."""

import click

from newsletter.cli.session import Session
from newsletter.errors import NewsletterError

_NOTED = {"subscriber", "suppression", "consent", "key", "db", "pack", "unpack"}
_READING = {"list", "show", "status", "report", "log"}
_NOTED_OF_ISSUES = {"approve", "send", "pause", "resume", "resolve", "cancel"}
_SAID = ("label", "segment", "file", "what", "target", "backup_file")
"""Parameters whose value may stand in the trail, unless it holds an address."""


def is_noted(context: click.Context) -> bool:
    """Tell whether a command changes people, keys or sendings, or takes people out of the database."""
    noun, _, verb = context.command_path.partition(" ")[2].partition(" ")
    if context.params.get("is_dry_run"):
        return False
    return verb in _NOTED_OF_ISSUES if noun == "issue" else noun in _NOTED and verb not in _READING


def note(context: click.Context, code: int) -> None:
    """Add a line for a command that has ended; where it cannot be written, say so."""
    session = context.find_object(Session)
    assert session is not None
    given = [one for one in context.command.params if context.get_parameter_source(one.name or "") in _BY_HAND]
    flags = [one.opts[-1] for one in given if isinstance(one, click.Option)]
    said = [str(context.params[one.name or ""]) for one in given if one.name in _SAID]
    given_addresses = (context.params.get("address") or "", *(context.params.get("addresses") or ()))
    whom = [str(word) for word in (*given_addresses, *said) if "@" in str(word)]
    people = session.people
    if people is None and whom:
        people = len(whom)
    try:
        session.newsletter.trail.note(
            " ".join([context.command_path.partition(" ")[2], *flags]),
            what=" ".join(word for word in said if "@" not in word),
            address=whom[0] if len(whom) == 1 else "",
            people=people if code == 0 or session.people is not None else None,
            code=code,
        )
    except NewsletterError as error:
        click.echo(f"Not noted in the trail of who did what: {error}", err=True)


_BY_HAND = {click.core.ParameterSource.COMMANDLINE}
