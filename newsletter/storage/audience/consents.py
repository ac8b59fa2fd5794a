"""SQL for consents: the proofs of why we may write."""

from collections.abc import Iterable

from sqlalchemy import insert, select

from newsletter.domain.audience import Consent, hash_address
from newsletter.storage.audience.hashed import HashedStore
from newsletter.storage.tables import consent


class ConsentStore(HashedStore):
    """Consents, by the hash of the address they were given for."""

    def consents_of(self, address: str) -> tuple[Consent, ...]:
        """Give the proofs of why we may write to an address, the oldest first."""
        found = (
            select(consent)
            .where(consent.c.address_hash.in_(self.hashes_of(address)))
            .order_by(consent.c.at, consent.c.id)
        )
        return tuple(
            Consent(at=row.at, source=row.source, wording=row.wording) for row in self.connection.execute(found)
        )

    def add_consent(self, address: str, given: Consent) -> None:
        """Keep a further consent of a person."""
        self._add_consents([(address, given)])

    def _add_consents(self, given: Iterable[tuple[str, Consent]]) -> None:
        """Keep consents."""
        rows = [
            {
                "address_hash": hash_address(address, self._key),
                "at": proof.at,
                "source": proof.source,
                "wording": proof.wording,
            }
            for address, proof in given
        ]
        if rows:
            self.connection.execute(insert(consent), rows)
