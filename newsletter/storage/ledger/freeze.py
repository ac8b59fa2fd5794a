"""Fix the audience of a sending: who is planned, in which batch, and why everybody else is left out.

The verbs `freeze` and `foresee`. People are counted, sorted into editions and written by the
database itself: no address passes through Python, and a million people take seconds.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from newsletter.domain.audience import ExclusionReason, SubscriberStatus
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.delivery import BatchState, Checkpoint, Forecast, Sending, SendingId, SendingState
from newsletter.domain.issue import Approval, EditionKey, IssueLabel
from newsletter.domain.segments import Segment, audience_rule, segments_without_items
from newsletter.errors import StateError, counted
from newsletter.storage.ledger.reads import read_sending
from newsletter.storage.ledger.statements import MAY_HAVE_ARRIVED
from newsletter.storage.ledger.transactions import Transactions
from newsletter.storage.ledger.wishes import wish_of_a_row
from newsletter.storage.rules import combination_mask
from newsletter.storage.tables import batch, delivery, exclusion, sending, subscriber, suppression


class RandomKey(FunctionElement[str]):
    """A new delivery key for a row: 32 hex digits, the first four of its keyed hash, the others random.

    Rows are written in the order of their hashes. Keys that begin alike go into their index in that order too, which
    halves the time of a million; wholly random ones each land on another page. Four digits of a keyed hash say nothing
    of a person, for 15 in a million share them; at least 106 bits are random, and nobody guesses those.
    """

    type = Text()
    inherit_cache = True


@compiles(RandomKey, "sqlite")
def _random_key_on_sqlite(element: RandomKey, compiler: SQLCompiler, **options: Any) -> str:
    """Write it as SQLite says it."""
    return f"substr({compiler.process(element.clauses, **options)}, 1, 4) || lower(hex(randomblob(14)))"


@compiles(RandomKey, "postgresql")
def _random_key_on_postgresql(element: RandomKey, compiler: SQLCompiler, **options: Any) -> str:
    """Write it as PostgreSQL (13 or newer) says it; six bits of a UUID are no chance."""
    hash_of_it = compiler.process(element.clauses, **options)
    return f"substr({hash_of_it}, 1, 4) || right(replace(gen_random_uuid()::text, '-', ''), 28)"


candidate = Table(
    "candidate",
    MetaData(),
    Column("id", Integer),
    Column("address_hash", Text),
    Column("mask", Integer),
    Column("language", Text),
    Column("reason", Text),
    prefixes=["TEMPORARY"],
)
"""Everybody known, while an audience is fixed; the connection's own, and gone afterwards."""


class Freezing(Transactions):
    """The verbs by which a sending begins.

    `languages` are the publication's, the first being everybody's fallback.
    """

    def foresee(
        self, *, approval: Approval, segments: Sequence[Segment], languages: Sequence[Language], now: datetime
    ) -> Forecast:
        """Count what `freeze` would plan and leave out at a moment; nothing is written."""
        with self._database.read() as connection:
            candidate = _candidates(connection, approval, segments, languages, now).subquery("candidate")
            alike = (candidate.c.reason, candidate.c.mask, candidate.c.language)
            excluded: Counter[ExclusionReason] = Counter()
            readers: list[tuple[int, str, int]] = []
            for reason, mask, language, count in connection.execute(select(*alike, func.count()).group_by(*alike)):
                if reason is None:
                    readers.append((mask, language, count))
                else:
                    excluded[ExclusionReason(reason)] += count
            return Forecast(
                candidates=connection.execute(select(func.count()).select_from(subscriber)).scalar_one(),
                excluded=dict(excluded),
                planned=_by_edition(readers, segments),
                planned_last_time=_planned_last_time(connection, approval.label),
            )

    def freeze(
        self,
        *,
        approval: Approval,
        mailer: str,
        is_rehearsal: bool,
        segments: Sequence[Segment],
        languages: Sequence[Language],
        batch_size: int,
        now: datetime,
        instead: Mapping[EditionKey, EditionKey] | None = None,
    ) -> Sending:
        """Fix the audience of an approved issue and begin its sending.

        Everybody known now is either planned, in exactly one edition and batch, or excluded with exactly one reason.
        People who come later get the next issue. Rules such as "joined within 30 days" are seen from `now`.
        Where a person decided so, readers of an edition that is not approved get another one `instead`.

        Raises:
            StateError: The segments are not those that were approved; the issue has a real sending already; somebody
                would get an edition that is not approved; nobody would get anything.
        """
        without_items = segments_without_items(approval.audience_rule)
        if audience_rule(segments, languages, without_items=without_items) != approval.audience_rule:
            raise StateError(
                "The segments or the languages have changed since the issue was approved.",
                hint=f"Run `newsletter issue approve {approval.label}` again.",
            )
        with self._write(Checkpoint.BEFORE_FREEZE_COMMIT, Checkpoint.AFTER_FREEZE_COMMIT) as connection:
            if not is_rehearsal:
                _require_first(connection, approval.label)
            candidate.create(connection)
            who = (subscriber.c.id, subscriber.c.address_hash)
            chosen = _candidates(connection, approval, segments, languages, now, who=who)
            connection.execute(insert(candidate).from_select(candidate.c.keys(), chosen))
            readers = _readers_by_edition(connection, segments)
            gets = {edition: (instead or {}).get(edition, edition) for edition in readers}
            _require_editions(readers, gets, {message.edition for message in approval.messages}, approval.label)
            sending_id = _write_sending(connection, approval, mailer, is_rehearsal=is_rehearsal, now=now)
            given: Counter[EditionKey] = Counter()
            for edition, count in readers.items():
                given[gets[edition]] += count
            _write_batches(connection, sending_id, given, batch_size)
            _write_deliveries(connection, sending_id, _edition_of(gets, segments), batch_size)
            _write_exclusions(connection, sending_id)
            candidate.drop(connection)
            return read_sending(connection, sending_id)


