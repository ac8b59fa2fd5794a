"""What several verbs of an issue take."""

import click

from newsletter.config.terminal import LANGUAGES, terminal_language

label_argument = click.argument("label", metavar="LABEL")
language_option = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=terminal_language,
    show_default="the terminal's, by LANG",
    help="Of the findings.",
)
rehearse_option = click.option(
    "--rehearse", is_flag=True, help="Through the outbox, whatever mailer is configured: nothing leaves this machine."
)
