"""SQL for suppressions and their record: they know the keyed hash of an address and nothing else of a person."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Row, delete, func, insert, select, update

from newsletter.domain.audience import (
    AddressHash,
    Suppression,
    SuppressionAction,
    SuppressionChange,
    SuppressionReason,
    hash_address,
    normal_address,
)
from newsletter.domain.departures import FileMark, NotedChange
from newsletter.storage.audience.hashed import HashedStore
from newsletter.storage.audience.keys import KeyStore
from newsletter.storage.audience.portions import portions
from newsletter.storage.tables import departures_read, suppression, suppression_change


class SuppressionStore(HashedStore):
    """Suppressions, by the hash of the address; what changes is told to whoever notes it beside the database."""

    def take_changes(self) -> tuple[NotedChange, ...]:
        """Give what changed since this was asked, in order."""
        changes, self._changes = tuple(self._changes), []
        return changes

    def noted_until(self) -> FileMark | None:
        """Give how far the departures file was read or written; None when it never was."""
        row = self.connection.execute(select(departures_read)).one_or_none()
        return None if row is None else FileMark(size_bytes=row.size_bytes, tail=row.tail)

    def keep_noted_until(self, mark: FileMark) -> None:
        """Keep how far the departures file was read or written."""
        self.connection.execute(delete(departures_read))
        self.connection.execute(insert(departures_read).values(id=1, size_bytes=mark.size_bytes, tail=mark.tail))

    def adopt_kept(self) -> int:
        """Bring suppressions under kept keys to the people who are stored; give how many of them have one now."""
        return KeyStore(self.connection).adopt(self._kept, own=self._key) if self._kept else 0

    def count_gone(self) -> int:
        """Count the suppressions of people who are not stored."""
        return KeyStore(self.connection).count_gone()

    def suppressed_at(self, address_hash: AddressHash) -> datetime | None:
        """Give since when an address is suppressed, or None."""
        found = select(suppression.c.at).where(suppression.c.address_hash == address_hash)
        at: datetime | None = self.connection.execute(found).scalar()
        return at

    def suppressions_of(self, addresses: Sequence[str]) -> dict[str, Suppression]:
        """Give the suppressions of addresses, by the normal form of the address."""
        forms = {one: normal_address(address) for address in addresses for one in self.hashes_of(address)}
        found: dict[str, Suppression] = {}
        for hashes in portions(forms):
            for row in self.connection.execute(select(suppression).where(suppression.c.address_hash.in_(hashes))):
                found[forms[row.address_hash]] = _suppression(row)
        return found

    def suppressed_among(self, hashes: Collection[AddressHash]) -> set[AddressHash]:
        """Give those of the hashes that are suppressed."""
        found: set[AddressHash] = set()
        for portion in portions(hashes):
            held = select(suppression.c.address_hash).where(suppression.c.address_hash.in_(portion))
            found.update(map(AddressHash, self.connection.execute(held).scalars()))
        return found

    def suppression_page(self, *, after: AddressHash | None = None, limit: int) -> tuple[Suppression, ...]:
        """Give the next suppressions in the order of their hashes: at most `limit`, those after `after`."""
        found = select(suppression).order_by(suppression.c.address_hash).limit(limit)
        if after is not None:
            found = found.where(suppression.c.address_hash > after)
        return tuple(_suppression(row) for row in self.connection.execute(found))

    def suppression_counts(self) -> Mapping[SuppressionReason, int]:
        """Count the suppressions by reason."""
        counted = select(suppression.c.reason, func.count()).group_by(suppression.c.reason)
        return {SuppressionReason(reason): count for reason, count in self.connection.execute(counted)}

    def suppression_changes_of(self, address: str) -> tuple[SuppressionChange, ...]:
        """Give the record of an address's suppression, the oldest change first."""
        whose = suppression_change.c.address_hash.in_(self.hashes_of(address))
        found = select(suppression_change).where(whose).order_by(suppression_change.c.id)
        return tuple(
            SuppressionChange(
                action=SuppressionAction(row.action), reason=SuppressionReason(row.reason), at=row.at, note=row.note
            )
            for row in self.connection.execute(found)
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
        return self.suppress_hashes([address_hash], reason, at, note, over=over) > 0

    def suppress_many(
        self,
        addresses: Sequence[str],
        reason: SuppressionReason,
        at: datetime,
        note: str,
        *,
        over: Collection[SuppressionReason] = (),
    ) -> int:
        """Keep that addresses must never be mailed; give how many were not suppressed already.

        As `suppress`, a reason in `over` gives way to the new one.
        """
        self._bring_over(addresses)
        hashes = [hash_address(address, self._key) for address in addresses]
        return self.suppress_hashes(hashes, reason, at, note, over=over)

    def suppress_hashes(
        self,
        hashes: Sequence[AddressHash],
        reason: SuppressionReason,
        at: datetime,
        note: str,
        *,
        over: Collection[SuppressionReason] = (),
    ) -> int:
        """Keep that addresses must never be mailed, by their hashes; as `suppress_many`."""
        for portion in portions(hashes) if over else ():
            graver = select(suppression.c.address_hash).where(
                suppression.c.address_hash.in_(portion), suppression.c.reason.in_(sorted(over))
            )
            replaced = list(self.connection.execute(graver).scalars())
            if replaced:
                whose = suppression.c.address_hash.in_(replaced)
                self.connection.execute(update(suppression).where(whose).values(reason=reason, at=at, note=note))
                self._record(SuppressionAction.ADDED, [AddressHash(one) for one in replaced], reason, at, note)
        return self._suppress(hashes, reason, at, note)

    def lift(self, address_hash: AddressHash, at: datetime, note: str) -> Suppression | None:
        """Remove a suppression, keep that it was removed and why, and give it; None when there is none."""
        whose = suppression.c.address_hash == address_hash
        row = self.connection.execute(select(suppression).where(whose)).one_or_none()
        if row is None:
            return None
        lifted = _suppression(row)
        self.connection.execute(delete(suppression).where(whose))
        self._record(SuppressionAction.LIFTED, [address_hash], lifted.reason, at, note)
        return lifted

    def _suppress(self, hashes: Sequence[AddressHash], reason: SuppressionReason, at: datetime, note: str) -> int:
        """Keep the suppressions that are new, and say so in the record."""
        known = self.suppressed_among(hashes)
        new = [address_hash for address_hash in dict.fromkeys(hashes) if address_hash not in known]
        if new:
            rows = [{"address_hash": address_hash, "reason": reason, "at": at, "note": note} for address_hash in new]
            self.connection.execute(insert(suppression), rows)
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
        """Add to the record of suppressions; the one place through which every one of them goes."""
        self._changes += [NotedChange(at=at, action=action, address_hash=one, reason=reason) for one in hashes]
        self.connection.execute(
            insert(suppression_change),
            [
                {"address_hash": address_hash, "action": action, "reason": reason, "at": at, "note": note}
                for address_hash in hashes
            ],
        )


def _suppression(row: Row[tuple[object, ...]]) -> Suppression:
    return Suppression(
        address_hash=AddressHash(row.address_hash), reason=SuppressionReason(row.reason), at=row.at, note=row.note
    )
