"""What `newsletter issue test` and `issue send` print, and how a sending is stopped by hand."""

import signal
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from newsletter.cli.session import Session, print_table
from newsletter.config.terminal import terminal_language
from newsletter.domain.delivery import Sending
from newsletter.domain.item_names import chosen_key
from newsletter.domain.segments import Segment, named
from newsletter.errors import Fault, StateError, UsageError, counted
from newsletter.toml_file import did_you_mean

if TYPE_CHECKING:
    from newsletter.domain.changes import EventChange
    from newsletter.domain.content import ItemKey
    from newsletter.domain.delivery import Balance, Forecast, InDoubt
    from newsletter.domain.issue import EditionKey
    from newsletter.service.deliveries.service import Outlook
    from newsletter.service.deliveries.testing import Tested


def print_tested(session: Session, tested: "Tested") -> None:
    """Say what became of a test: where its file is, or that it was handed over, and that it counts nowhere.

    Raises:
        StateError: It was not accepted for somebody.
    """
    outbox = session.newsletter.settings.outbox_path
    for address, outcome in tested.outcomes.items():
        if outcome.verdict == "accepted":
            is_file = tested.mailer == "outbox" and outcome.provider_id is not None
            where = session.shown(outbox / str(outcome.provider_id)) if is_file else f"handed to {tested.mailer}"
            click.echo(f"{tested.edition} for {address}: {where}")
    refused = [one for one in tested.outcomes.values() if one.verdict != "accepted"]
    if refused:
        raise StateError(
            f"{counted(len(refused), 'test was', 'tests were')} not accepted.",
            faults=[Fault(message=f"{one.verdict}: {one.reason}") for one in refused],
        )
    is_trial = session.newsletter.settings.publication.is_trial
    said = "No mail has left this machine. " if tested.is_rehearsal or is_trial else ""
    click.echo(f"{said}A test counts nowhere: the issue still waits to be sent.")


def print_dispatched(
    session: Session, label: str, outlook: "Outlook", balance: "Balance", *, unfinished: str | None
) -> None:
    """Say what a sending did, and of a rehearsal that it was none; why it ended only while somebody is left."""
    cause = f" ({unfinished})" if unfinished else ""
    states = ", ".join(f"{count} {state}" for state, count in balance.states.items())
    kind = "Rehearsal" if outlook.is_rehearsal else "Trial sending" if outlook.is_trial else "Sending"
    click.echo(f"{kind} of issue {label}{cause}: {states}.")
    if outlook.mailer == "outbox":
        folder = session.shown(session.newsletter.settings.outbox_path / label)
        click.echo(f"No mail has left this machine: they are in {folder}.")


def print_outlook(outlook: "Outlook") -> None:
    """Show who would get what, before anybody says yes."""
    kind = "TRIAL, nobody is mailed" if outlook.is_trial else "to real readers"
    if outlook.is_rehearsal:
        kind = "REHEARSAL, nothing leaves this machine"
    click.echo(
        f"Issue {outlook.approval.label} through {outlook.mailer}: {kind}. Approved {outlook.approval.hash[:12]}."
    )
    if outlook.is_trial and not outlook.is_rehearsal:
        click.echo("Its mails are taken by `newsletter serve --fake-sendgrid`, which has to run in another window.")
    for past in outlook.over:
        click.echo(f"Over by today: “{past.title}” [{past.key}]")
    for change in outlook.changed:
        click.echo(f"Changed since the approval: {change}")
    forecast = outlook.audience
    if isinstance(forecast, Sending):
        click.echo(f"Goes on with the sending begun {forecast.started_at:%Y-%m-%d %H:%M} UTC; its audience is fixed.")
    elif forecast is not None:
        _print_forecast(forecast, outlook.segments)
    for one in outlook.lacking:
        click.echo(f"Not approved: {one.edition}. Its readers came up since; nearest: {one.nearest or 'none'}.")
    if outlook.pace is not None and forecast is not None:
        over = f" over {counted(outlook.connections, 'connection')}"
        people, lasts = counted(outlook.people, "person", "people"), outlook.pace.time_for(outlook.people)
        click.echo(f"At most {outlook.pace}{over}: {people} take about {lasts}.")


