"""Who got it: `issue report`, and `issue resolve` for those in doubt."""

import getpass
import json
from pathlib import Path

import click

from newsletter.cli.command import Verb
from newsletter.cli.issue.options import label_argument
from newsletter.cli.session import Session, json_option, pass_session, print_json
from newsletter.errors import UsageError, counted


@click.command(cls=Verb)
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

    if page is not None:
        _write_page(session, label, page)
        return
    reports = session.newsletter.reports.report(label)
    if as_json:
        print_json([json.loads(json_of(one)) for one in reports])
    elif as_csv:
        for one in reports:
            click.echo(csv_of(one), nl=False)
    else:
        zone = session.newsletter.settings.publication.zone
        click.echo("\n\n".join(as_table(one, zone=zone).rstrip() for one in reports))


def _write_page(session: Session, label: str, path: Path) -> None:
    """Write the report as an HTML page.

    Raises:
        UsageError: The file cannot be written.
    """
    from newsletter.track.page import as_html

    publication, notifications = session.newsletter.settings.publication, session.newsletter.notifications
    reports = session.newsletter.reports.report(label)
    timelines = {one.sending.id: notifications.timeline(one.sending.id) for one in reports}
    name = publication.names[publication.languages[0]]
    try:
        path.write_text(as_html(reports, timelines, name=name, zone=publication.zone), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", hint="Check the path.") from error
    click.echo(f"Wrote {session.shown(path)}. Open it in a browser; it prints well from there.")


@click.command(cls=Verb)
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
    count = session.newsletter.reports.resolve(label, resend=is_resend, by=getpass.getuser(), batches=batches)
    click.echo(f"{counted(count, 'batch is', 'batches are')} {'queued again' if is_resend else 'left as decided'}.")
    session.next_step(f"newsletter issue {'send' if is_resend else 'report'} {label}")
