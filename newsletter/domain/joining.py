"""Joining in two steps: a person asks on a form, and confirms by the link in a mail. Nothing counts before that."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.domain.audience import AddressHash, SubscriberId
from newsletter.domain.content import Language
from newsletter.domain.wants import Wants

CONFIRM_WITHIN = timedelta(days=7)
"""After that a request is removed whole, and with it a person of whom nothing else is known."""

REQUESTS_A_DAY = 3
"""Mails that one address gets in 24 hours because somebody writes it into a form."""


class Asked(StrEnum):
    """What came of asking to join; whoever asked sees the same page in any case."""

    TO_CONFIRM = "to confirm"
    """A mail with the link is to be sent."""
    ALREADY = "subscribed already"
    TOO_OFTEN = "asked too often"
    BARRED = "must not be mailed"
    """The address bounced, complained, was erased or barred: only the project manager lifts that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a form asks people to agree to, word for word.

    Attributes:
        language: In which it stands there.
        form: Which form, in a word or two: `front page`.
    """

    text: str
    language: Language
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person says of himself on a form.

    Attributes:
        wants: None where the form does not ask.
    """

    language: Language
    name: str = ""
    wants: Wants | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoiningRequest:
    """A person's request to be a subscriber.

    Attributes:
        key: What the link carries.
        requested_at: Aware moment, as is `confirmed_at`, which is None as long as nobody has confirmed it.
        version: Of the wording: the number of its row.
    """

    key: str
    subscriber_id: SubscriberId
    address: str
    address_hash: AddressHash
    wording: Wording
    version: int
    said: Said
    requested_at: datetime
    confirmed_at: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Tell whether it can be confirmed no more."""
        return now - self.requested_at >= CONFIRM_WITHIN
