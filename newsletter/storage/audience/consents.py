"""SQL for consents: the proofs of why we may write. Each wording stands once, however many people agreed to it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Integer, Row, Select, and_, exists, func, insert, literal, select

from newsletter.domain.audience import Consent, Ground, SubscriberStatus, hash_address, normal_address
from newsletter.domain.rules import Rule
from newsletter.storage.audience.hashed import HashedStore
from newsletter.storage.audience.portions import portions
from newsletter.storage.columns import Moment
from newsletter.storage.rules import rule_condition
from newsletter.storage.tables import consent, consent_wording, subscriber

_PROOF = (
    select(consent.c.address_hash, consent.c.at, consent.c.source, consent_wording.c.ground, consent_wording.c.wording)
    .outerjoin_from(consent, consent_wording)
    .order_by(consent.c.at, consent.c.id)
)


class ConsentStore(HashedStore):
    """Consents, by the hash of the address they were given for."""

    def consents_of(self, address: str) -> tuple[Consent, ...]:
        """Give the proofs of why we may write to an address, the oldest first."""
        found = _PROOF.where(consent.c.address_hash.in_(self.hashes_of(address)))
        return tuple(_consent(row) for row in self.connection.execute(found))

    def consents_of_many(self, addresses: Sequence[str]) -> Mapping[str, tuple[Consent, ...]]:
        """Give the proofs of why we may write to addresses, by their normal form, the oldest first."""
        forms = {one: normal_address(address) for address in addresses for one in self.hashes_of(address)}
        given: dict[str, list[Consent]] = {}
        for hashes in portions(forms):
            for row in self.connection.execute(_PROOF.where(consent.c.address_hash.in_(hashes))):
                given.setdefault(forms[row.address_hash], []).append(_consent(row))
        return {form: tuple(proofs) for form, proofs in given.items()}

    def add_consents(self, given: Sequence[tuple[str, Consent]]) -> None:
        """Keep further consents of people."""
        wordings = {key: self._wording(*key) for key in {(proof.ground, proof.wording) for _, proof in given}}
        rows = [
            {
                "address_hash": hash_address(address, self._key),
                "at": proof.at,
                "source": proof.source,
                "wording_id": wordings[proof.ground, proof.wording],
            }
            for address, proof in given
        ]
        if rows:
            self.connection.execute(insert(consent), rows)

    def count_without_ground(self) -> int:
        """Count the active people of whom no ground is recorded."""
        without = _without_ground().subquery("without_ground")
        return self.connection.execute(select(func.count()).select_from(without)).scalar_one()

    def record_ground(self, given: Consent, rule: Rule | None = None) -> int:
        """Keep a ground for the active people who have none, or those of them whom a rule chooses; give how many."""
        wording = literal(self._wording(given.ground, given.wording), Integer)
        is_meant = [] if rule is None else [rule_condition(rule, given.at)]
        said = (literal(given.at, Moment), literal(given.source), wording)
        people = _without_ground(*is_meant).add_columns(*said)
        columns = ["address_hash", "at", "source", "wording_id"]
        return self.connection.execute(insert(consent).from_select(columns, people)).rowcount

    def _wording(self, ground: Ground | None, wording: str) -> int | None:
        """Give the row of a wording, which is made when it is new; None for a ground that is not recorded."""
        if ground is None:
            return None
        same = and_(consent_wording.c.ground == ground, consent_wording.c.wording == wording)
        found: int | None = self.connection.execute(select(consent_wording.c.id).where(same)).scalar()
        if found is None:
            made = insert(consent_wording).values(ground=ground, wording=wording).returning(consent_wording.c.id)
            found = self.connection.execute(made).scalar_one()
        return found


def _without_ground(*is_meant: ColumnElement[bool]) -> Select[tuple[str]]:
    """Select the hashes of active people who came in without a ground, and have been given none since.

    The partial index makes this quick where there are few, as everywhere but in an older database.
    """
    unrecorded = select(consent.c.address_hash).where(consent.c.wording_id.is_(None))
    recorded = exists().where(consent.c.address_hash == subscriber.c.address_hash, consent.c.wording_id.is_not(None))
    return select(subscriber.c.address_hash).where(
        subscriber.c.address_hash.in_(unrecorded), subscriber.c.status == SubscriberStatus.ACTIVE, ~recorded, *is_meant
    )


def _consent(row: Row[*tuple[object, ...]]) -> Consent:
    """Make a consent of a row."""
    ground = None if row.ground is None else Ground(row.ground)
    return Consent(at=row.at, source=row.source, wording=row.wording or "", ground=ground)
