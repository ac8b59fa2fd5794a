"""Run every trial in its long form and write `docs/reliability.md`; end with 1 when a promise is broken.

make reliability            about a quarter of an hour on two cores
python -m tests.reliability.long --seed 7 --quick
"""

import argparse
import os
import platform
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from newsletter.storage.database import is_wal_safe
from tests.reliability.long import disks, keys, kills, meetings, simulations, storms, tidings
from tests.reliability.long.scene import Figure, Ground

DOCUMENT = Path(__file__).parents[3] / "docs" / "reliability.md"
PAST_THE_LOCK_WAIT_SECONDS = 11.0
"""Longer than SQLite waits for a lock, and than any call here may take."""

Trial = Callable[[], Figure]


def trials(ground: Ground, folder: Path, seed: int, *, share: float) -> Sequence[Trial]:
    """Give every trial in its length, or in a share of it."""

    def some(number: int) -> int:
        return max(1, round(number * share))

    return [
        lambda: simulations.simulated(seeds=some(10_000), first=seed),
        lambda: kills.killed_at_random(ground, kills=some(360), seed=seed),
        lambda: kills.killed_at_each_checkpoint(ground, kills_each=some(20), seed=seed),
        lambda: meetings.races(ground, count=some(200), seed=seed),
        lambda: meetings.stopped_senders(ground, count=some(30), stopped_seconds=0.8, seed=seed),
        lambda: meetings.stopped_senders(
            ground, count=some(2), stopped_seconds=PAST_THE_LOCK_WAIT_SECONDS * share, seed=seed
        ),
        lambda: storms.refused_for_ten_minutes(ground, rounds=some(5)),
        lambda: storms.jumping_clocks(ground, rounds=1),
        lambda: disks.each_write_fails(ground, folder, every=round(1 / share), seed=seed),
        lambda: disks.file_size_limits(ground, every=round(1 / share), seed=seed),
        lambda: disks.page_limits(ground, every=1, seed=seed),
        lambda: disks.read_only_folder(ground, seed=seed),
        lambda: keys.killed_while_changing(folder / "keys", kills=some(100), seed=seed),
        lambda: tidings.told_twice_in_any_order(
            folder / "told", notifications=2 * some(5_000), connections=50, seed=seed
        ),
    ]


def main() -> int:
    """Run, print, write; give the exit code."""
    parser = argparse.ArgumentParser(description="Run the reliability trials and write docs/reliability.md.")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--quick", action="store_true", help="a twentieth of everything; writes nothing")
    told = parser.parse_args()
    began, figures = time.monotonic(), list[Figure]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # one trial's sender is nobody, and must come as far as its own folder
        for trial in trials(Ground(folder), folder, told.seed, share=0.05 if told.quick else 1):
            figure = trial()
            figures.append(figure)
            show(figure)
    if not told.quick:
        DOCUMENT.write_text(document(figures, seed=told.seed, seconds=time.monotonic() - began), encoding="utf-8")
    return int(any(figure.broken for figure in figures))


def show(figure: Figure) -> None:
    """Print one line, and one for each breach."""
    lines = [
        f"{figure.seconds:6.0f} s  {figure.trials:5} {figure.unit}, {len(figure.broken)} broken: {figure.name}",
        *(f"          {breach}" for breach in figure.broken),
    ]
    sys.stdout.write("\n".join([*lines, ""]))
    sys.stdout.flush()


def document(figures: Sequence[Figure], *, seed: int, seconds: float) -> str:
    """Write what was found as the document's text."""
    rows = [
        f"| {figure.name} | {figure.trials} {figure.unit} | {figure.promise} | {_verdict(figure)} |"
        f" {figure.seconds:.0f} s |"
        for figure in figures
    ]
    counts = [
        f"- {figure.name}: {', '.join(f'{what} {number:,}' for what, number in sorted(figure.seen.items()))}"
        for figure in figures
        if figure.seen
    ]
    breaches = [f"- {figure.name}: {breach}" for figure in figures for breach in figure.broken]
    return "\n".join(
        [
            INTRODUCTION,
            "| What was done to the sender | Trials | Promise | Kept | Took |",
            "|---|---|---|---|---|",
            *rows,
            "",
            _machine(seed=seed, seconds=seconds),
            "",
            *(["## Broken", "", *breaches, ""] if breaches else []),
            "## What was counted",
            "",
            *counts,
            "",
            READING.format(kills=sum(figure.trials for figure in figures if figure.unit == "kills")),
        ]
    )


