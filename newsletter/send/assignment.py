"""One sending with all that is needed to deliver any batch of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

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