def _require_first(connection: Connection, label: IssueLabel) -> None:
    """Refuse a second real sending of an issue; the unique index stands behind this.

    A cancelled one counts when somebody may have got it: a new audience would be mailed the same issue again. Whoever
    was rejected in it surely has not got it, so that a sending which begins anew asks for that person again.
    """
    found = select(sending.c.id).where(
        sending.c.label == label,
        ~sending.c.is_rehearsal,
        or_(sending.c.state != SendingState.CANCELLED, MAY_HAVE_ARRIVED),
    )
    if connection.execute(found).first() is not None:
        raise StateError(
            f"Issue {label} has a sending already, and there is at most one.",
            hint=f"See `newsletter issue report {label}`.",
        )


def _require_editions(
    readers: Mapping[EditionKey, int],
    gets: Mapping[EditionKey, EditionKey],
    approved: Collection[EditionKey],
    label: IssueLabel,
) -> None:
    """Refuse to leave somebody out for lack of an edition, or to send to nobody."""
    missing = sorted((edition, count) for edition, count in readers.items() if gets[edition] not in approved)
    if missing:
        named = ", ".join(f"{edition} ({counted(count, 'person', 'people')})" for edition, count in missing)
        raise StateError(
            f"No approved edition for {named}.",
            hint=f"newsletter issue approve {label}; or give them another: --instead {missing[0][0]}=EDITION",
        )
    if not readers:
        raise StateError(
            f"Nobody would get issue {label}.",
            hint="See `newsletter segment coverage` and `newsletter subscriber list`.",
        )


def _candidates(
    connection: Connection,
    approval: Approval,
    segments: Sequence[Segment],
    languages: Sequence[Language],
    now: datetime,
    *,
    who: Sequence[Column[Any]] = (),
) -> Select[Any]:
    """Select everybody known, with combination and language of the edition, and the reason for being left out.

    Whoever is in a segment without items and in another one gets the other's items, in the edition both share. Rules
    are asked once for each person: in one statement with all that is made of them they would be asked again and again.
    """
    without_items = segments_without_items(approval.audience_rule)
    with_items = [segment for segment in segments if segment.id not in without_items]
    person = (
        select(
            *who,
            subscriber.c.status,
            case((subscriber.c.language.in_(languages), subscriber.c.language), else_=languages[0]).label("language"),
            combination_mask(segments, now).label("mask"),
            combination_mask(with_items, now).label("with_items") if without_items else literal(1).label("with_items"),
            exists().where(suppression.c.address_hash == subscriber.c.address_hash).label("is_suppressed"),
            wish_of_a_row(connection, now=now, label=approval.label).label("wish"),
        )
        # Everybody; said so, SQLite goes by the numbers, in whose order facts and tags lie too. Along the index of the
        # hashes it would look for them all over.
        .where(subscriber.c.id > 0)
        .cte("person")
        .prefix_with("MATERIALIZED")
    )
    # The order decides which of several reasons is given: what the person did comes before what we remember of it.
    reason = case(
        (person.c.status == SubscriberStatus.PENDING, literal(ExclusionReason.PENDING.value)),
        (person.c.status == SubscriberStatus.UNSUBSCRIBED, literal(ExclusionReason.UNSUBSCRIBED.value)),
        (person.c.is_suppressed, literal(ExclusionReason.SUPPRESSED.value)),
        (person.c.mask == 0, literal(ExclusionReason.NO_SEGMENT.value)),
        (person.c.wish.is_not(None), person.c.wish),
        (person.c.with_items == 0, literal(ExclusionReason.NO_ITEMS.value)),
        else_=null(),
    )
    return select(*(person.c[one.key] for one in who), person.c.mask, person.c.language, reason.label("reason"))


def _readers_by_edition(connection: Connection, segments: Sequence[Segment]) -> dict[EditionKey, int]:
    """Count who will get each edition, sorted by edition."""
    alike = (candidate.c.mask, candidate.c.language)
    counted = select(*alike, func.count()).where(candidate.c.reason.is_(None)).group_by(*alike)
    return _by_edition(connection.execute(counted), segments)


