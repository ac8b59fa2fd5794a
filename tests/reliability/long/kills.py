"""Senders that are killed: at a random moment, and at every moment that has a name."""

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from newsletter.domain.delivery import Checkpoint
from tests.reliability.history import judge, look, read_lines, write_line
from tests.reliability.long.scene import (
    BATCH_SIZE,
    Figure,
    Ground,
    HarshSendGrid,
    adds_up,
    chances,
    count_everybody,
    history_of,
    is_over,
)
from tests.reliability.long.senders import Order, end_of, start_sender

PROMISE = "0 lost, 0 twice; in doubt at most the calls that were under way"
LIFE_SECONDS_MAX = 0.4
"""About as long as a sender takes for the whole issue."""
RUNS_MAX = 40
"""A sender that pauses by its stop rules is started again, but not for ever."""
KILLS_IN_A_SCENE = 3
ENDED_WELL = 0


@dataclass(slots=True)
class _Tally:
    """What the scenes of one figure add up to."""

    kills: int
    seen: Counter[str]
    broken: list[str]


def killed_at_random(ground: Ground, *, kills: int, seed: int) -> Figure:
    """Kill senders of one to three threads at any moment, start them again at once, and count everybody in the end."""
    chance, began, tally = chances(seed), time.monotonic(), _Tally(0, Counter(), [])
    while tally.kills < kills:
        _random_scene(ground.a_database(), chance, tally, most=kills)
    return _figure("SIGKILL at a random moment", tally, began)


def killed_at_each_checkpoint(ground: Ground, *, kills_each: int, seed: int) -> Figure:
    """Kill senders at every named moment, up to three times in one sending."""
    chance, began, tally = chances(seed), time.monotonic(), _Tally(0, Counter(), [])
    for fatal in Checkpoint:
        goal = tally.kills + kills_each
        while tally.kills < goal:
            _named_scene(ground.a_database(), fatal, chance, tally, most=goal)
    return _figure(f"SIGKILL at each of {len(Checkpoint)} named moments", tally, began)


def _random_scene(database: Path, chance: random.Random, tally: _Tally, *, most: int) -> None:
    """Send one issue to its end, killing as often as there is somebody to kill."""
    history_of(database).touch()
    with HarshSendGrid(chance, tell=partial(write_line, history_of(database))) as service:
        order, in_flight = Order(database=database, host=service.host, threads=chance.choice((1, 1, 2, 3))), 0
        while tally.kills < most and not is_over(database):
            sender = start_sender(order)
            time.sleep(chance.uniform(0, LIFE_SECONDS_MAX))
            sender.kill()
            if end_of(sender) == -signal.SIGKILL:
                in_flight += order.threads
                _note_kill(database, tally)
        _finish(order, service, tally, in_flight=in_flight)


def _named_scene(database: Path, fatal: Checkpoint, chance: random.Random, tally: _Tally, *, most: int) -> None:
    """Send one issue to its end, with senders that die at a checkpoint."""
    history_of(database).touch()
    with HarshSendGrid(chance, tell=partial(write_line, history_of(database))) as service:
        order, in_flight = Order(database=database, host=service.host), 0
        for _ in range(min(KILLS_IN_A_SCENE, most - tally.kills)):
            # The audience is fixed once: a sender that goes on never passes there again.
            occurrence = 1 if "freeze" in fatal else chance.randint(1, 3)
            if end_of(start_sender(replace(order, fatal=fatal, occurrence=occurrence))) == -signal.SIGKILL:
                in_flight += 1
                _note_kill(database, tally)
        _finish(order, service, tally, in_flight=in_flight)


def _note_kill(database: Path, tally: _Tally) -> None:
    """Count a kill, and look at what it left."""
    tally.kills += 1
    if not adds_up(database):
        tally.broken.append(f"after kill {tally.kills} in {database.parent.name}: the ledger does not add up")
    write_line(history_of(database), look(database))


def _finish(order: Order, service: HarshSendGrid, tally: _Tally, *, in_flight: int) -> None:
    """Let a sender finish what is left, and count everybody."""
    for _ in range(RUNS_MAX):
        if is_over(order.database):
            break
        if (end := end_of(start_sender(order))) != ENDED_WELL:
            tally.broken.append(f"{order.database.parent.name}: a sender ended with {end}")
    census = count_everybody(order.database, service.arrived())
    write_line(history_of(order.database), look(order.database))
    history = read_lines(history_of(order.database))
    breaches = [*census.breaches, *judge(history)]
    if not is_over(order.database):
        breaches.append(f"not over after {RUNS_MAX} runs")
    if census.unknown_batches > in_flight + service.doubts:
        breaches.append(f"{census.unknown_batches} calls in doubt, {in_flight + service.doubts} had reason to be")
    if census.rejected:
        breaches.append(f"rejected: {census.rejected}")
    tally.broken += [f"{order.database.parent.name}: {breach}" for breach in breaches]
    tally.seen += Counter(
        {
            "sendings": 1,
            "mails": len(service.mails),
            "requests": len(service.requests),
            "calls in flight at a kill, at most": in_flight,
            "answers in doubt": service.doubts,
            "events judged": len(history),
            "people in doubt": census.unknown,
            "of them had got the mail": census.unknown_arrived,
            "people in doubt, bound": (in_flight + service.doubts) * BATCH_SIZE,
        }
    )


def _figure(name: str, tally: _Tally, began: float) -> Figure:
    """Sum up."""
    return Figure(
        name=name,
        promise=PROMISE,
        trials=tally.kills,
        unit="kills",
        broken=tuple(tally.broken),
        seen=dict(tally.seen),
        seconds=time.monotonic() - began,
    )
