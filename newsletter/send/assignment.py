"""One sending with all that is needed to deliver any batch of it, and who works on it side by side."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import Protocol

from newsletter.domain.clock import Clock
from newsletter.domain.content import Language
from newsletter.domain.delivery import Checkpoint, PlannedDelivery, Sending, pass_by
from newsletter.domain.issue import EditionKey, Message
from newsletter.domain.mailing import Mailer, Recipient
from newsletter.domain.publication import Sender
from newsletter.send.owner import Owner
from newsletter.storage.deliveries import DeliveryLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What the sender is given.

    Attributes:
        mailer: The one the sending was begun with.
        messages: The approved message of each edition.
        personalise: Gives what is one person's, in the language of the edition: address, slot values, the ways out. A
            NewsletterError from it rejects that one delivery.
        owner: This process, holding the lock.
        note_call: Called before each call to the mailer; what it raises gives the batch back, and no call is made.
        journal_path: Where single mails are noted, for a mailer that answers mail by mail; None for nowhere.
        checkpoint: Called at the named moments around the hand-over; a test's may kill the process.
    """

    sending: Sending
    ledger: DeliveryLedger
    mailer: Mailer
    messages: Mapping[EditionKey, Message]
    sender: Sender
    list_id: str
    personalise: Callable[[PlannedDelivery, Language], Recipient]
    owner: Owner
    clock: Clock
    note_call: Callable[[], None] = lambda: None
    journal_path: Path | None = None
    checkpoint: Callable[[Checkpoint], None] = pass_by


class Gate(AbstractContextManager[object], Protocol):
    """Through which one goes at a time, and at which somebody waits for what another one brings."""

    def wait(self, timeout: float) -> object:
        """Let others through until one calls, or for so many seconds."""

    def notify_all(self) -> None:
        """Call whoever waits."""


class Crew(Protocol):
    """Those who work on one sending side by side, each with a call of its own."""

    def gate(self) -> Gate:
        """Make a gate for them."""

    def work(self, work: Callable[[], None]) -> None:
        """Let everybody do the same until the last one is done; the first failure of one is raised then."""


class Threads:
    """A crew of threads; they die with the program, so that whoever stops it at once waits for no server.

    Args:
        count: At least 1; the first of them is whoever calls.
    """

    def __init__(self, count: int = 1) -> None:
        self._count = count

    def gate(self) -> Gate:
        """Make a gate."""
        return Condition()

    def work(self, work: Callable[[], None]) -> None:
        """Let them work."""
        failures: list[BaseException] = []

        def work_along() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - told below, by the one who waits
                failures.append(error)

        others = [Thread(target=work_along, name=f"send {number}", daemon=True) for number in range(1, self._count)]
        for other in others:
            other.start()
        work()
        for other in others:
            other.join()
        if failures:
            raise failures[0]
