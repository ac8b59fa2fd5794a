"""What a reader wants, as the command line takes and shows it."""

import functools
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from newsletter.cli.command import DAY
from newsletter.cli.session import Session
from newsletter.domain.wants import Cadence, Wants, WantsEdit

if TYPE_CHECKING:
    from newsletter.service.audience.people import Person

TOPICS_LATER = "Topics are kept; as yet every reader of a segment gets all of its edition."
_ALL = "every issue"
_CADENCES = {Cadence.EVERY: _ALL, Cadence.THIRD: "every third issue"}


def wants_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say what a reader wants; it takes what was said as `wants`."""

    @click.option("--topics", metavar="A,B", help="The only topics wanted, of newsletter.toml; empty is all of them.")
    @click.option(
        "--cadence",
        type=click.Choice([one.value for one in Cadence]),
        help="Every issue, or every third from the next one on.",
    )
    @click.option("--pause-until", metavar="DAY", help="No issue before this day; empty ends a pause.")
    @click.pass_context
    @functools.wraps(command)
    def said(
        context: click.Context,
        /,
        *,
        topics: str | None,
        cadence: str | None,
        pause_until: str | None,
        **others: object,
    ) -> None:
        wants = WantsEdit(
            topics=None if topics is None else tuple(word.strip() for word in topics.split(",")),
            cadence=None if cadence is None else Cadence(cadence),
            paused_until=_midnight(context, pause_until) if pause_until else None,
            is_back=pause_until == "",
        )
        command(wants=wants, **others)

    return said


def _midnight(context: click.Context, day: str) -> datetime:
    """Give the moment at which a day begins where the publication is."""
    session = context.find_object(Session)
    assert session is not None
    try:
        begins = DAY.convert(day, None, context)
    except click.BadParameter as error:
        raise click.BadParameter(error.message, context, param_hint="--pause-until") from error
    assert isinstance(begins, datetime)
    return begins.replace(tzinfo=session.newsletter.settings.publication.zone)


def in_words(wants: Wants, zone: ZoneInfo) -> str:
    """Say what is wanted; nothing of who wants it all."""
    if wants == Wants():
        return ""
    said = [_CADENCES[wants.cadence]]
    if wants.topics:
        said.append(f"topics {', '.join(wants.topics)}")
    if wants.paused_until is not None:
        said.append(f"paused until {wants.paused_until.astimezone(zone):%Y-%m-%d}")
    return "; ".join(said)


def lines_of(person: "Person", zone: ZoneInfo, *, is_whole: bool) -> Iterator[str]:
    """Say what one person wants, where the person ever said anything; the whole of it has the record."""
    wants = person.subscriber.wants
    if wants.since is None:
        return
    yield f"  wants       {in_words(wants, zone) or _ALL} (since {wants.since.astimezone(zone):%Y-%m-%d})"
    if person.wish is not None:
        yield f"  next issue  not wanted: {person.wish}"
    if wants.topics:
        yield f"              {TOPICS_LATER}"
    for change in person.wants_changes if is_whole else ():
        said = in_words(change.wants, zone) or _ALL
        yield f"  wanted      {change.at.astimezone(zone):%Y-%m-%d} {change.source}; {said}"
