"""`newsletter subscriber`: add, import, list, show, export, unsubscribe and resubscribe people."""

from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import Noun
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.errors import ChecksFailed, UsageError, counted

if TYPE_CHECKING:
    from newsletter.service.audience.people import Person

ADDED_BY_HAND = "added by the project manager; the person asked for the newsletter"
IMPORTED = "imported list; the people on it asked for the newsletter"
RESUBSCRIBE = "newsletter subscriber resubscribe ADDRESS --note TEXT"
"""The one way back that keeps all that is known of the person."""


@click.group(cls=Noun)
def subscriber() -> None:
    """Add, import, list and unsubscribe people."""


@subscriber.command()
@click.argument("address")
@click.option("--name", default="", help="As the person writes it.")
@click.option("--language", type=click.Choice(["fi", "sv", "en"]), help="Default: the publication's first.")
@click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="A fact, such as role=adviser.")
@click.option("--tag", "tags", multiple=True, help="A free word.")
@click.option("--wording", default=ADDED_BY_HAND, help="What the person agreed to; kept as the proof of consent.")
@pass_session
def add(
    session: Session,
    address: str,
    *,
    name: str,
    language: str | None,
    attributes: tuple[str, ...],
    tags: tuple[str, ...],
    wording: str,
) -> None:
    """Add one person by hand."""
    from newsletter.domain.content import Language

    person = session.newsletter.people.add(
        address,
        name=name,
        language=Language(language) if language else None,
        attributes=_facts(attributes),
        tags=tags,
        wording=wording,
    )
    click.echo(f"Added {person.address} ({person.language}).")
    placed = session.newsletter.people.person(person.address)
    click.echo(f"  segments    {_segments(placed)}")
    session.next_step(f"newsletter subscriber show {person.address}")


@subscriber.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--wording", default=IMPORTED, help="What the people agreed to; kept as the proof of consent.")
@click.option("-n", "--dry-run", "is_dry_run", is_flag=True, help="Say what would happen, change nothing.")
@json_option
@pass_session
def import_(session: Session, file: Path, *, wording: str, is_dry_run: bool, as_json: bool) -> None:
    """Add the people of a CSV file and complete those who are known; nobody is removed or subscribed again.

    Ends with 3 when rows were rejected; the others are kept.
    """
    result = session.newsletter.lists.import_file(
        file, wording=wording, is_dry_run=is_dry_run, progress=session.counter("Rows read")
    )
    if as_json:
        print_json({**asdict(result), **{name: [str(fault) for fault in getattr(result, name)] for name in _LISTS}})
        _require_no_rejected(len(result.rejected))
        return
    would = "Would be added" if is_dry_run else "Added"
    click.echo(f"{would}: {result.added}. Changed: {result.changed}. Unchanged: {result.unchanged}.")
    for name, heading in _LISTS.items():
        faults = getattr(result, name)
        if faults:
            click.echo(f"{heading}: {len(faults)}.")
            for fault in faults:
                click.echo(f"  {fault}")
    if result.held:
        session.say(f"Who asked for the newsletter again: {RESUBSCRIBE}")
    click.echo(f"In no segment, so that they get no issue: {result.in_no_segment}.")
    for stray in result.strays:
        click.echo(f"  {stray}")
    click.echo(f"Known before and not in this file: {result.left_alone}, left alone.")
    session.next_step("newsletter segment coverage")
    _require_no_rejected(len(result.rejected))


def _require_no_rejected(rejected: int) -> None:
    """End with 3 when rows were rejected.

    Raises:
        ChecksFailed: As said.
    """
    if rejected:
        raise ChecksFailed(
            f"{counted(rejected, 'row was', 'rows were')} rejected; the others were read.",
            hint="Mend them in the file and import it again.",
        )


_LISTS = {
    "rejected": "Rejected, not added",
    "repeated": "Repeated in the file, counted once",
    "held": "Left as they are (unsubscribed, suppressed or not confirmed)",
}


