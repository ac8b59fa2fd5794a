"""Read a list of people: find its heading line, know its columns, judge each row.

Its door is `read_list`. A file that cannot be read as a whole is refused at once; a row that cannot is named by its
line and its reason, and the others go on. Cells are text and stay text, formulas too. No message repeats what a cell
holds: it may be somebody's address. The room's store is not known here; `imports` decides what a row changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

from newsletter.audience.lists.reading.csv_text import DELIMITERS, Record, TextFile, open_text, records
from newsletter.audience.lists.reading.first_lines import FirstLines
from newsletter.audience.lists.reading.headings import Column, Layout, columns_of, is_plain, names_addresses
from newsletter.audience.lists.reading.rows import TELLING, PersonRow, RejectedRow, RowReader
from newsletter.audience.lists.reading.workbook import SheetTable, is_workbook, sheets_of
from newsletter.domain.audience import normal_address
from newsletter.errors import ContentError, Fault, Place, UsageError, counted

_HEADING_WITHIN_RECORDS = 10
"""A title and a few remarks may stand above the heading line."""


class Table(Protocol):
    """A file that can be walked through, record by record, any number of times."""

    @property
    def name(self) -> str:
        """Give its name, for messages."""
        ...

    @property
    def described(self) -> str:
        """Say how it is read."""
        ...

    def records(self) -> Iterator[Record]:
        """Give every record."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """A CSV file with its delimiter."""

    text: TextFile
    delimiter: str

    @property
    def name(self) -> str:
        """Give its name, for messages."""
        return self.text.name

    @property
    def described(self) -> str:
        """Say how it is read."""
        encoding = self.text.encoding.removesuffix("-sig")
        return f"{encoding}, {'tab' if self.delimiter == chr(9) else repr(self.delimiter)} between columns"

    def records(self) -> Iterator[Record]:
        """Give every record."""
        return records(self.text.lines(), self.delimiter, self.text.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedRow:
    """A row whose address stands in another row that counts."""

    fault: Fault
    cells: Sequence[str] = ()


Row = PersonRow | RejectedRow | RepeatedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedList:
    """A list of people that can be read to its end.

    Attributes:
        table: The file.
        columns: What each column is.
        heading_line: 1-based last line of the heading.
        row_count: Rows below it, without empty ones.
        departed: Where each address stands whose holder has left, bounced or complained.
        declined: Where each stands whose holder answered no.
    """

    table: Table
    columns: tuple[Column, ...]
    heading_line: int
    row_count: int
    departed: FirstLines
    declined: FirstLines

    @property
    def name(self) -> str:
        """Give the file's name, for messages."""
        return self.table.name

    def rows(self) -> Iterator[Row]:
        """Judge each row, in the order of the file; a new walk through the file each time.

        Of several rows of one address the first counts; but leaving counts before a no, and a no before anything else,
        wherever they stand.
        """
        first_lines = FirstLines()
        reader = RowReader(self.columns, self.name)
        for record in _body(self.table, self.heading_line):
            for row in reader.read(record):
                if isinstance(row, RejectedRow):
                    yield row
                    continue
                form = normal_address(row.address)
                counts = self.departed.line(form) or self.declined.line(form) or first_lines.of(form, row.line)
                yield row if counts == row.line else _repeated(row, counts, self.name)


def _repeated(row: PersonRow, counts: int, name: str) -> RepeatedRow:
    """Say that a row's address stands in a line that counts."""
    message = f"This row has the address of line {counts} again; line {counts} counts."
    place = Place(path=Path(name), line=row.line)
    return RepeatedRow(fault=Fault(message=message, place=place, key="address"), cells=row.cells)


def read_list(
    file: BinaryIO, name: str, *, layout: Layout | None = None, encoding: str | None = None, sheet: str | None = None
) -> ParsedList:
    """Read a file of people; nothing is judged but whether it can be read, row by row, to its end.

    Args:
        file: A CSV file or an XLSX workbook; can be wound back, and stays open as long as its rows are walked.
        name: How messages name it.
        layout: What a person said of its columns.
        encoding: What a person says a CSV file is written in.
        sheet: Which sheet of a workbook; needed where several hold addresses.

    Raises:
        ContentError: The file is empty or no list, its characters cannot be read, a quotation mark is not closed, no
            heading names a column with addresses, or two columns are the same.
        UsageError: There is no such encoding, sheet or column.
    """
    layout = layout or Layout()
    table, heading = _find_heading(_tables(file, name, encoding, sheet), layout)
    place = Place(path=Path(name), line=heading.line)
    columns = columns_of(_without_empty_end(heading.cells), layout, place)
    return _looked_through(table, heading.last_line, columns)


