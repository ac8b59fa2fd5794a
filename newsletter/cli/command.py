"""What every command does alike: it takes an option once, and a misspelt name is told the nearest ones."""

import difflib
from collections import Counter

import click

from newsletter.errors import NewsletterError, StorageError, UsageError

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells expect."""
DAY = click.DateTime(["%Y-%m-%d", "%d.%m.%Y"])
"""A day as programs write it, or as people in Finland do."""


class Verb(click.Command):
    """A command that refuses an option given twice which takes one value: the first would be lost in silence."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words after the command.

        Raises:
            click.UsageError: An option stands there twice.
        """
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for parameter, times in Counter(order).items():
                takes_one = isinstance(parameter, click.Option) and not (
                    parameter.multiple or parameter.count or parameter.is_flag
                )
                if takes_one and times > 1:
                    given = "/".join(parameter.opts)
                    raise click.UsageError(f"{given} is given {times} times, and takes one value.", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; one that changes people, keys or sendings leaves a line in the trail, however it ends."""
        from newsletter.cli import trail

        if isinstance(self, click.Group) or not trail.is_noted(ctx):
            return super().invoke(ctx)
        try:
            answer: object = super().invoke(ctx)
        except (NewsletterError, KeyboardInterrupt) as error:
            code = error.exit_code if isinstance(error, NewsletterError) else INTERRUPTED
            # Nothing was done where the words were wrong; nothing can be noted where the database is not to be had.
            if code != UsageError.exit_code and not isinstance(error, StorageError):
                trail.note(ctx, code)
            raise
        trail.note(ctx, 0)
        return answer


class Noun(Verb, click.Group):
    """A group of such commands, and one itself: its own options count too. Summaries are shown whole."""

    command_class = Verb

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names.

        Raises:
            click.UsageError: There is none; the nearest names are told.
        """
        word = args[0]
        if not word.startswith("-") and self.get_command(ctx, word) is None:
            near = difflib.get_close_matches(word, self.list_commands(ctx), n=3)
            advice = f" Did you mean {' or '.join(repr(name) for name in near)}?" if near else ""
            raise click.UsageError(f"No such command {word!r}.{advice}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with the whole first sentence of its help."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, one.get_short_help_str(limit=1_000)) for name, one in commands if one is not None]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
