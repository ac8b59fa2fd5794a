"""Between the sender and a mailer: what is handed over in one call, and what is answered."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from newsletter.domain.delivery import BatchId, DeliveryKey, SendingId
from newsletter.domain.issue import IssueLabel, Message, Slot
from newsletter.domain.publication import Sender

_SECONDS = {"s": 1, "min": 60, "h": 3_600}
_PACE = re.compile(r"([1-9][0-9]{0,6}) ?/ ?(s|min|h)")
_CALL_SECONDS = 8
"""A call takes what the pace gives in so long: with 25 a minute never more than 28 leave within one."""


class Place(StrEnum):
    """Where somebody processes data."""

    EU = "eu"
    USA = "usa"


@dataclass(frozen=True, slots=True, kw_only=True)
class Processor:
    """Who gets the mails, for the record of processing.

    Attributes:
        place: None where only a person knows it.
    """

    name: str
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """At most so many readers in a second, a minute or an hour."""

    readers: int
    unit: str

    @property
    def per_second(self) -> float:
        """Give how many go in a second."""
        return self.readers / _SECONDS[self.unit]

    @property
    def at_once_max(self) -> int:
        """Give how many go into one call, so that a slow pace is none of bursts and pauses."""
        return max(1, math.ceil(self.per_second * _CALL_SECONDS))

    def time_for(self, people: int) -> str:
        """Say how long so many take."""
        minutes = math.ceil(people / self.per_second / _SECONDS["min"])
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if hours else f"{minutes} min"

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{self.readers}/{self.unit}"


def read_pace(text: str) -> Pace:
    """Read `25/min`, `5/s` or `1000/h`.

    Raises:
        ValueError: It is none of these.
    """
    read = _PACE.fullmatch(text.strip())
    if read is None:
        raise ValueError("Write a pace such as 25/min, 5/s or 1000/h")
    return Pace(readers=int(read[1]), unit=read[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a mailer can do; declared, never guessed.

    Attributes:
        connections: How many it keeps busy.
        calls_max: How many calls it takes side by side, each over a connection of its own; one where a call takes all.
        pace: How fast it may go, when nobody says otherwise; None for as fast as it goes.
        is_idempotent: The same delivery key handed over twice reaches the reader once.
        is_rehearsal: Nothing leaves this machine; such a sending does not count as sent.
        notes_each: Every mail is begun and answered by itself, and noted in the batch's `notes` as that happens.
    """

    batch_size_max: int
    is_idempotent: bool
    is_rehearsal: bool
    notes_each: bool = False
    connections: int = 1
    calls_max: int = 1
    pace: Pace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One person in a call to a mailer.

    Attributes:
        values: What fills each slot of the message; plain text, not escaped.
        unsubscribe: The addresses for List-Unsubscribe, https first, then mailto; never empty.
        message_id: Without angle brackets; the same for every attempt of this delivery.
    """

    delivery_key: DeliveryKey
    address: str
    name: str = ""
    values: Mapping[Slot, str] = field(default_factory=dict)
    unsubscribe: tuple[str, ...]
    message_id: str


class Notes(Protocol):
    """What a mailer that answers mail by mail tells while a batch is under way."""

    def begin(self, key: DeliveryKey) -> None:
        """Note durably that a mail is about to be handed over; StorageError when that cannot be: do not begin it."""
        ...

    def answer(self, outcome: "Outcome") -> None:
        """Note what became of a mail."""
        ...


class NoNotes:
    """Keeps none."""

    def begin(self, key: DeliveryKey) -> None:
        """Do nothing."""

    def answer(self, outcome: "Outcome") -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingBatch:
    """All that a mailer needs for one call.

    Attributes:
        batch_id: The idempotency key together with the sending.
        attempt: 1 for the first.
        sent_at: For the Date header, the same for the whole sending.
        is_any_taken: Tells whether somebody of this sending was taken before: then the message is not to blame for one
            who is refused.
        recipients: At least one, at most the mailer's `batch_size_max`; no address twice.
    """

    batch_id: BatchId
    attempt: int
    label: IssueLabel
    sending_id: SendingId
    is_rehearsal: bool
    sent_at: datetime
    message: Message
    sender: Sender
    list_id: str
    recipients: tuple[Recipient, ...]
    notes: Notes = field(default=NoNotes(), compare=False, repr=False)
    is_any_taken: Callable[[], bool] = field(default=lambda: False, compare=False, repr=False)


class Verdict(StrEnum):
    """What a mailer can answer for one recipient."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """For good: the address or the message is refused."""
    REFUSED = "refused"
    """Not now, and surely not taken: goes back to the queue."""
    UNKNOWN = "unknown"
    """May have been taken: never sent again without a person's word or an idempotent mailer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A mailer's answer for one recipient.

    Attributes:
        reason: In plain words, without any address; empty when accepted.
    """

    delivery_key: DeliveryKey
    verdict: Verdict
    reason: str = ""
    provider_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOutcome:
    """A mailer's answer for a batch.

    Attributes:
        retry_after_seconds: How long the mailer asks to wait before the next call, or None.
        stop_reason: Why no further call makes sense (key revoked, account suspended), or None.
    """

    outcomes: tuple[Outcome, ...]
    retry_after_seconds: float | None = None
    stop_reason: str | None = None


class Mailer(Protocol):
    """Something that messages are handed to. A provider's answer is an outcome, never an exception."""

    @property
    def name(self) -> str:
        """Give the name it has in the configuration and in the ledger."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Declare what it can do."""
        ...

    def submit(self, batch: OutgoingBatch) -> BatchOutcome:
        """Hand the batch over, once, and say what became of every recipient."""
        ...
