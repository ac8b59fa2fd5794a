"""Somebody changes the key again and again, and is killed at any moment."""

import multiprocessing
import random
import shutil
import time
from pathlib import Path

from newsletter.wiring import lay_out_publication, open_newsletter
from tests.grounds import ASKED
from tests.reliability.long.scene import Figure, chances
from tests.reliability.rotator import broken, change_key, witness

PEOPLE = "subscribers/example.csv"


def killed_while_changing(folder: Path, *, kills: int, seed: int) -> Figure:
    """Kill the process that changes the key, at a moment of chance, and look at what is left.

    Args:
        folder: Empty; publications are laid out in it.
        kills: How many.
        seed: Of the moments.
    """
    began, chance = time.monotonic(), chances(seed)
    lay_out_publication(folder / "first")
    with open_newsletter(folder / "first" / "newsletter.toml") as newsletter:
        newsletter.lists.import_file(folder / "first" / PEOPLE, basis=ASKED)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.reliability.rotator", "newsletter.storage.audience"])
    breaches, resumed = [], 0
    for number in range(kills):
        one = folder / str(number)
        shutil.copytree(folder / "first", one)
        seen = witness(one)
        process = context.Process(target=change_key, args=(one, None, 50))
        process.start()
        process.join(_moment(chance))
        process.kill()
        process.join()
        breaches += [f"kill {number}: {fault}" for fault in broken(one, seen)]
        with open_newsletter(one / "newsletter.toml") as newsletter:
            resumed += newsletter.keys.rotate(by="trial").is_resumed
        breaches += [f"kill {number}, then on: {fault}" for fault in broken(one, seen)]
        shutil.rmtree(one)
    return Figure(
        name="Killed while the key is changed",
        promise="one readable state: everybody once, links and who is gone known",
        trials=kills,
        unit="kills",
        broken=tuple(breaches),
        seen={"found between the database and the file": resumed},
        seconds=time.monotonic() - began,
    )


def _moment(chance: random.Random) -> float:
    """Choose when: from before the first change to far into the later ones."""
    return chance.uniform(0.1, 1.5)
