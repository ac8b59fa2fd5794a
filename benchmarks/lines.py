"""The promises, one function each."""

import os
from collections.abc import Callable
from pathlib import Path

from benchmarks.harness import PYTHON, Line, cpu_milliseconds, in_turns, median_of, wall_milliseconds
from benchmarks.sample import compile_edition, messages_of_68_kilobytes

MESSAGES = 10_000


def help_of_the_command() -> Line:
    """`newsletter --help` beside importing Click."""
    command = [str(Path(PYTHON).with_name("newsletter")), "--help"]
    ours, click = in_turns(
        lambda: wall_milliseconds(command), lambda: wall_milliseconds([PYTHON, "-c", "import click"]), rounds=15
    )
    return Line(
        name="newsletter --help",
        milliseconds=ours,
        against='python -c "import click"',
        against_milliseconds=click,
        bound=2,
        unit="x",
        measured=ours / click,
    )


def compile_an_edition() -> Line:
    """An edition of 10 articles and 6 events, about 60 KB of HTML, from data to HTML and text."""
    milliseconds = median_of(lambda: cpu_milliseconds(compile_edition), rounds=30)
    return Line(name="compile an edition", milliseconds=milliseconds, bound=10, unit="ms CPU", measured=milliseconds)


def personalise() -> Line:
    """10,000 messages of 68 KB (HTML and text) beside a plain copy of the same bytes."""
    fill, whole = messages_of_68_kilobytes()

    def fill_all() -> None:
        for number in range(MESSAGES):
            fill(number)

    def copy_all() -> None:
        for _ in range(MESSAGES):
            bytearray(whole)

    ours, copy = in_turns(lambda: cpu_milliseconds(fill_all), lambda: cpu_milliseconds(copy_all), rounds=7)
    return Line(
        name=f"personalise {MESSAGES:,} messages of {len(whole):,} bytes",
        milliseconds=ours,
        against="plain copy",
        against_milliseconds=copy,
        bound=3,
        unit="x",
        measured=ours / copy,
    )


LINES: dict[str, Callable[[], Line]] = {
    "help": help_of_the_command,
    "compile": compile_an_edition,
    "personalise": personalise,
}
"""By the name on the command line."""

os.environ.pop("NEWSLETTER_CONFIG", None)
