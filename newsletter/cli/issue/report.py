"""Who got it: `issue report`, and `issue resolve` for those in doubt."""

import csv
import getpass
import json
import sys
from dataclasses import asdict
from datetime import datetime, tzinfo
from pathlib import Path

import click

from newsletter.cli.command import Verb
from newsletter.cli.issue.options import label_argument
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.domain.delivery import DeliveryState
from newsletter.errors import UsageError, counted


@click.command(cls=Verb)
@label_argument
@json_option
@click.option(
    "--csv",
    "csv_file",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="Print CSV, or write it to this new file.",
)
@click.option(
    "--html", "page", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with plots to this file."
)
@click.option(
    "--people",
    "state",
    type=click.Choice([str(state) for state in DeliveryState]),
    help="Name whoever is in this state.",
)
@click.option("--batch", type=int, help="With --people: only those of this batch.")
@pass_session
def report(
    session: Session,
    label: str,
    *,
    as_json: bool,
    csv_file: str | None,
    page: Path | None,
    state: str | None,
    batch: int | None,
) -> None:
    """Account for everybody: the balances, each edition, reasons, and what to do about the unknown."""
    from newsletter.track.pages import as_csv as csv_of
    from newsletter.track.pages import as_json as json_of
    from newsletter.track.pages import as_table

    if state is not None:
        _report_people(session, label, DeliveryState(state), batch, csv_file, as_json=as_json)
        return
    if batch is not None:
        raise UsageError("--batch goes with --people.", hint=f"newsletter issue report {label} --people unknown")
    if page is not None:
        _write_page(session, label, page)
        return
    reports = session.newsletter.reports.report(label)
    if as_json:
        print_json([json.loads(json_of(one)) for one in reports])
    elif csv_file is not None:
        _write_text(session, csv_of(*reports), csv_file)
    else:
        zone = session.newsletter.settings.publication.zone
        click.echo("\n\n".join(as_table(one, zone=zone).rstrip() for one in reports))


def _report_people(
    session: Session, label: str, state: DeliveryState, batch: int | None, csv_file: str | None, *, as_json: bool
) -> None:
    """Name whoever is in a state: on the terminal, or in a file for you alone."""
    reports = session.newsletter.reports
    if csv_file not in (None, "-"):
        count = reports.write_people(label, state, Path(str(csv_file)), batch=batch)
        click.echo(
            f"Wrote {csv_file}, for you alone to read: {counted(count, 'person', 'people')} of issue {label},"
            f" {state}, with name and address. Delete it when you are done."
        )
        return
    sending, people = reports.people(label, state, batch=batch)
    found = list(people)
    if as_json:
        print_json([{**asdict(one), "edition": str(one.edition)} for one in found])
        return
    if csv_file == "-":
        from newsletter.service.deliveries.reports import PEOPLE_COLUMNS

        csv.writer(sys.stdout, delimiter=";").writerows([PEOPLE_COLUMNS, *map(reports.people_cells, found)])
        return
    zone = session.newsletter.settings.publication.zone
    rows = [
        (
            one.address or "(not known any more)",
            one.edition,
            one.batch_id,
            _moment(one.handed_over_at, zone),
            one.reason,
        )
        for one in found
    ]
    print_table(["ADDRESS", "EDITION", "BATCH", "HANDED OVER", "REASON"], rows, wraps=["REASON"])
    kind = reports.kind_of(sending)
    session.say(f"{counted(len(found), 'person', 'people')} of the {kind} of issue {label}: {state}.")
    if state is DeliveryState.UNKNOWN and found:
        session.next_step(f"newsletter issue resolve {label} --leave")


def _moment(moment: datetime | None, zone: tzinfo) -> str:
    """Write a moment to the minute."""
    return "-" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _write_text(session: Session, content: str, path: str) -> None:
    """Print, or write a file.

    Raises:
        UsageError: The file cannot be written.
    """
    if path == "-":
        click.echo(content, nl=False)
        return
    try:
        Path(path).write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", hint="Check the path.") from error
    click.echo(f"Wrote {session.shown(Path(path))}.")


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
@click.option("--person", "people", multiple=True, metavar="ADDRESS", help="With --resend: only this reader.")
@click.option(
    "--list",
    "list_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --resend: only the readers in this file, one a line or as `issue report --people --csv` writes them.",
)
@click.option("--confirm", "confirmed", metavar="LABEL", help="With --resend: the label again, instead of being asked.")
@pass_session
def resolve(
    session: Session,
    label: str,
    *,
    is_resend: bool,
    is_leave: bool,
    batches: tuple[int, ...],
    people: tuple[str, ...],
    list_file: Path | None,
    confirmed: str | None,
) -> None:
    """Decide what becomes of mails of which nobody knows whether they went out."""
    if is_resend == is_leave:
        raise UsageError("Say either --resend or --leave.", hint="In doubt: --leave. See `newsletter issue report`.")
    reports = session.newsletter.reports
    chosen = (*people, *(reports.read_addresses(list_file) if list_file is not None else ()))
    if chosen and (is_leave or batches):
        raise UsageError("Readers are named to --resend to them, and instead of a batch.")
    if is_resend:
        doubt = reports.doubt(label, batches=batches, people=chosen)
        zone = session.newsletter.settings.publication.zone
        session.say(
            f"{counted(doubt.people, 'person', 'people')}, in doubt since {_moment(doubt.since, zone)}:"
            " whoever did get the mail gets it twice."
        )
        session.confirm_label(label, confirmed)
    count = reports.resolve(label, resend=is_resend, by=getpass.getuser(), batches=batches, people=chosen)
    who = counted(count, "person is", "people are")
    click.echo(f"{who} queued again." if is_resend else f"{who} left as decided; they stay unknown.")
    if is_leave:
        session.say(f"Whoever says that it never came: newsletter issue resolve {label} --resend --person ADDRESS")
    session.next_step(f"newsletter issue {'send' if is_resend else 'report'} {label}")
