"""Judge the rows of a list: each becomes a person, or is rejected with all its reasons.

Its door is `RowReader`. Several addresses in one cell are one person, written to at the first; whoever left has left
with all of them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from newsletter.audience.addresses import parse_address
from newsletter.audience.facts import one_line
from newsletter.audience.lists.reading.answers import (
    Answer,
    StatusWord,
    addresses_in,
    answer_of,
    cadence_of,
    day_of,
    ground_of,
    is_spam_complaint,
    is_told,
    language_of,
    status_of,
    tags_of,
)
from newsletter.audience.lists.reading.csv_text import Record
from newsletter.audience.lists.reading.headings import Column, Meaning
from newsletter.domain.audience import Ground, SubscriberStatus, SuppressionReason
from newsletter.domain.content import Language
from newsletter.domain.wants import Cadence
from newsletter.errors import Fault, Place, UsageError

_NAME_LENGTH_MAX = 200
_CELL_LENGTH_MAX = 1_000
_CONTROL_CHARACTER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

Said = TypeVar("Said")

_TOLD = {
    Meaning.COMPLAINED: SuppressionReason.COMPLAINT,
    Meaning.BOUNCED: SuppressionReason.HARD_BOUNCE,
    Meaning.BARRED: SuppressionReason.MANUAL,
    Meaning.LEFT: SuppressionReason.UNSUBSCRIBED,
}
"""What a column tells by not being empty; the gravest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A row that may become or change a subscriber; what the file does not say is None or empty.

    Attributes:
        line: 1-based line in the file.
        address: In its normal stored form.
        name: On one line.
        language: Wanted.
        status: Active or pending, as the file has it; it never makes anybody active who is not.
        attributes: Without those whose cell is empty.
        tags: Sorted, each once.
        topics: Wanted, as written; whether there are such, the publication knows.
        cadence: Wanted.
        paused_until: The day on which mail comes again.
        consent_day: When the person agreed.
        ground: On which the row says that we may write.
        wording: Of the ground.
        agreed_to: The question that the person answered with yes, where the row has no wording.
        departure: Why the row says that this address must not be mailed.
        is_declined: The person answered no, or nothing, when asked for permission.
        remark: What was read out of an unusual cell.
        cells: As written, for whoever has to mend the row.
    """

    line: int
    address: str
    name: str = ""
    language: Language | None = None
    status: SubscriberStatus | None = None
    attributes: Mapping[str, str]
    tags: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    cadence: Cadence | None = None
    paused_until: date | None = None
    consent_day: date | None = None
    ground: Ground | None = None
    wording: str = ""
    agreed_to: str = ""
    departure: SuppressionReason | None = None
    is_declined: bool = False
    remark: str = ""
    cells: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRow:
    """A row that cannot be used, with all its reasons in one fault; none of them repeats a cell."""

    fault: Fault
    cells: Sequence[str] = ()


class RowReader:
    """Reads the records of one list.

    Args:
        columns: What each is.
        name: Of the file, for messages.
    """

    def __init__(self, columns: Sequence[Column], name: str) -> None:
        self._columns = columns
        self._path = Path(name)
        self._places = {one.meaning: number for number, one in enumerate(columns)}
        self._facts = [(number, one.fact) for number, one in enumerate(columns) if one.meaning is Meaning.FACT]
        self._told = [
            (number, reason)
            for meaning, reason in _TOLD.items()
            for number, one in enumerate(columns)
            if one.meaning is meaning
        ]
        self._asked = [(number, one) for number, one in enumerate(columns) if one.meaning in _ASKING]
        self._of = {meaning: self._numbers(meaning) for meaning in (Meaning.WHY_LEFT, Meaning.STILL_IN)}

    def _numbers(self, meaning: Meaning) -> list[int]:
        """Give the columns that mean something."""
        return [number for number, one in enumerate(self._columns) if one.meaning is meaning]

    def read(self, record: Record) -> Iterator[PersonRow | RejectedRow]:
        """Judge one record; more than one row comes of somebody who left with several addresses."""
        place = Place(path=self._path, line=record.line)
        if reason := _shape_fault(record, len(self._columns)):
            yield RejectedRow(fault=Fault(message=reason, place=place), cells=record.cells)
            return
        written = record.cells[self._places[Meaning.ADDRESS]]
        addresses, is_read_out = addresses_in(written)
        reading = _Reading(cells=[one_line(cell) for cell in record.cells], places=self._places)
        row = self._row(reading, record, addresses[0])
        faults = reading.reasons
        if faults and (row.departure is None or Meaning.ADDRESS in faults):
            message, key = " ".join(faults.values()), ", ".join(faults)
            yield RejectedRow(fault=Fault(message=message, place=place, key=key), cells=record.cells)
            return
        if is_read_out:
            row = replace(row, remark=_remark(len(addresses), has_left=row.departure is not None))
        yield row
        for other in addresses[1:] if row.departure is not None else ():
            if address := _usable(other):
                yield replace(row, address=address)

    def _row(self, reading: "_Reading", record: Record, written: str) -> PersonRow:
        """Read every cell of a record."""
        # As it stands: NFC would turn a letter that only looks like K into K, and the address into somebody else's.
        address = reading.judged(Meaning.ADDRESS, lambda _: _address(written)) or ""
        standing = reading.judged(Meaning.STATUS, status_of)
        agreed_to, is_declined = self._permission(reading)
        return PersonRow(
            line=record.line,
            address=address,
            name=reading.judged(Meaning.NAME, _name) or reading.both_names(),
            language=reading.judged(Meaning.LANGUAGE, language_of),
            status=standing if isinstance(standing, SubscriberStatus) else None,
            attributes={fact: cell for number, fact in self._facts if (cell := reading.cells[number])},
            tags=reading.judged(Meaning.TAGS, tags_of) or (),
            topics=reading.judged(Meaning.TOPICS, tags_of) or (),
            cadence=reading.judged(Meaning.CADENCE, cadence_of),
            paused_until=reading.judged(Meaning.PAUSED_UNTIL, lambda cell: day_of(cell, "day a pause ends")),
            consent_day=reading.day(),
            ground=reading.judged(Meaning.GROUND, ground_of),
            wording=reading.said(Meaning.WORDING),
            agreed_to=agreed_to,
            departure=self._departure(reading, standing),
            is_declined=is_declined or standing is Answer.NO,
            cells=record.cells,
        )

    def _departure(self, reading: "_Reading", standing: StatusWord) -> SuppressionReason | None:
        """Find the gravest reason of a row why its address must not be mailed."""
        found = [reason for number, reason in self._told if is_told(reading.cells[number])]
        if any(is_spam_complaint(reading.cells[number]) for number in self._of[Meaning.WHY_LEFT]):
            found.insert(0, SuppressionReason.COMPLAINT)
        if isinstance(standing, SuppressionReason):
            found.append(standing)
        if any(reading.cells[number] and not is_told(reading.cells[number]) for number in self._of[Meaning.STILL_IN]):
            found.append(SuppressionReason.UNSUBSCRIBED)
        return found[0] if found else None

    def _permission(self, reading: "_Reading") -> tuple[str, bool]:
        """Give the question that was answered with yes, and whether one was answered with no, or left open."""
        agreed_to, is_declined = "", False
        for number, column in self._asked:
            cell = reading.cells[number]
            answer = reading.judged(column.meaning, answer_of, cell)
            if column.meaning is Meaning.REFUSAL:
                is_declined |= answer is Answer.YES
            elif answer is Answer.YES:
                agreed_to = agreed_to or _question(column.heading, cell)
            else:
                is_declined |= answer is Answer.NO or column.meaning is Meaning.PERMISSION
        return agreed_to, is_declined


_ASKING = {Meaning.PERMISSION, Meaning.REFUSAL, Meaning.CONSENT}
TELLING = {*_ASKING, *_TOLD, Meaning.STATUS, Meaning.STILL_IN, Meaning.WHY_LEFT}
"""What can say that a person must not, or does not want to, be mailed."""


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One record on its way, with the reasons against it by column."""

    cells: Sequence[str]
    places: Mapping[Meaning, int]
    reasons: dict[str, str] = field(default_factory=dict)

    def said(self, meaning: Meaning) -> str:
        """Give a cell on one line; empty where there is no such column."""
        number = self.places.get(meaning)
        return "" if number is None else self.cells[number]

    def judged(self, meaning: Meaning, judge: Callable[[str], Said], cell: str | None = None) -> Said | None:
        """Give what a cell says, or note why it says nothing."""
        try:
            return judge(self.said(meaning) if cell is None else cell)
        except ValueError as error:
            self.reasons.setdefault(meaning, str(error))
            return None

    def both_names(self) -> str:
        """Put first and last name together."""
        parts = (self.said(Meaning.FIRST_NAME), self.said(Meaning.LAST_NAME))
        return self.judged(Meaning.NAME, _name, " ".join(part for part in parts if part)) or ""

    def day(self) -> date | None:
        """Give the day of the consent: that of its own column, which must be readable, or of signing up."""
        cell = self.said(Meaning.CONSENT)
        if any(sign.isdigit() for sign in cell) and cell not in {"1", "0"}:
            self.reasons.pop(Meaning.CONSENT, None)
            return self.judged(Meaning.CONSENT, day_of)
        try:
            return day_of(self.said(Meaning.SIGNED_UP))
        except ValueError:
            return None


