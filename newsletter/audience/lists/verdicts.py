"""Decide what one row of a list means for one person.

Its door is `judge`: pure, and the same in a dry run.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from pathlib import Path
from typing import Protocol

from newsletter.audience.grounds import Basis
from newsletter.audience.lists.reading.people_file import RepeatedRow
from newsletter.audience.lists.reading.rows import PersonRow, RejectedRow
from newsletter.domain.audience import (
    AddressHash,
    Consent,
    Ground,
    Subscriber,
    SubscriberId,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
    comparable,
    distinct_tags,
)
from newsletter.domain.content import Language, TopicId
from newsletter.domain.rules import History
from newsletter.domain.wants import Cadence, Wants
from newsletter.errors import Fault, Place


class ImportStore(Protocol):
    """What an import needs to know and to keep; `storage.audience` does it."""

    def hash_of(self, address: str) -> AddressHash:
        """Give the keyed hash of an address."""
        ...

    def count(self) -> int:
        """Give how many people are known, whatever their status."""
        ...

    def find_many(self, addresses: Sequence[str]) -> Mapping[str, Subscriber]:
        """Give the people who have one of the addresses, by its normal form."""
        ...

    def suppressions_of(self, addresses: Sequence[str]) -> Mapping[str, Suppression]:
        """Give the suppressions of addresses, by their normal form."""
        ...

    def consents_of_many(self, addresses: Sequence[str]) -> Mapping[str, tuple[Consent, ...]]:
        """Give the proofs of why we may write to addresses, by their normal form."""
        ...

    def histories(self, people: Sequence[Subscriber], now: datetime) -> Mapping[SubscriberId, History]:
        """Give what happened to people who are stored."""
        ...

    def add_many(self, people: Sequence[tuple[Subscriber, Consent | None]], now: datetime) -> None:
        """Keep new people, each with the consent there is."""
        ...

    def update_many(self, people: Sequence[Subscriber], now: datetime) -> None:
        """Keep what changed of people who are known."""
        ...

    def add_consents(self, given: Sequence[tuple[str, Consent]]) -> None:
        """Keep further consents of people."""
        ...

    def keep_wants(self, wanted: Sequence[tuple[str, Wants]], at: datetime, source: str) -> None:
        """Keep what people want from now on, with the record of it."""
        ...

    def set_status(self, address_hash: AddressHash, status: SubscriberStatus, now: datetime) -> None:
        """Keep a person's new status."""
        ...

    def suppress_many(
        self,
        addresses: Sequence[str],
        reason: SuppressionReason,
        at: datetime,
        note: str,
        *,
        over: Collection[SuppressionReason] = (),
    ) -> int:
        """Keep that addresses must never be mailed; give how many were not suppressed already."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is the same for every row of an import.

    Attributes:
        topics: The publication's, by what they may be called.
    """

    name: str
    now: datetime
    source: str
    basis: Basis | None
    default_language: Language
    departure: SuppressionReason | None = None
    topics: Mapping[str, TopicId] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A new person, with the consent there is.

    Attributes:
        are_wants_new: The row says what the person wants.
    """

    subscriber: Subscriber
    consent: Consent | None
    row: PersonRow
    are_wants_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A known person, with what the row says anew.

    Attributes:
        are_wants_new: The row says what the person wants, of whom nobody knew.
    """

    subscriber: Subscriber
    consent: Consent | None
    is_record_new: bool
    row: PersonRow
    are_wants_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingNew:
    """A known person of whom the row says nothing new."""

    subscriber: Subscriber
    row: PersonRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A person of whom a file may change nothing."""

    fault: Fault
    is_known: bool
    row: PersonRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """A person who answered no, or nothing, when asked for permission."""

    fault: Fault
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoGround:
    """A new person of whom nobody says on which ground to write."""

    fault: Fault
    row: PersonRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureRow:
    """An address that must not be mailed, as the row says.

    Attributes:
        address: In its stored form.
        reason: Why.
        is_new: We did not know it.
        is_known: Somebody with the address is known.
        was_mailed: That person would have been mailed until now.
        leaves: That person's status changes.
        fault: Names the line.
    """

    address: str
    reason: SuppressionReason
    is_new: bool
    is_known: bool
    was_mailed: bool
    leaves: bool
    fault: Fault


Verdict = Addition | Change | NothingNew | Hold | Decline | NoGround | DepartureRow | RejectedRow | RepeatedRow


def judge(
    row: PersonRow,
    known: Subscriber | None,
    suppression: Suppression | None,
    consents: Sequence[Consent],
    terms: Terms,
) -> Verdict:
    """Decide what a row means for one person."""
    place = Place(path=Path(terms.name), line=row.line)
    departure = row.departure or terms.departure
    if departure is not None:
        return _departure(row, departure, known, suppression, place)
    if fault := _fault(row, terms, place):
        return RejectedRow(fault=fault, cells=row.cells)
    if hold := _hold(row, known, suppression, place):
        return Hold(fault=hold, is_known=known is not None, row=row)
    if row.is_declined:
        return _decline(known, place)
    if known is None:
        return _new_person(row, terms, place)
    return _known_person(row, known, consents, terms)


def _fault(row: PersonRow, terms: Terms, place: Place) -> Fault | None:
    """Say what no reading of a row alone can find wrong with it, or None."""
    if row.consent_day is not None and row.consent_day > terms.now.date():
        return Fault(message="The day of consent is in the future.", place=place, key="consent")
    if any(comparable(topic) not in terms.topics for topic in row.topics):
        return Fault(
            message="A wanted topic is none of newsletter.toml.",
            place=place,
            key="wanted topics",
            hint="Mend it, or leave topics out of the whole list: --map HEADING=drop",
        )
    return None


def _departure(
    row: PersonRow,
    reason: SuppressionReason,
    known: Subscriber | None,
    suppression: Suppression | None,
    place: Place,
) -> DepartureRow:
    """Say what a row that tells of leaving changes."""
    leaves = (
        reason is SuppressionReason.UNSUBSCRIBED
        and known is not None
        and known.status is not SubscriberStatus.UNSUBSCRIBED
    )
    only_left = suppression is not None and suppression.reason is SuppressionReason.UNSUBSCRIBED
    is_graver = only_left and reason is not SuppressionReason.UNSUBSCRIBED
    was_mailed = known is not None and known.status is SubscriberStatus.ACTIVE and suppression is None
    return DepartureRow(
        address=row.address,
        reason=reason,
        is_new=suppression is None or leaves or is_graver,
        is_known=known is not None,
        was_mailed=was_mailed,
        leaves=leaves,
        fault=Fault(message=f"{reason}, says the list; a subscriber here until now.", place=place),
    )


def _hold(row: PersonRow, known: Subscriber | None, suppression: Suppression | None, place: Place) -> Fault | None:
    """Say why a file may change nothing of a person, or None."""
    if suppression is not None:
        message = f"This address is suppressed ({suppression.reason}); an import never lifts that."
        return Fault(message=message, place=place, hint=_LIFT)
    if known is None:
        return None
    if known.status is SubscriberStatus.UNSUBSCRIBED:
        message = "This person has unsubscribed; an import never brings anybody back."
        return Fault(message=message, place=place, hint=_RESUBSCRIBE)
    if known.status is SubscriberStatus.PENDING and row.status is not SubscriberStatus.PENDING:
        message = "This person has not confirmed yet; an import cannot do it for them."
        return Fault(message=message, place=place, hint=_RESUBSCRIBE)
    return None


_LIFT = "If its holder asked: newsletter suppression remove ADDRESS --note TEXT"
_RESUBSCRIBE = "If the person asked: newsletter subscriber resubscribe ADDRESS --note TEXT"


def _decline(known: Subscriber | None, place: Place) -> Decline:
    """Say that a person did not say yes."""
    message, hint = "The answer in the list is no, or none at all.", None
    if known is not None:
        message += " The person is a subscriber here, and stays one."
        hint = "If the no is meant for this newsletter: newsletter subscriber unsubscribe ADDRESS"
    return Decline(fault=Fault(message=message, place=place, hint=hint), is_known=known is not None)


def _new_person(row: PersonRow, terms: Terms, place: Place) -> Addition | NoGround:
    """Make a subscriber of a row, with the proof of why we may write: only active people gave any."""
    subscriber = Subscriber(
        address=row.address,
        name=row.name,
        language=row.language or terms.default_language,
        status=row.status or SubscriberStatus.ACTIVE,
        attributes=dict(row.attributes),
        tags=row.tags,
        wants=_wants(row, terms) or Wants(),
    )
    says_wants = subscriber.wants.since is not None
    if subscriber.status is not SubscriberStatus.ACTIVE:
        return Addition(subscriber=subscriber, consent=None, row=row, are_wants_new=says_wants)
    consent = _consent(row, terms)
    if consent is None:
        message = "Nobody says on which ground this person may be written to."
        hint = "Say it for the whole list: --consent, --legitimate-interest or --public-task"
        return NoGround(fault=Fault(message=message, place=place, key="ground", hint=hint), row=row)
    return Addition(subscriber=subscriber, consent=consent, row=row, are_wants_new=says_wants)


def _wants(row: PersonRow, terms: Terms) -> Wants | None:
    """Give what the row says that the person wants, a pause that is over left out; None where it says nothing."""
    until = None
    if row.paused_until is not None:
        until = datetime.combine(row.paused_until, time(), tzinfo=terms.now.tzinfo)
    if until is not None and until <= terms.now:
        until = None
    if not row.topics and row.cadence is None and until is None:
        return None
    return Wants(
        topics=tuple(sorted({terms.topics[comparable(topic)] for topic in row.topics})),
        cadence=row.cadence or Cadence.EVERY,
        paused_until=until,
        since=terms.now,
    )


def _known_person(row: PersonRow, known: Subscriber, consents: Sequence[Consent], terms: Terms) -> Change | NothingNew:
    """Complete a known person with what the row says anew; the stored spelling of the address stays."""
    # What a person said later than a list was written is not taken back by it.
    wants = None if known.wants.since is not None else _wants(row, terms)
    completed = replace(
        known,
        name=row.name or known.name,
        language=row.language or known.language,
        attributes={**known.attributes, **row.attributes},
        tags=distinct_tags((*known.tags, *row.tags)),
        wants=wants or known.wants,
    )
    is_pending = SubscriberStatus.PENDING in (known.status, row.status)
    consent = None if is_pending else _consent(row, terms)
    if consent is not None and any(_says_the_same(one, consent, row) for one in consents):
        consent = None
    is_record_new = replace(completed, wants=known.wants) != known
    if not is_record_new and consent is None and wants is None:
        return NothingNew(subscriber=known, row=_remarked(row, known, terms))
    return Change(
        subscriber=completed,
        consent=consent,
        is_record_new=is_record_new,
        row=_remarked(row, known, terms),
        are_wants_new=wants is not None,
    )


def _remarked(row: PersonRow, known: Subscriber, terms: Terms) -> PersonRow:
    """Note with a row that what the person wants stays as it was said here, where the row says otherwise."""
    says = _wants(row, terms)
    if known.wants.since is None or says in {None, known.wants}:
        return row
    kept = "What this person wants stays as it was said here; `newsletter subscriber edit` changes it."
    return replace(row, remark=f"{row.remark} {kept}".strip())


def _says_the_same(known: Consent, given: Consent, row: PersonRow) -> bool:
    """Tell whether a proof is there already; without a day in the row the day of the import is none."""
    is_same_ground = (known.ground, known.wording) == (given.ground, given.wording)
    return is_same_ground and (row.consent_day is None or known.at == given.at)


def _consent(row: PersonRow, terms: Terms) -> Consent | None:
    """Give why we may write to a person, as the row or whoever imports says it."""
    basis = _basis(row, terms.basis)
    if basis is None:
        return None
    given_at = terms.now
    if row.consent_day is not None and basis.ground is Ground.CONSENT:
        given_at = datetime.combine(row.consent_day, time(), tzinfo=terms.now.tzinfo)
    return Consent(at=given_at, source=terms.source, wording=basis.wording, ground=basis.ground, recorded_at=terms.now)


def _basis(row: PersonRow, said: Basis | None) -> Basis | None:
    """Choose the ground: that of the row's own columns, else the importer's, else the yes to a question of the list."""
    if row.ground is not None:
        is_same = said is not None and said.ground is row.ground
        wording = row.wording or row.agreed_to or (said.wording if said is not None and is_same else "")
        return Basis(ground=row.ground, wording=wording or f"{row.ground}, says the list")
    if said is not None:
        return said
    return Basis(ground=Ground.CONSENT, wording=row.agreed_to) if row.agreed_to else None
