"""A mail that came back to the office's mailbox and was saved: what it says, and what follows from it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from newsletter.domain.delivery import DeliveryKey
from newsletter.domain.issue import IssueLabel


class MailMeaning(StrEnum):
    """What a saved mail is."""

    LEAVES = "leaves"
    WISHES = "has wishes"
    """For other topics, by a link of ours: a person does what it asks."""
    BOUNCED_HARD = "bounced hard"
    BOUNCED_SOFT = "bounced soft"
    BLOCKED = "blocked"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINED = "complained"
    AWAY = "away"
    """Written by a machine for somebody who is away, or to say that a mail was read: set aside."""
    NOT_OURS = "not ours"
    """A report or a token, of no delivery and no reader of ours."""
    TO_READ = "to be read"
    """Somebody wrote."""
    NOT_UNDERSTOOD = "not understood"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedMail:
    """What a mail says, before anybody looked whether it is about a delivery of ours.

    Attributes:
        subject: On one line, without address or token.
        reason: In the words of whoever reports, without address or token; or what kept the mail from being understood.
        at: Aware moment of its date, or None.
        token: From the subject, where a link of ours puts it.
        delivery_key: From the Message-ID of the mail that is reported on.
        addresses: Whose mail it was, as the report says.
        status: Of RFC 3463, or empty.
    """

    subject: str
    meaning: MailMeaning
    reason: str = ""
    at: datetime | None = None
    token: str | None = field(default=None, repr=False)
    delivery_key: DeliveryKey | None = None
    addresses: frozenset[str] = field(default=frozenset(), repr=False)
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailVerdict:
    """What follows from a saved mail.

    Attributes:
        file: In which it is.
        number: Its place in the file, from 1.
        subject: On one line, without address or token.
        reason: Why, in words.
        person: The address of the reader it is about; None when it is about none, or about one who is gone.
        label: Of the issue it is about, or None.
        is_new: Something follows from it that is not known yet.
    """

    file: str
    number: int
    subject: str
    meaning: MailMeaning
    reason: str
    person: str | None = None
    label: IssueLabel | None = None
    is_new: bool = False
