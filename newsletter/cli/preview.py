"""`newsletter preview`: see every edition as its readers will, while you edit."""

import logging
import webbrowser

import click

from newsletter.cli.command import Verb
from newsletter.cli.session import Session, pass_session


@click.command(cls=Verb)
@click.argument("label", metavar="[LABEL]", required=False)
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="0 takes any free port.")
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Listen elsewhere than on this machine alone: needs a token."
)
@click.option("--name", "names", multiple=True, help="A name by which other machines reach this one; may be repeated.")
@click.option("--open", "is_opened", is_flag=True, help="Open the page in the browser.")
@pass_session
def preview(
    session: Session, label: str | None, *, port: int, host: str, names: tuple[str, ...], is_opened: bool
) -> None:
    """Show every edition in the browser while you edit.

    Saving a file of the issue, a template, the brand or newsletter.toml changes the pictures at once. Without LABEL the
    newest issue is shown.
    """
    from newsletter.web.preview.server import Address, Preview
    from newsletter.wiring import open_newsletter

    issues = session.newsletter.issues
    if label is not None and label not in issues.labels():
        # Only to say what is wrong with the label: a file with mistakes is shown, not refused.
        issues.read(label)
    configuration = session.newsletter.settings.path
    address = Address(host=host, port=port, names=names)
    logging.basicConfig(level=logging.ERROR, format="%(message)s")
    running = Preview(lambda: open_newsletter(configuration), address)
    if not address.is_private:
        click.echo(f"Warning: everybody who can reach {host} and knows this address sees the issue", err=True)
        click.echo("and its readers, and what is shown travels in plain text. Use it in a network you trust.", err=True)
    click.echo(running.url(label))
    session.say("Edit the files in any editor: the page follows. Ctrl-C ends the preview.")
    if is_opened:
        webbrowser.open(running.url(label))
    running.serve()
