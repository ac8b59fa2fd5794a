"""What a million people cost when they are counted, looked for and kept: `python -m benchmarks segment coverage ...`.

The database is written by SQL, once for all lines of a run, in a folder that goes at the end.
"""

import atexit
import functools
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.harness import Line, cpu_milliseconds, median_of
from newsletter import open_newsletter
from newsletter.domain.audience import hash_address
from newsletter.wiring import Newsletter, lay_out_publication

PEOPLE = 1_000_000
_AT_ONCE = 20_000
_ROLES = ("yritysneuvoja", "kaupunginjohtaja", "elinkeinoasiamies", "toimittaja")
_TOWNS = ("Helsinki", "Vasa", "Turku", "Kajaani", "Närpiö")
_FIRST = ("Aino", "Eero", "Helmi", "Ilmari", "Kerttu", "Lauri", "Märta", "Åke", "Urho", "Tyyne")
_MOMENT = "2017-07-14T02:40:00.000000+00:00"


def segment_count() -> Line:
    """Count who is in one segment: 1 s."""
    return _timed("a segment of 1,000,000 people is counted", lambda one: one.audience.size("advisers"), bound=1)


def coverage() -> Line:
    """Count every combination: 2 s."""
    return _timed("coverage of 1,000,000 people", lambda one: one.audience.headcounts(), bound=2)


def status() -> Line:
    """Say where the month stands: 1 s."""
    return _timed("status of 1,000,000 people", lambda one: one.status.status(), bound=1)


def search() -> Line:
    """Find the people of whom a word begins so, a page of them: 20 ms."""
    with open_newsletter(publication() / "newsletter.toml") as opened, opened.resources.people() as store:
        taken = max(
            median_of(lambda words=words: cpu_milliseconds(lambda: store.page(limit=50, words=words)), rounds=5)
            for words in ("aino", "lukija777", "märta yritys12", "aino.lukija5", "nobody")
        )
    return Line(name="search of 1,000,000 people", milliseconds=taken, bound=20, unit="ms", measured=taken)


def _timed(name: str, action: Callable[[Newsletter], object], *, bound: float) -> Line:
    """Measure the CPU time of a verb."""
    with open_newsletter(publication() / "newsletter.toml") as opened:
        action(opened)
        taken = median_of(lambda: cpu_milliseconds(lambda: action(opened)), rounds=3)
    return Line(name=name, milliseconds=taken, bound=bound, unit="s", measured=taken / 1000)


@functools.cache
def publication(people: int = PEOPLE) -> Path:
    """Give a publication with so many people."""
    parent = Path(tempfile.mkdtemp(prefix="newsletter-benchmark-"))
    atexit.register(shutil.rmtree, parent, ignore_errors=True)
    folder = parent / "publication"
    lay_out_publication(folder)
    key = _key(folder)
    with sqlite3.connect(folder / "newsletter.db") as connection:
        connection.execute("PRAGMA synchronous = OFF")
        wording = connection.execute(
            "INSERT INTO consent_wording (ground, wording) VALUES ('consent', 'Asked.') RETURNING id"
        ).fetchone()[0]
        recording = connection.execute(
            "INSERT INTO consent_recording (source) VALUES ('import list.csv') RETURNING id"
        ).fetchone()[0]
        for start in range(0, people, _AT_ONCE):
            numbers = range(start + 1, min(people, start + _AT_ONCE) + 1)
            _write(connection, numbers, key, (recording, wording))
        connection.execute("INSERT INTO subscriber_search (subscriber_search) VALUES ('rebuild')")
    return folder


def _write(connection: sqlite3.Connection, numbers: range, key: bytes, proof: tuple[int, int]) -> None:
    """Write some people, each with two facts and a consent; every fiftieth is suppressed."""
    people = list(_people(numbers, key))
    connection.executemany("INSERT INTO subscriber VALUES (?, ?, ?, ?, ?, ?, ?, ?)", people)
    connection.executemany("INSERT INTO subscriber_attribute VALUES (?, ?, ?, ?)", _facts(numbers))
    connection.executemany(
        "INSERT INTO subscriber_tag VALUES (?, 'johtoryhma', 'johtoryhma')",
        ((one,) for one in numbers if one % 20 == 0),
    )
    connection.executemany(
        "INSERT INTO consent (address_hash, at, recording_id, wording_id) VALUES (?, ?, ?, ?)",
        ((person[2], _MOMENT, *proof) for person in people),
    )
    connection.executemany(
        "INSERT INTO suppression VALUES (?, 'hard bounce', ?, 'import list.csv')",
        ((person[2], _MOMENT) for person in people if int(str(person[0])) % 50 == 0),
    )


def _people(numbers: range, key: bytes) -> Iterator[tuple[object, ...]]:
    """Give rows of people as their table has them."""
    for number in numbers:
        first = _FIRST[number % len(_FIRST)]
        address = f"{first.lower().replace('ä', 'a').replace('å', 'a')}.lukija{number}@yritys{number % 997}.example"
        status = "unsubscribed" if number % 25 == 0 else "active"
        language = ("fi", "fi", "sv", "en")[number % 4]
        name = f"{first} Lukija{number}"
        yield number, address, hash_address(address, key), name, language, status, _MOMENT, _MOMENT


def _facts(numbers: range) -> Iterator[tuple[object, ...]]:
    """Give rows of attributes."""
    for number in numbers:
        role, town = _ROLES[number % 7 % 4], _TOWNS[number % 5]
        yield number, "municipality", town, town.casefold()
        yield number, "role", role, role.casefold()


def _key(folder: Path) -> bytes:
    """Give the publication's key, which the database has come to know."""
    with open_newsletter(folder / "newsletter.toml") as opened:
        opened.status.status()
        return opened.resources.keys.current
