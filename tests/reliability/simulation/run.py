"""Run one seed: begin, let everything go wrong for a while, then let it come to its end; and judge.

A failure is had again from its seed: `python -m tests.reliability.simulation.run 4711` prints what happened.
"""

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter.audience.departures import departures_path
from newsletter.config import Settings, read_settings
from newsletter.domain.clock import SystemClock
from newsletter.mailers import MAILERS
from newsletter.send.owner import lock_path
from newsletter.service.resources import Resources
from newsletter.storage.database import Database
from newsletter.storage.migrate import migrate
from newsletter.wiring import lay_out_publication
from tests.reliability.history import Event, judge, look
from tests.reliability.simulation.disk import Disk
from tests.reliability.simulation.scheduler import Process, Scheduler
from tests.reliability.simulation.world import KEY, PEOPLE, World
from tests.reliability.witness import Tell, Witness
from tests.send.samples import add_people, an_approval, keep_approval

TURNS = 500
"""While everything may go wrong."""

KILLED, STOPPED, JUMPED = 0.003, 0.01, 0.998
"""What befalls a sender in a turn, or everybody's clock: by a number between 0 and 1."""

LOCK_LOST = 0.7
STOPPED_TURNS = 200

ROUNDS = 6
"""Of a sender in the end, when nothing goes wrong any more."""

TURNS_OF_A_ROUND_MAX = 5_000
LOOKS_EVERY = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What every seed begins with: a publication, and a database with readers and an approved issue to copy."""

    settings: Settings
    template: Path
    disk: Disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One rule left out.

    Attributes:
        a_ledger: A ledger that has forgotten it.
        rewrite: Takes it out of a statement.
    """

    a_ledger: Callable[[Database, Tell], Witness] = Witness
    rewrite: Callable[[str], str] = str


def set_stage(folder: Path) -> Stage:
    """Make it, once for many seeds."""
    lay_out_publication(folder / "publication")
    template = folder / "template.db"
    database = Database(f"sqlite:///{template}")
    migrate(database)
    add_people(database, PEOPLE, key=KEY)
    keep_approval(database, an_approval())
    settings = read_settings(folder / "publication" / "newsletter.toml", MAILERS, environment={})
    settings.key_path.write_text(f"{KEY.hex()}\n", encoding="ascii")
    Resources(settings=settings, clock=SystemClock(), open_database=lambda: database).settle_key()
    database.close()
    disk = Disk(Path(shutil.copyfile(template, folder / "newsletter.db")))
    return Stage(settings=settings, template=template, disk=disk)


def simulate(stage: Stage, seed: int, mutant: Mutant | None = None) -> tuple[Sequence[str], Sequence[Event]]:
    """Give the breaches of one seed, and its history."""
    mutant = mutant or Mutant()
    scheduler, disk = Scheduler(seed), stage.disk
    departures_path(stage.settings.key_path).unlink(missing_ok=True)
    disk.begin(stage.template, scheduler, rewrite=mutant.rewrite)
    world = World(scheduler, disk, stage.settings, a_ledger=mutant.a_ledger)
    try:
        _go_wrong(scheduler, disk, world)
        is_over = _come_to_an_end(scheduler, disk, world)
    finally:
        for process in {actor.process for actor in scheduler.actors}:
            scheduler.kill(process)
    breaches = judge(world.history)
    return [*breaches, *([] if is_over else ["the sending does not come to its end"])], world.history


def _go_wrong(scheduler: Scheduler, disk: Disk, world: World) -> None:
    """Let senders start, meet, stall and die among all the others."""
    chance = scheduler.chance
    for work in (world.webhook, world.readers, world.operator):
        scheduler.start(Process(work.__name__), work)
    senders: list[Process] = []
    for number in range(TURNS):
        senders = [one for one in senders if any(actor.process is one for actor in scheduler.actors)]
        is_any_awake = any(one.stopped_until <= number for one in senders)
        if chance.random() < (0.01 if is_any_awake else 0.2):
            senders.append(_start_sender(scheduler, world, number))
        fate = chance.random()
        if senders and fate < KILLED:
            scheduler.kill(chance.choice(senders))
        elif senders and fate < STOPPED:
            stopped = chance.choice(senders)
            stopped.stopped_until = number + STOPPED_TURNS
            if chance.random() < LOCK_LOST:  # Somebody tidies up, and the next sender takes the stopped one for dead.
                lock_path(disk.path).unlink(missing_ok=True)
                senders.append(_start_sender(scheduler, world, number))
        elif fate > JUMPED:
            scheduler.jump()
        scheduler.turn()
        if number % LOOKS_EVERY == 0:
            world.history.append(look(disk.path))


def _start_sender(scheduler: Scheduler, world: World, number: int) -> Process:
    """Start a sender's process."""
    process = Process(f"sender {number}")
    scheduler.start(process, lambda: world.send(process))
    return process


def _come_to_an_end(scheduler: Scheduler, disk: Disk, world: World) -> bool:
    """Let the last sender finish while nothing goes wrong any more; False when it does not."""
    disk.is_calm = world.provider.is_calm = True
    for process in {actor.process: None for actor in scheduler.actors if actor.process.name != "webhook"}:
        scheduler.kill(process)
    for number in range(TURNS, TURNS + ROUNDS):
        process = _start_sender(scheduler, world, number)
        _wait_for(scheduler, process)
        seen = look(disk.path)
        world.history.append(seen)
        if seen["state"] == "finished":
            return True
        scheduler.start(process, world.leave_all_doubt)
        _wait_for(scheduler, process)
    return False


def _wait_for(scheduler: Scheduler, process: Process) -> None:
    """Let everybody take turns until a process is done, or clearly never will be."""
    for _ in range(TURNS_OF_A_ROUND_MAX):
        if not any(actor.process is process for actor in scheduler.actors):
            return
        scheduler.turn()


def main(seed: int) -> int:
    """Print the history of one seed, and each breach."""
    with TemporaryDirectory() as folder:
        breaches, history = simulate(set_stage(Path(folder)), seed)
    sys.stdout.writelines(f"{event}\n" for event in history)
    sys.stdout.writelines(f"BROKEN: {breach}\n" for breach in breaches)
    return int(bool(breaches))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
