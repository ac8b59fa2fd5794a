"""SQL that counts people: how many there are, who may be mailed, how many are alike."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, func, select

from newsletter.domain.audience import ExclusionReason, Headcount, SubscriberStatus
from newsletter.domain.content import Language
from newsletter.domain.segments import Segment
from newsletter.storage.audience.hashed import HashedStore
from newsletter.storage.ledger.wishes import wish_of_a_row
from newsletter.storage.rules import combination_mask
from newsletter.storage.tables import subscriber, subscriber_attribute, suppression


class CountStore(HashedStore):
    """Counts."""

    def count(self) -> int:
        """Give how many people are known, whatever their status."""
        return self.connection.execute(select(func.count()).select_from(subscriber)).scalar_one()

    def count_mailable(self) -> int:
        """Give how many people are active and may be mailed."""
        is_suppressed = exists().where(suppression.c.address_hash == subscriber.c.address_hash)
        mailable = select(func.count()).where(subscriber.c.status == SubscriberStatus.ACTIVE, ~is_suppressed)
        return self.connection.execute(mailable.select_from(subscriber)).scalar_one()

    def attribute_names(self) -> tuple[str, ...]:
        """Give every attribute that somebody has, sorted."""
        return tuple(sorted(self.connection.execute(select(subscriber_attribute.c.name).distinct()).scalars()))

    def headcounts(
        self, segments: Sequence[Segment], now: datetime, *, label: str | None = None
    ) -> tuple[Headcount, ...]:
        """Count everybody by segments, language, status, suppression and wish; the largest group first.

        Args:
            segments: All that there are.
            now: As at which moment.
            label: Of the issue whose turn is counted; None for the next that comes.
        """
        is_suppressed = exists().where(suppression.c.address_hash == subscriber.c.address_hash)
        alike = select(
            combination_mask(segments, now).label("mask"),
            subscriber.c.language,
            subscriber.c.status,
            is_suppressed.label("is_suppressed"),
            wish_of_a_row(self.connection, now=now, label=label).label("wish"),
        ).subquery("alike")
        rows = self.connection.execute(select(*alike.c, func.count().label("people")).group_by(*alike.c))
        ranked = [segment.id for segment in sorted(segments, key=lambda segment: segment.rank)]
        counted = (
            Headcount(
                segments=tuple(segment for place, segment in enumerate(ranked) if row.mask >> place & 1),
                language=Language(row.language),
                status=SubscriberStatus(row.status),
                is_suppressed=bool(row.is_suppressed),
                wish=None if row.wish is None else ExclusionReason(row.wish),
                people=row.people,
            )
            for row in rows
        )
        return tuple(
            sorted(
                counted,
                key=lambda group: (
                    *(-group.people, group.segments, group.language),
                    *(group.status, group.is_suppressed, group.wish or ""),
                ),
            )
        )
