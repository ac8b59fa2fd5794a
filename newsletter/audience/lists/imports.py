"""Bring in the people of a list.

Its one door is `import_people`. An import adds and completes; it takes nobody out, and it brings back
nobody who left, bounced, complained, was erased or has not confirmed: those are named by their line, and whatever the
file says of their status is void. (listmonk, Mailtrain and Keila all re-subscribed people this way.) Importing the same
file again changes nothing, so that an import that was killed half-way is simply run again.

The room decides; the store behind `ImportStore` keeps.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from pathlib import Path
from typing import Protocol

from newsletter.audience.lists.people_file import ParsedList, PersonRow, RejectedRow, RepeatedRow
from newsletter.audience.segments import Stray, StrayCount
from newsletter.audience.subscribers import require_wording
from newsletter.domain.audience import (
    Consent,
    Segment,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
    distinct_tags,
    normal_address,
)
from newsletter.domain.content import Language
from newsletter.errors import Fault, Place

BATCH_ROWS = 5_000
"""Rows in one transaction: short enough that a sender beside it never waits long, long enough to be quick."""


class ImportStore(Protocol):
    """What an import needs to know and to keep; `storage.audience` does it."""

    def count(self) -> int:
        """Give how many people are known, whatever their status."""
        ...

    def find_many(self, addresses: Sequence[str]) -> Mapping[str, Subscriber]:
        """Give the people who have one of the addresses, by its normal form."""
        ...

    def suppressions_of(self, addresses: Sequence[str]) -> Mapping[str, Suppression]:
        """Give the suppressions of addresses, by their normal form."""
        ...

    def add_many(self, people: Sequence[tuple[Subscriber, Consent | None]], now: datetime) -> None:
        """Keep new people, each with the consent there is."""
        ...

    def update_many(self, people: Sequence[Subscriber], now: datetime) -> None:
        """Keep what changed of people who are known."""
        ...

    def suppress_many(self, addresses: Sequence[str], reason: SuppressionReason, at: datetime, note: str) -> int:
        """Keep that addresses must never be mailed; give how many were not suppressed already."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did; every row of the file is in exactly one of the first six.

    Attributes:
        added: New people.
        changed: Known people of whom something new was said.
        unchanged: Known people of whom nothing new was said.
        rejected: Rows that could not be used, with line and reason.
        repeated: Rows whose address stands in an earlier row.
        held: Rows of people who left, are suppressed or have not confirmed; nothing of them was changed.
        left_alone: People who are known but not in the file (or only in a rejected row); nothing of them was changed.
        in_no_segment: Of the people added, changed and unchanged, the active ones who get no issue.
        strays: What keeps them out of every segment.
    """

    added: int
    changed: int
    unchanged: int
    rejected: tuple[Fault, ...]
    repeated: tuple[Fault, ...]
    held: tuple[Fault, ...]
    left_alone: int
    in_no_segment: int = 0
    strays: tuple[Stray, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """What is the same for every row of an import."""

    name: str
    now: datetime
    source: str
    wording: str
    default_language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class _Addition:
    """A new person, with the consent there is."""

    subscriber: Subscriber
    consent: Consent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A known person, with what the row says anew."""

    subscriber: Subscriber


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hold:
    """A person of whom a file may change nothing."""

    fault: Fault
    is_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _NothingNew:
    """A known person of whom the row says nothing new."""

    subscriber: Subscriber


_Row = PersonRow | RejectedRow | RepeatedRow
_Verdict = _Addition | _Change | _Hold | _NothingNew | RejectedRow | RepeatedRow


@dataclass(slots=True, kw_only=True)
class _Counts:
    """The result in the making."""

    strays: StrayCount
    rows_done: int = 0
    known_before: int = 0
    known_in_file: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[Fault] = field(default_factory=list)
    repeated: list[Fault] = field(default_factory=list)
    held: list[Fault] = field(default_factory=list)

    def add(self, verdicts: Sequence[_Verdict]) -> None:
        """Count each verdict where it belongs."""
        self.rows_done += len(verdicts)
        for verdict in verdicts:
            if isinstance(verdict, _Addition | _Change | _NothingNew):
                self.strays.add(verdict.subscriber)
            match verdict:
                case _Addition():
                    self.added += 1
                case _Change():
                    self.changed += 1
                    self.known_in_file += 1
                case _NothingNew():
                    self.unchanged += 1
                    self.known_in_file += 1
                case _Hold():
                    self.held.append(verdict.fault)
                    self.known_in_file += verdict.is_known
                case RejectedRow():
                    self.rejected.append(verdict.fault)
                case RepeatedRow():
                    self.repeated.append(verdict.fault)

    def result(self) -> ImportResult:
        """Give the result."""
        return ImportResult(
            added=self.added,
            changed=self.changed,
            unchanged=self.unchanged,
            rejected=tuple(self.rejected),
            repeated=tuple(self.repeated),
            held=tuple(self.held),
            left_alone=self.known_before - self.known_in_file,
            in_no_segment=self.strays.people,
            strays=self.strays.explained(),
        )


