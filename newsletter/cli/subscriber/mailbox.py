"""`newsletter subscriber mailbox`: what came back by mail."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import Verb
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.errors import counted

if TYPE_CHECKING:
    from newsletter.domain.saved_mail import MailVerdict
    from newsletter.service.notifications.mailbox import MailboxReading


@click.command(cls=Verb)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path, dir_okay=False))
@click.option("-n", "--dry-run", "is_dry_run", is_flag=True, help="Say what would happen, change nothing.")
@click.option("--yes", "is_agreed", is_flag=True, help="Without being asked.")
@json_option
@pass_session
def mailbox(session: Session, files: tuple[Path, ...], *, is_dry_run: bool, is_agreed: bool, as_json: bool) -> None:
    """Read saved mails (.eml, mbox): who leaves by a link of ours, and what did not arrive.

    Everything is shown before anything follows from it. Only a token of ours and a report about a delivery of ours
    change anything; a mail that somebody wrote, and one that is not understood, is listed for you to read.
    """
    service = session.newsletter.mailbox
    reading = service.read(files)
    new = sum(verdict.is_new for verdict in reading.verdicts)
    if as_json:
        print_json([asdict(verdict) for verdict in reading.verdicts])
    else:
        _show(session, reading)
    if is_dry_run:
        session.say("Dry run: nothing was changed, and the mailbox counts as not read.")
        return
    if new and not is_agreed:
        session.confirm(f"Let follow what {counted(new, 'mail')} {'says' if new == 1 else 'say'}?")
    taken = service.take(reading)
    if not as_json:
        left, suppressed = counted(taken.left, "person", "people"), counted(taken.suppressed, "address", "addresses")
        click.echo(f"{left} left, {suppressed} suppressed, {counted(taken.settled, 'delivery', 'deliveries')} settled.")
    session.next_step("newsletter status")


def _show(session: Session, reading: "MailboxReading") -> None:
    """Show every mail with its place, what it is, and whom it is about; then how many there are of each kind."""
    rows = [
        (
            f"{one.file}:{one.number}",
            one.meaning if one.is_new or not _has_effect(one) else f"{one.meaning} (known)",
            one.person or "-",
            one.label or "-",
            " | ".join(filter(None, (one.subject, one.reason))),
        )
        for one in reading.verdicts
    ]
    print_table(["MAIL", "WHAT", "READER", "ISSUE", "SUBJECT"], rows, wraps=["SUBJECT"])
    counts = Counter(str(one.meaning) for one in reading.verdicts)
    session.say(f"{counted(len(rows), 'mail')}: {', '.join(f'{count} {kind}' for kind, count in counts.items())}.")
    if counts["has wishes"]:
        session.say("What a reader wishes, you set: newsletter subscriber edit ADDRESS")
    if counts["to be read"] or counts["not understood"]:
        session.say(
            "Read what was written or not understood. Who wants to leave: newsletter subscriber unsubscribe ADDRESS."
            " What came back for good: newsletter suppression add ADDRESS --reason 'hard bounce'"
        )


def _has_effect(verdict: "MailVerdict") -> bool:
    """Tell whether a mail of its kind, about somebody of ours, changes something the first time."""
    return verdict.label is not None or verdict.meaning == "leaves"
