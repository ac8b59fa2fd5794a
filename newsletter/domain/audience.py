"""People: Subscriber, Consent, Suppression, and why somebody does not get an issue.

An address is compared in its normal form and remembered, where a person's record may be gone, only as a keyed hash.
"""

import functools
import hmac
import string
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from newsletter.domain.content import Language, SegmentId
from newsletter.domain.wants import Wants
from newsletter.errors import counted

SubscriberId = NewType("SubscriberId", int)
AddressHash = NewType("AddressHash", str)
"""64 hex digits: HMAC-SHA-256 of the normal form of an address under the publication's key."""


class SubscriberStatus(StrEnum):
    """Whether we may write to a person."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person we know.

    Attributes:
        id: In the database; None before it is stored.
        address: As stored, and the only form mail goes to.
        language: Wanted; the edition's language may differ (`Publication.nearest_language`).
        attributes: Free facts, text to text: `role`, `municipality`.
        tags: A set, kept sorted.
        wants: Topics, cadence and pause.
    """

    id: SubscriberId | None = None
    address: str
    name: str = ""
    language: Language
    status: SubscriberStatus = SubscriberStatus.ACTIVE
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    wants: Wants = field(default_factory=Wants)


class Ground(StrEnum):
    """On which ground we may write to a person (GDPR, article 6)."""

    CONSENT = "consent"
    LEGITIMATE_INTEREST = "legitimate interest"
    PUBLIC_TASK = "public task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The proof of why we may write to a person. Who wrote it down, and which number its wording has, proves no other.

    Attributes:
        source: How: `import subscribers/example.csv`, `added by hand`, `form front page`.
        wording: The text the person agreed to, or the lawful basis in words.
        ground: None where nobody has recorded it; then there is no wording either.
        language: In which the person read the wording; None where nobody said.
        version: The number of the wording; None before it is stored, and where there is none.
        requested_at: When the person had asked for it, where the person confirmed it by the link in a mail.
        recorded_by: Empty before it is stored, and where an older version stored it.
    """

    at: datetime
    source: str
    wording: str = ""
    ground: Ground | None = Ground.CONSENT
    language: Language | None = field(default=None, compare=False)
    version: int | None = field(default=None, compare=False)
    requested_at: datetime | None = None
    recorded_by: str = field(default="", compare=False)
    recorded_at: datetime | None = field(default=None, compare=False)


class SuppressionReason(StrEnum):
    """Why an address must never be mailed."""

    UNSUBSCRIBED = "unsubscribed"
    HARD_BOUNCE = "hard bounce"
    COMPLAINT = "complaint"
    ERASED = "erased"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address never to be mailed, known by its keyed hash only; it outlives the person's record.

    Attributes:
        note: Where it came from, without any address.
    """

    address_hash: AddressHash
    reason: SuppressionReason
    at: datetime
    note: str = ""


class SuppressionAction(StrEnum):
    """What was done to a suppression."""

    ADDED = "added"
    LIFTED = "lifted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionChange:
    """One line of the record of an address's suppression; it is only ever added to.

    Attributes:
        note: Where it came from, or who asked to lift it; without any address.
    """

    action: SuppressionAction
    reason: SuppressionReason
    at: datetime
    note: str


class ExclusionReason(StrEnum):
    """Why somebody we know does not get an issue; each candidate that is not planned has exactly one."""

    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    NO_SEGMENT = "in no segment"
    PAUSED = "paused"
    NOT_THIS_ONE = "every third, not this one"
    NO_ITEMS = "no items for their segments"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Who gets nothing of an issue, because no item of it is for them: the editor's decision.

    Attributes:
        segments: Those without a single item, by rank.
        people: How many are in these alone, and would be mailed otherwise; None when they cannot be counted.
    """

    segments: tuple[SegmentId, ...] = ()
    people: int | None = 0

    def __str__(self) -> str:
        """Say it in a sentence for the command line."""
        named = ", ".join(self.segments)
        if self.people is None:
            return f"No item is for {named}: whoever is in no other segment gets nothing."
        whoever = counted(self.people, "person gets", "people get")
        return f"No item is for {named}: {whoever} nothing."


@dataclass(frozen=True, slots=True, kw_only=True)
class Headcount:
    """How many people are alike in all that decides what they get; the headcounts add up to everybody known.

    Attributes:
        segments: That they are in, by rank; empty for those in none.
        wish: Why they do not want the next issue themselves, or None.
    """

    segments: tuple[SegmentId, ...]
    language: Language
    status: SubscriberStatus
    is_suppressed: bool
    wish: ExclusionReason | None = None
    people: int

    @property
    def exclusion(self) -> ExclusionReason | None:
        """Give the reason these people get no issue at all, or None; `storage.ledger.freeze` gives the same in SQL.

        What a person did comes before what we remember of it. An issue without items for them is no such reason.
        """
        if self.status is not SubscriberStatus.ACTIVE:
            is_pending = self.status is SubscriberStatus.PENDING
            return ExclusionReason.PENDING if is_pending else ExclusionReason.UNSUBSCRIBED
        if self.is_suppressed:
            return ExclusionReason.SUPPRESSED
        return self.wish if self.segments else ExclusionReason.NO_SEGMENT


@functools.lru_cache(maxsize=20_000)
def comparable(text: str) -> str:
    """Give the form in which attributes and tags are compared: NFC, casefolded, each space single, none around it.

    What people wrote stays as they wrote it; `storage` keeps this form beside it. The decomposed text is folded, as
    Unicode's canonical caseless matching says.
    """
    folded = unicodedata.normalize("NFD", text).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def distinct_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Give tags sorted, each once: of those that compare equal the first stays as it is written."""
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(comparable(tag), tag)
    return tuple(sorted(first.values()))


def normal_address(address: str) -> str:
    """Give the form in which addresses are compared: NFC, without surrounding space, ASCII letters in lower case.

    Only ASCII letters are folded: `ß` and `ss`, accents, dots and plus signs stay different people. The domain is
    expected in its ASCII form already, as `audience.addresses` makes it.
    """
    if address.isascii():
        return address.strip().lower()
    return _lower_ascii(unicodedata.normalize("NFC", address.strip()))


_LOWER_ASCII = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def _lower_ascii(text: str) -> str:
    return text.translate(_LOWER_ASCII)


def hash_address(address: str, key: bytes) -> AddressHash:
    """Give the keyed hash of an address: stable for one key, useless to whoever has no key."""
    return AddressHash(hmac.digest(key, normal_address(address).encode(), "sha256").hex())
