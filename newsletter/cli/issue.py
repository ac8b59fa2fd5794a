"""`newsletter issue`: make, check, approve, send and report an issue."""

import getpass
import json
import platform
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import DAY, Noun
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.config.terminal import LANGUAGES, terminal_language
from newsletter.errors import ChecksFailed, Incomplete, UsageError, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.service.issues.service import Rendering
    from newsletter.track.report import Report

label_argument = click.argument("label", metavar="LABEL")
language_option = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=terminal_language,
    show_default="the terminal's, by LANG",
    help="Of the findings.",
)
rehearse_option = click.option(
    "--rehearse", is_flag=True, help="Through the outbox, whatever mailer is configured: nothing leaves this machine."
)


@click.group(cls=Noun)
def issue() -> None:
    """Make, check, approve, send and report an issue."""


@issue.command()
@label_argument
@click.option("--date", "planned", type=DAY, help="The planned day of sending. Default: today.")
@click.option("--update", "is_update", is_flag=True, help="Add what was collected since; every edit stays.")
@pass_session
def new(session: Session, label: str, *, planned: datetime | None, is_update: bool) -> None:
    """Pick the articles and events of LABEL (2017-11, 2017-W46, 2017-Q4) and write issue.toml for you to edit."""
    made = session.newsletter.issues.new(label, planned=planned.date() if planned else None, is_update=is_update)
    picked = Counter(pick.segment_id for pick in made.picks if pick.grade == "picked")
    for segment_id, count in picked.items():
        click.echo(f"{segment_id}: {counted(count, 'item')}")
    verb = "Added" if is_update else "Wrote"
    click.echo(f"{verb} {counted(len(made.added), 'item')} {'to' if is_update else 'in'} {session.shown(made.path)}.")
    for key, language in made.translated:
        click.echo(f"Added words in {language} to {key}.")
    _say_left_out(session, label)
    session.say(
        "Open it in any editor: order, titles, leads, greeting, subject. Why each item is in it stands above it."
    )
    session.next_step(f"newsletter issue check {label}")


def _say_left_out(session: Session, label: str) -> None:
    """Say for whom nothing is in the issue: it is the editor's decision, so it is not made in silence."""
    shelf = session.newsletter.shelf
    left_out = shelf.left_out(shelf.read(label))
    if left_out.segments:
        click.echo(str(left_out))


@issue.command(name="list")
@json_option
@pass_session
def list_(session: Session, *, as_json: bool) -> None:
    """List the issues and where each stands."""
    shelf = session.newsletter.shelf
    summaries = [shelf.summary(label) for label in shelf.labels()]
    if as_json:
        print_json([asdict(summary) for summary in summaries])
        return
    print_table(
        ["ISSUE", "STATE", "DATE", "ITEMS", "REHEARSALS"],
        [
            (one.label, one.state, one.date or "?", "?" if one.items is None else one.items, one.rehearsals)
            for one in summaries
        ],
    )


@issue.command()
@label_argument
@click.option("--parity", "is_parity", is_flag=True, help="Show which item lacks words in which language instead.")
@json_option
@pass_session
def show(session: Session, label: str, *, is_parity: bool, as_json: bool) -> None:
    """Show each edition of an issue: subject, items in order, size."""
    from newsletter.cli import issue_pages

    issues = session.newsletter.issues
    if is_parity:
        languages = session.newsletter.settings.publication.languages
        issue_pages.print_parity(session, issues.parity(label), languages, as_json=as_json)
        return
    rendering, summary = issues.render(label), issues.summary(label)
    if as_json:
        issue_pages.print_editions_as_json(rendering, summary)
    else:
        issue_pages.print_editions(rendering, summary)


@issue.command()
@label_argument
@click.option(
    "--screenshots",
    "pictures",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also take PNG pictures on a phone and on a desk, light and dark, and one sheet of all. Needs a Chromium.",
)
@pass_session
def render(session: Session, label: str, *, pictures: Path | None) -> None:
    """Make every edition's HTML and text in the issue's build folder, for a look in the browser."""
    issues = session.newsletter.issues
    rendering = issues.render(label)
    folder = issues.write_build(rendering)
    for message in rendering.messages:
        click.echo(f"{session.shown(folder / f'{message.edition}.html')}  {len(message.html.encode()) / 1000:.1f} kB")
    if pictures is not None:
        _take_screenshots(session, rendering, pictures)
    session.next_step(f"newsletter issue check {label}")