@subscriber.command(name="list")
@click.option("--segment", help="Only people in this segment.")
@click.option("--status", type=click.Choice(["pending", "active", "unsubscribed"]), help="Only with this status.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@json_option
@pass_session
def list_(session: Session, *, segment: str | None, status: str | None, limit: int, as_json: bool) -> None:
    """List people."""
    from newsletter.domain.audience import SubscriberStatus
    from newsletter.domain.content import SegmentId

    wanted = session.newsletter.people.everybody(
        status=SubscriberStatus(status) if status else None, segment=SegmentId(segment) if segment else None
    )
    people = list(islice(wanted, limit + 1))
    if as_json:
        print_json([asdict(person) for person in people[:limit]])
        return
    print_table(
        ["ADDRESS", "NAME", "LANGUAGE", "STATUS", "TAGS"],
        [(one.address, one.name, one.language, one.status, " ".join(one.tags)) for one in people[:limit]],
        wraps=["NAME", "TAGS"],
    )
    if len(people) > limit:
        session.say(f"Only the first {limit} are shown; more with --limit, all with `newsletter subscriber export`.")


@subscriber.command()
@click.argument("address")
@json_option
@pass_session
def show(session: Session, address: str, *, as_json: bool) -> None:
    """Show all we know of one person."""
    name_similar(session, address)
    person = session.newsletter.people.person(address)
    if as_json:
        print_json(asdict(person))
        return
    one = person.subscriber
    click.echo(f"{one.address}  {one.name}".rstrip())
    click.echo(f"  status      {one.status}, language {one.language}")
    click.echo(f"  segments    {_segments(person)}")
    for name, value in one.attributes.items():
        click.echo(f"  {name:<11} {value}")
    if one.tags:
        click.echo(f"  tags        {', '.join(one.tags)}")
    for consent in person.consents:
        click.echo(f"  consent     {consent.at:%Y-%m-%d} {consent.source}: {consent.wording}")
    if person.suppression is not None:
        click.echo(f"  suppressed  {person.suppression.at:%Y-%m-%d} {person.suppression.reason}")
    if one.status != "active":
        session.say(f"To bring the person back: {RESUBSCRIBE}")


@subscriber.command()
@click.argument("address", required=False)
@click.option("--token", help="The token of the unsubscribe link in a mail, instead of an address.")
@pass_session
def unsubscribe(session: Session, address: str | None, *, token: str | None) -> None:
    """Let somebody leave, by ADDRESS or by the --token of a mail's unsubscribe link. At once."""
    if (address is None) == (token is None):
        raise UsageError("Give either an address or a --token.", hint="newsletter subscriber unsubscribe --token TOKEN")
    people = session.newsletter.people
    if address is not None:
        require_known(session, address)
    departure = people.unsubscribe(address) if address is not None else people.unsubscribe_by_token(token or "")
    if not departure.is_new:
        click.echo("Had left already; nothing changed.")
    elif departure.is_known:
        click.echo("Unsubscribed: no issue is sent to this address any more, also none on its way.")
        session.say(f"If that was a mistake: {RESUBSCRIBE}")
    else:
        click.echo("Nobody with this address is known; it is suppressed, so that no import can bring it in.")


@subscriber.command()
@click.argument("address")
@click.option("--note", required=True, help="Who asked for it, and when; without the address. Kept as the consent.")
@pass_session
def resubscribe(session: Session, address: str, *, note: str) -> None:
    """Bring back somebody who left or has not confirmed, because that person asked; all that is known stays."""
    name_similar(session, address)
    person = session.newsletter.people.resubscribe(address, note=note)
    click.echo(f"Subscribed again: {person.address}. A mail that was skipped in the meantime is not sent later.")
    session.next_step(f"newsletter subscriber show {person.address}")


@subscriber.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--lossless", "is_lossless", is_flag=True, help="Keep formulas as they are: for an import, not for Excel."
)
@pass_session
def export(session: Session, file: Path, *, is_lossless: bool) -> None:
    """Write everybody to a new CSV FILE that only you can read."""
    count = session.newsletter.lists.export(file, is_lossless=is_lossless)
    click.echo(f"Wrote {counted(count, 'person', 'people')} to {file}. Delete it when you have used it.")


def require_known(session: Session, address: str) -> None:
    """Ask, where nobody with an address is known, whether it is meant all the same: the real person may stay in.

    Raises:
        UsageError: Nobody is known and nobody can be asked.
    """
    if name_similar(session, address):
        return
    if not session.can_ask:
        raise UsageError(
            "Nobody with this address is known; nothing was changed.",
            hint=f"Check how it is written. To bar it all the same: newsletter suppression add {address} --unknown",
        )
    session.confirm("Nobody with this address is known. Keep it from ever being mailed all the same?")


def name_similar(session: Session, address: str) -> bool:
    """Tell whether somebody known has an address; where nobody has, name the similar ones that are known."""
    people = session.newsletter.people
    is_known = people.find(address) is not None
    similar = () if is_known else people.similar(address)
    if similar:
        session.say(f"Similar and known: {', '.join(similar)}")
    return is_known


def _segments(person: "Person") -> str:
    """Say in which segments a person is, or what explains that it is none."""
    none = " ".join(["none: this person gets no issue.", *map(str, person.strays)])
    return ", ".join(person.segments) or none


def _facts(attributes: tuple[str, ...]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for attribute in attributes:
        name, equals, value = attribute.partition("=")
        if not equals or not name.strip():
            raise UsageError(
                f"--attribute {attribute!r} is no NAME=VALUE.", hint="For example --attribute role=adviser"
            )
        if name.strip() in facts:
            raise UsageError(f"{name.strip()!r} is given twice.", hint="Give each --attribute once.")
        facts[name.strip()] = value.strip()
    return facts
