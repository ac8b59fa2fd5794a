"""What several verbs of an issue take."""

import click

from newsletter.config.terminal import LANGUAGES, terminal_language


class PaceType(click.ParamType):  # type: ignore[type-arg]  # generic only where click is newer
    """A pace, as newsletter.toml has it."""

    name = "pace"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        """Read it."""
        from newsletter.domain.mailing import read_pace

        try:
            return read_pace(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


label_argument = click.argument("label", metavar="LABEL")
language_option = click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=terminal_language,
    show_default="the terminal's, by LANG",
    help="Of findings and names.",
)
rehearse_option = click.option(
    "--rehearse", is_flag=True, help="Through the outbox, whatever mailer is configured: nothing leaves this machine."
)
