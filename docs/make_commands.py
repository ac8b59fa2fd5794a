"""Write docs/commands.md: every command with its help and options, from the code itself.

python docs/make_commands.py
"""

from collections.abc import Iterator
from pathlib import Path

import click

from newsletter.cli.main import root

TARGET = Path(__file__).with_name("commands.md")

OPENING = """\
# Commands

Noun, then verb. What a command answers stands on standard output; what it says to you (progress, advice, the next
command) on standard error. Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 checks found errors or
rows were rejected, 4 partly sent or unknown deliveries, 130 stopped by Ctrl-C.

This page is written by `docs/make_commands.py`; a test fails when it is older than the commands.
"""


def document() -> str:
    """Give the page as it should be."""
    return OPENING + "".join(f"\n## `{name}`\n\n{text}" for name, text in sections(root, "newsletter"))


def sections(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    """Give each command's full name and text, the groups before what is in them."""
    context = click.Context(command, info_name=name)
    yield name, "\n".join(lines(command, context)) + "\n"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found is not None
            yield from sections(found, f"{name} {inner}")


def lines(command: click.Command, context: click.Context) -> Iterator[str]:
    """Give one command's help, arguments and options."""
    yield (command.help or "").strip()
    arguments = [
        parameter.make_metavar(context) for parameter in command.params if isinstance(parameter, click.Argument)
    ]
    if arguments:
        yield f"\nUsage: `{context.command_path} {' '.join(arguments)}`"
    records = [one.get_help_record(context) for one in command.params if isinstance(one, click.Option)]
    options = [record for record in records if record is not None]
    if options:
        yield ""
        yield "| option | meaning |"
        yield "|---|---|"
        yield from (f"| `{name}` | {text.replace('|', chr(92) + '|')} |" for name, text in options)


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
    print(f"Wrote {TARGET}")
