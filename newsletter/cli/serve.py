"""`newsletter serve`: let readers leave, and take what the provider tells about the mails."""

import logging
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from newsletter.cli.command import Verb
from newsletter.cli.session import Session, pass_session
from newsletter.errors import ConfigurationError

if TYPE_CHECKING:
    from newsletter.domain.notification import ProviderDoor
    from newsletter.web.public.server import PublicServer


@click.command(cls=Verb)
@click.option("--port", type=click.IntRange(0, 65535), default=8030, show_default=True, help="0 takes any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address of this machine to listen on.")
@click.option("--fake-sendgrid", "is_faked", is_flag=True, help="Also be a SendGrid, to rehearse the whole path.")
@click.option(
    "--fake-port", type=click.IntRange(0, 65535), default=8031, show_default=True, help="Of the SendGrid we play."
)
@pass_session
def serve(session: Session, *, port: int, host: str, is_faked: bool, fake_port: int) -> None:
    """Let readers leave by one click, and take what the provider tells about the mails.

    The program answers plain HTTP on this machine; a web server with TLS in front of it, at the address in [links]
    public_url, hands requests on: /leave/ and /proof/ of readers and senders, /webhooks/sendgrid of SendGrid's event
    webhook. What is not configured is not there. Everything is kept before the answer says so.
    """
    from newsletter.web.public.server import PublicServer

    newsletter = session.newsletter
    door = newsletter.notifications.door
    public_url = newsletter.settings.publication.links.public_url
    if door is None and public_url is None and not is_faked:
        raise ConfigurationError(
            "There is nothing to serve: no public page and no webhook is configured.",
            hint='Set public_url in [links], or kind = "sendgrid" and its webhook_key in [mailer]; or rehearse with'
            " --fake-sendgrid.",
        )
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    with ExitStack() as stack:
        outside = PublicServer(newsletter, host=host, port=port)
        stack.callback(outside.close)
        if is_faked:
            door = _play_sendgrid(session, outside, stack, fake_port)
        if outside.leaving is not None:
            click.echo(outside.leaving)
            session.say(f"Readers come to {public_url}/leave/: have your web server hand on what is below it.")
        if door is not None:
            click.echo(outside.webhook(door.name))
        session.say("Ctrl-C ends it.")
        outside.serve([] if door is None else [door])


def _play_sendgrid(session: Session, outside: "PublicServer", stack: ExitStack, port: int) -> "ProviderDoor":
    """Begin to be a SendGrid, say how to send through it, and give the door for what it tells."""
    from newsletter.wiring import stand_in_sendgrid

    fake = stack.enter_context(stand_in_sendgrid(outside.webhook("sendgrid"), port=port))
    if session.newsletter.settings.publication.is_trial:
        session.say("It takes the mails of this trial, and mails nobody. In another window:")
        session.say(f"  export NEWSLETTER_SENDGRID_URL={fake.host}")
    else:
        session.say('Everything sent through it is a rehearsal. In another window, with kind = "sendgrid" in [mailer]:')
        session.say(f"  export NEWSLETTER_SENDGRID_URL={fake.host} NEWSLETTER_SENDGRID_API_KEY={fake.api_key}")
    session.say("  newsletter issue send LABEL, then newsletter issue report LABEL")
    return fake.door()
