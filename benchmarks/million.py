"""What whole commands cost at a million people: the sample's readers, each 43,479 times, in the sample's segments."""

import functools
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.harness import PYTHON, Line
from benchmarks.start import LABEL, command_milliseconds, publication
from newsletter import open_newsletter
from newsletter.domain.audience import hash_address

PEOPLE = 1_000_000
NEWSLETTER = str(Path(PYTHON).with_name("newsletter"))
DRY_RUN = ["issue", "send", LABEL, "--dry-run"]
FREEZE = ["--quiet", "issue", "send", LABEL, "--limit", "1", "--confirm", LABEL, "--yes"]
"""Fixes the audience, and sends to one: whoever asks for so little, and to be told nothing, waits for nothing else."""


@contextmanager
def _crowd() -> Iterator[Path]:
    """Give the sample publication with its issue approved and a million readers."""
    with publication() as folder:
        with open_newsletter(folder / "newsletter.toml") as newsletter:
            newsletter.issues.approve(LABEL, by="the benchmark")
            key = newsletter.resources.keys.current
        with closing(sqlite3.connect(folder / "newsletter.db")) as connection:
            _multiply(connection, key)
        yield folder


def _multiply(connection: sqlite3.Connection, key: bytes) -> None:
    """Copy each reader of the sample, with tags and facts, until there are so many; in the order of their hashes."""
    connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")
    known = [row[0] for row in connection.execute("SELECT id FROM subscriber")]
    copies = ((f"lukija{number:07}@yritys{number % 997}.example", number) for number in range(len(known), PEOPLE))
    rows = sorted((hash_address(address, key), address, known[number % len(known)]) for address, number in copies)
    first = max(known) + 1
    connection.execute("CREATE TEMP TABLE copied (id INTEGER PRIMARY KEY, hash TEXT, address TEXT, original INTEGER)")
    connection.executemany(
        "INSERT INTO copied VALUES (?, ?, ?, ?)", ((first + at, *row) for at, row in enumerate(rows))
    )
    connection.execute(
        "INSERT INTO subscriber (id, address, address_hash, name, language, status, created_at, changed_at)"
        " SELECT c.id, c.address, c.hash, s.name, s.language, s.status, s.created_at, s.changed_at"
        " FROM copied c JOIN subscriber s ON s.id = c.original ORDER BY c.id"
    )
    for table, columns in (("subscriber_attribute", "name, value, form"), ("subscriber_tag", "tag, form")):
        connection.execute(
            f"INSERT INTO {table} (subscriber_id, {columns}) SELECT c.id, {columns}"  # noqa: S608 - our own names
            f" FROM copied c JOIN {table} t ON t.subscriber_id = c.original ORDER BY c.id"
        )
    connection.commit()
    connection.execute("PRAGMA journal_mode = TRUNCATE")


@functools.cache
def _measured() -> tuple[float, float]:
    """Measure once, for both lines: CPU milliseconds of looking beforehand, and of fixing the audience."""
    with _crowd() as folder:
        looks = sorted(command_milliseconds([NEWSLETTER, *DRY_RUN], folder) for _ in range(3))
        freezes = []
        for _ in range(2):
            shutil.copyfile(folder / "newsletter.db", folder / "before.db")
            freezes.append(command_milliseconds([NEWSLETTER, *FREEZE], folder))
            (folder / "before.db").replace(folder / "newsletter.db")
    return looks[1], min(freezes)


def dry_run() -> Line:
    """`issue send --dry-run`: who of a million would get what."""
    return _line(_measured()[0], name=f"newsletter issue send --dry-run, {PEOPLE:,} people", bound=4)


def freeze() -> Line:
    """`issue send --limit 1`: an audience of a million fixed."""
    return _line(_measured()[1], name=f"newsletter issue send --limit 1, {PEOPLE:,} people fixed", bound=20)


def _line(milliseconds: float, *, name: str, bound: float) -> Line:
    """Give a line of the report."""
    return Line(name=name, milliseconds=milliseconds, bound=bound, unit="s CPU", measured=milliseconds / 1000)
