"""SQL for what readers want: topics, cadence and pause, with the record of it. And whom that leaves out of an issue."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from newsletter.domain.audience import AddressHash, ExclusionReason, hash_address, normal_address
from newsletter.domain.content import TopicId
from newsletter.domain.wants import Cadence, Wants, WantsChange, Wishes
from newsletter.storage.audience.hashed import HashedStore
from newsletter.storage.audience.portions import portions
from newsletter.storage.ledger.wishes import wish_of_a_row
from newsletter.storage.tables import reader_wants, sending, subscriber, wanted_topic, wants_change


class WantsStore(HashedStore):
    """What readers want, by the person."""

    def keep_wants(self, wanted: Sequence[tuple[str, Wants]], at: datetime, source: str) -> None:
        """Keep what people want from now on, and note it in their records; who wants the same stays as it is.

        A third is counted anew only where the cadence changes.

        Args:
            wanted: Addresses of people who are stored, each once, and all that they want.
            at: Aware.
            source: How it was said.
        """
        for portion in portions(wanted):
            said = {hash_address(address, self._key): wants for address, wants in portion}
            whose = select(subscriber.c.id, subscriber.c.address_hash).where(subscriber.c.address_hash.in_(said))
            ids = {row.id: said[AddressHash(row.address_hash)] for row in self.connection.execute(whose)}
            known = self._wants_of(list(ids))
            changed = {one: wants for one, wants in ids.items() if known.get(one) != wants}
            if changed:
                self._write_wants(changed, at)
                rows = [
                    {"subscriber_id": one, "at": at, "source": source, "wants": written_wants(wants)}
                    for one, wants in changed.items()
                ]
                self.connection.execute(insert(wants_change), rows)

    def _write_wants(self, changed: Mapping[int, Wants], at: datetime) -> None:
        """Write what is wanted now in the place of what was."""
        mine = reader_wants.c.subscriber_id.in_(changed)
        before = select(reader_wants.c.subscriber_id, reader_wants.c.cadence, reader_wants.c.counted_from).where(mine)
        counted = {(row.subscriber_id, row.cadence): row.counted_from for row in self.connection.execute(before)}
        last = self.connection.execute(select(func.coalesce(func.max(sending.c.id), 0))).scalar_one()
        for table in (reader_wants, wanted_topic):
            self.connection.execute(delete(table).where(table.c.subscriber_id.in_(changed)))
        rows = [
            {
                "subscriber_id": one,
                "cadence": wants.cadence,
                "counted_from": counted.get((one, wants.cadence), last),
                "paused_until": wants.paused_until,
                "since": at,
            }
            for one, wants in changed.items()
        ]
        self.connection.execute(insert(reader_wants), rows)
        topics = [{"subscriber_id": one, "topic": topic} for one, wants in changed.items() for topic in wants.topics]
        if topics:
            self.connection.execute(insert(wanted_topic), topics)

    def wants_changes_of(self, address: str) -> tuple[WantsChange, ...]:
        """Give the record of what the holder of an address wanted, the oldest first."""
        found = (
            select(wants_change.c.at, wants_change.c.source, wants_change.c.wants)
            .join(subscriber, subscriber.c.id == wants_change.c.subscriber_id)
            .where(subscriber.c.address_hash.in_(self.hashes_of(address)))
            .order_by(wants_change.c.id)
        )
        return tuple(
            WantsChange(wants=replace(read_wants(row.wants), since=row.at), at=row.at, source=row.source)
            for row in self.connection.execute(found)
        )

    def wishes(self, now: datetime) -> Wishes:
        """Count who of those who could be mailed has paused, and who wants every third issue."""
        found = select(
            func.count().filter(reader_wants.c.paused_until > now).label("paused"),
            func.count().filter(reader_wants.c.cadence == Cadence.THIRD).label("every_third"),
        ).join(subscriber, subscriber.c.id == reader_wants.c.subscriber_id)
        row = self.connection.execute(found.where(subscriber.c.status == "active")).one()
        return Wishes(paused=row.paused, every_third=row.every_third)

    def wishes_of(self, addresses: Sequence[str], now: datetime) -> Mapping[str, ExclusionReason]:
        """Give why people do not want the next issue themselves, by the normal form of their address."""
        wish = wish_of_a_row(self.connection, now=now)
        found: dict[str, ExclusionReason] = {}
        for hashes in portions(hash_address(address, self._key) for address in addresses):
            held = select(subscriber.c.address, wish.label("wish")).where(
                subscriber.c.address_hash.in_(hashes), wish.is_not(None)
            )
            for row in self.connection.execute(held):
                found[normal_address(row.address)] = ExclusionReason(row.wish)
        return found

    def _wants_of(self, ids: Sequence[int]) -> dict[int, Wants]:
        """Give what people want, by id; nothing of those who never said anything."""
        topics: dict[int, list[TopicId]] = {}
        found = select(wanted_topic).where(wanted_topic.c.subscriber_id.in_(ids)).order_by(wanted_topic.c.topic)
        for row in self.connection.execute(found):
            topics.setdefault(row.subscriber_id, []).append(TopicId(row.topic))
        said = select(reader_wants).where(reader_wants.c.subscriber_id.in_(ids))
        return {
            row.subscriber_id: Wants(
                topics=tuple(topics.get(row.subscriber_id, ())),
                cadence=Cadence(row.cadence),
                paused_until=row.paused_until,
                since=row.since,
            )
            for row in self.connection.execute(said)
        }


def written_wants(wants: Wants) -> dict[str, object]:
    """Give what is wanted as the record keeps it."""
    until = None if wants.paused_until is None else wants.paused_until.isoformat()
    return {"topics": list(wants.topics), "cadence": wants.cadence.value, "paused_until": until}


def read_wants(written: Mapping[str, object]) -> Wants:
    """Read what `written_wants` gave."""
    topics, until = written["topics"], written["paused_until"]
    assert isinstance(topics, list)
    return Wants(
        topics=tuple(TopicId(str(topic)) for topic in topics),
        cadence=Cadence(str(written["cadence"])),
        paused_until=None if until is None else datetime.fromisoformat(str(until)),
    )
