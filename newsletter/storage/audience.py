"""SQL for people: subscribers with attributes and tags, consents, suppressions. Its door is `AudienceStore`.

Addresses stand in `subscriber` alone; suppressions, their record and consents know the keyed hash, so that they outlive
a person's record and say nothing to whoever has no key. Nothing is decided here: `audience` says what to keep.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, exists, func, insert, or_, select, update

from newsletter.domain.audience import (
    AddressHash,
    Consent,
    Headcount,
    Rule,
    Segment,
    Subscriber,
    SubscriberId,
    SubscriberStatus,
    Suppression,
    SuppressionAction,
    SuppressionChange,
    SuppressionReason,
    comparable,
    hash_address,
    normal_address,
)
from newsletter.domain.content import Language
from newsletter.storage.rules import combination_mask, rule_condition
from newsletter.storage.tables import (
    consent,
    subscriber,
    subscriber_attribute,
    subscriber_tag,
    suppression,
    suppression_change,
)

Value = TypeVar("Value")

_LONG_WORD = r"[a-z0-9]{4,}"
"""A word of an address that few people share."""

_VALUES_IN_ONE_STATEMENT = 5_000
"""SQLite takes 32,766 values in a statement, PostgreSQL 65,535."""


class AudienceStore:
    """People and suppressions, within one transaction.

    Args:
        connection: In a transaction; a writing one for the methods that write.
        key: The publication's key, for the hashes of addresses.
    """

    def __init__(self, connection: Connection, *, key: bytes) -> None:
        self._connection = connection
        self._key = key

    def hash_of(self, address: str) -> AddressHash:
        """Give the keyed hash of an address."""
        return hash_address(address, self._key)

    # Reading people

    def count(self) -> int:
        """Give how many people are known, whatever their status."""
        return self._connection.execute(select(func.count()).select_from(subscriber)).scalar_one()

    def count_mailable(self) -> int:
        """Give how many people are active and may be mailed."""
        is_suppressed = exists().where(suppression.c.address_hash == subscriber.c.address_hash)
        mailable = select(func.count()).where(subscriber.c.status == SubscriberStatus.ACTIVE, ~is_suppressed)
        return self._connection.execute(mailable.select_from(subscriber)).scalar_one()

    def find(self, address: str) -> Subscriber | None:
        """Give the person with an address, however its ASCII letters are cased, or None."""
        return self.find_many([address]).get(normal_address(address))

    def find_many(self, addresses: Sequence[str]) -> dict[str, Subscriber]:
        """Give the people who have one of the addresses, by the normal form of the address."""
        people: list[Subscriber] = []
        for hashes in _portions(map(self.hash_of, addresses)):
            people += self._people(select(subscriber).where(subscriber.c.address_hash.in_(hashes)))
        return {normal_address(person.address): person for person in people}

    def near(self, address: str, *, limit: int = 1_000) -> tuple[str, ...]:
        """Give addresses that share what stands before the @, half of it or a long word with a misspelt one."""
        written = func.lower(subscriber.c.address)
        before, _, domain = normal_address(address).rpartition("@")
        half = len(before) // 2
        at_domain = written.endswith(f"@{domain}", autoescape=True)
        is_near = [
            written.startswith(f"{before}@", autoescape=True),
            and_(at_domain, written.contains(f"{before[half:]}@", autoescape=True)),
            *(written.contains(word, autoescape=True) for word in re.findall(_LONG_WORD, before)),
        ]
        if half:
            is_near.append(and_(at_domain, written.startswith(before[:half], autoescape=True)))
        nearest = func.abs(func.length(written) - len(address))
        found = select(subscriber.c.address).where(or_(*is_near)).order_by(nearest, subscriber.c.id).limit(limit)
        return tuple(self._connection.execute(found).scalars())

    def page(
        self,
        *,
        after: SubscriberId | None = None,
        limit: int,
        status: SubscriberStatus | None = None,
        rule: Rule | None = None,
    ) -> tuple[Subscriber, ...]:
        """Give the next people in the order they were added: at most `limit`, those after `after`.

        Args:
            after: The id of the last person of the page before; None for the first page.
            limit: At most 5,000.
            status: Only people with this status.
            rule: Only people whom it chooses.
        """
        found = select(subscriber).order_by(subscriber.c.id).limit(min(limit, _VALUES_IN_ONE_STATEMENT))
        if after is not None:
            found = found.where(subscriber.c.id > after)
        if status is not None:
            found = found.where(subscriber.c.status == status)
        if rule is not None:
            found = found.where(rule_condition(rule))
        return tuple(self._people(found))

    def attribute_names(self) -> tuple[str, ...]:
        """Give every attribute that somebody has, sorted."""
        return tuple(sorted(self._connection.execute(select(subscriber_attribute.c.name).distinct()).scalars()))

    def headcounts(self, segments: Sequence[Segment]) -> tuple[Headcount, ...]:
        """Count everybody by segments, language, status and suppression; the largest group first."""
        is_suppressed = exists().where(suppression.c.address_hash == subscriber.c.address_hash)
        alike = select(
            combination_mask(segments).label("mask"),
            subscriber.c.language,
            subscriber.c.status,
            is_suppressed.label("is_suppressed"),
        ).subquery("alike")
        rows = self._connection.execute(select(*alike.c, func.count().label("people")).group_by(*alike.c))
        ranked = [segment.id for segment in sorted(segments, key=lambda segment: segment.rank)]
        counted = (
            Headcount(
                segments=tuple(segment for place, segment in enumerate(ranked) if row.mask >> place & 1),
                language=Language(row.language),
                status=SubscriberStatus(row.status),
                is_suppressed=bool(row.is_suppressed),
                people=row.people,
            )
            for row in rows
        )
        return tuple(
            sorted(
                counted,
                key=lambda group: (-group.people, group.segments, group.language, group.status, group.is_suppressed),
            )
        )

    def status_of(self, address_hash: AddressHash) -> SubscriberStatus | None:
        """Give a person's status, or None when there is no such person."""
        found = select(subscriber.c.status).where(subscriber.c.address_hash == address_hash)
        status = self._connection.execute(found).scalar()
        return None if status is None else SubscriberStatus(status)

    def consents_of(self, address: str) -> tuple[Consent, ...]:
        """Give the proofs of why we may write to an address, the oldest first."""
        found = (
            select(consent).where(consent.c.address_hash == self.hash_of(address)).order_by(consent.c.at, consent.c.id)
        )
        return tuple(
            Consent(at=row.at, source=row.source, wording=row.wording) for row in self._connection.execute(found)
        )

    # Writing people

    def add_many(self, people: Sequence[tuple[Subscriber, Consent | None]], now: datetime) -> None:
        """Keep new people, each with the consent there is."""
        if not people:
            return
        rows = [
            {
                **_columns(person, now),
                "address": person.address,
                "address_hash": self.hash_of(person.address),
                "created_at": now,
            }
            for person, _ in people
        ]
        kept = self._connection.execute(insert(subscriber).returning(subscriber.c.address_hash, subscriber.c.id), rows)
        ids = {row.address_hash: row.id for row in kept}
        self._add_facts((ids[row["address_hash"]], person) for row, (person, _) in zip(rows, people, strict=True))
        self._add_consents((person.address, given) for person, given in people if given is not None)

    def update_many(self, people: Sequence[Subscriber], now: datetime) -> None:
        """Keep what changed of people who were read from here; their addresses stay."""
        if not people:
            return
        changed = update(subscriber).where(subscriber.c.id == bindparam("whose"))
        self._connection.execute(changed, [{"whose": person.id, **_columns(person, now)} for person in people])
        for ids in _portions(person.id for person in people):
            for facts in (subscriber_attribute, subscriber_tag):
                self._connection.execute(delete(facts).where(facts.c.subscriber_id.in_(ids)))
        self._add_facts((person.id, person) for person in people if person.id is not None)

    def set_status(self, address_hash: AddressHash, status: SubscriberStatus, now: datetime) -> None:
        """Keep a person's new status."""
        whose = subscriber.c.address_hash == address_hash
        self._connection.execute(update(subscriber).where(whose).values(status=status, changed_at=now))

    def add_consent(self, address: str, given: Consent) -> None:
        """Keep a further consent of a person."""
        self._add_consents([(address, given)])

    def erase(self, address_hash: AddressHash) -> bool:
        """Remove a person's record and consents; False when there is no such person."""
        self._connection.execute(delete(consent).where(consent.c.address_hash == address_hash))
        erased = self._connection.execute(delete(subscriber).where(subscriber.c.address_hash == address_hash))
        return erased.rowcount > 0

    # Suppressions

    def suppressions_of(self, addresses: Sequence[str]) -> dict[str, Suppression]:
        """Give the suppressions of addresses, by the normal form of the address."""
        forms = {self.hash_of(address): normal_address(address) for address in addresses}
        found: dict[str, Suppression] = {}
        for hashes in _portions(forms):
            for row in self._connection.execute(select(suppression).where(suppression.c.address_hash.in_(hashes))):
                found[forms[row.address_hash]] = _suppression(row)
        return found

    def suppression_page(self, *, after: AddressHash | None = None, limit: int) -> tuple[Suppression, ...]:
        """Give the next suppressions in the order of their hashes: at most `limit`, those after `after`."""
        found = select(suppression).order_by(suppression.c.address_hash).limit(limit)
        if after is not None:
            found = found.where(suppression.c.address_hash > after)
        return tuple(_suppression(row) for row in self._connection.execute(found))

    def suppression_counts(self) -> Mapping[SuppressionReason, int]:
        """Count the suppressions by reason."""
        counted = select(suppression.c.reason, func.count()).group_by(suppression.c.reason)
        return {SuppressionReason(reason): count for reason, count in self._connection.execute(counted)}

    def suppression_changes_of(self, address: str) -> tuple[SuppressionChange, ...]:
        """Give the record of an address's suppression, the oldest change first."""
        whose = suppression_change.c.address_hash == self.hash_of(address)
        found = select(suppression_change).where(whose).order_by(suppression_change.c.id)
        return tuple(
            SuppressionChange(
                action=SuppressionAction(row.action), reason=SuppressionReason(row.reason), at=row.at, note=row.note
            )
            for row in self._connection.execute(found)
        )

    def suppress(
        self,
        address_hash: AddressHash,
        reason: SuppressionReason,
        at: datetime,
        note: str,
        *,
        over: Collection[SuppressionReason] = (),
    ) -> bool:
        """Keep that an address must never be mailed; False when it was suppressed already.

        Then it stays as it is, unless it was suppressed for a reason in `over`: the new one takes that one's place.
        """
        if self._suppress([address_hash], reason, at, note) > 0:
            return True
        if over:
            replaced = self._connection.execute(
                update(suppression)
                .where(suppression.c.address_hash == address_hash, suppression.c.reason.in_(sorted(over)))
                .values(reason=reason, at=at, note=note)
            )
            if replaced.rowcount:
                self._record(SuppressionAction.ADDED, [address_hash], reason, at, note)
        return False

    def suppress_many(self, addresses: Sequence[str], reason: SuppressionReason, at: datetime, note: str) -> int:
        """Keep that addresses must never be mailed; give how many were not suppressed already."""
        return self._suppress([self.hash_of(address) for address in addresses], reason, at, note)

    def lift(self, address_hash: AddressHash, at: datetime, note: str) -> Suppression | None:
        """Remove a suppression, keep that it was removed and why, and give it; None when there is none."""
        whose = suppression.c.address_hash == address_hash
        row = self._connection.execute(select(suppression).where(whose)).one_or_none()
        if row is None:
            return None
        lifted = _suppression(row)
        self._connection.execute(delete(suppression).where(whose))
        self._record(SuppressionAction.LIFTED, [address_hash], lifted.reason, at, note)
        return lifted

    # Inside

    def _suppress(self, hashes: Sequence[AddressHash], reason: SuppressionReason, at: datetime, note: str) -> int:
        """Keep the suppressions that are new, and say so in the record."""
        known: set[str] = set()
        for portion in _portions(hashes):
            found = select(suppression.c.address_hash).where(suppression.c.address_hash.in_(portion))
            known.update(self._connection.execute(found).scalars())
        new = [address_hash for address_hash in dict.fromkeys(hashes) if address_hash not in known]
        if new:
            rows = [{"address_hash": address_hash, "reason": reason, "at": at, "note": note} for address_hash in new]
            self._connection.execute(insert(suppression), rows)
            self._record(SuppressionAction.ADDED, new, reason, at, note)
        return len(new)

    def _record(
        self,
        action: SuppressionAction,
        hashes: Sequence[AddressHash],
        reason: SuppressionReason,
        at: datetime,
        note: str,
    ) -> None:
        """Add to the record of suppressions."""
        self._connection.execute(
            insert(suppression_change),
            [
                {"address_hash": address_hash, "action": action, "reason": reason, "at": at, "note": note}
                for address_hash in hashes
            ],
        )

    def _people(self, found: Select[tuple[object, ...]]) -> list[Subscriber]:
        """Read people with their attributes and tags, in the order of the statement."""
        rows = self._connection.execute(found).all()
        ids = [row.id for row in rows]
        attributes: dict[int, dict[str, str]] = {whose: {} for whose in ids}
        tags: dict[int, list[str]] = {whose: [] for whose in ids}
        held = select(subscriber_attribute).where(subscriber_attribute.c.subscriber_id.in_(ids))
        for row in self._connection.execute(held.order_by(subscriber_attribute.c.name)):
            attributes[row.subscriber_id][row.name] = row.value
        carried = select(subscriber_tag).where(subscriber_tag.c.subscriber_id.in_(ids))
        for row in self._connection.execute(carried):
            tags[row.subscriber_id].append(row.tag)
        return [_subscriber(row, attributes[row.id], tags[row.id]) for row in rows]

    def _add_facts(self, people: Iterable[tuple[int, Subscriber]]) -> None:
        """Keep the attributes and tags of people who have none there."""
        attributes: list[dict[str, object]] = []
        tags: list[dict[str, object]] = []
        for whose, person in people:
            attributes += [
                {"subscriber_id": whose, "name": name, "value": value, "form": comparable(value)}
                for name, value in person.attributes.items()
            ]
            tags += [
                {"subscriber_id": whose, "tag": tag, "form": comparable(tag)} for tag in dict.fromkeys(person.tags)
            ]
        if attributes:
            self._connection.execute(insert(subscriber_attribute), attributes)
        if tags:
            self._connection.execute(insert(subscriber_tag), tags)

    def _add_consents(self, given: Iterable[tuple[str, Consent]]) -> None:
        """Keep consents."""
        rows = [
            {"address_hash": self.hash_of(address), "at": proof.at, "source": proof.source, "wording": proof.wording}
            for address, proof in given
        ]
        if rows:
            self._connection.execute(insert(consent), rows)


def _portions(values: Iterable[Value]) -> Iterator[list[Value]]:
    """Cut values into lists that one statement can take."""
    remaining = iter(values)
    while portion := list(islice(remaining, _VALUES_IN_ONE_STATEMENT)):
        yield portion


def _columns(person: Subscriber, now: datetime) -> dict[str, object]:
    """Give the columns of a person that can change."""
    return {"name": person.name, "language": person.language, "status": person.status, "changed_at": now}


def _subscriber(row: Row[tuple[object, ...]], attributes: Mapping[str, str], tags: Sequence[str]) -> Subscriber:
    """Make a person of a row."""
    return Subscriber(
        id=SubscriberId(row.id),
        address=row.address,
        name=row.name,
        language=Language(row.language),
        status=SubscriberStatus(row.status),
        attributes=attributes,
        tags=tuple(sorted(tags)),
    )


def _suppression(row: Row[tuple[object, ...]]) -> Suppression:
    """Make a suppression of a row."""
    return Suppression(
        address_hash=AddressHash(row.address_hash), reason=SuppressionReason(row.reason), at=row.at, note=row.note
    )
