"""A disk that fails at each write in turn, a disk that is full, a folder that is read-only.

The failing disk is a few lines of C (`failing_disk.c`) that stand between SQLite and the operating system, in processes
started for it alone. What must be so: the sender says what is wrong and ends, calls nobody after the failure, and the
next one goes on as after a kill. A claim is kept before its call, so calls without a claim on disk would be calls after
the failure.
"""

import errno
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from tests.reliability.long.scene import (
    Figure,
    Ground,
    HarshSendGrid,
    adds_up,
    chances,
    claims_in,
    count_everybody,
    is_over,
)
from tests.reliability.long.senders import STORAGE_EXIT_CODE, Order, end_of, processes, run_sender, start_sender

PROMISE = "the sender says so, no call without a claim on disk; then 0 lost, 0 twice, at most one call in doubt"
ROOT = Path(__file__).parents[3]
SOURCE = Path(__file__).with_name("failing_disk.c")
COMPILER = shutil.which("cc")
NOBODY = 65534
PAGE_BYTES = 4096
FINISHING_RUNS_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a sender over a failing disk ended.

    Attributes:
        exit_code: Its own.
        writes: How many it made or tried.
        failures: How many of them failed.
    """

    exit_code: int
    writes: int
    failures: int


class DiskLab:
    """Runs senders over the failing disk, each forked from one process that has imported everything."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, order: Order, *, fails_at: int, lasts: bool) -> Ended:
        """Run a sender whose n-th write fails (0: none), alone or with all after it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        told = {"database": str(order.database), "host": order.host, "fails_at": fails_at, "lasts": lasts}
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


@contextmanager
def open_lab(folder: Path) -> Iterator[DiskLab]:
    """Compile the failing disk and start the process that loads it."""
    assert COMPILER is not None
    library = folder / "failing_disk.so"
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    command = [sys.executable, "-m", "tests.reliability.long.disk_server", str(library)]
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield DiskLab(process)


def each_write_fails(ground: Ground, folder: Path, *, every: int, seed: int) -> Figure:
    """Let the n-th write of a 50-mail run fail, alone and for good, for every n-th of them until none is left."""
    chance, began, broken = chances(seed), time.monotonic(), list[str]()
    seen = Counter[str]()
    trials = 0
    with open_lab(folder) as lab:
        for lasts in (False, True):
            for fails_at in count((every + 1) // 2, every):
                ended, breaches = _one_failure(ground, lab, fails_at, chance, seen, lasts=lasts)
                if ended.failures == 0:
                    break
                trials += 1
                seen["the failure did no harm"] += ended.exit_code == 0
                broken += [f"write {fails_at}{' and all after it' * lasts}: {breach}" for breach in breaches]
            seen["writes of a whole run"] = ended.writes
    return Figure(
        name="An I/O error at each write in turn, alone and for good, of a sending to 50",
        promise=PROMISE,
        trials=trials,
        unit="failures",
        broken=tuple(broken),
        seen=dict(seen),
        seconds=time.monotonic() - began,
    )


def _one_failure(
    ground: Ground, lab: DiskLab, fails_at: int, chance: Random, seen: Counter[str], *, lasts: bool
) -> tuple[Ended, list[str]]:
    """Run once over the failing disk, then over a sound one."""
    database = ground.a_database()
    with HarshSendGrid(chance, is_harsh=False) as service:
        order = Order(database=database, host=service.host, timeout_seconds=5)
        ended = lab.run(order, fails_at=fails_at, lasts=lasts)
        breaches = [] if ended.exit_code in (0, STORAGE_EXIT_CODE) else [f"ended with {ended.exit_code}"]
        return ended, [*breaches, *_go_on(order, service, seen)]


def file_size_limits(ground: Ground, *, every: int, seed: int) -> Figure:
    """Let no file grow beyond a limit, in steps from nothing to all that a sending to 50 needs."""
    name = "A full disk: a limit on the size of files, from nothing in steps of a page"
    return _limits(ground, run_with_small_files, name=name, every=every, seed=seed)


def page_limits(ground: Ground, *, every: int, seed: int) -> Figure:
    """Let the database alone not grow beyond a number of pages, from what it has to all that a sending to 50 needs."""
    name = "A full database: a limit on its pages (max_page_count), from what it has in steps of a page"
    return _limits(ground, run_with_few_pages, name=name, every=every, seed=seed)


def _limits(ground: Ground, run: Callable[[Order, int], None], *, name: str, every: int, seed: int) -> Figure:
    """Run a sender under one limit after another, from none at all to one that is no limit any more."""
    chance, began, broken = chances(seed), time.monotonic(), list[str]()
    seen = Counter[str]()
    trials = 0
    for pages in count(0, every):
        database = ground.a_database()
        with HarshSendGrid(chance, is_harsh=False) as service:
            order = Order(database=database, host=service.host, timeout_seconds=5)
            process: ForkServerProcess = processes().Process(target=run, args=(order, pages))
            process.start()
            end = end_of(process)
            if end == 0:
                break
            trials += 1
            breaches = [] if end == STORAGE_EXIT_CODE else [f"ended with {end}"]
            broken += [f"{pages} pages: {breach}" for breach in (*breaches, *_go_on(order, service, seen))]
    return Figure(
        name=name,
        promise=PROMISE,
        trials=trials,
        unit="limits",
        broken=tuple(broken),
        seen=dict(seen),
        seconds=time.monotonic() - began,
    )


def run_with_small_files(order: Order, pages: int) -> None:
    """Be a sender that may write no file beyond a size; the system then refuses the write, and does not kill."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (pages * PAGE_BYTES, resource.RLIM_INFINITY))
    run_sender(order)


