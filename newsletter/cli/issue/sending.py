"""On its way: `issue test`, `send`, `pause`, `resume` and `cancel`."""

import getpass
import platform
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import Verb
from newsletter.cli.issue.options import PaceType, label_argument, rehearse_option
from newsletter.cli.session import Session, pass_session
from newsletter.errors import Incomplete

if TYPE_CHECKING:
    from newsletter.domain.mailing import Pace


@click.command(cls=Verb)
@label_argument
@click.option(
    "--to", "addresses", required=True, multiple=True, metavar="ADDRESS", help="Where the test goes; may be repeated."
)
@click.option("--edition", help="Which one: advisers.fi. Default: the first.")
@rehearse_option
@pass_session
def test(session: Session, label: str, *, addresses: tuple[str, ...], edition: str | None, rehearse: bool) -> None:
    """Send one edition, as it is now, to the addresses named: marked as a test, outside the ledger."""
    from newsletter.cli.issue import sending_pages

    sending_pages.print_tested(
        session, session.newsletter.testing.test(label, addresses, edition=edition, rehearse=rehearse)
    )
    session.next_step(f"newsletter issue approve {label}")


@click.command(cls=Verb)
@label_argument
@click.option(
    "--segment", "segments", multiple=True, help="Only editions for this segment now; the others stay queued."
)
@click.option("--limit", type=click.IntRange(min=1), help="At most so many people now; the others stay queued.")
@click.option(
    "--pace", type=PaceType(), help="At most so many people in a second, minute or hour: 5/s, 300/min, 1000/h."
)
@rehearse_option
@click.option("-n", "--dry-run", "is_dry_run", is_flag=True, help="Show who would get what; send nothing.")
@click.option("--confirm", "confirmed", metavar="LABEL", help="The label again, instead of being asked for it.")
@click.option(
    "--accept-changed",
    "accepted",
    multiple=True,
    metavar="ITEM",
    help="Send this event as it was approved, though it changed since; may be repeated.",
)
@click.option(
    "--instead",
    "instead",
    multiple=True,
    metavar="EDITION=EDITION",
    help="Whoever would read the first, which is not approved, gets the second; may be repeated.",
)
@click.option(
    "--yes",
    is_flag=True,
    help="Also to an audience much larger than the last issue's, without being asked; with -q it is not counted.",
)
@pass_session
def send(
    session: Session,
    label: str,
    *,
    segments: tuple[str, ...],
    limit: int | None,
    pace: "Pace | None",
    rehearse: bool,
    is_dry_run: bool,
    confirmed: str | None,
    accepted: tuple[str, ...],
    instead: tuple[str, ...],
    yes: bool,
) -> None:
    """Send an approved issue, or go on with a sending that was stopped. Nobody is mailed twice."""
    from newsletter.cli.issue import sending_pages
    from newsletter.domain.content import SegmentId

    outlook = session.newsletter.deliveries.outlook(
        label,
        rehearse=rehearse,
        pace=pace,
        is_counted=is_dry_run or not (session.is_quiet and yes),
        waits_for=lambda message: session.say(f"{message} Waiting until it is free."),
    )
    sending_pages.print_outlook(outlook)
    if is_dry_run:
        session.say("Dry run: nothing was sent and nothing was written.")
        return
    given = sending_pages.ask_about_lacking(session, outlook, instead)
    accepted_keys = sending_pages.ask_about_changed(session, outlook.changed, accepted)
    for question in outlook.questions:
        if not yes:
            session.confirm(question)
    session.confirm_label(label, confirmed)
    with sending_pages.stop_between_batches() as stopping, session.send_progress() as progress:
        done = session.newsletter.deliveries.send(
            label,
            by=f"{getpass.getuser()} on {platform.node()}",
            segments=[SegmentId(segment) for segment in segments],
            limit=limit,
            rehearse=rehearse,
            pace=pace,
            accept_changed=accepted_keys,
            instead=given,
            should_stop=lambda: bool(stopping),
            progress=progress,
            waits_for=progress.waits_for,
        )
    session.people = done.balance.planned
    unfinished = None if done.sending.finished_at is not None else str(done.cause)
    sending_pages.print_dispatched(session, label, outlook, done.balance, unfinished=unfinished)
    doubt = done.doubt
    if done.is_as_asked:
        session.say(f"Issue {label} is not finished, as you asked: {done.sending.pause_reason or unfinished}.")
    step = "resolve" if doubt.is_all else "send" if done.is_as_asked else "report"
    session.next_step(f"newsletter issue {step} {label}{' --leave' * doubt.is_all}")
    if unfinished and not done.is_as_asked:
        in_doubt = f" {doubt}" if doubt.people else ""
        raise Incomplete(
            f"Issue {label} is not finished: {done.sending.pause_reason or unfinished}.{in_doubt}",
            hint=sending_pages.way_on(label, doubt),
        )


@click.command(cls=Verb)
@label_argument
@click.option("--reason", default="", help="Shown to whoever asks.")
@pass_session
def pause(session: Session, label: str, *, reason: str) -> None:
    """Let no further batch be handed over, also by a process that is sending now."""
    session.newsletter.deliveries.pause(label, reason=reason)
    click.echo(f"Paused issue {label}; a batch in hand is still recorded.")
    session.next_step(f"newsletter issue resume {label}")


@click.command(cls=Verb)
@label_argument
@pass_session
def resume(session: Session, label: str) -> None:
    """Let batches be handed over again after a pause."""
    session.newsletter.deliveries.resume(label)
    click.echo(f"Issue {label} may go on.")
    session.next_step(f"newsletter issue send {label}")


@click.command(cls=Verb)
@label_argument
@click.option("--reason", default="cancelled by the project manager", show_default=True, help="Recorded.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def cancel(session: Session, label: str, *, reason: str, yes: bool) -> None:
    """End a sending for good: what is queued is skipped, what went out stays in the ledger."""
    if not yes:
        session.confirm(f"Cancel the sending of issue {label}? The people still queued will not get it.")
    session.newsletter.deliveries.cancel(label, by=getpass.getuser(), reason=reason)
    click.echo(f"Cancelled the sending of issue {label}.")
    session.next_step(f"newsletter issue report {label}")
