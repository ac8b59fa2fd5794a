"""Two senders at once; and one that is stopped past every time-out, holds its place, and goes on."""

import os
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from newsletter.domain.delivery import Checkpoint
from newsletter.errors import StorageError
from tests.reliability.long.scene import Figure, Ground, HarshSendGrid, chances, claims_in, count_everybody, is_over
from tests.reliability.long.senders import Order, end_of, processes, start_sender
from tests.reliability.sender import REFUSED_EXIT_CODE

STOPPED_AFTER_SECONDS_MAX = 0.15


def races(ground: Ground, *, count: int, seed: int) -> Figure:
    """Start two senders at the same moment, every second time with the audience fixed already."""
    chance, began, seen, broken = chances(seed), time.monotonic(), Counter[str](), []
    for number in range(count):
        database = ground.a_database()
        with HarshSendGrid(chance, is_harsh=False) as service:
            order = Order(database=database, host=service.host)
            if number % 2:
                end_of(start_sender(replace(order, fatal=Checkpoint.AFTER_FREEZE_COMMIT)))
            start = processes().Barrier(2)
            senders = [start_sender(order, start=start) for _ in range(2)]
            ends = sorted(end_of(sender) for sender in senders)
            seen["refused"] += ends.count(REFUSED_EXIT_CODE)
            breaches = _breaches(database, service, seen)
        if ends != [0, REFUSED_EXIT_CODE]:
            breaches.append(f"ended with {ends}")
        broken += [f"race {number}: {breach}" for breach in breaches]
    return Figure(
        name="Two senders at the same moment",
        promise="each person once, nobody in doubt; the second sender is refused",
        trials=count,
        unit="races",
        broken=tuple(broken),
        seen=dict(seen),
        seconds=time.monotonic() - began,
    )


def stopped_senders(ground: Ground, *, count: int, stopped_seconds: float, seed: int) -> Figure:
    """Stop a sender (SIGSTOP) for longer than its calls may take, start a second one, let the first go on (SIGCONT)."""
    chance, began, seen, broken = chances(seed), time.monotonic(), Counter[str](), []
    while seen["stopped at work"] < count:
        database = ground.a_database()
        with HarshSendGrid(chance, is_harsh=False) as service:
            order = Order(database=database, host=service.host, timeout_seconds=stopped_seconds / 2)
            ends = _stop_and_go_on(order, chance.uniform(0, STOPPED_AFTER_SECONDS_MAX), stopped_seconds)
            breaches = _breaches(database, service, seen)
        if ends is None:
            seen["done before it could be stopped"] += 1
            continue
        seen["stopped at work"] += 1
        if ends != (0, REFUSED_EXIT_CODE):
            breaches.append(f"the first and the second ended with {ends}")
        broken += [f"{database.parent.name}: {breach}" for breach in breaches]
    return Figure(
        name=f"SIGSTOP for {stopped_seconds:g} s, twice the time-out of a call, and a second sender meanwhile",
        promise="the second is refused, the first goes on; each person once, nobody in doubt",
        trials=count,
        unit="stops",
        broken=tuple(broken),
        seen=dict(seen),
        seconds=time.monotonic() - began,
    )


def _stop_and_go_on(order: Order, after_seconds: float, stopped_seconds: float) -> tuple[int, int] | None:
    """Give how both senders ended; None when the first was too quick to be stopped."""
    first = start_sender(order)
    assert first.pid is not None
    while claims_in(order.database) == 0:
        time.sleep(0.005)
    time.sleep(after_seconds)
    with suppress(ProcessLookupError):
        os.kill(first.pid, signal.SIGSTOP)
    if not _is_at_work(order.database):
        with suppress(ProcessLookupError):
            os.kill(first.pid, signal.SIGCONT)
        end_of(first)
        return None
    time.sleep(stopped_seconds)
    second = end_of(start_sender(order))
    os.kill(first.pid, signal.SIGCONT)
    return end_of(first), second


def _is_at_work(database: Path) -> bool:
    """Tell whether a stopped sender has something left to do; one stopped in the middle of a commit surely has."""
    try:
        return not is_over(database, lock_wait_seconds=0.1)
    except StorageError:
        return True


def _breaches(database: Path, service: HarshSendGrid, seen: Counter[str]) -> list[str]:
    """Count everybody; where nothing went wrong outside, nobody may be in doubt."""
    census = count_everybody(database, service.arrived())
    seen["mails"] += len(service.mails)
    doubt = [f"in doubt: {census.unknown}"] if census.unknown else []
    return [*census.breaches, *doubt, *([] if is_over(database) else ["not over"])]
