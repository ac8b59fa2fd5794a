"""What one run of the command carries: the options every command has, and the library once it is needed."""

import json
import shutil
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from newsletter.errors import Place, UsageError

if TYPE_CHECKING:
    from newsletter.send.dispatch import Progress
    from newsletter.wiring import Newsletter


TRIAL = "TRIAL: our own SendGrid takes its mails, and nobody is mailed."


@dataclass(kw_only=True)
class Session:
    """One run of the command.

    Attributes:
        configuration: newsletter.toml as given with -c, or None to look for it.
        is_quiet: No progress, no advice.
        may_ask: Questions are allowed (and only asked on a terminal).
        people: How many people the command changed or took out of the database; it says so itself.
    """

    configuration: Path | None = None
    is_quiet: bool = False
    may_ask: bool = True
    people: int | None = None
    _newsletter: "Newsletter | None" = field(default=None, init=False)

    @property
    def newsletter(self) -> "Newsletter":
        """Give the library, opened at the first use."""
        if self._newsletter is None:
            from newsletter.wiring import open_newsletter

            self._newsletter = open_newsletter(self.configuration)
            if self._newsletter.settings.publication.is_trial:
                click.echo(TRIAL, err=True)  # On every screen, and also with --quiet.
        return self._newsletter

    def close(self) -> None:
        """Close the library, if it was opened."""
        if self._newsletter is not None:
            self._newsletter.close()

    def say(self, text: str = "") -> None:
        """Tell the person something on standard error; not with --quiet."""
        if not self.is_quiet:
            click.echo(text, err=True)

    def next_step(self, command: str) -> None:
        """Name the next command to type."""
        self.say(f"Next: {command}")

    def shown(self, path: Path) -> str:
        """Write a path as the person would: from the working folder where it lies below it."""
        return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)

    def shown_place(self, place: Place | None) -> str:
        """Write a place in a file as the person would; empty when there is none."""
        return "" if place is None else str(replace(place, path=Path(self.shown(place.path))))

    def shown_text(self, location: str) -> str:
        """Write a location as the person would: a path shortened, an address as it is."""
        return location if "://" in location else self.shown(Path(location))

    def confirm(self, question: str, *, otherwise: str = "Say yes with --yes.") -> None:
        """Ask a yes-or-no question; whatever is not yes stops the command.

        Args:
            question: In one line.
            otherwise: How to answer where nobody can be asked.

        Raises:
            UsageError: Nobody can be asked.
        """
        self._require_terminal(otherwise)
        click.confirm(question, abort=True, err=True)

    def confirm_label(self, label: str, given: str | None) -> None:
        """Have the issue's label typed, or take it from --confirm.

        Raises:
            UsageError: It is another one, or nobody can be asked.
        """
        if given is None:
            self._require_terminal(f"Off a terminal: --confirm {label}")
            given = click.prompt("Type the issue's label to send it", err=True)
        if given != label:
            raise UsageError(f"{given!r} is not {label!r}; nothing was sent.", hint=f"--confirm {label}")

    @property
    def can_ask(self) -> bool:
        """Tell whether there is somebody to answer."""
        return self.may_ask and sys.stdin.isatty()

    def _require_terminal(self, hint: str) -> None:
        if not self.can_ask:
            raise UsageError("This needs an answer, and nobody can be asked here.", hint=hint)

    def send_progress(self) -> "SendProgress":
        """Give what shows how far a sending is, for a `with` block around the sending."""
        return SendProgress(is_quiet=self.is_quiet, is_terminal=sys.stderr.isatty())

    def progress(self, label: str) -> Callable[[int, int], None]:
        """Give a callable (done, total) that draws one line of progress on a terminal and nothing elsewhere."""
        if self.is_quiet or not sys.stderr.isatty():
            return lambda _done, _total: None

        def draw(done: int, total: int) -> None:
            click.echo(f"\r{label}: {done} of {total}", err=True, nl=done >= total)

        return draw

    def counter(self, label: str) -> Callable[[int], None]:
        """Give a callable (done) that counts on one line of a terminal, where the end is not known."""
        if self.is_quiet or not sys.stderr.isatty():
            return lambda _done: None
        return lambda done: click.echo(f"\r{label}: {done:,}", err=True, nl=False)


LONG_WAIT_SECONDS = 30
"""A wait of which a person is told each time."""


class SendProgress:
    """Show how far a sending is: one redrawn line on a terminal, and everywhere what it waits for."""

    def __init__(self, *, is_quiet: bool, is_terminal: bool) -> None:
        self._is_quiet = is_quiet
        self._is_terminal = is_terminal
        self._is_line_open = False
        self._refusal = ""

    def __call__(self, now: "Progress") -> None:
        """Show it; why nobody is taken is said once, not at each try, but where the wait is long."""
        if self._is_quiet:
            return
        if now.refusal and (now.refusal != self._refusal or now.wait_seconds >= LONG_WAIT_SECONDS):
            self._end_line()
            click.echo(f"Not taken now: {now.refusal} Waiting {now.wait_seconds:.0f} s, then trying again.", err=True)
        self._refusal = now.refusal
        if self._is_terminal:
            left = "" if now.seconds_left is None else f", {now.seconds_left:.0f} s left"
            doubt = f", {now.unknown} unknown" if now.unknown else ""
            counts = f"{now.accepted:,} accepted, {now.rejected:,} rejected{doubt}, {now.remaining:,} to go"
            click.echo(f"\r{counts} ({now.per_second:,.0f} a second{left})   ", err=True, nl=False)
            self._is_line_open = True

    def waits_for(self, message: str) -> None:
        """Say that the database is not free: nothing is lost, and nothing goes on."""
        if not self._is_quiet:
            self._end_line()
            click.echo(f"{message} Waiting until it is free; Ctrl-C stops between two batches.", err=True)

    def __enter__(self) -> Self:
        """Begin with nothing shown."""
        return self

    def __exit__(self, *_how: object) -> None:
        """End the line, so that what follows stands below it."""
        self._end_line()

    def _end_line(self) -> None:
        if self._is_line_open:
            click.echo(err=True)
            self._is_line_open = False


pass_session = click.make_pass_decorator(Session)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: object) -> None:
    """Print a value of plain lists and dicts as JSON on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], *, wraps: Collection[str] = ()) -> None:
    """Print rows under headings in columns as wide as their widest cell; headings alone when there are no rows.

    Args:
        headings: One for each column.
        rows: As many cells each.
        wraps: Headings of the columns whose cells go on below where a terminal is too narrow for the table; into a file
            or another program each row is one line.
    """
    cells = [[str(heading) for heading in headings], *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    if sys.stdout.isatty():
        _narrow(widths, [column for column, heading in enumerate(headings) if heading in wraps])
    for row in cells:
        parts = [
            textwrap.wrap(cell, width) if len(cell) > width else [cell] for cell, width in zip(row, widths, strict=True)
        ]
        for line in zip_longest(*parts, fillvalue=""):
            click.echo(GAP.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


GAP = "  "
WRAP_LEAST = 12
"""Characters that a column keeps, however narrow the terminal is."""


def _narrow(widths: list[int], wrapping: Collection[int]) -> None:
    """Take from the widest of the columns that wrap until the table fits, or none can give any more."""
    surplus = sum(widths) + len(GAP) * (len(widths) - 1) - shutil.get_terminal_size().columns
    while surplus > 0 and (wide := [column for column in wrapping if widths[column] > WRAP_LEAST]):
        widths[max(wide, key=lambda column: widths[column])] -= 1
        surplus -= 1
