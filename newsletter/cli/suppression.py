"""`newsletter suppression`: addresses that must never be mailed."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import DAY, Noun
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.cli.subscriber import import_pages
from newsletter.cli.subscriber.person import name_similar, require_known
from newsletter.domain.audience import SuppressionReason
from newsletter.errors import ChecksFailed, Fault, Incomplete, counted

if TYPE_CHECKING:
    from newsletter.service.audience.suppressions import HashesTaken


@click.group(cls=Noun)
def suppression() -> None:
    """Addresses that must never be mailed."""


@suppression.command()
@click.argument("address")
@click.option("--note", default="by hand", show_default=True, help="Why, without the address; it is kept for ever.")
@click.option("--unknown", "may_be_unknown", is_flag=True, help="Also when nobody with the address is known.")
@pass_session
def add(session: Session, address: str, *, note: str, may_be_unknown: bool) -> None:
    """Keep an address from ever being mailed; no import lifts it."""
    if not may_be_unknown:
        require_known(session, address)
    is_new = session.newsletter.suppressions.suppress(address, note=note)
    click.echo("Suppressed." if is_new else "Was suppressed already, and stays so.")


@suppression.command(name="list")
@json_option
@pass_session
def list_(session: Session, *, as_json: bool) -> None:
    """Count the suppressions by reason; they are kept as keyed hashes, so nobody can read addresses off them."""
    counts = session.newsletter.suppressions.counts()
    if as_json:
        print_json(counts)
        return
    print_table(["REASON", "ADDRESSES"], counts.items())
    session.say("Whether an address is among them: newsletter subscriber show ADDRESS")


@suppression.command()
@click.argument("address")
@click.option("--note", required=True, help="Who asked for it, and when; without the address. Recorded.")
@pass_session
def remove(session: Session, address: str, *, note: str) -> None:
    """Allow an address again because its holder asked for it."""
    name_similar(session, address)
    lifted = session.newsletter.suppressions.lift(address, note=note)
    click.echo(f"Lifted (it was: {lifted.reason}, {lifted.at:%Y-%m-%d}).")
    person = session.newsletter.people.find(address)
    if person is None:
        session.next_step(f"newsletter subscriber add {address}")
    elif person.status == "active":
        session.next_step(f"newsletter subscriber show {address}")
    else:
        click.echo(f"The person is still {person.status}.")
        session.next_step(f"newsletter subscriber resubscribe {address} --note TEXT")


@suppression.command()
@click.option("--since", type=DAY, help="Only what was added there on this day or later.")
@click.option("-n", "--dry-run", "is_dry_run", is_flag=True, help="Count everything, keep nothing.")
@pass_session
def fetch(session: Session, *, since: datetime | None, is_dry_run: bool) -> None:
    """Take over the provider's own lists: bounces, spam reports, unsubscribes. What the webhook missed is there."""
    zone = session.newsletter.settings.publication.zone
    moment = since.replace(tzinfo=zone) if since else None
    fetched = session.newsletter.notifications.fetch_suppressions(since=moment, is_dry_run=is_dry_run)
    print_table(["REASON", "ADDRESSES"], fetched.new.items())
    click.echo(f"Suppressed already: {fetched.known}. Blocked for a while only: {fetched.passing}.")
    if is_dry_run:
        session.say("Dry run: nothing was kept.")
    elif fetched.is_rehearsal:
        session.say("A rehearsal: these are our own SendGrid's lists, so nothing was kept.")
    if fetched.faults:
        raise Incomplete("Not everything could be read.", faults=[Fault(message=fault) for fault in fetched.faults])


@suppression.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("-n", "--dry-run", "is_dry_run", is_flag=True, help="Say what would happen, change nothing.")
@click.option("--yes", "is_agreed", is_flag=True, help="Without being asked.")
@pass_session
def import_(session: Session, file: Path, *, is_dry_run: bool, is_agreed: bool) -> None:
    """Suppress all addresses of a list, or the hashes that `suppression export` wrote in another publication.

    A list may be addresses alone, one a line; a column can say why (left, bounced, complained).
    """
    suppressions, is_asking = session.newsletter.suppressions, session.can_ask and not (is_agreed or is_dry_run)
    if suppressions.holds_hashes(file):
        taken = suppressions.take_hashes(file, is_dry_run=is_dry_run or is_asking)
        _show_taken(taken)
        if is_asking:
            session.confirm("Suppress them?")
            suppressions.take_hashes(file)
    else:
        with session.newsletter.lists.open(file, departure=SuppressionReason.MANUAL) as opened:
            result = opened.preview() if is_dry_run or is_asking else opened.keep().result
            import_pages.show_reading(opened)
            import_pages.show_departures(result)
            if is_asking:
                session.confirm("Suppress them?")
                opened.keep()
        if result.rejected.count:
            raise ChecksFailed(
                f"{counted(result.rejected.count, 'row was', 'rows were')} rejected; the others were read.",
                hint="Mend them in the list and import it again.",
            )
    session.next_step("newsletter suppression list")


def _show_taken(taken: "HashesTaken") -> None:
    """Show what came of hashes, or would."""
    click.echo(f"Hashes: {taken.hashes}. New: {taken.new}. People here who were mailed until now: {taken.taken_out}.")


@suppression.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@pass_session
def export(session: Session, file: Path) -> None:
    """Write every suppression to a new FILE, as hashes: they bar where this publication's key is known."""
    count = session.newsletter.suppressions.export(file)
    click.echo(f"Wrote {counted(count, 'suppression')} to {file}.")
    session.say("Where it is imported: newsletter key import, then newsletter suppression import")
