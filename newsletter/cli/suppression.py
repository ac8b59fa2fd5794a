"""`newsletter suppression`: addresses that must never be mailed."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import DAY, Noun
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.cli.subscriber import import_pages
from newsletter.cli.subscriber.person import name_similar, require_known
from newsletter.domain.audience import SuppressionReason
from newsletter.errors import ChecksFailed, Fault, Incomplete, UsageError, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from newsletter.service.audience.suppressions import Barred, HashesTaken

REASONS = (SuppressionReason.MANUAL, SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT)
"""What a person can say. Who wants to leave is unsubscribed, and who wants to be forgotten erased."""


@click.group(cls=Noun)
def suppression() -> None:
    """Addresses that must never be mailed."""


@suppression.command()
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option(
    "--reason",
    type=click.Choice([str(reason) for reason in REASONS]),
    default=str(SuppressionReason.MANUAL),
    show_default=True,
    help="What the report and `suppression list` call it.",
)
@click.option("--note", default="by hand", show_default=True, help="Why, without the address; it is kept for ever.")
@click.option("--unknown", "may_be_unknown", is_flag=True, help="Also when nobody with the address is known.")
@pass_session
def add(session: Session, addresses: tuple[str, ...], *, reason: str, note: str, may_be_unknown: bool) -> None:
    """Keep addresses from ever being mailed; no import lifts it.

    `-` reads them from standard input, one a line. Of several each is told what came of it; ends with 3 when one was
    left alone.
    """
    why, suppressions = SuppressionReason(reason), session.newsletter.suppressions
    if len(addresses) == 1 and addresses != ("-",):
        if not may_be_unknown:
            require_known(session, addresses[0])
        is_new = suppressions.suppress(addresses[0], note=note, reason=why)
        click.echo("Suppressed." if is_new else "Was suppressed already, and stays so.")
        return
    given = [one for word in addresses for one in (_lines_of_input() if word == "-" else [word])]
    _show_barred(session, suppressions.suppress_each(given, reason=why, note=note, also_unknown=may_be_unknown))


def _lines_of_input() -> list[str]:
    """Read addresses, one a line.

    Raises:
        UsageError: There is none.
    """
    found = [line.strip() for line in sys.stdin if line.strip()]
    if not found:
        raise UsageError("Standard input holds no address.", hint="newsletter suppression add - < FILE")
    return found


def _show_barred(session: Session, barred: "Sequence[Barred]") -> None:
    """Say what came of each address.

    Raises:
        ChecksFailed: One was left alone.
    """
    for one in barred:
        before = f" ({one.before.reason}, {one.before.at:%Y-%m-%d})" if one.before is not None else ""
        click.echo(f"{one.address}: {one.barring}{before}")
    session.people = new = sum(one.barring == "suppressed" for one in barred)
    session.say(f"{counted(new, 'address', 'addresses')} of {len(barred)} suppressed now.")
    if left := [one for one in barred if "left alone" in one.barring]:
        raise ChecksFailed(
            f"{counted(len(left), 'address was', 'addresses were')} left alone; the others were read.",
            hint="See how they are written. To bar also whom nobody knows: --unknown",
        )


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
    session.people = sum(fetched.new.values())
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
