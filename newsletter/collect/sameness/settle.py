"""Settles what is one thing after a collecting: asks addresses where that decides, and keeps what was decided.

The door is `settle`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from newsletter.collect.sameness.decide import Decision, Known, decide
from newsletter.domain.content import ItemKey, Source, SourceKind
from newsletter.domain.sameness import Look, Match, Pair
from newsletter.domain.told import Kept

AROUND = timedelta(days=400)
"""What is further from all that is new in time can be no version of it."""
ASKED_MOST = 20
"""Addresses in one collecting; the others are asked in the next."""
_SIDE_BY_SIDE = 8

LooksUp = Callable[[str], Look | None]
"""Says where an address leads, or None when that cannot be known now."""


class KeepsSameness(Protocol):
    """What settling needs of a store."""

    def records(self, *, touched: datetime, around: timedelta) -> Sequence[Kept]:
        """Give what became new, changed or missed at a moment, and all of about its time; nothing when nothing did."""
        ...

    def pairs(self) -> Sequence[Pair]:
        """Give what was decided before."""
        ...

    def looks(self) -> Mapping[str, Look]:
        """Give what addresses answered."""
        ...

    def save_pairs(self, pairs: Iterable[Pair], *, now: datetime) -> None:
        """Keep what was decided."""
        ...

    def save_looks(self, looks: Iterable[Look], *, now: datetime) -> None:
        """Keep what addresses answered."""
        ...


OpenSameness = Callable[[], AbstractContextManager[KeepsSameness]]
"""Begins a transaction and gives the store in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Records:
    """What one settling goes by."""

    records: Sequence[Kept]
    touched: Collection[ItemKey]
    known: Known


def settle(
    sources: Sequence[Source], *, open_store: OpenSameness, look_up: LooksUp, now: datetime
) -> tuple[Match, ...]:
    """Give the pairs that are decided anew, and keep them; nothing is written when nothing is.

    Args:
        sources: All of the configuration.
        open_store: See `OpenSameness`.
        look_up: Asks an address; no transaction is open meanwhile.
        now: The moment of collecting, by which its new and changed records are known.
    """
    read = _read(sources, open_store, now)
    if not read.touched:
        return ()
    decision = decide(read.records, read.touched, read.known)
    looks = _asked(decision.unasked, look_up)
    if looks:
        known = replace(read.known, looks={**read.known.looks, **{look.address: look for look in looks}})
        decision = decide(read.records, read.touched, known)
    if decision.pairs or looks:
        with open_store() as store:
            store.save_looks(looks, now=now)
            store.save_pairs(decision.pairs, now=now)
    return _matches(decision, read.records)


def _read(sources: Sequence[Source], open_store: OpenSameness, now: datetime) -> _Records:
    """Read what is to be compared."""
    with open_store() as store:
        records = store.records(touched=now, around=AROUND)
        pairs, looks = store.pairs(), store.looks()
    return _Records(
        records=records,
        touched={one.item.key for one in records if now in (one.first_seen, one.changed_at, one.missed_at)},
        known=Known(
            pairs=pairs,
            looks=looks,
            calendars={source.id for source in sources if source.kind is SourceKind.CALENDAR},
            zones={source.id: source.zone for source in sources},
        ),
    )


def _asked(addresses: Sequence[str], look_up: LooksUp) -> list[Look]:
    """Ask addresses, several at a time."""
    if not addresses:
        return []
    with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="look") as pool:
        return [look for look in pool.map(look_up, addresses[:ASKED_MOST]) if look is not None]


def _matches(decision: Decision, records: Sequence[Kept]) -> tuple[Match, ...]:
    """Put the records to the pairs."""
    items = {record.item.key: record.item for record in records}
    return tuple(Match(pair=pair, first=items[pair.first], second=items[pair.second]) for pair in decision.pairs)
