"""The verbs of `newsletter subscriber` about many people."""

from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import click

from newsletter.audience.grounds import Basis
from newsletter.cli.command import Verb
from newsletter.cli.consent import ask_basis, ground_options
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.cli.subscriber import import_pages
from newsletter.cli.subscriber.person import read_facts, show_person
from newsletter.cli.subscriber.wants import in_words
from newsletter.domain.audience import Subscriber, SubscriberStatus, normal_address
from newsletter.domain.content import Language, SegmentId
from newsletter.errors import ChecksFailed, UsageError, counted
from newsletter.service.audience.lists import Imported, OpenList
from newsletter.service.audience.people import Wanted

SUPPRESSED = "suppressed"
SHOWN_STATUSES = ("pending", "active", "unsubscribed", SUPPRESSED)


@click.command(cls=Verb, name="import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@ground_options
@click.option(
    "--map", "mappings", multiple=True, metavar="HEADING=WHAT", help="What a column is: Tehtävä=role, Muu=drop."
)
@click.option("--keep", multiple=True, metavar="HEADING", help="Keep this column too, as a fact of each person.")
@click.option("--encoding", help="What the file is written in, such as cp1252; found out by default.")
@click.option("--sheet", help="Which sheet of a workbook.")
@click.option("-n", "--dry-run", "is_dry_run", is_flag=True, help="Say what would happen, change nothing.")
@click.option("--yes", "is_agreed", is_flag=True, help="Import without being asked.")
@json_option
@pass_session
def import_(
    session: Session,
    file: Path,
    *,
    mappings: tuple[str, ...],
    keep: tuple[str, ...],
    encoding: str | None,
    sheet: str | None,
    is_dry_run: bool,
    is_agreed: bool,
    as_json: bool,
    basis: Basis | None,
) -> None:
    """Add the people of a CSV or XLSX file and complete those who are known; nobody is subscribed again.

    Whom the list says to have left, bounced or complained is suppressed; who answered no is not added. On a terminal
    everything is shown first, and asked. Ends with 3 when rows were rejected; the others are kept. A JSON file that
    `subscriber export` wrote brings people with all that was known of them, and nobody who had left is woken.
    """
    if file.suffix.lower() == ".json":
        if basis is not None or mappings or keep or encoding or sheet:
            raise UsageError("A JSON export says everything itself; give it without such options.")
        import_pages.take_records(session, file, is_dry_run=is_dry_run, is_agreed=is_agreed, as_json=as_json)
        return
    counter = session.counter("Rows read")
    with session.newsletter.lists.open(
        file, mapping=_mapping(mappings), keep=keep, encoding=encoding, sheet=sheet
    ) as opened:
        if is_dry_run:
            imported = Imported(result=opened.preview(basis, progress=counter), to_mend=None)
        else:
            if session.can_ask and not is_agreed:
                basis = _ask(session, opened, basis)
            imported = opened.keep(basis, progress=counter)
        if as_json:
            print_json(import_pages.as_json(opened, imported))
        elif is_dry_run or is_agreed or not session.can_ask:
            import_pages.show_reading(opened)
    session.people = imported.result.added + imported.result.changed + imported.result.newly_suppressed
    if not as_json:
        import_pages.show_result(session, imported, is_dry_run=is_dry_run)
        session.next_step("newsletter segment coverage")
    if rejected := imported.result.rejected.count:
        raise ChecksFailed(
            f"{counted(rejected, 'row was', 'rows were')} rejected; the others were read.",
            hint=f"Mend them in {session.shown(imported.to_mend)} and import that." if imported.to_mend else None,
        )


def _ask(session: Session, opened: OpenList, basis: Basis | None) -> Basis | None:
    """Show what would happen, have a missing ground said, and ask."""
    preview = opened.preview(basis, progress=session.counter("Rows read"))
    import_pages.show_reading(opened)
    if preview.without_ground:
        basis = ask_basis(session, counted(preview.without_ground, "new person", "new people"))
        preview = opened.preview(basis)
    import_pages.show_result(session, Imported(result=preview, to_mend=None), is_dry_run=True)
    session.confirm("Import the list?")
    return basis


def _mapping(mappings: tuple[str, ...]) -> dict[str, str]:
    """Read HEADING=WHAT pairs; a heading may have the sign in it."""
    pairs: dict[str, str] = {}
    for written in mappings:
        heading, equals, what = written.rpartition("=")
        if not equals or not heading.strip() or not what.strip():
            raise UsageError(f"--map {written!r} is no HEADING=WHAT.", hint="For example --map Tehtävä=role")
        pairs[heading.strip()] = what.strip()
    return pairs


@click.command(cls=Verb, name="list")
@click.option("--segment", help="Only people in this segment.")
@click.option("--municipality", help="Only of this municipality.")
@click.option("--language", help="Only who want this language.")
@click.option("--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="Only with this fact.")
@click.option("--status", type=click.Choice([*SHOWN_STATUSES]), help="Only with this status.")
@click.option("--search", default="", metavar="WORDS", help="Only where each begins a word of name or address.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@json_option
@pass_session
def list_(
    session: Session,
    *,
    segment: str | None,
    municipality: str | None,
    language: str | None,
    attributes: tuple[str, ...],
    status: str | None,
    search: str,
    limit: int,
    as_json: bool,
) -> None:
    """List people."""
    facts = read_facts(attributes) | ({"municipality": municipality} if municipality else {})
    wanted = Wanted(
        status=SubscriberStatus(status) if status and status != SUPPRESSED else None,
        is_suppressed=True if status == SUPPRESSED else None,
        segment=SegmentId(segment) if segment else None,
        language=Language(language) if language else None,
        attributes=facts,
        words=search,
    )
    people = list(islice(session.newsletter.people.everybody(wanted), limit + 1))
    shown = people[:limit]
    suppressions = session.newsletter.people.suppressions_of(shown)
    reasons = {address: str(suppression.reason) for address, suppression in suppressions.items()}
    zone = session.newsletter.settings.publication.zone
    if as_json:
        print_json([{**asdict(person), "suppressed": reasons.get(normal_address(person.address))} for person in shown])
        return
    print_table(
        ["ADDRESS", "NAME", "LANGUAGE", "STATUS", "WANTS", "TAGS"],
        [
            (one.address, one.name, one.language, _status(one, reasons), in_words(one.wants, zone), " ".join(one.tags))
            for one in shown
        ],
        wraps=["NAME", "WANTS", "TAGS"],
    )
    wishes = session.newsletter.people.wishes()
    if wishes.is_any:
        session.say(f"Of all active people: {wishes}.")
    if len(people) > limit:
        session.say(f"Only the first {limit} are shown; more with --limit, all with `newsletter subscriber export`.")


def _status(person: Subscriber, reasons: Mapping[str, str]) -> str:
    """Say a status, and why the person must not be mailed."""
    reason = reasons.get(normal_address(person.address))
    return person.status if reason in {None, person.status} else f"{person.status}, suppressed ({reason})"


@click.command(cls=Verb)
@click.argument("what", metavar="FILE|ADDRESS")
@click.option(
    "--lossless", "is_lossless", is_flag=True, help="Keep formulas as they are: for an import, not for Excel."
)
@json_option
@pass_session
def export(session: Session, what: str, *, is_lossless: bool, as_json: bool) -> None:
    """Write everybody to a new FILE that only you can read; or print all that is known of one ADDRESS.

    A .csv is for a spreadsheet; a .json has every consent, what people want with its record, and why whom must not be
    mailed: imported into another publication it moves them and wakes nobody. What is printed of an ADDRESS is for the
    person who asks what you know; give it to nobody but the address itself.
    """
    path = Path(what)
    if "@" in what and not path.parent.name:
        show_person(session, session.newsletter.people.person(what), as_json=as_json, is_whole=True)
        return
    lists = session.newsletter.lists
    is_whole = path.suffix.lower() == ".json"
    count = lists.export_records(path) if is_whole else lists.export(path, is_lossless=is_lossless)
    session.people = count
    click.echo(f"Wrote {counted(count, 'person', 'people')} to {what}. Delete it when you have used it.")
    if gone := session.newsletter.suppressions.count_gone():
        whom = counted(gone, "address is", "addresses are")
        session.say(
            f"{whom} known by hash alone, must not be mailed, and cannot stand in it. Where people move, take the"
            " hashes along: newsletter suppression export FILE, and the key."
        )
