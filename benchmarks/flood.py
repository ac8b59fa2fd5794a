"""A sender beside a flood of notifications: its pace, and its longest wait for the database.

Three programs of their own: the sender, whose provider takes a tenth of a second a call, and what writes for the
webhook, fed directly, which is more than comes in over HTTP: at its highest rate and at half of it, of the same run.
`python -m benchmarks.flood FOLDER RATE` is the flood: it goes on until its standard input ends.
"""

import functools
import itertools
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks.harness import PYTHON, Line
from benchmarks.send import ROOT, run_step
from benchmarks.sending import NOW
from newsletter import open_newsletter
from newsletter.domain.delivery import DeliveryKey
from newsletter.domain.notification import Notification, NotificationKind
from newsletter.service.group_commit import GroupCommit
from newsletter.storage.tables import delivery
from newsletter.wiring import lay_out_publication

READERS = 30_000
CALL_SECONDS = 0.1
RUN_SECONDS = 15
FLOOD_SECONDS = 4
PARCEL = 100
PARCELS_AT_ONCE = 40
KINDS = (NotificationKind.PROCESSED, NotificationKind.DEFERRED, NotificationKind.DELIVERED)


def pour(folder: Path, rate: float) -> None:
    """Be the flood: so many notifications a second, or as many as are kept when 0; print how many were."""
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        with newsletter.resources.database.read() as connection:
            keys = connection.execute(select(delivery.c.key).limit(READERS)).scalars().all()
        commit = GroupCommit()
        lane = commit.lane(newsletter.notifications.take)
        ended = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
        print("ready", flush=True)
        began, poured = time.perf_counter(), 0
        waiting: deque[Future[None]] = deque()
        while not ended.is_set():
            if rate and (early := began + poured / rate - time.perf_counter()) > 0:
                time.sleep(early)
            waiting.append(lane.submit([_told(number, keys) for number in range(poured, poured + PARCEL)]))
            poured += PARCEL
            if len(waiting) >= PARCELS_AT_ONCE:
                waiting.popleft().result()
        for one in waiting:
            one.result()
        print(json.dumps(poured / (time.perf_counter() - began)))
        commit.close()


def _told(number: int, keys: Sequence[str]) -> Notification:
    """Make the next notification: no two are alike."""
    return Notification(
        provider="sendgrid",
        event_id=f"{time.time_ns()}-{number}",
        natural_key=f"{time.time_ns():032x}{number:032x}",
        kind=KINDS[number % len(KINDS)],
        at=NOW + timedelta(seconds=number),
        delivery_key=DeliveryKey(keys[number % len(keys)]),
    )


@contextmanager
def _flooded(folder: Path, rate: float) -> Iterator[list[float]]:
    """Let the flood run meanwhile; afterwards the list holds how many a second were kept."""
    command = [PYTHON, "-m", "benchmarks.flood", str(folder), str(rate)]
    kept: list[float] = []
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield kept
            said, _ = process.communicate(timeout=60)
            kept.append(float(json.loads(said)))
        finally:
            process.kill()


@functools.cache
def _measure() -> dict[str, Any]:
    """Send beside nothing, beside half a flood and beside a whole one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "seutu"
        lay_out_publication(folder)
        database = str(folder / "newsletter.db")
        run_step({"database": database, "people": READERS})
        order = {"database": database, "call_seconds": CALL_SECONDS, "seconds": RUN_SECONDS}
        alone = run_step(order)
        with _flooded(folder, 0) as highest:
            time.sleep(FLOOD_SECONDS)
        with _flooded(folder, highest[0] / 2) as half:
            beside_half = run_step(order)
        with _flooded(folder, 0) as whole:
            beside_whole = run_step(order)
    return {
        "highest": highest[0],
        "half": half[0],
        "whole": whole[0],
        "alone": alone,
        "beside_half": beside_half,
        "beside_whole": beside_whole,
    }


def _calls_a_second(taken: dict[str, Any]) -> float:
    """Give the pace of a sending."""
    return len(taken["claims_milliseconds"]) * 1000 / float(taken["wall_milliseconds"])


def pace_beside_half_a_flood() -> Line:
    """Calls a second of a sender, beside half of the notifications that can be kept, and beside none."""
    measured = _measure()
    ours, alone = _calls_a_second(measured["beside_half"]), _calls_a_second(measured["alone"])
    return Line(
        name=f"a call beside {measured['half']:,.0f} of {measured['highest']:,.0f} notifications a second",
        milliseconds=1000 / ours,
        against="beside none",
        against_milliseconds=1000 / alone,
        bound=0.8,
        unit="x as many calls a second",
        measured=ours / alone,
        at_least=True,
    )


def longest_wait_in_a_flood() -> Line:
    """The longest that a sender waits for the database while as much is kept as can be."""
    measured = _measure()
    taken = measured["beside_whole"]
    longest = max(itertools.chain(taken["claims_milliseconds"], taken["records_milliseconds"]))
    pace = _calls_a_second(taken)
    return Line(
        name=f"a claim or a record beside {measured['whole']:,.0f} notifications a second ({pace:.1f} calls a second)",
        milliseconds=longest,
        bound=5,
        unit="s at the longest",
        measured=longest / 1000,
    )


if __name__ == "__main__":
    pour(Path(sys.argv[1]), float(sys.argv[2]))
