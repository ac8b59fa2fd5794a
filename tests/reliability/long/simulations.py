"""Whole sendings under a scheduler, a clock, a disk and a provider that one seed each decides."""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.reliability.long.scene import Figure
from tests.reliability.simulation.run import set_stage, simulate

PROCESSES = 2
SEEDS_AT_ONCE = 100

_Part = tuple[Sequence[str], Counter[str]]


def simulated(*, seeds: int, first: int) -> Figure:
    """Run so many seeds; a breach names its own, from which it is had again."""
    began = time.monotonic()
    parts = [range(first + at, first + min(at + SEEDS_AT_ONCE, seeds)) for at in range(0, seeds, SEEDS_AT_ONCE)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        done = list(pool.map(_simulate, parts))
    return Figure(
        name="Simulated: senders that die, stall and lose their lock; a disk, a provider and a clock that go wrong",
        promise="0 lost, 0 twice without a person's word, accepted only if booked, a way to the end",
        trials=seeds,
        unit="seeds",
        broken=tuple(breach for breaches, _ in done for breach in breaches),
        seen=dict(sum((counts for _, counts in done), Counter[str]())),
        seconds=time.monotonic() - began,
    )


def _simulate(seeds: Sequence[int]) -> _Part:
    """Run some seeds in this process."""
    broken: list[str] = []
    seen: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        stage = set_stage(Path(folder))
        for seed in seeds:
            breaches, history = simulate(stage, seed)
            broken += [f"seed {seed}: {breach}" for breach in breaches]
            seen.update(_NAMES[event["what"]] for event in history if event["what"] in _NAMES)
    return broken, seen


_NAMES = {"call": "calls", "booked": "mails", "overtake": "senders begun", "told": "notifications", "word": "words"}