def _shape_fault(record: Record, column_count: int) -> str | None:
    """Tell what is wrong with a record before its cells are looked at."""
    if record.fault:
        return record.fault
    if record.last_line != record.line and any("\n" in cell and "@" in cell for cell in record.cells):
        return (
            f"This row runs to line {record.last_line}, and swallows an address: a quotation mark is not closed, or"
            " closed too late. None of these lines was read."
        )
    extra = [cell for cell in record.cells[column_count:] if cell.strip()]
    if extra or len(record.cells) < column_count:
        return f"This row has {len(record.cells)} values; the heading has {column_count} columns."
    if any(len(cell) > _CELL_LENGTH_MAX for cell in record.cells):
        return f"A value is longer than {_CELL_LENGTH_MAX:,} characters."
    if any(map(_CONTROL_CHARACTER.search, record.cells)):
        return "A value holds a control character."
    return None


def _question(heading: str, answer: str) -> str:
    """Write down a question with its answer; a day stands elsewhere."""
    return heading if any(sign.isdigit() for sign in answer) else f"{heading}: {answer}"


def _remark(addresses: int, *, has_left: bool) -> str:
    """Say what was read out of an address cell."""
    if addresses == 1:
        return "The address was read out of what stands around it."
    if has_left:
        return f"The cell holds {addresses} addresses; all of them have left."
    return (
        f"The cell holds {addresses} addresses; the first is taken. Give each of the others a row, if they are meant."
    )


def _usable(text: str) -> str | None:
    """Give an address in its stored form, or None when it can be none."""
    try:
        return parse_address(text)
    except UsageError:
        return None


def _address(text: str) -> str:
    """Judge an address."""
    try:
        return parse_address(text)
    except UsageError as error:
        raise ValueError(error.message) from None


def _name(text: str) -> str:
    """Refuse a name that is a paragraph."""
    if len(text) > _NAME_LENGTH_MAX:
        raise ValueError(f"The name is longer than {_NAME_LENGTH_MAX} characters.")
    return text