def import_people(
    parsed: ParsedList,
    *,
    transaction: Callable[[], AbstractContextManager[ImportStore]],
    now: datetime,
    source: str,
    wording: str,
    default_language: Language,
    segments: Sequence[Segment],
    is_dry_run: bool = False,
    progress: Callable[[int], None] = lambda _rows: None,
) -> ImportResult:
    """Add the people of a list and complete those who are known; each batch of 5,000 rows is one transaction.

    An empty cell changes nothing; a name, language or attribute is replaced; a tag is added and never taken away. A
    person whom the file calls unsubscribed leaves and is suppressed; no other status changes that of a known person.

    Args:
        parsed: The list.
        transaction: Opens a transaction and gives the store in it; kept when the block ends well.
        now: Aware, in the publication's zone: a day of consent is its midnight in this zone.
        source: For the proof of consent: `import subscribers/example.csv`.
        wording: The text the people agreed to, or the lawful basis in words.
        default_language: Of new people whose row says none.
        segments: Who is in none of them is counted and explained.
        is_dry_run: Count and name everything, keep nothing.
        progress: Called after each batch with the rows done so far.

    Raises:
        UsageError: The wording is empty.
    """
    require_wording(wording)
    terms = _Terms(name=parsed.name, now=now, source=source, wording=wording, default_language=default_language)
    counts = _Counts(strays=StrayCount(segments))
    for batch in _batches(parsed):
        with transaction() as store:
            _import_batch(batch, store, terms, counts, is_dry_run=is_dry_run)
        progress(counts.rows_done)
    return counts.result()


def _import_batch(
    batch: Sequence[_Row], store: ImportStore, terms: _Terms, counts: _Counts, *, is_dry_run: bool
) -> None:
    """Judge the rows of a batch, keep what they change unless this is a dry run, and count them."""
    if counts.rows_done == 0:
        counts.known_before = store.count()
    verdicts = _judge_batch(batch, store, terms)
    if not is_dry_run:
        _keep(verdicts, store, terms)
    counts.add(verdicts)


def _batches(parsed: ParsedList) -> Iterator[list[_Row]]:
    """Cut the rows into batches; a list without rows is one empty batch, so that those left alone are counted."""
    batch: list[_Row] = []
    for row in parsed.rows():
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
        batch.append(row)
    yield batch


def _judge_batch(batch: Sequence[_Row], store: ImportStore, terms: _Terms) -> list[_Verdict]:
    """Decide what each row of a batch means."""
    addresses = [row.address for row in batch if isinstance(row, PersonRow)]
    known = store.find_many(addresses)
    suppressions = store.suppressions_of(addresses)
    verdicts: list[_Verdict] = []
    for row in batch:
        if isinstance(row, PersonRow):
            form = normal_address(row.address)
            verdicts.append(_judge(row, known.get(form), suppressions.get(form), terms))
        else:
            verdicts.append(row)
    return verdicts


def _judge(row: PersonRow, known: Subscriber | None, suppression: Suppression | None, terms: _Terms) -> _Verdict:
    """Decide what a row means for one person."""
    place = Place(path=Path(terms.name), line=row.line)
    if row.consent_day is not None and row.consent_day > terms.now.date():
        message = "The day of consent is in the future."
        return RejectedRow(fault=Fault(message=message, place=place, key="consent"))
    if known is not None and known.status is row.status is SubscriberStatus.UNSUBSCRIBED:
        return _NothingNew(subscriber=known)
    if reason := _hold_reason(row, known, suppression):
        return _Hold(fault=Fault(message=reason, place=place), is_known=known is not None)
    if known is None:
        return _new_person(row, terms)
    completed = _completed(known, row)
    return _NothingNew(subscriber=known) if completed == known else _Change(subscriber=completed)


def _hold_reason(row: PersonRow, known: Subscriber | None, suppression: Suppression | None) -> str | None:
    """Say why a file may change nothing of a person, or None."""
    if suppression is not None:
        return f"This address is suppressed ({suppression.reason}); an import never lifts that."
    if known is None:
        return None
    if known.status is SubscriberStatus.UNSUBSCRIBED:
        return "This person has unsubscribed; an import never brings anybody back."
    if known.status is SubscriberStatus.PENDING and row.status is not SubscriberStatus.PENDING:
        return "This person has not confirmed yet; an import cannot do it for them."
    return None


def _new_person(row: PersonRow, terms: _Terms) -> _Addition:
    """Make a subscriber of a row, with the proof of consent where there is one: only active people gave any."""
    subscriber = Subscriber(
        address=row.address,
        name=row.name,
        language=row.language or terms.default_language,
        status=row.status or SubscriberStatus.ACTIVE,
        attributes=dict(row.attributes),
        tags=row.tags,
    )
    if subscriber.status is not SubscriberStatus.ACTIVE:
        return _Addition(subscriber=subscriber, consent=None)
    given_at = terms.now
    if row.consent_day is not None:
        given_at = datetime.combine(row.consent_day, time(), tzinfo=terms.now.tzinfo)
    consent = Consent(at=given_at, source=terms.source, wording=terms.wording)
    return _Addition(subscriber=subscriber, consent=consent)


def _completed(known: Subscriber, row: PersonRow) -> Subscriber:
    """Give a known person with what the row says anew; the stored spelling of the address stays."""
    return replace(
        known,
        name=row.name or known.name,
        language=row.language or known.language,
        status=row.status if row.status is SubscriberStatus.UNSUBSCRIBED else known.status,
        attributes={**known.attributes, **row.attributes},
        tags=distinct_tags((*known.tags, *row.tags)),
    )


def _keep(verdicts: Sequence[_Verdict], store: ImportStore, terms: _Terms) -> None:
    """Write what a batch changes."""
    additions = [verdict for verdict in verdicts if isinstance(verdict, _Addition)]
    changes = [verdict for verdict in verdicts if isinstance(verdict, _Change)]
    store.add_many([(addition.subscriber, addition.consent) for addition in additions], terms.now)
    store.update_many([change.subscriber for change in changes], terms.now)
    # Whoever had left before is held, so an unsubscribed person here is one whom this file takes out.
    people = [*(addition.subscriber for addition in additions), *(change.subscriber for change in changes)]
    leaving = [person.address for person in people if person.status is SubscriberStatus.UNSUBSCRIBED]
    store.suppress_many(leaving, SuppressionReason.UNSUBSCRIBED, terms.now, terms.source)
