"""Take turns between two things, and print medians and their ratio.

The turns go A B A B, so that a machine that slows down slows both. CPU time of this process is measured for functions,
wall time for commands.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One promise and what was measured of it.

    Attributes:
        name: What was measured.
        milliseconds: Median of ours.
        against: What it is compared with, or None.
        against_milliseconds: Its median, or None.
        bound: The promise, in the unit of `measured`.
        unit: `x` for a ratio, else the unit of the figure.
        measured: The figure that must not exceed the bound (or must reach it, when `at_least`).
        at_least: The bound is a floor.
    """

    name: str
    milliseconds: float
    against: str | None = None
    against_milliseconds: float | None = None
    bound: float
    unit: str
    measured: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether the promise is kept."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def __str__(self) -> str:
        """Write the line as the report prints it."""
        compared = "" if self.against_milliseconds is None else f"; {self.against} {self.against_milliseconds:.2f} ms"
        promise = f"{'at least' if self.at_least else 'at most'} {self.bound:g} {self.unit}"
        verdict = "holds" if self.holds else "BROKEN"
        result = f"{self.measured:.2f} {self.unit} ({promise}: {verdict})"
        return f"{self.name}: {self.milliseconds:.2f} ms{compared} -> {result}"


def cpu_milliseconds(action: Callable[[], object]) -> float:
    """Run once and give the CPU time of this process in milliseconds."""
    start = time.process_time()
    action()
    return (time.process_time() - start) * 1000


def elapsed_milliseconds(action: Callable[[], object]) -> float:
    """Run once and give the wall time in milliseconds: for work that another process does."""
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def wall_milliseconds(command: Sequence[str]) -> float:
    """Run a command once and give the wall time in milliseconds; a failing command ends the benchmark."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def in_turns(first: Callable[[], float], second: Callable[[], float], *, rounds: int) -> tuple[float, float]:
    """Measure two things in turns after one warm-up each, and give both medians."""
    first()
    second()
    pairs = [(first(), second()) for _ in range(rounds)]
    return statistics.median(one for one, _ in pairs), statistics.median(two for _, two in pairs)


def median_of(measure: Callable[[], float], *, rounds: int) -> float:
    """Measure one thing after a warm-up and give the median."""
    measure()
    return statistics.median(measure() for _ in range(rounds))


PYTHON = sys.executable
"""The interpreter that runs the benchmark."""