def _by_edition(readers: Iterable[tuple[int, str, int]], segments: Sequence[Segment]) -> dict[EditionKey, int]:
    """Name the editions of combinations and languages, sorted."""
    ranked = _ranked(segments)
    by_edition = {
        EditionKey(
            segments=tuple(segment for place, segment in enumerate(ranked) if mask >> place & 1),
            language=Language(language),
        ): count
        for mask, language, count in readers
    }
    return dict(sorted(by_edition.items()))


def _ranked(segments: Sequence[Segment]) -> tuple[SegmentId, ...]:
    """Give the segments in rank order: the place of each is its bit in a combination's mask."""
    return tuple(segment.id for segment in sorted(segments, key=lambda segment: segment.rank))


def _edition_of(gets: Mapping[EditionKey, EditionKey], segments: Sequence[Segment]) -> ColumnElement[str | None]:
    """Name the edition that a candidate gets, as the ledger writes it; `gets` tells it for what they would read."""
    bits = {segment: 1 << place for place, segment in enumerate(_ranked(segments))}
    return case(
        *(
            (
                and_(
                    candidate.c.mask == sum(bits[segment] for segment in edition.segments),
                    candidate.c.language == edition.language,
                ),
                literal(str(given)),
            )
            for edition, given in gets.items()
        ),
        else_=null(),
    )


def _write_sending(
    connection: Connection, approval: Approval, mailer: str, *, is_rehearsal: bool, now: datetime
) -> SendingId:
    """Write the sending itself; its candidates are counted apart from everything else, so that the sum can fail."""
    written = connection.execute(
        insert(sending)
        .values(
            label=approval.label,
            approval_hash=approval.hash,
            mailer=mailer,
            is_rehearsal=is_rehearsal,
            state=SendingState.RUNNING,
            started_at=now,
            candidates=select(func.count()).select_from(subscriber).scalar_subquery(),
        )
        .returning(sending.c.id)
    )
    return SendingId(written.scalar_one())


def _write_batches(
    connection: Connection, sending_id: SendingId, readers: Mapping[EditionKey, int], batch_size: int
) -> None:
    """Make room for every reader: full batches, and one for the rest, numbered from 1 in each edition."""
    rows = [
        {
            "sending_id": sending_id,
            "edition": str(edition),
            "number": number,
            "state": BatchState.QUEUED.value,
            "attempt": 0,
            "reason": "",
        }
        for edition, count in readers.items()
        for number in range(1, -(-count // batch_size) + 1)
    ]
    connection.execute(insert(batch), rows)


def _write_deliveries(
    connection: Connection,
    sending_id: SendingId,
    edition: ColumnElement[str | None],
    batch_size: int,
) -> None:
    """Write one row for everybody planned, dealt out over the batches in the order of their hashes."""
    # Said to be whole, so that dividing it is `/` of whole numbers on both databases, and no call of FLOOR.
    place = func.row_number(type_=Integer).over(partition_by=edition, order_by=candidate.c.address_hash)
    dealt = (
        select(candidate.c.id, candidate.c.address_hash, edition.label("edition"), place.label("place"))
        .where(candidate.c.reason.is_(None))
        .subquery("dealt")
    )
    its_batch = and_(
        batch.c.sending_id == sending_id,
        batch.c.edition == dealt.c.edition,
        batch.c.number == (dealt.c.place - 1) // batch_size + 1,
    )
    # An outer join: for whoever had no batch the database refuses the NULL, where an inner one would forget the person;
    # and SQLite streams what it would keep in a table of its own before an inner one.
    rows = select(
        literal(sending_id), dealt.c.address_hash, RandomKey(dealt.c.address_hash), dealt.c.id, batch.c.id
    ).select_from(dealt.outerjoin(batch, its_batch))
    columns = (
        delivery.c.sending_id,
        delivery.c.address_hash,
        delivery.c.key,
        delivery.c.subscriber_id,
        delivery.c.batch_id,
    )
    connection.execute(insert(delivery).from_select(columns, rows))


def _write_exclusions(connection: Connection, sending_id: SendingId) -> None:
    """Write why each of the others is left out."""
    rows = select(literal(sending_id), candidate.c.address_hash, candidate.c.reason).where(
        candidate.c.reason.is_not(None)
    )
    columns = (exclusion.c.sending_id, exclusion.c.address_hash, exclusion.c.reason)
    connection.execute(insert(exclusion).from_select(columns, rows))


def _planned_last_time(connection: Connection, label: IssueLabel) -> int | None:
    """Count the deliveries of the last finished real sending of another issue."""
    last = connection.execute(
        select(sending.c.id)
        .where(~sending.c.is_rehearsal, sending.c.state == SendingState.FINISHED, sending.c.label != label)
        .order_by(sending.c.started_at.desc())
        .limit(1)
    ).scalar()
    if last is None:
        return None
    return connection.execute(
        select(func.count()).select_from(delivery).where(delivery.c.sending_id == last)
    ).scalar_one()
