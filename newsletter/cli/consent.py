"""`newsletter consent`: on which ground people are written to. And how other commands have it said."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from newsletter.audience.grounds import Basis
from newsletter.cli.command import Noun
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.domain.audience import Consent, Ground
from newsletter.domain.consents import ConsentReport
from newsletter.domain.content import Language, SegmentId
from newsletter.errors import UsageError, counted

_OPTIONS = (
    (Ground.CONSENT, "What the people agreed to, in the words they saw; kept as the proof."),
    (Ground.LEGITIMATE_INTEREST, "Instead of a consent: whose interest, and why the newsletter serves it."),
    (Ground.PUBLIC_TASK, "Instead of a consent: the task of the authority that the newsletter is part of."),
)


def ground_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the three options that say a ground; it takes what was said as `basis`, or None."""

    @functools.wraps(command)
    def said(
        *, consent: str | None, legitimate_interest: str | None, public_task: str | None, **others: object
    ) -> None:
        given = zip(_OPTIONS, (consent, legitimate_interest, public_task), strict=True)
        bases = [Basis(ground=ground, wording=wording) for (ground, _), wording in given if wording is not None]
        if len(bases) > 1:
            raise UsageError(
                "Two grounds are given, and people are written to on one.",
                hint="Import those of the other ground apart.",
            )
        command(basis=bases[0] if bases else None, **others)

    for ground, help_ in reversed(_OPTIONS):
        said = click.option(f"--{ground.replace(' ', '-')}", metavar="TEXT", help=help_)(said)
    return said


def ask_basis(session: Session, whom: str) -> Basis:
    """Have the ground typed.

    Raises:
        UsageError: Nobody can be asked.
    """
    if not session.can_ask:
        raise UsageError(
            f"Nobody says on which ground {whom} may be written to; nothing was kept.",
            hint="Say what was agreed to, --consent TEXT, or what else allows it: --legitimate-interest TEXT,"
            " --public-task TEXT.",
        )
    session.say(f"On which ground may {whom} be written to? There is none by default.")
    ground = click.prompt("Ground", type=click.Choice([ground.value for ground in Ground]), err=True)
    wording = click.prompt("Its wording, in one sentence", err=True)
    return Basis(ground=Ground(ground), wording=wording)


def proof_lines(proof: Consent, zone: ZoneInfo, *, is_whole: bool) -> Iterator[str]:
    """Say why a person may be written to; the whole of it says both steps, the wording's version, who recorded it."""
    ground = f"{proof.ground}: {proof.wording}" if proof.ground else "ground not recorded"
    yield f"  ground      {proof.at.astimezone(zone):%Y-%m-%d} {proof.source}; {ground}"
    if is_whole:
        yield from (f"              {line}" for line in _record_lines(proof, zone))


def _record_lines(proof: Consent, zone: ZoneInfo) -> Iterator[str]:
    if proof.requested_at is not None:
        asked, confirmed = proof.requested_at.astimezone(zone), proof.at.astimezone(zone)
        yield f"asked on {asked:%Y-%m-%d %H:%M}, confirmed on {confirmed:%Y-%m-%d %H:%M}"
    if proof.version is not None:
        language = f", in {proof.language}" if proof.language else ""
        yield f"wording {proof.version}{language}"
    if proof.recorded_at is not None:
        yield f"recorded by {proof.recorded_by} on {proof.recorded_at.astimezone(zone):%Y-%m-%d %H:%M}"


@click.group(cls=Noun)
def consent() -> None:
    """On which ground people are written to."""


@consent.command()
@click.argument("segment", required=False)
@ground_options
@click.option("--yes", "is_agreed", is_flag=True, help="Also for everybody, without being asked.")
@pass_session
def record(
    session: Session,
    segment: str | None,
    *,
    is_agreed: bool,
    basis: Basis | None,
) -> None:
    """Record the ground of the people of SEGMENT, or of everybody, of whom none is recorded; others keep theirs."""
    people = session.newsletter.people
    before = people.without_ground()
    if segment is None and before and not is_agreed:
        session.confirm(f"Record one ground for all {counted(before, 'person', 'people')} without one?")
    whom = "everybody" if segment is None else f"the people of {segment}"
    basis = basis or ask_basis(session, whom)
    count = people.record_ground(basis, segment=None if segment is None else SegmentId(segment))
    session.people = count
    click.echo(f"Recorded {basis.ground} for {counted(count, 'person', 'people')}; {before - count} are left without.")


@consent.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the record of processing for the data protection officer here, in Markdown.",
)
@click.option("--language", type=click.Choice(["fi", "sv", "en"]), help="Of that record. Default: the first there is.")
@json_option
@pass_session
def report(session: Session, file: Path | None, *, record: Path | None, language: str | None, as_json: bool) -> None:
    """Count the active people by ground and wording, their age and what is missing; to a new CSV FILE, if one is named.

    Of each person the latest proof counts. `newsletter subscriber export ADDRESS` shows all of one person.
    """
    consents = session.newsletter.consents
    if record is not None:
        brackets = consents.write_record(record, language=Language(language) if language else None)
        click.echo(f"Wrote the record of processing to {record}; fill in what stands in {brackets} pairs of brackets.")
        if file is None:
            return
    found = consents.report() if file is None else consents.write_report(file)
    if as_json:
        print_json({**asdict(found), "active": found.active})
    elif file is not None:
        click.echo(f"Wrote {counted(len(found.groups), 'wording')} to {file}.")
    else:
        _show_report(session, found)


def _show_report(session: Session, found: ConsentReport) -> None:
    """Print the wordings, and below them what is missing."""
    zone = session.newsletter.settings.publication.zone
    print_table(
        ["GROUND", "VERSION", "LANGUAGE", "PEOPLE", "OLDEST", "NEWEST", "WORDING"],
        [
            (
                *(group.ground, group.version, group.language or "-", group.people),
                *(f"{moment.astimezone(zone):%Y-%m-%d}" for moment in (group.oldest, group.newest)),
                group.wording,
            )
            for group in found.groups
        ],
        wraps=["WORDING"],
    )
    click.echo(f"{counted(found.active, 'active person', 'active people')}.")
    old, unsigned = sum(group.old for group in found.groups), sum(group.unsigned for group in found.groups)
    for number, what in (
        (found.without_ground, "without a ground: newsletter consent record SEGMENT --consent TEXT"),
        (old, "with a proof older than two years: see that it still holds"),
        (unsigned, "of whom an older version did not note who recorded the proof"),
        (found.pending, "not confirmed yet"),
        (found.overdue, "asked to join more than seven days ago, and will be removed"),
    ):
        if number:
            click.echo(f"  {number} {what}.")
    session.next_step("newsletter consent report --record FILE")
