"""The verbs of `newsletter subscriber` about one person."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import Verb
from newsletter.cli.consent import ask_basis, ground_options, proof_lines
from newsletter.cli.session import Session, json_option, pass_session, print_json
from newsletter.cli.subscriber.wants import TOPICS_LATER, lines_of, wants_options
from newsletter.config.terminal import terminal_language
from newsletter.errors import UsageError, counted

if TYPE_CHECKING:
    from newsletter.audience.grounds import Basis
    from newsletter.domain.wants import WantsEdit
    from newsletter.service.audience.people import Person

RESUBSCRIBE = "newsletter subscriber resubscribe ADDRESS --note TEXT"
"""The one way back that keeps all that is known of the person."""


@click.command(cls=Verb)
@click.argument("address")
@click.option("--name", default="", help="As the person writes it.")
@click.option("--language", type=click.Choice(["fi", "sv", "en"]), help="Default: the publication's first.")
@click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="A fact, such as role=adviser.")
@click.option("--tag", "tags", multiple=True, help="A free word.")
@ground_options
@pass_session
def add(
    session: Session,
    address: str,
    *,
    name: str,
    language: str | None,
    attributes: tuple[str, ...],
    tags: tuple[str, ...],
    basis: "Basis | None",
) -> None:
    """Add one person by hand."""
    from newsletter.domain.content import Language

    person = session.newsletter.people.add(
        address,
        name=name,
        language=Language(language) if language else None,
        attributes=read_facts(attributes),
        tags=tags,
        basis=basis or ask_basis(session, "this person"),
    )
    click.echo(f"Added {person.address} ({person.language}).")
    placed = session.newsletter.people.person(person.address)
    click.echo(f"  segments    {_segments(session, placed)}")
    session.next_step(f"newsletter subscriber show {person.address}")


@click.command(cls=Verb)
@click.argument("address")
@json_option
@pass_session
def show(session: Session, address: str, *, as_json: bool) -> None:
    """Show all we know of one person."""
    name_similar(session, address)
    show_person(session, session.newsletter.people.person(address), as_json=as_json)


def show_person(session: Session, person: "Person", *, as_json: bool, is_whole: bool = False) -> None:
    """Print what is known of one person; the whole of it also says how a suppression came about."""
    if as_json:
        editions = [{**asdict(one), "edition": str(one.edition)} for one in person.deliveries]
        print_json({**asdict(person), "deliveries": editions})
        return
    one = person.subscriber
    click.echo(f"{one.address}  {one.name}".rstrip())
    click.echo(f"  status      {one.status}, language {one.language}")
    if person.is_role:
        click.echo("  address     of a role, not of a person")
    click.echo(f"  segments    {_segments(session, person)}")
    for name, value in one.attributes.items():
        click.echo(f"  {name:<11} {value}")
    if one.tags:
        click.echo(f"  tags        {', '.join(one.tags)}")
    zone = session.newsletter.settings.publication.zone
    proofs = (line for proof in person.consents for line in proof_lines(proof, zone, is_whole=is_whole))
    for line in (*lines_of(person, zone, is_whole=is_whole), *proofs):
        click.echo(line)
    if person.suppression is not None:
        click.echo(f"  suppressed  {person.suppression.at:%Y-%m-%d} {person.suppression.reason}")
    _print_deliveries(session, person)
    for change in person.suppression_changes if is_whole else ():
        click.echo(f"  {change.action:<11} {change.at:%Y-%m-%d} {change.reason}: {change.note}")
    if one.status != "active":
        session.say(f"To bring the person back: {RESUBSCRIBE}")


def _print_deliveries(session: Session, person: "Person") -> None:
    """Print what became of each issue, the newest last; a sending that left the person out is named, too."""
    zone = session.newsletter.settings.publication.zone
    for left in person.left_out_of:
        kind = "left out of the rehearsal" if left.is_rehearsal else "left out"
        click.echo(f"  {left.label:<11} {kind} on {left.at.astimezone(zone):%Y-%m-%d %H:%M}: {left.reason}")
    for one in person.deliveries:
        kind = f", rehearsal, batch {one.batch_id}" if one.is_rehearsal else f", batch {one.batch_id}"
        times = [
            f"{what} {moment.astimezone(zone):%Y-%m-%d %H:%M}"
            for what, moment in (("handed over", one.handed_over_at), ("settled", one.settled_at))
            if moment is not None
        ]
        said = f": {one.reason}" if one.reason else ""
        click.echo(f"  {one.label:<11} {', '.join([one.state, *times])} ({one.edition}{kind}){said}")


@click.command(cls=Verb)
@click.argument("address", required=False)
@click.option("--token", help="The token of the unsubscribe link in a mail, instead of an address.")
@pass_session
def unsubscribe(session: Session, address: str | None, *, token: str | None) -> None:
    """Let somebody leave, by ADDRESS or by the --token of a mail's unsubscribe link. At once."""
    if (address is None) == (token is None):
        raise UsageError("Give either an address or a --token.", hint="newsletter subscriber unsubscribe --token TOKEN")
    if address is not None:
        require_known(session, address)
        departure = session.newsletter.people.unsubscribe(address)
    else:
        [departure] = session.newsletter.leaving.leave([token or ""])
    if not departure.is_new:
        click.echo("Had left already; nothing changed.")
    elif departure.is_known:
        click.echo("Unsubscribed: no issue is sent to this address any more, also none on its way.")
        session.say(f"If that was a mistake: {RESUBSCRIBE}")
    else:
        click.echo("Nobody with this address is known; it is suppressed, so that no import can bring it in.")


