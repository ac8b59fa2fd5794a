"""A sender as a process of its own, as the command line would start it, and with a way to die at a named moment."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path

from newsletter.domain.delivery import Checkpoint, pass_by
from newsletter.errors import StateError
from newsletter.send.assignment import Threads
from newsletter.send.dispatch import send
from newsletter.send.owner import hold_ownership, lock_path
from newsletter.send.plan import plan_sending
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from tests.fakes.clock import FakeClock
from tests.fakes.mailer import RecordingMailer
from tests.send.samples import LABEL, NOW, an_approval, an_assignment, freeze

REFUSED_EXIT_CODE = 75
"""How a sender ends that found another one at work, or its work done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a sender works.

    Attributes:
        database: The file.
        world: Where the mails arrive.
        is_idempotent: Whether the world takes the same delivery twice without harm.
        calls: How many a sender makes side by side.
    """

    database: Path
    world: Path
    is_idempotent: bool
    calls: int = 1

    def mailer(self) -> RecordingMailer:
        """Give the mailer of this world."""
        return RecordingMailer(self.world, is_idempotent=self.is_idempotent)


def die_at(fatal: Checkpoint, occurrence: int) -> Callable[[Checkpoint], None]:
    """Give a callable that kills this process when it comes to a checkpoint for the n-th time."""
    passed = 0

    def look(checkpoint: Checkpoint) -> None:
        nonlocal passed
        passed += checkpoint is fatal
        if passed == occurrence:
            os.kill(os.getpid(), signal.SIGKILL)

    return look


def run_sender(
    scene: Scene, fatal: Checkpoint | None = None, occurrence: int = 1, start: Barrier | None = None
) -> None:
    """Send the sample issue to its end: begin or go on, whichever it is; wait for the others at the start."""
    checkpoint = pass_by if fatal is None else die_at(fatal, occurrence)
    database = Database(f"sqlite:///{scene.database}")
    ledger = DeliveryLedger(database, checkpoint=checkpoint)
    mailer, approval = scene.mailer(), an_approval()
    if start is not None:
        start.wait(20)
    try:
        with hold_ownership(lock_path(scene.database), who=f"process {os.getpid()}", since=NOW) as owner:
            plan = plan_sending(ledger.sendings(LABEL), approval=approval, mailer=mailer.name, is_rehearsal=False)
            sending = plan.go_on or freeze(ledger, approval, mailer=mailer.name)
            assignment = an_assignment(ledger, sending, mailer, FakeClock(), owner=owner.name, checkpoint=checkpoint)
            send(assignment, crew=Threads(scene.calls))
    except StateError:
        raise SystemExit(REFUSED_EXIT_CODE) from None
    finally:
        database.close()


def run_freezer(scene: Scene, start: Barrier) -> None:
    """Fix the audience without any lock, as a program with a defect would."""
    database = Database(f"sqlite:///{scene.database}")
    start.wait(20)
    try:
        freeze(DeliveryLedger(database), an_approval())
    except StateError:
        raise SystemExit(REFUSED_EXIT_CODE) from None
    finally:
        database.close()