def run_with_few_pages(order: Order, pages: int) -> None:
    """Be a sender whose database may have so many pages more than now; SQLite then says that the disk is full."""
    most = order.database.stat().st_size // PAGE_BYTES + pages

    @event.listens_for(Engine, "connect")
    def limit(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        assert isinstance(connection, sqlite3.Connection)
        connection.execute(f"PRAGMA max_page_count = {most}")

    run_sender(order)


def read_only_folder(ground: Ground, *, seed: int) -> Figure:
    """Let a sender have a folder and a database that it may read, but not write."""
    began, seen = time.monotonic(), Counter[str]()
    database = ground.a_database()
    with HarshSendGrid(chances(seed), is_harsh=False) as service:
        order = Order(database=database, host=service.host)
        database.chmod(0o444)
        database.parent.chmod(0o555)
        try:
            process = processes().Process(target=run_as_nobody, args=(order,))
            process.start()
            end, requests = end_of(process), len(service.requests)
        finally:
            database.parent.chmod(0o755)
            database.chmod(0o644)
        breaches = [] if (end, requests) == (STORAGE_EXIT_CODE, 0) else [f"ended with {end} after {requests} calls"]
        breaches += _go_on(order, service, seen)
    return Figure(
        name="A read-only folder",
        promise=PROMISE,
        trials=1,
        unit="folder",
        broken=tuple(breaches),
        seconds=time.monotonic() - began,
    )


def run_as_nobody(order: Order) -> None:
    """Be a sender without special rights: the superuser may write everything."""
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    run_sender(order)


def _go_on(order: Order, service: HarshSendGrid, seen: Counter[str]) -> list[str]:
    """Go on over a sound disk, and give what is not as promised."""
    breaches = [] if adds_up(order.database) else ["the ledger does not add up after the failure"]
    if len(service.requests) > (claims := claims_in(order.database)):
        breaches.append(f"{len(service.requests)} calls with {claims} claims on disk")
    for _ in range(FINISHING_RUNS_MAX):
        if is_over(order.database):
            break
        if (end := end_of(start_sender(order))) != 0:
            breaches.append(f"the next sender ended with {end}")
    census = count_everybody(order.database, service.arrived())
    seen["people in doubt"] += census.unknown
    seen["of them had got the mail"] += census.unknown_arrived
    if census.unknown_batches > 1:
        breaches.append(f"{census.unknown_batches} calls in doubt")
    return [*breaches, *census.breaches, *([] if is_over(order.database) else ["not over"])]


IO_ERROR = errno.EIO
"""What the failing disk answers."""
