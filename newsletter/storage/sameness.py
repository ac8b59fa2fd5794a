"""Keeps which records are one thing, and what their addresses answered.

The door is `SamenessStore`, over a connection whose transaction somebody else began. A pair has one verdict, the last.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select

from newsletter.domain.content import ItemKey
from newsletter.domain.sameness import Look, Pair, Verdict, groups
from newsletter.storage import tables


class SamenessStore:
    """Pairs and answers, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Final = connection

    def pairs(self, *verdicts: Verdict) -> tuple[Pair, ...]:
        """Give the pairs of some verdicts, or of all, the oldest first."""
        table = tables.item_pair
        query = select(table).order_by(table.c.at, table.c.first, table.c.second)
        rows = self._connection.execute(query.where(table.c.verdict.in_(verdicts)) if verdicts else query)
        return tuple(map(_pair, rows))

    def together(self) -> dict[ItemKey, frozenset[ItemKey]]:
        """Give the keys of what is one thing, by each of them."""
        return groups(self.pairs(Verdict.SAME, Verdict.TWO))

    def save_pairs(self, pairs: Iterable[Pair], *, now: datetime) -> None:
        """Keep what was decided of pairs, instead of what was decided before."""
        table = tables.item_pair
        rows = [
            {
                "first": pair.first,
                "second": pair.second,
                "verdict": pair.verdict.value,
                "because": pair.because,
                "is_by_person": pair.is_by_person,
                "at": now,
            }
            for pair in pairs
        ]
        if rows:
            is_it = (table.c.first == bindparam("low")) & (table.c.second == bindparam("high"))
            keys = [{"low": row["first"], "high": row["second"]} for row in rows]
            self._connection.execute(delete(table).where(is_it), keys)
            self._connection.execute(insert(table), rows)

    def looks(self) -> dict[str, Look]:
        """Give what addresses answered, by address."""
        rows = self._connection.execute(select(tables.address_look))
        return {row.address: Look(address=row.address, leads_to=row.leads_to) for row in rows}

    def save_looks(self, looks: Iterable[Look], *, now: datetime) -> None:
        """Keep what addresses answered that were not asked before."""
        rows = [{"address": look.address, "leads_to": look.leads_to, "at": now} for look in looks]
        if rows:
            self._connection.execute(insert(tables.address_look), rows)


def _pair(row: Row[Any]) -> Pair:
    """Make a pair of a row."""
    return Pair(
        first=ItemKey(row.first),
        second=ItemKey(row.second),
        verdict=Verdict(row.verdict),
        because=row.because,
        is_by_person=row.is_by_person,
    )
