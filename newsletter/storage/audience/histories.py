"""SQL for what rules ask of people's past: when they joined, and when they were last mailed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select

from newsletter.domain.audience import AddressHash, Subscriber, SubscriberId
from newsletter.domain.rules import History
from newsletter.storage.audience.hashed import HashedStore
from newsletter.storage.audience.portions import portions
from newsletter.storage.ledger.mailed import latest_mailed
from newsletter.storage.tables import address_change, consent, rehashed, subscriber


class HistoryStore(HashedStore):
    """Histories of people who are stored."""

    def histories(self, people: Sequence[Subscriber], now: datetime) -> Mapping[SubscriberId, History]:
        """Give what happened to people, as seen from a moment; `storage.rules` says the same of everybody at once."""
        seen: dict[SubscriberId, History] = {}
        for ids in portions(person.id for person in people):
            found = select(subscriber.c.id, subscriber.c.address_hash, subscriber.c.created_at)
            rows = self.connection.execute(found.where(subscriber.c.id.in_(ids))).all()
            hashes = [AddressHash(row.address_hash) for row in rows]
            consented, mailed = self._first_consents(hashes), self._last_mailed(hashes)
            for row in rows:
                joined = min(row.created_at, consented.get(row.address_hash, row.created_at))
                seen[SubscriberId(row.id)] = History(now=now, joined_at=joined, mailed_at=mailed.get(row.address_hash))
        return seen

    def _first_consents(self, hashes: Sequence[AddressHash]) -> dict[str, datetime]:
        first = select(consent.c.address_hash, func.min(consent.c.at).label("at")).group_by(consent.c.address_hash)
        rows = self.connection.execute(first.where(consent.c.address_hash.in_(hashes)))
        return {row.address_hash: row.at for row in rows}

    def _last_mailed(self, hashes: Sequence[AddressHash]) -> dict[str, datetime]:
        """Give when the last sending began that reached these hashes, or those their holders had before."""
        moved = select(address_change.c.old_hash).where(address_change.c.new_hash.in_(hashes))
        theirs = {*hashes, *self.connection.execute(moved).scalars()}
        older = select(rehashed.c.old_hash).where(rehashed.c.new_hash.in_(theirs))
        theirs |= set(self.connection.execute(older).scalars())
        reached = latest_mailed(among=[AddressHash(one) for one in theirs])
        last = select(reached.c.address_hash, func.max(reached.c.started_at).label("at")).group_by(
            reached.c.address_hash
        )
        return {row.address_hash: row.at for row in self.connection.execute(last)}
