"""Let several actors take turns, a step at a time, as a seed decides; and let processes die between two steps.

An actor is a greenlet. Whatever it does to the world goes through `step`, where another one may come first and where
its process may be dead by now: then nothing of it reaches the world any more, whatever its `finally` blocks try.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from greenlet import getcurrent, greenlet

from newsletter.errors import NewsletterError
from tests.send.samples import NOW


class Dead(BaseException):
    """The process is gone: raised at each step that it would still take."""


class Process:
    """What dies together.

    Attributes:
        name: For the owner's name.
        is_dead: Killed.
        stopped_until: Takes no turn before this one.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.stopped_until = 0


class Actor(greenlet):
    """One thread of one process."""

    def __init__(self, process: Process, work: Callable[[], None], *, back_to: greenlet) -> None:
        super().__init__(self._live, back_to)
        self.process = process
        self._work = work

    def _live(self) -> None:
        """Work, until done or dead; what a dead process still says about its closed files nobody hears."""
        try:
            self._work()
        except BaseException:
            if not self.process.is_dead:
                raise


class Turnstile:
    """The gate of actors: whoever comes to it closed lets others come first."""

    def __init__(self, scheduler: "Scheduler") -> None:
        self._scheduler = scheduler
        self._is_closed = False

    def __enter__(self) -> None:
        """Go in, and close it behind oneself."""
        while self._is_closed:
            self._scheduler.step()
        self._is_closed = True

    def __exit__(self, *_how: object) -> None:
        """Open it again."""
        self._is_closed = False

    def wait(self, timeout: float) -> None:
        """Let others through; time passes."""
        self._is_closed = False
        self._scheduler.sleep(timeout)
        self.__enter__()

    def notify_all(self) -> None:
        """Do nothing: whoever waits looks again at each turn."""


class Actors:
    """A crew of actors in one process.

    Args:
        scheduler: Gives each its turns.
        process: What they die with.
        count: How many.
    """

    def __init__(self, scheduler: "Scheduler", process: Process, count: int) -> None:
        self._scheduler, self._process, self._count = scheduler, process, count

    def gate(self) -> Turnstile:
        """Make a gate."""
        return Turnstile(self._scheduler)

    def work(self, work: Callable[[], None]) -> None:
        """Let them work."""
        failures: list[NewsletterError] = []

        def work_along() -> None:
            try:
                work()
            except NewsletterError as error:
                failures.append(error)

        others = [self._scheduler.start(self._process, work_along) for _ in range(self._count - 1)]
        work_along()
        while not all(other.dead for other in others):
            self._scheduler.step()
        if failures:
            raise failures[0]


class Scheduler:
    """Whose turn it is, and what time.

    Attributes:
        chance: All that is left to chance comes from here.
        actors: Those alive, in the order of their birth.
        turns: How many there were.
    """

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - no secret
        self.actors: list[Actor] = []
        self.turns = 0
        self._main = getcurrent()
        self._now = NOW
        self._monotonic = 1_000.0

    def start(self, process: Process, work: Callable[[], None]) -> Actor:
        """Let a thread begin with its first turn."""
        actor = Actor(process, work, back_to=self._main)
        self.actors.append(actor)
        return actor

    def step(self) -> None:
        """Let others come first; every effect on the world is asked for here."""
        actor = getcurrent()
        if not isinstance(actor, Actor):
            return
        if not actor.process.is_dead:
            self._main.switch()
        if actor.process.is_dead:
            raise Dead

    def turn(self) -> None:
        """Give one actor one step."""
        self.turns += 1
        if awake := [actor for actor in self.actors if actor.process.stopped_until <= self.turns]:
            self.chance.choice(awake).switch()
        self.actors = [actor for actor in self.actors if not actor.dead]

    def kill(self, process: Process) -> None:
        """End a process: its threads run into `Dead` at the step where they are, and its files are closed."""
        process.is_dead = True
        for actor in [actor for actor in self.actors if actor.process is process]:
            actor.switch()
        self.actors = [actor for actor in self.actors if not actor.dead]

    # The clock of everybody

    def now(self) -> datetime:
        """Give the aware moment."""
        return self._now

    def monotonic(self) -> float:
        """Give seconds that only grow."""
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        """Let time pass and the others work."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
        self.step()

    def jump(self) -> None:
        """Set the moment forward or back."""
        self._now += timedelta(hours=self.chance.choice((-9_000, -1, 1, 9_000)))
