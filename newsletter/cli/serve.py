"""`newsletter serve`: take what the provider tells about the mails."""

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import Verb
from newsletter.cli.session import Session, pass_session
from newsletter.errors import ConfigurationError

if TYPE_CHECKING:
    from newsletter.domain.notification import ProviderDoor
    from newsletter.web.public_server import PublicServer


@click.command(cls=Verb)
@click.option("--port", type=click.IntRange(0, 65535), default=8030, show_default=True, help="0 takes any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address of this machine to listen on.")
@click.option("--fake-sendgrid", "is_faked", is_flag=True, help="Also be a SendGrid, to rehearse the whole path.")
@click.option(
    "--fake-port", type=click.IntRange(0, 65535), default=8031, show_default=True, help="Of the SendGrid we play."
)
@pass_session
def serve(session: Session, *, port: int, host: str, is_faked: bool, fake_port: int) -> None:
    """Take what the provider tells about the mails: delivered, bounced, complained, left.

    The program answers plain HTTP on this machine; a web server with TLS in front of it passes on what SendGrid's event
    webhook posts to /webhooks/sendgrid. It keeps everything before it says yes; what it missed SendGrid tells again.
    """
    from newsletter.web.public_server import PublicServer

    notifications = session.newsletter.notifications
    if notifications.door is None and not is_faked:
        raise ConfigurationError(
            "Nothing is to be taken: no webhook is configured.",
            hint='Set kind = "sendgrid" and webhook_key in newsletter.toml, or rehearse with --fake-sendgrid.',
        )
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    with ExitStack() as stack:
        outside = PublicServer(notifications, host=host, port=port)
        stack.callback(outside.close)
        door = _play_sendgrid(session, outside, stack, fake_port) if is_faked else notifications.door
        assert door is not None, "looked at above"
        click.echo(outside.webhook(door.name))
        session.say("Ctrl-C ends it.")
        outside.serve([door])


def _play_sendgrid(session: Session, outside: "PublicServer", stack: ExitStack, port: int) -> "ProviderDoor":
    """Begin to be a SendGrid, say how to send through it, and give the door for what it tells."""
    from newsletter.wiring import STAND_IN_KEY, stand_in_sendgrid

    fake = stack.enter_context(stand_in_sendgrid(outside.webhook("sendgrid"), port=port))
    session.say('Everything sent through it is a rehearsal. In another window, with kind = "sendgrid" in [mailer]:')
    session.say(f"  export NEWSLETTER_SENDGRID_URL={fake.host} NEWSLETTER_SENDGRID_API_KEY={STAND_IN_KEY}")
    session.say("  newsletter issue send LABEL, then newsletter issue report LABEL")
    return fake.door()
