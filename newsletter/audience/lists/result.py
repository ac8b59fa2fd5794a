"""Count what an import did, and keep the first of each kind to show."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from newsletter.audience.addresses import is_role_address
from newsletter.audience.lists.reading.people_file import RepeatedRow
from newsletter.audience.lists.reading.rows import PersonRow, RejectedRow
from newsletter.audience.lists.verdicts import (
    Addition,
    Change,
    Decline,
    DepartureRow,
    Hold,
    NoGround,
    NothingNew,
    Verdict,
)
from newsletter.audience.segments import Stray, StrayCount
from newsletter.domain.audience import Subscriber, SubscriberId, SuppressionReason
from newsletter.domain.rules import History
from newsletter.domain.segments import Segment
from newsletter.errors import Fault, Place

SHOWN = 10
"""Rows of a kind that are shown; the others are counted."""
_PEOPLE_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Rows of one kind: how many, and the first ten."""

    count: int = 0
    first: tuple[Fault, ...] = ()

    def and_one(self, fault: Fault) -> "Told":
        """Count one more."""
        first = self.first if self.count >= SHOWN else (*self.first, fault)
        return Told(count=self.count + 1, first=first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A row that somebody has to mend or decide about."""

    fault: Fault
    cells: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did; every row of the file is in exactly one of the first eight.

    Attributes:
        added: New people.
        changed: Known people of whom something new was said.
        unchanged: Known people of whom nothing new was said.
        rejected: Rows that could not be used.
        repeated: Rows whose address stands in another row that counts.
        held: Rows of people who left, are suppressed or have not confirmed; nothing of them was changed.
        declined: Rows of people who answered no; neither added nor suppressed.
        departed: Rows of people who left, bounced or complained, by reason; none of them is mailed from now on.
        taken_out: Those of them who were mailed until now.
        newly_suppressed: Addresses of them that were not suppressed before.
        without_ground: New people, among the rejected, of whom nobody says on which ground to write.
        proofs: Further proofs of consent that were added to known people.
        remarks: What was read out of unusual cells.
        role_addresses: New people whose address is a role's: info@, kirjaamo@.
        left_alone: People who are known but not in the file (or only in a rejected row); nothing of them was changed.
        in_no_segment: Of the people added, changed and unchanged, the active ones who get no issue.
        strays: What keeps them out of every segment.
        first_people: The first that were added or changed, as they are now.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: Told = Told()
    repeated: Told = Told()
    held: Told = Told()
    declined: Told = Told()
    departed: Mapping[SuppressionReason, int] = field(default_factory=dict)
    taken_out: Told = Told()
    newly_suppressed: int = 0
    without_ground: int = 0
    proofs: int = 0
    remarks: Told = Told()
    role_addresses: Told = Told()
    left_alone: int = 0
    in_no_segment: int = 0
    strays: tuple[Stray, ...] = ()
    first_people: tuple[Subscriber, ...] = ()


@dataclass(slots=True, kw_only=True)
class Taken:
    """What came of people who were taken over; every line of the file is in exactly one of the first four.

    Attributes:
        added: New people, with all that was known of them.
        known: People who are known here; nothing was added to what is known of them.
        held: People who are not known and must not be mailed here: not added.
        rejected: Lines that could not be used.
        barred: Addresses that are kept from being mailed from now on.
        taken_out: People who were mailed here until now.
        strange_topics: Wanted topics that newsletter.toml has not; they are kept.
    """

    added: int = 0
    known: int = 0
    held: int = 0
    rejected: Told = field(default_factory=Told)
    barred: int = 0
    taken_out: int = 0
    strange_topics: set[str] = field(default_factory=set)


class Counts:
    """The result in the making."""

    def __init__(self, *, name: str, segments: Sequence[Segment], now: datetime) -> None:
        self._now = now
        self._path = Path(name)
        self.rows_done = 0
        self.known_before = 0
        self._known_in_file = 0
        self._strays = StrayCount(segments)
        self._numbers = Counter[str]()
        self._departed = Counter[SuppressionReason]()
        self._told: dict[str, Told] = {}
        self._first_people: list[Subscriber] = []

    def add(
        self,
        verdicts: Sequence[Verdict],
        to_mend: Callable[[Mended], None],
        histories: Mapping[SubscriberId, History],
    ) -> None:
        """Count each verdict where it belongs; `histories` are of people who were known, where rules ask for them."""
        self.rows_done += len(verdicts)
        for verdict in verdicts:
            match verdict:
                case Addition() | Change() | NothingNew():
                    self._person(verdict, histories)
                case DepartureRow():
                    self._departure(verdict)
                case Decline():
                    self._tell("declined", verdict.fault)
                    self._known_in_file += verdict.is_known
                case RepeatedRow():
                    self._tell("repeated", verdict.fault)
                case Hold():
                    self._tell("held", verdict.fault)
                    self._known_in_file += verdict.is_known
                    to_mend(Mended(fault=verdict.fault, cells=verdict.row.cells))
                case NoGround():
                    self._tell("rejected", verdict.fault)
                    self._numbers["without_ground"] += 1
                    to_mend(Mended(fault=verdict.fault, cells=verdict.row.cells))
                case RejectedRow():
                    self._tell("rejected", verdict.fault)
                    to_mend(Mended(fault=verdict.fault, cells=verdict.cells))

    def _person(self, verdict: Addition | Change | NothingNew, histories: Mapping[SubscriberId, History]) -> None:
        """Count somebody who is, or is now, a subscriber."""
        known = None if verdict.subscriber.id is None else histories.get(verdict.subscriber.id)
        self._strays.add(verdict.subscriber, known or self._new(verdict))
        match verdict:
            case Addition():
                self._numbers["added"] += 1
                if is_role_address(verdict.subscriber.address):
                    place = Place(path=self._path, line=verdict.row.line)
                    self._tell("role_addresses", Fault(message="The address of a role, not of a person.", place=place))
            case Change():
                self._numbers["changed"] += 1
                self._numbers["proofs"] += verdict.consent is not None
            case NothingNew():
                self._numbers["unchanged"] += 1
        self._known_in_file += not isinstance(verdict, Addition)
        if len(self._first_people) < _PEOPLE_SHOWN and not isinstance(verdict, NothingNew):
            self._first_people.append(verdict.subscriber)
        self._remark(verdict.row)

    def _new(self, verdict: Addition | Change | NothingNew) -> History:
        """Give the history of somebody who comes now, perhaps with a consent of before."""
        given = verdict.consent if isinstance(verdict, Addition) else None
        return History(now=self._now, joined_at=min(given.at, self._now) if given else None)

    def _departure(self, verdict: DepartureRow) -> None:
        """Count somebody who must not be mailed."""
        self._departed[verdict.reason] += 1
        self._known_in_file += verdict.is_known
        self._numbers["newly_suppressed"] += verdict.is_new
        if verdict.was_mailed:
            self._tell("taken_out", verdict.fault)

    def _remark(self, row: PersonRow) -> None:
        """Note what was read out of an unusual cell."""
        if row.remark:
            self._tell("remarks", Fault(message=row.remark, place=Place(path=self._path, line=row.line)))

    def _tell(self, kind: str, fault: Fault) -> None:
        """Count a row, and keep it when it is among the first."""
        self._told[kind] = self._told.get(kind, Told()).and_one(fault)

    def result(self) -> ImportResult:
        """Give the result."""
        return ImportResult(
            **self._told,
            added=self._numbers["added"],
            changed=self._numbers["changed"],
            unchanged=self._numbers["unchanged"],
            departed=dict(self._departed),
            newly_suppressed=self._numbers["newly_suppressed"],
            without_ground=self._numbers["without_ground"],
            proofs=self._numbers["proofs"],
            left_alone=self.known_before - self._known_in_file,
            in_no_segment=self._strays.people,
            strays=self._strays.explained(),
            first_people=tuple(self._first_people),
        )