def _take_screenshots(session: Session, rendering: "Rendering", folder: Path) -> None:
    """Take the pictures and name their files."""
    from newsletter.chromium import find_chromium
    from newsletter.web.messages.screenshots import take_screenshots

    taken = take_screenshots(
        rendering,
        session.newsletter.deliveries,
        folder,
        program=find_chromium(),
        progress=session.progress("Pictures"),
    )
    for path in taken:
        click.echo(session.shown(path))


@issue.command()
@label_argument
@click.option(
    "--slow", "is_slow", is_flag=True, help="Also see every edition in a browser. Needs a Chromium and axe-core."
)
@language_option
@json_option
@pass_session
def check(session: Session, label: str, *, is_slow: bool, language: str, as_json: bool) -> None:
    """Look every edition over. Ends with 3 when a finding of severity error stands in the way."""
    from newsletter.check import count_in_the_way
    from newsletter.cli import issue_pages

    issues = session.newsletter.issues
    rendering, findings = issues.check(label, is_slow=is_slow, progress=session.progress("In the browser"))
    if as_json:
        issue_pages.print_findings_as_json(findings)
    else:
        editions = [message.edition for message in rendering.messages]
        issue_pages.print_findings(session, findings, editions, language)
    if blocking := count_in_the_way(findings):
        raise ChecksFailed(f"{blocking} of these must be mended or waived before the issue can be approved.")
    session.next_step(f"newsletter issue approve {label}")


@issue.command()
@label_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--by", default=getpass.getuser, help="Your name, recorded. Default: the one you are logged in with.")
@pass_session
def approve(session: Session, label: str, *, yes: bool, by: str) -> None:
    """Freeze the messages and the audience rule: what is sent will be byte for byte what was checked."""
    _say_left_out(session, label)
    if not yes:
        session.confirm(f"Approve issue {label} as {by}?")
    approval = session.newsletter.issues.approve(label, by=by)
    click.echo(f"Approved issue {label}: {counted(len(approval.messages), 'edition')}, {approval.hash[:12]}.")
    session.next_step(f"newsletter issue send {label}")


@issue.command()
@label_argument
@click.option(
    "--to", "addresses", required=True, multiple=True, metavar="ADDRESS", help="Where the test goes; may be repeated."
)
@click.option("--edition", help="Which one: advisers.fi. Default: the first.")
@rehearse_option
@pass_session
def test(session: Session, label: str, *, addresses: tuple[str, ...], edition: str | None, rehearse: bool) -> None:
    """Send one edition, as it is now, to the addresses named: marked as a test, outside the ledger."""
    from newsletter.cli import sending

    sending.print_tested(
        session, session.newsletter.deliveries.test(label, addresses, edition=edition, rehearse=rehearse)
    )
    session.next_step(f"newsletter issue approve {label}")


@issue.command()
@label_argument
@click.option(
    "--segment", "segments", multiple=True, help="Only editions for this segment now; the others stay queued."
)
@click.option("--limit", type=click.IntRange(min=1), help="At most so many people now; the others stay queued.")
@rehearse_option
@click.option("-n", "--dry-run", "is_dry_run", is_flag=True, help="Show who would get what; send nothing.")
@click.option("--confirm", "confirmed", metavar="LABEL", help="The label again, instead of being asked for it.")
@click.option("--yes", is_flag=True, help="Also to an audience much larger than the last issue's, without being asked.")
@pass_session
def send(
    session: Session,
    label: str,
    *,
    segments: tuple[str, ...],
    limit: int | None,
    rehearse: bool,
    is_dry_run: bool,
    confirmed: str | None,
    yes: bool,
) -> None:
    """Send an approved issue, or go on with a sending that was stopped. Nobody is mailed twice."""
    from newsletter.cli import sending
    from newsletter.domain.content import SegmentId

    outlook = session.newsletter.deliveries.outlook(label, rehearse=rehearse)
    sending.print_outlook(outlook)
    if is_dry_run:
        session.say("Dry run: nothing was sent and nothing was written.")
        return
    for question in outlook.questions:
        if not yes:
            session.confirm(question)
    session.confirm_label(label, confirmed)
    with sending.stop_between_batches() as stopping, session.send_progress() as progress:
        done = session.newsletter.deliveries.send(
            label,
            by=f"{getpass.getuser()} on {platform.node()}",
            segments=[SegmentId(segment) for segment in segments],
            limit=limit,
            rehearse=rehearse,
            should_stop=lambda: bool(stopping),
            progress=progress,
            waits_for=progress.waits_for,
        )
    unfinished = None if done.sending.finished_at is not None else str(done.cause)
    sending.print_dispatched(session, label, outlook, done.balance, unfinished=unfinished)
    session.next_step(f"newsletter issue report {label}")
    if unfinished:
        raise Incomplete(
            f"Issue {label} is not finished: {done.sending.pause_reason or unfinished}.",
            hint=f"`newsletter issue report {label}` says more; `newsletter issue send {label}` goes on.",
        )


