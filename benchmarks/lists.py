"""What an import of a million people costs: CPU, memory, lines on the terminal; and a file that is no list."""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import PYTHON, Line
from newsletter.wiring import lay_out_publication

ROWS = 1_000_000
SPOILT_EVERY = 11
"""Every so many rows have no address: rejected rows must not pile up in memory either."""

_IMPORT = ("subscriber", "import", "list.csv", "--consent", "for the benchmark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a command took: CPU seconds, the most memory it held, the lines it wrote."""

    seconds: float
    mebibytes: float
    lines: int


def first_import() -> Line:
    """Import a million rows: 90 s of CPU."""
    return _timed("a list of 1,000,000 is imported", bound=90, imports=1)


def again() -> Line:
    """Import them again, which changes nothing: 60 s."""
    return _timed("the same list again", bound=60, imports=2)


def memory() -> Line:
    """Import a million rows: 250 MiB, and 40 lines on the terminal."""
    with _publication() as folder:
        cost = _run(_IMPORT, folder)
    assert cost.lines <= 40, f"{cost.lines} lines"
    return _line("memory of that import", cost, measured=cost.mebibytes, bound=250, unit="MiB")


def no_line_break() -> Line:
    """Refuse 64 MiB without a line break: 200 MiB."""
    with _publication(rows=0) as folder:
        (folder / "list.csv").write_bytes(b"email;name;" + b"x" * (64 << 20))
        cost = _run(_IMPORT, folder)
    return _line("memory of refusing 64 MiB in one line", cost, measured=cost.mebibytes, bound=200, unit="MiB")


def _timed(name: str, *, bound: float, imports: int) -> Line:
    """Measure the CPU time of the last of some imports."""
    with _publication() as folder:
        costs = [_run(_IMPORT, folder) for _ in range(imports)]
    return _line(name, costs[-1], measured=costs[-1].seconds, bound=bound, unit="s")


def _line(name: str, cost: Cost, *, measured: float, bound: float, unit: str) -> Line:
    return Line(name=name, milliseconds=cost.seconds * 1000, bound=bound, unit=unit, measured=measured)


def _run(words: Sequence[str], folder: Path) -> Cost:
    """Run a command of ours, whatever it ends with; a small process starts it, for a child begins with our memory."""
    command = [PYTHON, "-c", _WATCHER, str(Path(PYTHON).with_name("newsletter")), *words]
    told = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    seconds, mebibytes, lines = told.split()
    return Cost(seconds=float(seconds), mebibytes=float(mebibytes), lines=int(lines))


_WATCHER = """
import resource, subprocess, sys
ran = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, len(ran.stdout.splitlines()))
"""


@contextmanager
def _publication(*, rows: int = ROWS) -> Iterator[Path]:
    """Give a publication with a list to import."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "publication"
        lay_out_publication(folder)
        with (folder / "list.csv").open("w", encoding="cp1252") as file:
            file.write("Sähköposti;Nimi;Rooli;Kunta;Puhelin\n")
            file.writelines(_row(number) for number in range(rows))
        yield folder


def _row(number: int) -> str:
    """Give a row of an invented person."""
    address = f"reader{number}" if number % SPOILT_EVERY == 0 else f"first.last{number}@town{number % 300}.example.com"
    role = "yritysneuvoja" if number % 2 else "kaupunginjohtaja"
    return f"{address};First Last{number};{role};Ähtäri;040 {number}\n"
