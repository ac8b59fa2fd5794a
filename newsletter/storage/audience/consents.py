"""SQL for consents: the proofs of why we may write, and the requests to join that become one.

Each wording stands once, however many people agreed to it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    Subquery,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from newsletter.domain.audience import (
    AddressHash,
    Consent,
    Ground,
    SubscriberId,
    SubscriberStatus,
    hash_address,
    normal_address,
)
from newsletter.domain.consents import OLD, ConsentGroup, ConsentReport
from newsletter.domain.content import Language
from newsletter.domain.joining import CONFIRM_WITHIN, JoiningRequest, Said, Wording
from newsletter.domain.rules import Rule
from newsletter.storage.audience.hashed import HashedStore
from newsletter.storage.audience.portions import portions
from newsletter.storage.audience.wants import read_wants, written_wants
from newsletter.storage.columns import Moment
from newsletter.storage.rules import rule_condition
from newsletter.storage.search_index import drop_from_index, forget_whoever_went
from newsletter.storage.tables import (
    consent,
    consent_recording,
    consent_wording,
    joining_request,
    reader_wants,
    subscriber,
    subscriber_attribute,
    subscriber_tag,
)

_PROOF = (
    select(
        consent.c.address_hash,
        consent.c.at,
        consent.c.requested_at,
        consent_recording.c.source,
        consent_recording.c.by,
        consent_recording.c.at.label("recorded_at"),
        consent_wording.c.id.label("version"),
        consent_wording.c.ground,
        consent_wording.c.wording,
        consent_wording.c.language,
    )
    .select_from(consent.join(consent_recording).outerjoin(consent_wording))
    .order_by(consent.c.at, consent.c.id)
)


class ConsentStore(HashedStore):
    """Consents, by the hash of the address they were given for; and requests, by the person."""

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
        """Keep further consents of people, recorded by whoever writes here, unless a consent says otherwise."""
        wordings = {
            key: self._wording(*key) for key in {(proof.ground, proof.wording, proof.language) for _, proof in given}
        }
        recordings = {key: self._recording(*key) for key in {self._recorded(proof) for _, proof in given}}
        rows = [
            {
                "address_hash": hash_address(address, self._key),
                "at": proof.at,
                "recording_id": recordings[self._recorded(proof)],
                "wording_id": wordings[proof.ground, proof.wording, proof.language],
                "requested_at": proof.requested_at,
            }
            for address, proof in given
        ]
        if rows:
            self.connection.execute(insert(consent), rows)

    def _recorded(self, proof: Consent) -> tuple[str, str, datetime]:
        return proof.source, proof.recorded_by or self._by, proof.recorded_at or proof.at

    # Requests to join

    def add_request(self, whose: SubscriberId, wording: Wording, said: Said, *, key: str, at: datetime) -> None:
        """Keep that a person asked to join, with the wording that stood on the form."""
        version = self._wording(Ground.CONSENT, wording.text, wording.language)
        self.connection.execute(
            insert(joining_request).values(
                key=key,
                subscriber_id=whose,
                wording_id=version,
                form=wording.form,
                said=_written(said),
                requested_at=at,
            )
        )

    def request(self, key: str) -> JoiningRequest | None:
        """Give the request that the link with a key confirms, or None."""
        row = self.connection.execute(_REQUEST.where(joining_request.c.key == key)).one_or_none()
        return None if row is None else _request(row)

    def count_requests(self, whose: SubscriberId, *, since: datetime) -> int:
        """Count how often somebody asked to join from a moment on."""
        its = joining_request.c
        asked = select(func.count()).where(its.subscriber_id == whose, its.requested_at > since)
        return self.connection.execute(asked).scalar_one()

    def confirm_requests(self, whose: SubscriberId, at: datetime) -> None:
        """Keep that a person confirmed all that was open: two mails may hold two links."""
        its = joining_request.c
        is_open = and_(its.subscriber_id == whose, its.confirmed_at.is_(None))
        self.connection.execute(update(joining_request).where(is_open).values(confirmed_at=at))

    def remove_unconfirmed(self, before: datetime) -> int:
        """Remove the requests of before a moment that nobody confirmed, and the people of whom nothing else is known.

        Who has another request, had left before asking again, or was brought in with more than an address stays; give
        how many people were removed.
        """
        its = joining_request.c
        is_over = and_(its.confirmed_at.is_(None), its.requested_at <= before)
        whose = self.connection.execute(select(its.subscriber_id).where(is_over).distinct()).scalars().all()
        self.connection.execute(delete(joining_request).where(is_over))
        nobody = and_(subscriber.c.status == SubscriberStatus.PENDING, subscriber.c.name == "", ~_is_known_otherwise())
        found = [select(subscriber.c.id).where(subscriber.c.id.in_(ids), nobody) for ids in portions(whose)]
        return self._remove_people([one for some in found for one in self.connection.execute(some).scalars()])

    def _remove_people(self, whose: Sequence[int]) -> int:
        """Remove people with all that hangs on their number, also from the index of words; give how many."""
        removed = 0
        for ids in portions(whose):
            drop_from_index(self.connection, ids)
            removed += self.connection.execute(delete(subscriber).where(subscriber.c.id.in_(ids))).rowcount
        if removed:
            forget_whoever_went(self.connection)
        return removed

    def count_without_ground(self) -> int:
        """Count the active people of whom no ground is recorded."""
        without = _without_ground().subquery("without_ground")
        return self.connection.execute(select(func.count()).select_from(without)).scalar_one()

    def consent_report(self, now: datetime) -> ConsentReport:
        """Count the active people by their latest proof, and those of whom something is missing."""
        active = subscriber.c.status == SubscriberStatus.ACTIVE
        latest = _latest_proofs()
        its, said, recorded = latest.c, consent_wording.c, consent_recording.c
        counted = (
            select(
                *(
                    consent_wording.c.ground,
                    consent_wording.c.wording,
                    consent_wording.c.id,
                    consent_wording.c.language,
                ),
                func.count().label("people"),
                func.min(its.at, type_=Moment).label("oldest"),
                func.max(its.at, type_=Moment).label("newest"),
                func.count().filter(its.at < now - OLD).label("old"),
                func.count().filter(recorded.by.is_(None)).label("unsigned"),
                func.count(its.requested_at).label("confirmed"),
            )
            .select_from(
                latest.join(subscriber, and_(subscriber.c.address_hash == its.address_hash, active))
                .join(consent_wording, said.id == its.wording_id)
                .join(consent_recording, recorded.id == its.recording_id)
            )
            .where(its.place == 1)
            .group_by(said.id)
            .order_by(said.ground, func.count().desc(), said.id)
        )
        groups = tuple(map(_group, self.connection.execute(counted)))
        everybody = select(func.count().filter(active), func.count().filter(subscriber.c.status == "pending"))
        people, pending = self.connection.execute(everybody.select_from(subscriber)).one()
        asked = joining_request.c
        is_over = and_(asked.confirmed_at.is_(None), asked.requested_at <= now - CONFIRM_WITHIN)
        overdue = select(func.count(asked.subscriber_id.distinct())).where(is_over)
        return ConsentReport(
            groups=groups,
            without_ground=people - sum(group.people for group in groups),
            pending=pending,
            overdue=self.connection.execute(overdue).scalar_one(),
        )

    def record_ground(self, given: Consent, rule: Rule | None = None) -> int:
        """Keep a ground for the active people who have none, or those of them whom a rule chooses; give how many."""
        wording = literal(self._wording(given.ground, given.wording, given.language), Integer)
        recording = literal(self._recording(*self._recorded(given)), Integer)
        is_meant = [] if rule is None else [rule_condition(rule, given.at)]
        people = _without_ground(*is_meant).add_columns(literal(given.at, Moment), recording, wording)
        columns = ["address_hash", "at", "recording_id", "wording_id"]
        return self.connection.execute(insert(consent).from_select(columns, people)).rowcount

    def _recording(self, source: str, by: str, at: datetime) -> int:
        """Give the row of all that is recorded at once, which is made when it is new."""
        its = consent_recording.c
        same = select(its.id).where(its.source == source, its.by == by, its.at == at)
        found: int | None = self.connection.execute(same).scalar()
        if found is None:
            made = insert(consent_recording).values(source=source, by=by, at=at).returning(its.id)
            found = self.connection.execute(made).scalar_one()
        return found

    def _wording(self, ground: Ground | None, wording: str, language: Language | None) -> int | None:
        """Give the row of a wording, which is made when it is new; None for a ground that is not recorded."""
        if ground is None:
            return None
        its = consent_wording.c
        same = and_(its.ground == ground, its.wording == wording)
        found = self.connection.execute(select(its.id, its.language).where(same)).one_or_none()
        if found is None:
            made = insert(consent_wording).values(ground=ground, wording=wording, language=language)
            new: int = self.connection.execute(made.returning(its.id)).scalar_one()
            return new
        if found.language is None and language is not None:
            self.connection.execute(update(consent_wording).where(same).values(language=language))
        return int(found.id)


def _is_known_otherwise() -> ColumnElement[bool]:
    """Give the condition that something hangs on a person: another request, a fact, a wish or a proof."""
    theirs = [
        exists().where(table.c.subscriber_id == subscriber.c.id)
        for table in (joining_request, subscriber_attribute, subscriber_tag, reader_wants)
    ]
    return or_(*theirs, exists().where(consent.c.address_hash == subscriber.c.address_hash))


def _latest_proofs() -> Subquery:
    """Select every proof with a ground, numbered for each address from the latest on."""
    newest = (consent.c.at.desc(), consent.c.id.desc())
    place = func.row_number().over(partition_by=consent.c.address_hash, order_by=newest).label("place")
    return select(consent, place).where(consent.c.wording_id.is_not(None)).subquery("latest")


def _group(row: Row[*tuple[Any, ...]]) -> ConsentGroup:
    """Make the count of one wording of a row."""
    return ConsentGroup(
        ground=Ground(row.ground),
        wording=row.wording,
        version=row.id,
        language=None if row.language is None else Language(row.language),
        people=row.people,
        oldest=row.oldest,
        newest=row.newest,
        old=row.old,
        unsigned=row.unsigned,
        confirmed=row.confirmed,
    )


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
    return Consent(
        at=row.at,
        source=row.source,
        wording=row.wording or "",
        ground=None if row.ground is None else Ground(row.ground),
        language=None if row.language is None else Language(row.language),
        version=row.version,
        requested_at=row.requested_at,
        recorded_by=row.by or "",
        recorded_at=row.recorded_at,
    )


_REQUEST = select(
    joining_request,
    subscriber.c.address,
    subscriber.c.address_hash,
    consent_wording.c.wording,
    consent_wording.c.language,
).select_from(joining_request.join(subscriber).join(consent_wording))


def _request(row: Row[*tuple[Any, ...]]) -> JoiningRequest:
    said, wants = row.said, row.said["wants"]
    return JoiningRequest(
        key=row.key,
        subscriber_id=SubscriberId(row.subscriber_id),
        address=row.address,
        address_hash=AddressHash(row.address_hash),
        wording=Wording(text=row.wording, language=Language(row.language), form=row.form),
        version=row.wording_id,
        said=Said(language=Language(said["language"]), name=said["name"], wants=wants and read_wants(wants)),
        requested_at=row.requested_at,
        confirmed_at=row.confirmed_at,
    )


def _written(said: Said) -> dict[str, object]:
    wants = None if said.wants is None else written_wants(said.wants)
    return {"language": said.language, "name": said.name, "wants": wants}
