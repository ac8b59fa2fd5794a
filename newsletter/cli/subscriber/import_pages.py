"""What an import shows: how the file is read, and what became of its rows."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from newsletter.cli.session import Session, print_json, print_table
from newsletter.errors import ChecksFailed, Fault, counted

if TYPE_CHECKING:
    from newsletter.audience.lists.result import ImportResult, Taken
    from newsletter.service.audience.lists import Imported, OpenList

_LISTS = {
    "taken_out": "Subscribers here who are suppressed by this list",
    "rejected": "Rejected, not added",
    "repeated": "Repeated in the file, counted once",
    "held": "Left as they are (unsubscribed, suppressed or not confirmed)",
    "declined": "Not added, for they did not say yes",
    "remarks": "Read out of unusual cells",
    "role_addresses": "Addresses of a role (info@, kirjaamo@), added; whoever reads them has hardly agreed to it",
}


def as_json(opened: "OpenList", imported: "Imported") -> Mapping[str, object]:
    """Give an import as plain values: of each kind of rows the count, and the first ten."""
    result = imported.result
    lists = {
        name: {"count": told.count, "first": [str(fault) for fault in told.first]}
        for name, told in ((name, getattr(result, name)) for name in _LISTS)
    }
    people = {"first_people": [asdict(person) for person in result.first_people]}
    columns = [{"heading": column.heading, "becomes": column.becomes} for column in opened.columns]
    to_mend = None if imported.to_mend is None else str(imported.to_mend)
    return {**asdict(result), **lists, **people, "reading": opened.described, "columns": columns, "to_mend": to_mend}


def show_reading(opened: "OpenList") -> None:
    """Show how the file is read, what each column becomes, and what is dropped."""
    click.echo(f"{opened.described}.")
    kept = [column for column in opened.columns if column.becomes != "drop"]
    print_table(["COLUMN", "BECOMES"], [(column.heading, column.becomes) for column in kept])
    dropped = [column.heading or "(without a heading)" for column in opened.columns if column.becomes == "drop"]
    if dropped:
        click.echo(f"Dropped, for nothing asks for it (--keep HEADING, --map HEADING=WHAT): {', '.join(dropped)}.")


def show_result(session: Session, imported: "Imported", *, is_dry_run: bool) -> None:
    """Show what became of the rows, or would."""
    result = imported.result
    would = "Would be added" if is_dry_run else "Added"
    click.echo(f"{would}: {result.added}. Changed: {result.changed}. Unchanged: {result.unchanged}.")
    for person in result.first_people if is_dry_run else ():
        facts = ", ".join([person.language, *(f"{name} {value}" for name, value in person.attributes.items())])
        click.echo(f"  {person.address}  {person.name}  ({facts})")
    if result.proofs:
        click.echo(f"Further proofs of consent: {result.proofs}.")
    show_departures(result)
    click.echo(f"In no segment, so that they get no issue: {result.in_no_segment}.")
    for stray in result.strays:
        click.echo(f"  {stray}")
    click.echo(f"Known before and not in this file: {result.left_alone}, left alone.")
    if imported.to_mend is not None:
        click.echo(f"The {counted(result.rejected.count + result.held.count, 'row')} to look at: ", nl=False)
        click.echo(f"{session.shown(imported.to_mend)}. Mend what can be mended, import it, delete it.")


def take_records(session: Session, file: Path, *, is_dry_run: bool, is_agreed: bool, as_json: bool) -> None:
    """Take over people with all that was known of them: shown before on a terminal, and asked."""
    lists, counter = session.newsletter.lists, session.counter("Lines read")
    if session.can_ask and not is_agreed and not is_dry_run:
        _show_taken(lists.take_records(file, is_dry_run=True, progress=counter), is_dry_run=True)
        session.confirm("Import these people?")
    taken = lists.take_records(file, is_dry_run=is_dry_run, progress=counter)
    session.people = taken.added + taken.barred
    if as_json:
        rejected = {"count": taken.rejected.count, "first": [str(fault) for fault in taken.rejected.first]}
        print_json({**asdict(taken), "rejected": rejected, "strange_topics": sorted(taken.strange_topics)})
    else:
        _show_taken(taken, is_dry_run=is_dry_run)
        session.next_step("newsletter segment coverage")
    if taken.rejected.count:
        raise ChecksFailed(f"{counted(taken.rejected.count, 'line was', 'lines were')} rejected; the others were read.")


def _show_taken(taken: "Taken", *, is_dry_run: bool) -> None:
    """Show what became of the lines, or would."""
    click.echo(f"{'Would be added' if is_dry_run else 'Added'}: {taken.added}. Known here, left alone: {taken.known}.")
    click.echo(f"Must not be mailed here, not added: {taken.held}.")
    click.echo(f"Newly kept from being mailed: {taken.barred}; mailed here until now: {taken.taken_out}.")
    if taken.strange_topics:
        click.echo(f"Wanted topics that newsletter.toml has not; kept: {', '.join(sorted(taken.strange_topics))}.")
    if taken.rejected.count:
        click.echo(f"Rejected: {taken.rejected.count}.")
        _show_faults(taken.rejected.first, taken.rejected.count)


def show_departures(result: "ImportResult") -> None:
    """Show who must not be mailed, and the rows of each kind that need a look."""
    if result.departed:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(result.departed.items()))
        click.echo(f"Not to be mailed, says the list: {reasons}. Newly suppressed: {result.newly_suppressed}.")
    for name, heading in _LISTS.items():
        told = getattr(result, name)
        if told.count:
            click.echo(f"{heading}: {told.count}.")
            _show_faults(told.first, told.count)


def _show_faults(first: tuple[Fault, ...], count: int) -> None:
    """Show the first rows of a kind, and how many more there are."""
    for fault in first:
        click.echo(f"  {fault}")
    if count > len(first):
        click.echo(f"  ... and {count - len(first)} more")