@click.command(cls=Verb)
@click.argument("address")
@click.option("--note", required=True, help="Who asked for it, and when; without the address. Kept as the consent.")
@pass_session
def resubscribe(session: Session, address: str, *, note: str) -> None:
    """Bring back somebody who left or has not confirmed, because that person asked; all that is known stays."""
    name_similar(session, address)
    person = session.newsletter.people.resubscribe(address, note=note)
    click.echo(f"Subscribed again: {person.address}. A mail that was skipped in the meantime is not sent later.")
    session.next_step(f"newsletter subscriber show {person.address}")


@click.command(cls=Verb)
@click.argument("address")
@click.option("--name", help="As the person writes it; empty takes it away.")
@click.option("--language", help="Wanted, such as fi, sv or en.")
@click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="A fact; NAME= takes it away.")
@click.option("--tag", "tags", multiple=True, help="A free word more.")
@click.option("--no-tag", "dropped_tags", multiple=True, help="A free word less.")
@click.option("--address", "new_address", metavar="NEW", help="Another address; the old one stays barred.")
@wants_options
@pass_session
def edit(
    session: Session,
    address: str,
    *,
    name: str | None,
    language: str | None,
    attributes: tuple[str, ...],
    tags: tuple[str, ...],
    dropped_tags: tuple[str, ...],
    new_address: str | None,
    wants: "WantsEdit",
) -> None:
    """Change what is known of one person, and what the person wants; status and consents stay.

    With another address, leaving and complaints go along, a hard bounce does not; links in old mails still work. An
    issue that is skipped is not made up for; special issues reach those too who want every third.
    """
    from newsletter.audience.subscribers import Edits
    from newsletter.domain.content import Language

    name_similar(session, address)
    edits = Edits(
        name=name,
        language=Language(language.strip().lower()) if language else None,
        attributes=read_facts(attributes),
        add_tags=tags,
        drop_tags=dropped_tags,
        wants=wants,
    )
    people = session.newsletter.people
    if edits == Edits() and new_address is None:
        raise UsageError("Nothing is to change.", hint="See `newsletter subscriber edit -h`.")
    if edits != Edits():
        people.edit(address, edits)
    if wants.topics:
        session.say(TOPICS_LATER)
    if new_address is not None:
        address = people.change_address(address, new_address).address
        click.echo("The old address is barred; mails go to the new one.")
    session.next_step(f"newsletter subscriber show {address}")


@click.command(cls=Verb)
@click.argument("address")
@click.option("--yes", "is_agreed", is_flag=True, help="Without being asked.")
@pass_session
def erase(session: Session, address: str, *, is_agreed: bool) -> None:
    """Remove all that is known of one person, for good; the address is never mailed again.

    Kept is a keyed hash, from which nobody reads the address, and that a mail was sent. Rehearsed mails are removed.
    """
    is_known = name_similar(session, address)
    if not is_agreed:
        session.confirm(f"Erase all that is known of {'this person' if is_known else 'an address nobody has'}?")
    erased = session.newsletter.people.erase(address)
    click.echo("Erased." if erased.was_known else "Nobody with this address was known; it is barred all the same.")
    if erased.mails:
        click.echo(f"Removed from the outbox: {counted(erased.mails, 'mail')}.")
    for file in erased.files:
        click.echo(f"Still in {session.shown(file)}, which is yours: delete the row, or the file.")
    click.echo("Backups made before now still hold the person: delete them, or erase again after putting one back.")


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


def _segments(session: Session, person: "Person") -> str:
    """Say in which segments a person is, or what explains that it is none."""
    none = " ".join(["none: this person gets no issue.", *map(str, person.strays)])
    return session.newsletter.audience.named(terminal_language())(person.segments) or none


def read_facts(attributes: tuple[str, ...]) -> dict[str, str]:
    """Read NAME=VALUE pairs."""
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
