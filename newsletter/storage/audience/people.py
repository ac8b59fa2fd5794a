"""SQL for people: their record, attributes and tags. Addresses stand here alone."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Row, Select, and_, bindparam, delete, exists, func, insert, or_, select, update

from newsletter.domain.audience import (
    AddressHash,
    Consent,
    Subscriber,
    SubscriberId,
    SubscriberStatus,
    comparable,
    hash_address,
    normal_address,
)
from newsletter.domain.content import Language
from newsletter.domain.rules import RuleAt
from newsletter.domain.wants import Wants
from newsletter.storage.audience.consents import ConsentStore
from newsletter.storage.audience.portions import VALUES_IN_ONE_STATEMENT, portions
from newsletter.storage.audience.search import begins_words, candidates, has_words
from newsletter.storage.audience.wants import WantsStore
from newsletter.storage.rules import rule_condition
from newsletter.storage.search_index import drop_from_index, put_into_index
from newsletter.storage.tables import (
    address_change,
    consent,
    subscriber,
    subscriber_attribute,
    subscriber_tag,
    suppression,
)

_LONG_WORD = r"[a-z0-9]{4,}"
"""A word of an address that few people share."""


class PeopleStore(ConsentStore, WantsStore):
    """People, each with the consents that came along, and with what they want."""

    def find(self, address: str) -> Subscriber | None:
        """Give the person with an address, however its ASCII letters are cased, or None."""
        return self.find_many([address]).get(normal_address(address))

    def find_many(self, addresses: Sequence[str]) -> dict[str, Subscriber]:
        """Give the people who have one of the addresses, by the normal form of the address."""
        people: list[Subscriber] = []
        for hashes in portions(hash_address(address, self._key) for address in addresses):
            people += self._people(select(subscriber).where(subscriber.c.address_hash.in_(hashes)))
        return {normal_address(person.address): person for person in people}

    def find_hashed(self, address_hash: AddressHash) -> Subscriber | None:
        """Give the person whose address has a keyed hash, or None."""
        return next(iter(self._people(select(subscriber).where(subscriber.c.address_hash == address_hash))), None)

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
        return tuple(self.connection.execute(found).scalars())

    def page(
        self,
        *,
        after: SubscriberId | None = None,
        limit: int,
        status: SubscriberStatus | None = None,
        rule: RuleAt | None = None,
        is_suppressed: bool | None = None,
        words: str = "",
    ) -> tuple[Subscriber, ...]:
        """Give the next people in the order they were added: at most `limit`, those after `after`.

        Args:
            after: The id of the last person of the page before; None for the first page.
            limit: At most 5,000.
            status: Only people with this status.
            rule: Only people whom it chooses, as seen from its moment.
            is_suppressed: Only people whose address must, or need, not be kept from being mailed.
            words: Only people of whom each of these words begins one of the name or the address.
        """
        found = select(subscriber).order_by(subscriber.c.id).limit(min(limit, VALUES_IN_ONE_STATEMENT))
        if after is not None:
            found = found.where(subscriber.c.id > after)
        if status is not None:
            found = found.where(subscriber.c.status == status)
        if rule is not None:
            found = found.where(rule_condition(rule.rule, rule.now))
        if is_suppressed is not None:
            held = exists().where(suppression.c.address_hash == subscriber.c.address_hash)
            found = found.where(held if is_suppressed else ~held)
        words = unicodedata.normalize("NFC", words)
        return tuple(self._people(found) if not words.split() else self._search(found, words, after or 0, limit))

    def _search(self, found: Select[tuple[object, ...]], words: str, after: int, limit: int) -> list[Subscriber]:
        """Give those of some people of whom each word begins one of the name or the address."""
        some = candidates(self.connection, words, after=after)
        if some is None:
            return self._people(found.where(*begins_words(words)))
        people: list[Subscriber] = []
        for ids in some:
            known = self._people(found.where(subscriber.c.id.in_(ids)).limit(None))
            people += [person for person in known if has_words(person, words)]
            if len(people) >= limit:
                break
        return people[:limit]

    def status_of(self, address_hash: AddressHash) -> SubscriberStatus | None:
        """Give a person's status, or None when there is no such person."""
        found = select(subscriber.c.status).where(subscriber.c.address_hash == address_hash)
        status = self.connection.execute(found).scalar()
        return None if status is None else SubscriberStatus(status)

    def add_many(self, people: Sequence[tuple[Subscriber, Consent | None]], now: datetime) -> None:
        """Keep new people, each with the consent there is."""
        if not people:
            return
        self._bring_over(person.address for person, _ in people)
        rows = [
            {
                **_columns(person, now),
                "address": person.address,
                "address_hash": hash_address(person.address, self._key),
                "created_at": now,
            }
            for person, _ in people
        ]
        kept = self.connection.execute(insert(subscriber).returning(subscriber.c.address_hash, subscriber.c.id), rows)
        ids = {row.address_hash: row.id for row in kept}
        put_into_index(self.connection, ids.values())
        self._add_facts((ids[row["address_hash"]], person) for row, (person, _) in zip(rows, people, strict=True))
        self.add_consents([(person.address, given) for person, given in people if given is not None])

    def update_many(self, people: Sequence[Subscriber], now: datetime) -> None:
        """Keep what changed of people who were read from here; their addresses stay."""
        if not people:
            return
        changed = update(subscriber).where(subscriber.c.id == bindparam("whose"))
        drop_from_index(self.connection, (person.id for person in people))
        self.connection.execute(changed, [{"whose": person.id, **_columns(person, now)} for person in people])
        put_into_index(self.connection, (person.id for person in people))
        for ids in portions(person.id for person in people):
            for facts in (subscriber_attribute, subscriber_tag):
                self.connection.execute(delete(facts).where(facts.c.subscriber_id.in_(ids)))
        self._add_facts((person.id, person) for person in people if person.id is not None)

    def set_status(self, address_hash: AddressHash, status: SubscriberStatus, now: datetime) -> None:
        """Keep a person's new status."""
        whose = subscriber.c.address_hash == address_hash
        self.connection.execute(update(subscriber).where(whose).values(status=status, changed_at=now))

    def change_address(self, whose: SubscriberId, old: AddressHash, address: str, now: datetime) -> AddressHash:
        """Give a person another address, with the consents there are, and keep which it was; give the new hash."""
        new = hash_address(address, self._key)
        changed = update(subscriber).where(subscriber.c.id == whose)
        drop_from_index(self.connection, [whose])
        self.connection.execute(changed.values(address=address, address_hash=new, changed_at=now))
        put_into_index(self.connection, [whose])
        self.connection.execute(update(consent).where(consent.c.address_hash == old).values(address_hash=new))
        # Whoever takes an earlier address back is no loop, and earlier ones lead to the newest.
        self.connection.execute(delete(address_change).where(address_change.c.old_hash.in_([old, new])))
        self.connection.execute(update(address_change).where(address_change.c.new_hash == old).values(new_hash=new))
        self.connection.execute(insert(address_change).values(old_hash=old, new_hash=new, at=now))
        return new

    def moved_to(self, address_hash: AddressHash) -> AddressHash | None:
        """Give the hash of the address that somebody has instead of an old one, which nobody has; or None."""
        is_taken = exists().where(subscriber.c.address_hash == address_change.c.old_hash)
        moved = select(address_change.c.new_hash).where(address_change.c.old_hash == address_hash, ~is_taken)
        found = self.connection.execute(moved).scalar()
        return None if found is None else AddressHash(found)

    def former_hashes(self, hashes: Sequence[AddressHash]) -> tuple[AddressHash, ...]:
        """Give the hashes of the addresses that the holder of one of these had before."""
        found = select(address_change.c.old_hash).where(address_change.c.new_hash.in_(hashes))
        return tuple(map(AddressHash, self.connection.execute(found).scalars()))

    def erase(self, address_hash: AddressHash) -> bool:
        """Remove a person's record and consents; False when there is no such person."""
        self.connection.execute(delete(consent).where(consent.c.address_hash == address_hash))
        self.connection.execute(delete(address_change).where(address_change.c.new_hash == address_hash))
        whose = self.connection.execute(select(subscriber.c.id).where(subscriber.c.address_hash == address_hash))
        return self._remove_people(whose.scalars().all()) > 0

    def _people(self, found: Select[tuple[object, ...]]) -> list[Subscriber]:
        """Read people with their attributes and tags, in the order of the statement."""
        rows = self.connection.execute(found).all()
        ids = [row.id for row in rows]
        attributes: dict[int, dict[str, str]] = {whose: {} for whose in ids}
        tags: dict[int, list[str]] = {whose: [] for whose in ids}
        held = select(subscriber_attribute).where(subscriber_attribute.c.subscriber_id.in_(ids))
        for row in self.connection.execute(held.order_by(subscriber_attribute.c.name)):
            attributes[row.subscriber_id][row.name] = row.value
        carried = select(subscriber_tag).where(subscriber_tag.c.subscriber_id.in_(ids))
        for row in self.connection.execute(carried):
            tags[row.subscriber_id].append(row.tag)
        wants = self._wants_of(ids)
        return [_subscriber(row, attributes[row.id], tags[row.id], wants.get(row.id, _NOTHING_SAID)) for row in rows]

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
            self.connection.execute(insert(subscriber_attribute), attributes)
        if tags:
            self.connection.execute(insert(subscriber_tag), tags)


_NOTHING_SAID = Wants()


def _columns(person: Subscriber, now: datetime) -> dict[str, object]:
    """Give the columns of a person that can change."""
    return {"name": person.name, "language": person.language, "status": person.status, "changed_at": now}


def _subscriber(
    row: Row[tuple[object, ...]], attributes: Mapping[str, str], tags: Sequence[str], wants: Wants
) -> Subscriber:
    return Subscriber(
        id=SubscriberId(row.id),
        address=row.address,
        name=row.name,
        language=Language(row.language),
        status=SubscriberStatus(row.status),
        attributes=attributes,
        tags=tuple(sorted(tags)),
        wants=wants,
    )
