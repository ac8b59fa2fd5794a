"""The command itself: options that every command has, the table of commands, and how errors are shown."""

import atexit
import gc
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path

import click

from newsletter.cli.command import INTERRUPTED, Noun
from newsletter.cli.session import Session
from newsletter.errors import NewsletterError

COMMANDS = {
    "init": ("newsletter.cli.init:init", "Lay out a new publication in a folder."),
    "status": ("newsletter.cli.status:status", "Say where the month stands and what to type next."),
    "doctor": (
        "newsletter.cli.status:doctor",
        "Look over configuration, keys, database, templates, mailer, sources.",
    ),
    "collect": ("newsletter.cli.collect:collect", "Visit every source and keep what is new."),
    "preview": ("newsletter.cli.preview:preview", "Show every edition in the browser while you edit."),
    "issue": ("newsletter.cli.issue:issue", "Make, check, approve, send and report an issue."),
    "item": ("newsletter.cli.item:item", "Look at collected articles and events, and say which of them are one."),
    "source": ("newsletter.cli.source:source", "Look at the sources, check them, and add one."),
    "template": ("newsletter.cli.template:template", "Look over and try out the templates of letters."),
    "subscriber": ("newsletter.cli.subscriber:subscriber", "Add, import, list and unsubscribe people."),
    "segment": ("newsletter.cli.segment:segment", "Look at the segments and who is in them."),
    "consent": ("newsletter.cli.consent:consent", "On which ground people are written to."),
    "suppression": ("newsletter.cli.suppression:suppression", "Addresses that must never be mailed."),
    "notification": (
        "newsletter.cli.notification:notification",
        "Look at what the provider told about the mails.",
    ),
    "serve": (
        "newsletter.cli.serve:serve",
        "Let readers leave by one click, and take what the provider tells about the mails.",
    ),
    "key": (
        "newsletter.cli.key:key",
        "Change the key behind address hashes and unsubscribe links, or take an older one in.",
    ),
    "db": ("newsletter.cli.db:db", "Create, migrate and back up the database, or put a backup back."),
    "pack": ("newsletter.cli.handover:pack", "Put the whole publication into one file, behind a passphrase."),
    "unpack": ("newsletter.cli.handover:unpack", "Take a publication out of such a file."),
}
"""Each command's place and its line of help; a test holds the lines and the commands' own help together."""


# What is imported never goes away, and looking through it again and again costs a tenth of `status`.
gc.set_threshold(200_000, 20, 20)
# Nor does it at the end, where the last look through it costs a fifth of `status`.
atexit.register(gc.freeze)
# No other package here gets to look into what we read, and pydantic's search for one costs a twentieth of `status`.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


class LazyGroup(Noun):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's signature
        """Give the names in the order of the month."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Import and give one command."""
        if cmd_name not in COMMANDS:
            return None
        module_name, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module_name), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "-c",
    "--config",
    "configuration",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="NEWSLETTER_CONFIG",
    help="newsletter.toml to use. Default: the one in this folder or above. [env: NEWSLETTER_CONFIG]",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress and no advice on standard error.")
@click.option("-v", "--verbose", is_flag=True, expose_value=False, help="Say more; show the traceback of an error.")
@click.option("--no-input", is_flag=True, help="Never ask; fail where an answer is needed.")
@click.version_option(package_name="uutiskirje", message="newsletter %(version)s")
@click.pass_context
def root(context: click.Context, configuration: Path | None, *, quiet: bool, no_input: bool) -> None:
    """Collect, curate, render, check, approve and send a newsletter."""
    session = Session(configuration=configuration, is_quiet=quiet, may_ask=not no_input)
    context.obj = session
    context.call_on_close(session.close)


def main(arguments: list[str] | None = None) -> None:
    """Run the command and end the process: 0 done, 1 failed, 2 usage, 3 checks found errors, 4 partly sent."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        root.main(args=given, prog_name="newsletter", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. Nothing is half done; the same command goes on from here.", err=True)
        sys.exit(INTERRUPTED)
    except NewsletterError as error:
        show_error(error)
        _show_traceback(given)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader of our output left (`| head`): no fault of anybody.
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        # A full disk, a missing folder, a file that is not ours: the machine's, and the person can mend it.
        where = "" if error.filename is None else f" ({error.filename})"
        click.echo(f"Error: The system says: {error.strerror or error}{where}.", err=True)
        click.echo("What to do: See that the folder is there, may be written to, and has room.", err=True)
        _show_traceback(given)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the last door before the person: say it in words, traceback with -v
        click.echo(f"Error: unexpected {type(error).__name__}. This is a fault of the program, not yours.", err=True)
        click.echo("Run it again with `newsletter -v ...` and send the traceback to the developers.", err=True)
        _show_traceback(given)
        sys.exit(1)


def show_error(error: NewsletterError) -> None:
    """Print what, where and what to do on standard error."""
    click.echo(f"Error: {error}", err=True)
    for fault in error.faults:
        click.echo(f"  {fault}", err=True)
    if error.hint:
        click.echo(f"What to do: {error.hint}", err=True)


def _show_traceback(arguments: list[str]) -> None:
    flags = [word for word in arguments if word in ("-v", "--verbose")]
    if flags:
        traceback.print_exc()