@issue.command()
@label_argument
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option(
    "--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with plots to this file."
)
@pass_session
def report(session: Session, label: str, *, as_json: bool, as_csv: bool, page: Path | None) -> None:
    """Account for everybody: the balances, each edition, reasons, and what to do about the unknown."""
    from newsletter.track.pages import as_csv as csv_of
    from newsletter.track.pages import as_json as json_of
    from newsletter.track.pages import as_table

    reports = session.newsletter.deliveries.report(label)
    if page is not None:
        _write_page(session, reports, page)
    elif as_json:
        print_json([json.loads(json_of(one)) for one in reports])
    elif as_csv:
        for one in reports:
            click.echo(csv_of(one), nl=False)
    else:
        zone = session.newsletter.settings.publication.zone
        click.echo("\n\n".join(as_table(one, zone=zone).rstrip() for one in reports))


def _write_page(session: Session, reports: "Sequence[Report]", path: Path) -> None:
    """Write the report as an HTML page.

    Raises:
        UsageError: The file cannot be written.
    """
    from newsletter.track.page import as_html

    publication, notifications = session.newsletter.settings.publication, session.newsletter.notifications
    timelines = {one.sending.id: notifications.timeline(one.sending.id) for one in reports}
    name = publication.names[publication.languages[0]]
    try:
        path.write_text(as_html(reports, timelines, name=name, zone=publication.zone), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", hint="Check the path.") from error
    click.echo(f"Wrote {session.shown(path)}. Open it in a browser; it prints well from there.")


@issue.command()
@label_argument
@click.option("--reason", default="paused by the project manager", show_default=True, help="Shown to whoever asks.")
@pass_session
def pause(session: Session, label: str, *, reason: str) -> None:
    """Let no further batch be handed over, also by a process that is sending now."""
    session.newsletter.deliveries.pause(label, reason=reason)
    click.echo(f"Paused issue {label}; a batch in hand is still recorded.")
    session.next_step(f"newsletter issue resume {label}")


@issue.command()
@label_argument
@pass_session
def resume(session: Session, label: str) -> None:
    """Let batches be handed over again after a pause."""
    session.newsletter.deliveries.resume(label)
    click.echo(f"Issue {label} may go on.")
    session.next_step(f"newsletter issue send {label}")


@issue.command()
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


@issue.command()
@label_argument
@click.option("--resend", "is_resend", is_flag=True, help="Send them again: whoever did get the mail gets it twice.")
@click.option("--leave", "is_leave", is_flag=True, help="Leave them: whoever did not get it misses this issue.")
@click.option(
    "--batch", "batches", type=int, multiple=True, help="Only this batch of the report. Default: all in doubt."
)
@pass_session
def resolve(session: Session, label: str, *, is_resend: bool, is_leave: bool, batches: tuple[int, ...]) -> None:
    """Decide what becomes of mails of which nobody knows whether they went out."""
    if is_resend == is_leave:
        raise UsageError("Say either --resend or --leave.", hint="In doubt: --leave. See `newsletter issue report`.")
    count = session.newsletter.deliveries.resolve(label, resend=is_resend, by=getpass.getuser(), batches=batches)
    click.echo(f"{counted(count, 'batch is', 'batches are')} {'queued again' if is_resend else 'left as decided'}.")
    session.next_step(f"newsletter issue {'send' if is_resend else 'report'} {label}")