def _machine(*, seed: int, seconds: float) -> str:
    """Say where and when it ran."""
    journal = "WAL, FULL" if is_wal_safe(sqlite3.sqlite_version_info) else "TRUNCATE, EXTRA"
    return (
        f"Run on {datetime.now(tz=UTC):%Y-%m-%d} in {seconds / 60:.0f} minutes, seed {seed}: {platform.system()}"
        f" {platform.release()}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version} (journal {journal})."
    )


def _verdict(figure: Figure) -> str:
    """Say whether the promise was kept."""
    return f"**broken {len(figure.broken)} times**" if figure.broken else "yes"


INTRODUCTION = """\
# What a sender survives

Made by `make reliability`: senders in processes of their own, real SQLite files, and SendGrid's stand-in
(`newsletter/mailers/sendgrid/fake.py`) on loopback, told to drop requests, to lose answers after taking the mails, to
take them late, to answer 429, 500 and 503, and to say nothing at all. After each trial everybody is counted: what the
ledger says of a person against what arrived. A broken promise would stand here, and the command would fail.
"""

READING = """\
## How to read it

- *Lost*: somebody neither got the mail nor is in doubt. *Twice*: somebody got it twice without a person's word. *In
  doubt* (`unknown`): a call was cut off or its answer lost, so the mails may have gone out; they are never sent again
  without a person's word (`newsletter issue resolve`).
- *Begun anew*: a cancelled sending may begin anew while nobody may have got it. Within a sending nobody who was
  rejected is asked for again; in one that begins anew they are, for they surely have not got it (a mended mailbox gets
  the issue; a dead one is suppressed by what the provider tells). `tests/reliability/test_ledger_machine.py` holds it.
- 0 of {kills} kills says that fewer than 3 in {kills} do harm, with 95 % confidence; not that none ever will.
- *Simulated*: the whole sender, real code on real SQLite, its threads as steps of one process, and a seed that decides
  whose turn it is, what the provider does, which statement meets a full, locked or failing disk, who dies or stalls
  where, when the lock is lost, and how the clock jumps. `python -m tests.reliability.simulation.run SEED` has a seed
  again. Left out in turn, the claim before the call, doubt instead of a second call, the fence and the guard of what is
  settled are each found within forty seeds (`tests/reliability/test_simulation.py`). Each kill trial, too, writes down
  what was claimed, called, booked and recorded, and `tests/reliability/history.py`, which shares no code with the
  sender, judges it.
- Not only tried but searched: `tests/reliability/ledger.pml` models claim, call, record, reconcile, notify and resolve
  with two senders that may die or stall before every step, a provider that takes, rejects, refuses, loses and books
  late, and a person who decides. Spin goes through every order of their steps (164,882 states as built; 3,642,232 when
  the lock may be lost while its holder lives) and finds no broken promise; with a rule left out (the claim before the
  call, doubt instead of a second call, the fence, the guard of what is settled, the way out of doubt) it finds one.
  `tests/reliability/test_ledger_model.py` does both.
- A killed process is not a power cut: what SQLite does about unsynced writes is SQLite's own promise, for which the
  settings above are chosen (`newsletter/storage/database.py`); nothing here cuts the power.
- One machine. A copied folder, an older backup that was put back, and a new database beside an issue that was sent are
  noticed before a real sending (`newsletter/send/mark.py` says how, and what is not: a copied virtual machine that kept
  its machine id, a whole folder written over in place with a copy from the middle of a sending, a database copied alone
  that never sent). Ordinary tests hold that (`tests/service/deliveries/test_guard.py`), no trial here.
- `make test` runs a few of each trial (`tests/reliability/test_long.py`), and property tests with the same examples
  each time. `make reliability` runs those with new seeds too, before the trials.
"""


if __name__ == "__main__":
    sys.exit(main())
