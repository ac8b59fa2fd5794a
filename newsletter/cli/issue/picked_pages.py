"""What `newsletter issue new` prints: what it picked for whom, and what it left out and why; as LANG speaks."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from newsletter.cli.issue.pages import titled
from newsletter.cli.session import Session
from newsletter.config.terminal import terminal_language
from newsletter.domain.content import Language
from newsletter.domain.pick import Cause, LeftOutItem, Pick
from newsletter.language.catalogue import MessageId, translate

if TYPE_CHECKING:
    from newsletter.service.issues.drafts import NewIssue
    from newsletter.service.issues.listing import IssueListing

SHOWN_MOST = 20
_CAUSES = {
    Cause.UPDATED: MessageId("{count} changed since it was told"),
    Cause.OTHERS: MessageId("{count} told to others only"),
    Cause.DUPLICATE: MessageId("{count} perhaps the same as another"),
    Cause.MENTION: MessageId("{count} mentioning a topic only"),
    Cause.UNTOPICAL: MessageId("{count} about no topic"),
    Cause.OTHER_TOPIC: MessageId("{count} about other topics"),
    Cause.MEANT: MessageId("{count} meant for others"),
    Cause.SECTION: MessageId("{count} of other sections"),
    Cause.TOLD: MessageId("{count} told before"),
    Cause.OLD: MessageId("{count} too old"),
    Cause.LATER: MessageId("{count} of a later time"),
    Cause.OVER: MessageId("{count} over by then"),
    Cause.OFF: MessageId("{count} cancelled or postponed"),
    Cause.GONE: MessageId("{count} gone from the source"),
    Cause.DAYLESS: MessageId("{count} without a day"),
}


def print_picked(session: Session, made: "NewIssue", listing: "IssueListing", *, is_update: bool) -> None:
    """Print each segment's items by number and title, and what nobody gets; of an update, what is new."""
    language = Language(terminal_language())
    added, titles = set(made.added), {item.key: item for item in listing.items}
    segments = {segment.id: segment for segment in session.newsletter.audience.segments()}
    for segment_id, keys in made.draft.order.items():
        picks = [pick for pick in made.picks if pick.segment_id == segment_id]
        name = segments[segment_id].names.get(language) or segment_id
        click.echo(_summary(name, len(keys), picks, language))
        for key in keys:
            if (item := titles.get(key)) is not None and (key in added or not is_update):
                click.echo(f"{item.number:>6}  {titled(item, item.title)}")
    newly = set(made.newly_left_out)
    _print_left_out(str(made.draft.label), [one for one in listing.left_out if one.key in newly], made.picks, language)


def _summary(name: str, picked: int, picks: Iterable[Pick], language: Language) -> str:
    """Say how many a segment gets, and how many it does not for which reason."""
    causes = Counter(pick.cause for pick in picks if pick.cause is not None)
    if not causes:
        return translate(language, "{segment}: {picked} picked, nothing left out", segment=name, picked=picked)
    said = [translate(language, _CAUSES[cause], count=causes[cause]) for cause in _CAUSES if causes[cause]]
    return translate(
        language,
        "{segment}: {picked} picked, {left} left out: {causes}",
        segment=name,
        picked=picked,
        left=causes.total(),
        causes=", ".join(said),
    )


def _print_left_out(label: str, items: list[LeftOutItem], picks: Iterable[Pick], language: Language) -> None:
    """Print what nobody gets, what is best worth a look first."""
    if not items:
        return
    causes = {pick.key: pick.cause for pick in picks if pick.cause is not None}
    command = f"newsletter issue take {label} +{items[0].number}"
    click.echo(translate(language, "For nobody; to take one in: {command}", command=command))
    for item in items[:SHOWN_MOST]:
        cause = causes.get(item.key)
        why = "" if cause is None else translate(language, _CAUSES[cause], count=1).removeprefix("1 ")
        mark = "NEW, " if item.mark == "NEW" else ""
        click.echo(f"{f'+{item.number}':>6}  {item.title} ({mark}{why})")
    if len(items) > SHOWN_MOST:
        more = len(items) - SHOWN_MOST
        click.echo(f"        {translate(language, 'and {count} more, at the end of issue.toml', count=more)}")
