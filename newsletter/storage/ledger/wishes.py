"""Say in SQL whom their own wishes leave out of an issue: who has paused, and whose third issue it is not."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, literal, null, or_, select

from newsletter.domain.audience import ExclusionReason
from newsletter.domain.delivery import SendingState
from newsletter.domain.period import is_special
from newsletter.domain.wants import Cadence, turns
from newsletter.storage.ledger.statements import MAY_HAVE_ARRIVED
from newsletter.storage.tables import reader_wants, sending, subscriber


def wish_of_a_row(connection: Connection, *, now: datetime, label: str | None = None) -> ColumnElement[str | None]:
    """Give why the person of a row of `subscriber` does not want an issue, or NULL.

    A third is counted in issues that readers got, or may have got: not in special ones, which interrupt no count and
    reach these readers too, nor in rehearsals, nor in cancelled sendings that reached nobody.

    Args:
        connection: Where the sendings are counted, now.
        now: When the issue's audience is fixed.
        label: Which issue, or None for the next that comes.
    """
    of_person = reader_wants.c.subscriber_id
    has_paused = subscriber.c.id.in_(select(of_person).where(reader_wants.c.paused_until > now))
    reasons = [(has_paused, literal(ExclusionReason.PAUSED.value))]
    if label is None or not is_special(label):
        wants_third = reader_wants.c.cadence == Cadence.THIRD
        numbers = connection.execute(select(reader_wants.c.counted_from).where(wants_third).distinct()).scalars().all()
        due = turns(_counted(connection, label), numbers)
        is_skipping = select(of_person).where(wants_third, reader_wants.c.counted_from.not_in(due))
        if len(due) < len(numbers):
            reasons.append((subscriber.c.id.in_(is_skipping), literal(ExclusionReason.NOT_THIS_ONE.value)))
    return case(*reasons, else_=null())


def _counted(connection: Connection, label: str | None) -> Sequence[int]:
    """Give the sendings that count as an issue before the one with a label, oldest first."""
    found = select(sending.c.id, sending.c.label).where(
        ~sending.c.is_rehearsal, or_(sending.c.state != SendingState.CANCELLED, MAY_HAVE_ARRIVED)
    )
    rows = connection.execute(found.order_by(sending.c.id))
    return [row.id for row in rows if row.label != label and not is_special(row.label)]
