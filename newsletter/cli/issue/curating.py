"""Choosing, placing and wording the items of an issue: `issue take`, `drop`, `move`, `edit`, `undo` and `redo`."""

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import DAY, Verb
from newsletter.cli.issue.options import label_argument
from newsletter.cli.session import Session, json_option, pass_session
from newsletter.domain.step import End
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from newsletter.domain.step import Value

item_argument = click.argument("item", metavar="ITEM")
segment_option = click.option("--segment", help="In this segment's list alone.")
dry_run_option = click.option("-n", "--dry-run", "is_dry_run", is_flag=True, help="Only show what would be changed.")


class Moment(click.ParamType[date | datetime]):
    """A day, or a day and a time on the wall."""

    name = "when"
    _times: tuple[str, ...] = ("%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M")

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date | datetime:
        """Read it."""
        for form in self._times:
            try:
                return datetime.strptime(str(value), form)  # noqa: DTZ007 - of the publication's wall, as in issue.toml
            except ValueError:
                continue
        day: datetime = DAY.convert(value, param, ctx)
        return day.date()


class Day(Moment):
    """A day."""

    name = "day"
    _times = ()


@click.command(cls=Verb)
@label_argument
@item_argument
@click.option("--segment", help="For this segment alone. Default: for each that gets its section.")
@dry_run_option
@json_option
@pass_session
def take(session: Session, label: str, item: str, *, segment: str | None, is_dry_run: bool, as_json: bool) -> None:
    """Take an item in: one that was left out, or any that was collected. ITEM is a part of its key, or its number."""
    from newsletter.cli.issue import curating_pages

    made = session.newsletter.issues.take(label, item, segment=segment, is_dry_run=is_dry_run)
    curating_pages.print_stepped(session, made, as_json=as_json)


@click.command(cls=Verb)
@label_argument
@item_argument
@segment_option
@dry_run_option
@json_option
@pass_session
def drop(session: Session, label: str, item: str, *, segment: str | None, is_dry_run: bool, as_json: bool) -> None:
    """Leave an item out: its key goes from the lists, its table stays, so that --update does not bring it back."""
    from newsletter.cli.issue import curating_pages

    made = session.newsletter.issues.drop(label, item, segment=segment, is_dry_run=is_dry_run)
    curating_pages.print_stepped(session, made, as_json=as_json)


@click.command(cls=Verb)
@label_argument
@item_argument
@click.option("--before", metavar="OTHER", help="Before this item.")
@click.option("--first", "is_first", is_flag=True, help="To the beginning of the list.")
@click.option("--last", "is_last", is_flag=True, help="To its end.")
@segment_option
@dry_run_option
@json_option
@pass_session
def move(
    session: Session,
    label: str,
    item: str,
    *,
    before: str | None,
    is_first: bool,
    is_last: bool,
    segment: str | None,
    is_dry_run: bool,
    as_json: bool,
) -> None:
    """Put an item elsewhere in the lists. Sections keep their places: an item moves among those of its own."""
    from newsletter.cli.issue import curating_pages

    if (before is not None) + is_first + is_last != 1:
        raise UsageError("Say where to: --before OTHER, --first or --last; nothing was changed.")
    to = before if before is not None else End.FIRST if is_first else End.LAST
    made = session.newsletter.issues.move(label, item, to=to, segment=segment, is_dry_run=is_dry_run)
    curating_pages.print_stepped(session, made, as_json=as_json)


_FIELDS = {
    "title": (str, "The title."),
    "lead": (str, "The sentences under it."),
    "body": (str, "The whole text, in Markdown."),
    "link": (str, "The address it leads to."),
    "form": (click.Choice(["whole", "lead", "title", ""]), "How much of it is shown."),
    "section": (str, "The section it stands in."),
    "author": (str, "Who wrote it."),
    "published": (Day(), "The day it appeared."),
    "start": (Moment(), "When an event begins: a day, or with a time."),
    "end": (Moment(), "When it ends."),
    "place": (str, "Where it is."),
    "address": (str, "The place as a map finds it."),
    "registration": (str, "Where to register."),
    "register_by": (Day(), "The last day to register."),
    "image": (str, "A picture, as a path from the publication's folder."),
    "image_alt": (str, "What the picture shows, for who cannot see it."),
}


@click.command(cls=Verb)
@label_argument
@item_argument
@click.option("--language", type=click.Choice(["fi", "sv", "en"]), help="Whose words. Default: the item's own.")
@dry_run_option
@json_option
@pass_session
def edit(
    session: Session,
    /,
    label: str,
    item: str,
    *,
    language: str | None,
    is_dry_run: bool,
    as_json: bool,
    **fields: "Value | None",
) -> None:
    """Set words of an item; an empty one (--form "") takes the line out."""
    from newsletter.cli.issue import curating_pages

    words = {name: value for name, value in fields.items() if value is not None}
    if not words:
        raise UsageError("Say what to set, for example --title; nothing was changed.")
    made = session.newsletter.issues.edit(label, item, words, language=language, is_dry_run=is_dry_run)
    curating_pages.print_stepped(session, made, as_json=as_json)


for _name, (_kind, _help) in _FIELDS.items():
    edit = click.option(f"--{_name.replace('_', '-')}", _name, type=_kind, help=_help)(edit)


@click.command(cls=Verb)
@label_argument
@dry_run_option
@json_option
@pass_session
def undo(session: Session, label: str, *, is_dry_run: bool, as_json: bool) -> None:
    """Take back the last take, drop, move or edit, and again the one before; what you edited by hand stays."""
    from newsletter.cli.issue import curating_pages

    curating_pages.print_turned(session, session.newsletter.issues.undo(label, is_dry_run=is_dry_run), as_json=as_json)


@click.command(cls=Verb)
@label_argument
@dry_run_option
@json_option
@pass_session
def redo(session: Session, label: str, *, is_dry_run: bool, as_json: bool) -> None:
    """Make the step again that was undone last."""
    from newsletter.cli.issue import curating_pages

    made = session.newsletter.issues.redo(label, is_dry_run=is_dry_run)
    curating_pages.print_turned(session, made, as_json=as_json, is_redo=True)
