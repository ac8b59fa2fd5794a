"""Take over people whom another publication exported with all that was known of them, and wake nobody.

Its door is `take_people`. Who had left, bounced or complained there is kept from being mailed here, known or not. Of
people who are known here nothing else is changed, and whoever must not be mailed here is not added.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from newsletter.audience.lists.records import Barred, PersonRecord, ReadRecord
from newsletter.audience.lists.result import Taken
from newsletter.audience.lists.verdicts import ImportStore
from newsletter.domain.audience import (
    AddressHash,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
    normal_address,
)
from newsletter.domain.content import TopicId
from newsletter.errors import Fault

BATCH_PEOPLE = 1_000
_CLOCKS_APART = timedelta(days=1)
"""Two machines need not agree on the time."""


class TakingStore(ImportStore, Protocol):
    """What taking people over needs to know and to keep; `storage.audience` does it."""

    def suppress(
        self,
        address_hash: AddressHash,
        reason: SuppressionReason,
        at: datetime,
        note: str,
        *,
        over: Collection[SuppressionReason] = (),
    ) -> bool:
        """Keep that an address must never be mailed; False when it was already."""
        ...


def take_people(
    people: Iterable[ReadRecord],
    *,
    transaction: Callable[[], AbstractContextManager[TakingStore]],
    now: datetime,
    topics: Collection[TopicId],
    is_dry_run: bool = False,
    progress: Callable[[int], None] = lambda _lines: None,
) -> Taken:
    """Add people with their consents, what they want and why they must not be mailed; doing it again adds nothing.

    Args:
        people: As `read_records` gives them.
        transaction: Opens a transaction and gives the store in it; kept when the block ends well.
        now: Aware.
        topics: The publication's.
        is_dry_run: Count everything, keep nothing.
        progress: Called after each thousand lines with the lines done so far.
    """
    taken, done = Taken(), 0
    remaining = iter(people)
    while batch := list(islice(remaining, BATCH_PEOPLE)):
        usable: dict[str, PersonRecord] = {}
        for one in batch:
            fault = one.fault or _fault(one, usable, now)
            if fault is not None or one.record is None:
                taken.rejected = taken.rejected.and_one(fault or Fault(message="An empty line."))
                continue
            usable[normal_address(one.record.subscriber.address)] = one.record
            taken.strange_topics |= set(one.record.subscriber.wants.topics) - set(topics)
        with transaction() as store:
            _take_batch(usable, store, taken, now=now, is_dry_run=is_dry_run)
        done += len(batch)
        progress(done)
    return taken


def _fault(one: ReadRecord, before: Collection[str], now: datetime) -> Fault | None:
    """Say what is wrong with a person by himself, or None."""
    assert one.record is not None
    subscriber = one.record.subscriber
    if normal_address(subscriber.address) in before:
        return Fault(message=f"Line {one.line}: this address stands in a line before.")
    if subscriber.status is SubscriberStatus.ACTIVE and not one.record.consents:
        return Fault(message=f"Line {one.line}: nothing says why this active person may be written to.")
    if any(proof.at > now + _CLOCKS_APART for proof in one.record.consents):
        return Fault(message=f"Line {one.line}: a proof is of a day to come.")
    return None


def _take_batch(
    people: Mapping[str, PersonRecord], store: TakingStore, taken: Taken, *, now: datetime, is_dry_run: bool
) -> None:
    """Judge and keep a thousand people."""
    addresses = [record.subscriber.address for record in people.values()]
    known, suppressed = store.find_many(addresses), store.suppressions_of(addresses)
    new = [record for form, record in people.items() if form not in known and form not in suppressed]
    taken.added += len(new)
    taken.known += len(known)
    taken.held += len(people) - len(new) - len(known)
    if not is_dry_run:
        _add(new, store, now)
    for form, record in people.items():
        if (barred := _barred(record, known.get(form), now)) is not None:
            _bar(
                record.subscriber,
                barred,
                known=known.get(form),
                suppression=suppressed.get(form),
                store=store,
                taken=taken,
                is_dry_run=is_dry_run,
            )


def _barred(record: PersonRecord, known: Subscriber | None, now: datetime) -> Barred | None:
    """Give why somebody must not be mailed; whoever is mailed here and had left there must not."""
    has_left = record.barred is None and record.subscriber.status is SubscriberStatus.UNSUBSCRIBED
    if has_left and known is not None and known.status is not SubscriberStatus.UNSUBSCRIBED:
        return Barred(reason=SuppressionReason.UNSUBSCRIBED, at=now, note="had left, says the export")
    return record.barred


def _add(new: Sequence[PersonRecord], store: TakingStore, now: datetime) -> None:
    """Keep new people with their consents and what they wanted, in its order."""
    store.add_many([(record.subscriber, None) for record in new], now)
    # What nobody had signed there is recorded here, now.
    proofs = (
        (record.subscriber.address, proof if proof.recorded_by else replace(proof, recorded_at=now))
        for record in new
        for proof in record.consents
    )
    store.add_consents(list(proofs))
    for record in new:
        for change in record.wants_changes:
            store.keep_wants([(record.subscriber.address, change.wants)], change.at, change.source)


def _bar(
    person: Subscriber,
    barred: Barred,
    *,
    known: Subscriber | None,
    suppression: Suppression | None,
    store: TakingStore,
    taken: Taken,
    is_dry_run: bool,
) -> None:
    """Keep somebody from being mailed who must not be, and let a person who is known here have left."""
    is_leaving = barred.reason is SuppressionReason.UNSUBSCRIBED
    is_graver = suppression is not None and suppression.reason is SuppressionReason.UNSUBSCRIBED and not is_leaving
    taken.barred += suppression is None
    is_active = known is not None and known.status is SubscriberStatus.ACTIVE
    taken.taken_out += is_active and suppression is None
    if is_dry_run:
        return
    whose = store.hash_of(person.address)
    if suppression is None or is_graver:
        over = () if is_leaving else (SuppressionReason.UNSUBSCRIBED,)
        store.suppress(whose, barred.reason, barred.at, barred.note, over=over)
    has_left = is_leaving or person.status is SubscriberStatus.UNSUBSCRIBED
    if has_left and known is not None and known.status is not SubscriberStatus.UNSUBSCRIBED:
        store.set_status(whose, SubscriberStatus.UNSUBSCRIBED, barred.at)
