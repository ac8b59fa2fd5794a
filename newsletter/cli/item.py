"""`newsletter item`: look at collected articles and events."""

from dataclasses import asdict

import click

from newsletter.cli.command import Noun
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table


@click.group(cls=Noun)
def item() -> None:
    """Look at collected articles and events."""


@item.command(name="list")
@click.option("--period", "label", metavar="LABEL", help="Only what was published or happens in it: 2017-11.")
@json_option
@pass_session
def list_(session: Session, *, label: str | None, as_json: bool) -> None:
    """List articles by day of publication and events by start."""
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
    """Show one article or event."""
    if as_toml:
        click.echo(session.newsletter.items.toml_of(key), nl=False)
        session.say(f"Paste it into issue.toml, and write {key!r} into the lists of [order].")
        return
    kept = session.newsletter.items.item(key)
    seen = {name: value for name, value in asdict(kept).items() if name != "item"}
    if as_json:
        print_json({**asdict(kept.item), **seen})
        return
    for name, value in asdict(kept.item).items():
        if value not in (None, "", ()):
            click.echo(f"{name:<12} {value}")
    for name, when in seen.items():
        if when is not None:
            click.echo(f"{name.removesuffix('_at').replace('_', ' '):<12} {when:%Y-%m-%d %H:%M} UTC")
