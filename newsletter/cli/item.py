"""`newsletter item`: look at collected articles and events, and say which of them are one."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import Noun
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table

if TYPE_CHECKING:
    from newsletter.domain.sameness import Match
    from newsletter.domain.told import Kept


@click.group(cls=Noun)
def item() -> None:
    """Look at collected articles and events, and say which of them are one."""


@item.command(name="list")
@click.option("--period", "label", metavar="LABEL", help="Only what was published or happens in it: 2017-11.")
@click.option("--offered", "is_offered", is_flag=True, help="Only pairs that may be the same, which you can settle.")
@json_option
@pass_session
def list_(session: Session, *, label: str | None, is_offered: bool, as_json: bool) -> None:
    """List articles by day of publication and events by start."""
    if is_offered:
        matches = session.newsletter.items.matches()
        if as_json:
            print_json([asdict(match) for match in matches])
        elif matches:
            print_matches(matches)
        else:
            session.say("No two items look the same.")
        return
    items = session.newsletter.items.items(label=label)
    if as_json:
        print_json([asdict(one) for one in items])
        return
    rows = []
    for one in items:
        when = getattr(one, "start", None) or getattr(one, "published", None)
        rows.append((type(one).__name__.lower(), f"{when:%Y-%m-%d}" if when else "undated", one.title, one.key))
    print_table(["KIND", "DATE", "TITLE", "KEY"], rows, wraps=["TITLE"])


@item.command()
@click.argument("key")
@click.option("--toml", "as_toml", is_flag=True, help="Print the table to paste into issue.toml.")
@json_option
@pass_session
def show(session: Session, key: str, *, as_toml: bool, as_json: bool) -> None:
    """Show one article or event, all its sources, and why they are one."""
    items = session.newsletter.items
    kept = items.item(key)
    if as_toml:
        click.echo(items.toml_of(kept.item.key), nl=False)
        session.say(f"Paste it into issue.toml, and write {kept.item.key!r} into the lists of [order].")
        return
    seen = {name: value for name, value in asdict(kept).items() if name not in ("item", "records")}
    matches = items.matches(kept.item.key)
    if as_json:
        sources = [{"key": one.key, "source_id": one.source_id, "title": one.title} for one in kept.records]
        pairs = [asdict(match.pair) for match in matches]
        print_json({**asdict(kept.item), **seen, "records": sources, "pairs": pairs})
        return
    for name, value in asdict(kept.item).items():
        if value not in (None, "", (), 0):
            click.echo(f"{name:<12} {value}")
    for name, when in seen.items():
        if when is not None:
            click.echo(f"{name.removesuffix('_at').replace('_', ' '):<12} {when:%Y-%m-%d %H:%M} UTC")
    for record in kept.records:
        click.echo(f"{'record':<12} {record.key} (source {record.source_id}): {record.title}")
    print_matches(matches)


@item.command()
@click.argument("keys", nargs=-1, required=True, metavar="KEY OTHER...")
@pass_session
def merge(session: Session, *, keys: tuple[str, ...]) -> None:
    """Make one item of several. It keeps all their sources, and the fullest words; in two languages, translations."""
    _print_made(session, session.newsletter.items.merge(keys))


@item.command()
@click.argument("key")
@click.argument("other", required=False)
@pass_session
def split(session: Session, key: str, *, other: str | None) -> None:
    """Take an item out of those it was merged with, or say that two which look alike are two."""
    _print_made(session, session.newsletter.items.split(key, other))


def _print_made(session: Session, kept: "Kept") -> None:
    """Print what an item is made of now."""
    for record in kept.records or (kept.item,):
        click.echo(f"{record.key} (source {record.source_id}): {record.title}")
    session.next_step(f"newsletter item show {kept.item.key}")


def print_matches(matches: "Iterable[Match]") -> None:
    """Print what is decided of pairs, and how a person decides otherwise."""
    for match in matches:
        first, second = match.first, match.second
        click.echo(f"{_VERDICTS[match.pair.verdict]}: {match.pair.because}")
        for record in (first, second):
            click.echo(f"  {record.key} (source {record.source_id}): {record.title}")
        commands = {"same": ("split",), "two": ("merge",), "offered": ("merge", "split")}[match.pair.verdict]
        click.echo("  " + "  or  ".join(f"newsletter item {verb} {first.key} {second.key}" for verb in commands))


_VERDICTS = {"same": "one item", "two": "two items", "offered": "perhaps one item"}
