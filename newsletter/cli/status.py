"""`newsletter status` and `newsletter doctor`: where the month stands, and whether everything is in order."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import Verb
from newsletter.cli.pages import source_lines
from newsletter.cli.session import Session, json_option, pass_session, print_json
from newsletter.errors import ConfigurationError, counted

if TYPE_CHECKING:
    from newsletter.service.status import Status


@click.command(cls=Verb)
@json_option
@pass_session
def status(session: Session, *, as_json: bool) -> None:
    """Say where the month stands and what to type next."""
    status = session.newsletter.status.status()
    if as_json:
        print_json(asdict(status))
        return
    _tell_people_and_issues(status)
    _tell_what_needs_a_person(status)
    click.echo(status.next_reason)
    session.next_step(status.next_command)


def _tell_people_and_issues(status: "Status") -> None:
    """Say how many people and items there are, and where each issue stands."""
    trial = "A trial: nobody is mailed. " if status.is_trial else ""
    click.echo(
        f"{trial}{counted(status.people, 'active person', 'active people')}, "
        f"{counted(status.items, 'collected article or event', 'collected articles and events')}."
    )
    if status.wishes.is_any:
        click.echo(f"Of the people: {status.wishes}.")
    if status.without_ground:
        click.echo(f"Ground not recorded: {counted(status.without_ground, 'person', 'people')}; they stay subscribed.")
        click.echo("       newsletter consent record SEGMENT --consent TEXT")
    for issue in status.issues:
        planned = f", planned for {issue.date}" if issue.date else ""
        rehearsals = f", {counted(issue.rehearsals, 'rehearsal')}" if issue.rehearsals else ""
        elsewhere = ", not from this database" if issue.is_from_elsewhere else ""
        click.echo(f"Issue {issue.label}: {issue.state}{elsewhere}{planned}{rehearsals}.")
        if issue.doubt.people:
            click.echo(f"       {issue.doubt}")
        if issue.left_out.segments:
            click.echo(f"       {issue.left_out}")


def _tell_what_needs_a_person(status: "Status") -> None:
    """Say what is in doubt, what the provider told, and what ought to be done once in a while."""
    for line in source_lines(status.sources):
        click.echo(line)
    if status.mailbox_unread_since is not None:
        since = f"{status.mailbox_unread_since:%Y-%m-%d}"
        click.echo(
            f"Was the mailbox read since the sending of {since}? Save what came back there, and have it read:\n"
            "       newsletter subscriber mailbox FILE..."
        )
    if status.doubt is not None:
        click.echo(f"{status.doubt.message}\n       {status.doubt.hint}")
    for news in status.account_news:
        click.echo(f"Your account at {news.provider} changed on {news.at:%Y-%m-%d}: {news.raw}")
    if status.set_aside:
        told = counted(status.set_aside, "notification was", "notifications were")
        click.echo(
            f"{told} set aside lately: each names a delivery and not its address.\n"
            '       newsletter notification list --kind "set aside"'
        )
    if status.forgotten_proxy is not None:
        click.echo(str(status.forgotten_proxy))
    if status.is_pack_due:
        when = "never" if status.packed_at is None else f"last on {status.packed_at:%Y-%m-%d}, before the last sending"
        click.echo(f"Everything in one file, to keep elsewhere: made {when}.\n       newsletter pack FILE")


@click.command(cls=Verb)
@json_option
@pass_session
def doctor(session: Session, *, as_json: bool) -> None:
    """Look over configuration, keys, database, templates, mailer, sources."""
    checkups = list(session.newsletter.status.checkups())
    if as_json:
        print_json([asdict(checkup) for checkup in checkups])
    else:
        for checkup in checkups:
            click.echo(f"{'ok   ' if checkup.is_well else 'WRONG'}  {checkup.name}: {checkup.message}")
            for warning in checkup.warnings:
                click.echo(f"       warning: {warning}")
            if checkup.hint:
                click.echo(f"       {checkup.hint}")
    if wrong := sum(not checkup.is_well for checkup in checkups):
        raise ConfigurationError(f"{wrong} of {len(checkups)} {'needs' if wrong == 1 else 'need'} your attention.")