def _tables(file: BinaryIO, name: str, encoding: str | None, sheet: str | None) -> Sequence[Table]:
    """Give every way in which a file can be read."""
    if is_workbook(file):
        return sheets_of(file, name, sheet)
    if sheet is not None:
        raise UsageError(f"{name} is no workbook and has no sheets.", hint="Leave out --sheet.")
    text = open_text(file, name, encoding)
    return [CsvTable(text=text, delimiter=one) for one in DELIMITERS]


def _without_empty_end(cells: Sequence[str]) -> list[str]:
    """Leave out the columns at the right that have no heading."""
    count = max(number for number, cell in enumerate(cells, start=1) if cell.strip())
    return list(cells[:count])


def _looked_through(table: Table, heading_line: int, columns: tuple[Column, ...]) -> ParsedList:
    """Read a list to its end: count its rows, and find out where somebody left or answered no."""
    count, departed, declined = 0, FirstLines(), FirstLines()
    tells = any(one.meaning in TELLING for one in columns)
    reader = RowReader(columns, table.name)
    for record in _body(table, heading_line):
        count += 1
        for row in reader.read(record) if tells else ():
            if isinstance(row, PersonRow) and row.departure is not None:
                departed.of(normal_address(row.address), row.line)
            elif isinstance(row, PersonRow) and row.is_declined:
                declined.of(normal_address(row.address), row.line)
    return ParsedList(
        table=table,
        columns=columns,
        heading_line=heading_line,
        row_count=count,
        departed=departed,
        declined=declined,
    )


def _body(table: Table, heading_line: int) -> Iterator[Record]:
    """Give the records below the heading, without empty ones."""
    for record in table.records():
        if record.line > heading_line and (record.fault or any(map(str.strip, record.cells))):
            yield record


def _find_heading(tables: Sequence[Table], layout: Layout) -> tuple[Table, Record]:
    """Find the heading line, and with it the reading of the file that makes a column of addresses and most columns."""
    found: list[tuple[Table, Record]] = []
    refusals: list[ContentError] = []
    for table in tables:
        try:
            if heading := _heading(table, layout):
                found.append((table, heading))
        except ContentError as refusal:
            # Quotation marks can make no sense with one delimiter and be right with another.
            refusals.append(refusal)
    sheets = [table for table, _ in found if isinstance(table, SheetTable)]
    if len(sheets) > 1:
        named = ", ".join(repr(one.sheet) for one in sheets)
        message = f"{counted(len(sheets), 'sheet')} of the workbook name a column of addresses: {named}."
        raise ContentError(
            message, hint=f"Say which: --sheet {sheets[0].sheet!r}", place=Place(path=Path(sheets[0].name))
        )
    if found:
        return max(found, key=lambda candidate: len(candidate[1].cells))
    if refusals:
        raise refusals[0]
    if layout.may_be_bare and (first := next(tables[0].records(), None)) and "@" in "".join(first.cells[:1]):
        return tables[0], Record(line=0, last_line=0, cells=["email"])
    raise ContentError(
        "No heading line names a column of e-mail addresses.",
        hint="Write headings above the first person, for example: email;name;language;role. Or say which column it is:"
        " --map HEADING=address",
        place=Place(path=Path(tables[0].name), line=1),
    )


def _heading(table: Table, layout: Layout) -> Record | None:
    """Give the first record that names a column of addresses, unless a person stands above it."""
    opening = list(islice(table.records(), _HEADING_WITHIN_RECORDS + 1))
    for place, record in enumerate(opening[:_HEADING_WITHIN_RECORDS]):
        if names_addresses(record.cells, layout):
            below = opening[place + 1 : place + 2]
            return _in_two_lines(record, below[0]) if below else record
        if any("@" in cell for cell in record.cells):
            return None
    return None


def _in_two_lines(heading: Record, below: Record) -> Record:
    """Put a heading together whose second line stands below: a survey's question over its choices, merged or not.

    Such a line has no address, and fills columns that have no heading of their own.
    """
    cells = [*heading.cells, *[""] * (len(below.cells) - len(heading.cells))]
    lower = [*below.cells, *[""] * (len(cells) - len(below.cells))]
    pairs = list(zip(cells, lower, strict=True))
    is_second = any(low.strip() and not high.strip() for high, low in pairs) and not any("@" in low for low in lower)
    if not is_second or any(low.strip() for high, low in pairs if is_plain(high)):
        return heading
    merged: list[str] = []
    above = ""
    for high, low in pairs:
        above = high.strip() or above
        merged.append(f"{above}: {low.strip()}" if low.strip() else high)
    return replace(heading, last_line=below.last_line, cells=merged)