def _print_forecast(forecast: "Forecast", segments: Sequence[Segment]) -> None:
    """Show who would get which edition."""
    language = terminal_language()
    rows = [
        (str(edition), people, named(edition.segments, segments, language))
        for edition, people in forecast.planned.items()
    ]
    rows += [(f"(nobody: {reason})", people, "") for reason, people in forecast.excluded.items()]
    print_table(["EDITION", "PEOPLE", "FOR"], [*rows, ("together", forecast.candidates, "")])


def way_on(label: str, doubt: "InDoubt") -> str:
    """Say what to do about a sending that is not finished; sending again is no advice where it changes nothing."""
    names = f"`newsletter issue report {label} --people unknown` names them"
    if doubt.is_all:
        return (
            f"{names}; `newsletter issue resolve {label}` decides: --leave ends the sending, --resend sends to them"
            " again, and sending without either changes nothing."
        )
    goes_on = f"`newsletter issue report {label}` says more; `newsletter issue send {label}` goes on."
    return f"{goes_on} Those in doubt wait for you: {names}." if doubt.people else goes_on


def ask_about_changed(
    session: Session, changed: "Sequence[EventChange]", accepted: "Sequence[str]"
) -> tuple["ItemKey", ...]:
    """Have every event that changed since the approval accepted as it was approved; give their keys.

    Raises:
        UsageError: Nobody can be asked, or an item that was named is none of these.
    """
    titles = {change.key: change.title for change in changed}
    # A sending that goes on has none: the same command may be typed again.
    keys = {chosen_key(part, titles) for part in accepted} if titles else set()
    for key, title in titles.items():
        if key not in keys:
            session.confirm(f"Send “{title}” as it was approved?", otherwise=f"--accept-changed {key}")
    return tuple(titles)


def ask_about_lacking(
    session: Session, outlook: "Outlook", instead: "Sequence[str]"
) -> dict["EditionKey", "EditionKey"]:
    """Have decided what the readers of every edition get that is not approved: the nearest that is, or a new approval.

    Raises:
        UsageError: What was named is no such edition, or nobody can be asked.
        StateError: Nothing that is approved is for these readers.
    """
    label, approved = outlook.approval.label, [message.edition for message in outlook.approval.messages]
    lacking = {one.edition: one for one in outlook.lacking}
    given = dict(_pair(part, lacking, approved) for part in instead) if lacking else {}
    for edition, one in lacking.items():
        if edition in given:
            continue
        whose = f"{edition} is not approved, and {counted(one.people, 'person', 'people')} would get it"
        again = f"newsletter issue approve {label}"
        if one.nearest is None:
            raise StateError(f"{whose}; no approved edition is for them. Nothing was sent.", hint=again)
        session.confirm(
            f"{whose}. Give them the nearest that is approved, {one.nearest}?",
            otherwise=f"--instead {edition}={one.nearest}, or {again} to make it.",
        )
        given[edition] = one.nearest
    return given


def _pair(
    part: str, lacking: "Collection[EditionKey]", approved: "Collection[EditionKey]"
) -> tuple["EditionKey", "EditionKey"]:
    """Read EDITION=EDITION.

    Raises:
        UsageError: The first is not lacking, or the second not approved.
    """
    names = part.partition("=")
    found = []
    for name, known, fault in ((names[0], lacking, "lacks no edition"), (names[2], approved, "is not approved")):
        editions = {str(one): one for one in known}
        if name not in editions:
            raise UsageError(f"{name or part!r} {fault}; nothing was sent.", hint=did_you_mean(name, tuple(editions)))
        found.append(editions[name])
    return found[0], found[1]


@contextmanager
def stop_between_batches() -> Iterator[list[int]]:
    """Let Ctrl-C and SIGTERM end the sending after the batch in hand; give a list that fills when one came.

    Afterwards both do again what they did before.
    """
    caught: list[int] = []

    def note(number: int, _frame: object) -> None:
        if caught:
            raise KeyboardInterrupt
        caught.append(number)
        click.echo("\nStopping after this batch; what was handed over is recorded. Again to stop at once.", err=True)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
