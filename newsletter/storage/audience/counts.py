"""SQL that counts people: how many there are, who may be mailed, how many are alike."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from newsletter.domain.audience import ExclusionReason, Headcount, SubscriberStatus
from newsletter.domain.content import Language
from newsletter.domain.rules import Rule
from newsletter.domain.segments import Segment
from newsletter.storage.audience.hashed import HashedStore
from newsletter.storage.ledger.wishes import wish_of_a_row
from newsletter.storage.rules import combination_mask, rule_condition
from newsletter.storage.tables import subscriber, subscriber_attribute, suppression


class CountStore(HashedStore):
    """Counts."""

    def count(self) -> int:
        """Give how many people are known, whatever their status."""
        return self.connection.execute(select(func.count()).select_from(subscriber)).scalar_one()

    def count_mailable(self) -> int:
        """Give how many people are active and may be mailed."""
        active = select(func.count()).select_from(subscriber).where(subscriber.c.status == SubscriberStatus.ACTIVE)
        return self._one(active) - self._one(active.where(_IS_SUPPRESSED))

    def size(self, rule: Rule, now: datetime) -> tuple[int, int]:
        """Give how many people a rule chooses, and how many of them would get the next issue."""
        wish = wish_of_a_row(self.connection, now=now)
        gets_it = case((and_(subscriber.c.status == SubscriberStatus.ACTIVE, wish.is_(None)), 1), else_=0)
        chosen = select(func.count(), func.coalesce(func.sum(gets_it), 0)).where(rule_condition(rule, now))
        people, getting = self.connection.execute(chosen.where(_IN_ORDER)).one()
        _, suppressed = self.connection.execute(chosen.where(_IS_SUPPRESSED)).one()
        return people, getting - suppressed

    def _one(self, counted: Select[int]) -> int:
        return self.connection.execute(counted).scalar_one()

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
        everybody = self._alike(segments, now, label, _IN_ORDER)
        suppressed = self._alike(segments, now, label, _IS_SUPPRESSED)
        counted = [
            *_headcounts(everybody - suppressed, segments, is_suppressed=False),
            *_headcounts(suppressed, segments, is_suppressed=True),
        ]
        return tuple(
            sorted(
                counted,
                key=lambda group: (
                    *(-group.people, group.segments, group.language),
                    *(group.status, group.is_suppressed, group.wish or ""),
                ),
            )
        )

    def _alike(
        self, segments: Sequence[Segment], now: datetime, label: str | None, who: ColumnElement[bool]
    ) -> Counter[tuple[int, str, str, str | None]]:
        """Count some people by the number of their combination, language, status and wish."""
        alike = (
            select(
                combination_mask(segments, now).label("mask"),
                subscriber.c.language,
                subscriber.c.status,
                wish_of_a_row(self.connection, now=now, label=label).label("wish"),
            )
            .where(who)
            .subquery("alike")
        )
        rows = self.connection.execute(select(*alike.c, func.count().label("people")).group_by(*alike.c))
        return Counter({(row.mask, row.language, row.status, row.wish): row.people for row in rows})


# What people have lies in the order of their ids, and so do they in their table. SQLite would rather walk through the
# index that holds all that is asked for, in the order of hashes, and be four times as long.
_IN_ORDER = subscriber.c.id > 0
_IS_SUPPRESSED = subscriber.c.address_hash.in_(select(suppression.c.address_hash))
"""Counted apart, from the few that there are, and taken off: to ask it of everybody takes as long as all the rest."""


def _headcounts(
    counted: Counter[tuple[int, str, str, str | None]], segments: Sequence[Segment], *, is_suppressed: bool
) -> Iterator[Headcount]:
    """Make headcounts of what was counted."""
    ranked = [segment.id for segment in sorted(segments, key=lambda segment: segment.rank)]
    for (mask, language, status, wish), people in counted.items():
        yield Headcount(
            segments=tuple(segment for place, segment in enumerate(ranked) if mask >> place & 1),
            language=Language(language),
            status=SubscriberStatus(status),
            is_suppressed=is_suppressed,
            wish=None if wish is None else ExclusionReason(wish),
            people=people,
        )
