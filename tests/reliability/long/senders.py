"""Senders in processes of their own, through SendGrid, as the command line would start them."""

import contextlib
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from newsletter.domain.delivery import Checkpoint, pass_by
from newsletter.errors import StateError, StorageError
from newsletter.send.assignment import Threads
from newsletter.send.dispatch import send
from newsletter.send.owner import hold_ownership, lock_path
from newsletter.send.plan import plan_sending
from newsletter.storage.database import Database
from tests.fakes.clock import FakeClock
from tests.mailers.sendgrid.service import a_mailer
from tests.reliability.history import write_line
from tests.reliability.long.scene import BATCH_SIZE, history_of
from tests.reliability.sender import REFUSED_EXIT_CODE, die_at
from tests.reliability.witness import Tell, Witness, WitnessedMailer
from tests.send.samples import LABEL, NOW, an_approval, an_assignment, freeze

STORAGE_EXIT_CODE = 74
"""How a sender ends that could not write its ledger, and said so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a sender is told.

    Attributes:
        database: The ledger.
        host: Of the SendGrid.
        threads: How many calls run side by side.
        timeout_seconds: Of each call.
        fatal: Die at this checkpoint.
        occurrence: When it is passed for the n-th time.
    """

    database: Path
    host: str
    threads: int = 1
    timeout_seconds: float = 0.4
    fatal: Checkpoint | None = None
    occurrence: int = 1


def run_sender(order: Order, ready: Event | None = None, start: Barrier | None = None) -> None:
    """Send the sample issue to its end: begin or go on, whichever it is."""
    checkpoint = pass_by if order.fatal is None else die_at(order.fatal, order.occurrence)
    if ready is not None:
        ready.set()
    if start is not None:
        start.wait(20)
    try:
        send_with(order, checkpoint)
    except StateError:
        raise SystemExit(REFUSED_EXIT_CODE) from None
    except StorageError:
        raise SystemExit(STORAGE_EXIT_CODE) from None


def send_with(order: Order, checkpoint: Callable[[Checkpoint], None]) -> None:
    """Hold the lock, fix the audience or go on with it, and send."""
    database = Database(f"sqlite:///{order.database}")
    with contextlib.closing(database):
        history = history_of(order.database)
        tell: Tell = partial(write_line, history) if history.exists() else lambda _event: None
        ledger = Witness(database, tell, checkpoint=checkpoint)
        ledger.calls_max = order.threads
        mailer = WitnessedMailer(a_mailer(order.host, timeout_seconds=order.timeout_seconds), tell)
        approval = an_approval()
        with hold_ownership(lock_path(order.database), who=f"process {os.getpid()}", since=NOW) as owner:
            plan = plan_sending(ledger.sendings(LABEL), approval=approval, mailer=mailer.name, is_rehearsal=False)
            sending = plan.go_on or freeze(ledger, approval, mailer=mailer.name, batch_size=BATCH_SIZE)
            assignment = an_assignment(ledger, sending, mailer, FakeClock(), owner=owner.name, checkpoint=checkpoint)
            send(assignment, crew=Threads(order.threads))


def processes() -> ForkServerContext:
    """Give the way to start senders: from a server that has imported everything once, so that each takes little."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.reliability.long.senders"])
    return context


def start_sender(order: Order, *, start: Barrier | None = None) -> ForkServerProcess:
    """Start a sender and come back when it is about to begin."""
    context = processes()
    ready = context.Event()
    process = context.Process(target=run_sender, args=(order, ready, start))
    process.start()
    if not ready.wait(30):
        raise TimeoutError("a sender did not start")
    return process


def end_of(process: ForkServerProcess) -> int:
    """Wait for a sender and give how it ended; one that does not end is an error of the trial."""
    process.join(60)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError("a sender did not end")
    return process.exitcode
