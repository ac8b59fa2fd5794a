"""The promises, one function each."""

import os
from collections.abc import Callable
from pathlib import Path

from benchmarks import audience, collecting
from benchmarks.curating import new_issue_from_a_large_archive, step_on_a_large_issue
from benchmarks.flood import longest_wait_in_a_flood, pace_beside_half_a_flood
from benchmarks.harness import (
    PYTHON,
    Line,
    cpu_milliseconds,
    elapsed_milliseconds,
    in_turns,
    median_of,
    wall_milliseconds,
)
from benchmarks.lists import again, first_import, memory, no_line_break
from benchmarks.million import dry_run, freeze
from benchmarks.preview import first_sight_of_six_editions, from_saving_to_the_picture, weight_of_the_page
from benchmarks.sample import check_input, compile_edition, compile_through_the_door, messages_of_68_kilobytes
from benchmarks.send import (
    calls_in_flight,
    claims_of_a_sending,
    cpu_of_a_sending,
    memory_of_a_sending,
    pace_beside_smtp_source,
    pace_beside_smtplib,
)
from benchmarks.start import check_of_nine_editions, status_of_the_month
from newsletter.check.findings import run_checks
from tests.oracle.npm import Mjml, missing

MESSAGES = 10_000
BATCH = 500
WARM_UP = 20


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


def compile_beside_npm() -> Line:
    """The same edition through the door, from data to HTML and text, beside npm's mjml on its MJML alone.

    Both answer from a warm process of their own, and the wall time from question to answer counts.

    Raises:
        LookupError: Node or npm's mjml is not installed.
    """
    if reason := missing():
        raise LookupError(reason)
    # npm's mjml hands attributes to its inliner as they stand, and that ends at a reference.
    source = compile_edition().mjml.replace("&#39;", "'")
    with Mjml() as mjml:
        for _ in range(WARM_UP):
            mjml.compile(source)
            compile_through_the_door()
        ours, theirs = in_turns(
            lambda: elapsed_milliseconds(compile_through_the_door),
            lambda: elapsed_milliseconds(lambda: mjml.compile(source)),
            rounds=40,
        )
    return Line(
        name="compile an edition through the door",
        milliseconds=ours,
        against="npm's mjml, MJML to HTML",
        against_milliseconds=theirs,
        bound=3,
        unit="x",
        measured=theirs / ours,
        at_least=True,
    )


def check_an_edition() -> Line:
    """All fast checks on the edition."""
    subject = check_input()
    milliseconds = median_of(lambda: cpu_milliseconds(lambda: run_checks(subject)), rounds=20)
    return Line(name="check an edition", milliseconds=milliseconds, bound=80, unit="ms CPU", measured=milliseconds)


def personalise() -> Line:
    """10,000 messages of 68 KB (HTML and text) beside a plain copy of the same bytes.

    A batch is kept until it is whole, as a mailer keeps it: otherwise both would write the same lines of the
    processor's cache again and again, which no sending does.
    """
    fill, whole = messages_of_68_kilobytes()

    def fill_all() -> None:
        for start in range(0, MESSAGES, BATCH):
            batch = [fill(number) for number in range(start, start + BATCH)]
            assert len(batch) == BATCH

    def copy_all() -> None:
        for _ in range(0, MESSAGES, BATCH):
            batch = [bytearray(whole) for _ in range(BATCH)]
            assert len(batch) == BATCH

    ours, copy = in_turns(lambda: cpu_milliseconds(fill_all), lambda: cpu_milliseconds(copy_all), rounds=7)
    return Line(
        name=f"personalise {MESSAGES:,} messages of {len(whole):,} bytes",
        milliseconds=ours,
        against="plain copy",
        against_milliseconds=copy,
        bound=2,
        unit="x",
        measured=ours / copy,
    )


LINES: dict[str, Callable[[], Line]] = {
    "help": help_of_the_command,
    "status": status_of_the_month,
    "issue-check": check_of_nine_editions,
    "issue-step": step_on_a_large_issue,
    "issue-new": new_issue_from_a_large_archive,
    "compile": compile_an_edition,
    "npm": compile_beside_npm,
    "checks": check_an_edition,
    "personalise": personalise,
    "preview-save": from_saving_to_the_picture,
    "preview-first": first_sight_of_six_editions,
    "preview-weight": weight_of_the_page,
    "collect": collecting.cold,
    "collect-again": collecting.unchanged,
    "collect-endless": collecting.endless,
    "collect-memory": collecting.endless_memory,
    "import": first_import,
    "import-again": again,
    "import-memory": memory,
    "import-no-list": no_line_break,
    "segment": audience.segment_count,
    "coverage": audience.coverage,
    "search": audience.search,
    "status-of-a-million": audience.status,
    "million-dry-run": dry_run,
    "million-freeze": freeze,
    "send-cpu": cpu_of_a_sending,
    "send-in-flight": calls_in_flight,
    "send-memory": memory_of_a_sending,
    "send-claims": claims_of_a_sending,
    "send-smtp-source": pace_beside_smtp_source,
    "send-smtplib": pace_beside_smtplib,
    "flood-pace": pace_beside_half_a_flood,
    "flood-wait": longest_wait_in_a_flood,
}
"""By the name on the command line."""

os.environ.pop("NEWSLETTER_CONFIG", None)
