"""`newsletter notification`: what the provider told about the mails."""

from dataclasses import asdict

import click

from newsletter.cli.command import Noun
from newsletter.cli.session import Session, json_option, pass_session, print_json, print_table
from newsletter.domain.notification import KeptNotification, NotificationKind


@click.group(cls=Noun)
def notification() -> None:
    """Look at what the provider told about the mails."""


@notification.command(name="list")
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice([str(kind) for kind in NotificationKind]), help="Only these."
)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@json_option
@pass_session
def list_(session: Session, *, kinds: tuple[str, ...], limit: int, as_json: bool) -> None:
    """List the newest notifications, those that happened last first, and count them all by kind."""
    notifications = session.newsletter.notifications
    recent = notifications.recent(kinds=[NotificationKind(kind) for kind in kinds], limit=limit)
    if as_json:
        print_json([asdict(one) for one in recent])
        return
    zone = session.newsletter.settings.publication.zone
    print_table(
        ["AT", "KIND", "ISSUE", "REASON"],
        [(f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}", one.kind, one.label or "-", _said(one)) for one in recent],
        wraps=["REASON"],
    )
    counts = ", ".join(f"{count} {kind}" for kind, count in notifications.counts().items())
    session.say(f"Altogether: {counts or 'none'}.")


def _said(one: KeptNotification) -> str:
    """Give what the provider said, with nothing that a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in one.reason or one.raw)
