"""Read an XLSX workbook as records, a sheet at a time, in bounded memory.

Its door is `sheets_of`. What Excel shows as a day comes out as 2017-11-03, a whole number without decimals. Formulas
are never carried out: the value that was saved with them counts.
"""

import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from newsletter.audience.lists.reading.csv_text import Record
from newsletter.errors import ContentError, Place, UsageError
from newsletter.toml_file import did_you_mean

_UNZIPPED_BYTES_MAX = 100 << 20
_OPENING_ROWS = 20
"""The width of a sheet is that of its widest row among so many: later rows leave out empty cells at their end."""
_COLUMNS_MAX = 1_000
_UNREADABLE = "In the spreadsheet choose: Save as, Excel workbook (.xlsx) or CSV UTF-8."


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetTable:
    """One sheet of a workbook.

    Attributes:
        file: The workbook.
        name: Of the file, for messages.
        sheet: Its name.
        width: Its columns.
    """

    file: BinaryIO
    name: str
    sheet: str
    width: int

    @property
    def described(self) -> str:
        """Say how it is read."""
        return f"workbook, sheet {self.sheet!r}"

    def records(self) -> Iterator[Record]:
        """Give every row as a record; its line is Excel's number of the row."""
        for line, cells in enumerate(_rows(self.file, self.name, self.sheet), start=1):
            yield Record(line=line, last_line=line, cells=[*cells, *[""] * (self.width - len(cells))])


def is_workbook(file: BinaryIO) -> bool:
    """Tell whether a file is an archive with a workbook in it."""
    file.seek(0)
    if not zipfile.is_zipfile(file):
        return False
    with zipfile.ZipFile(file) as archive:
        return "xl/workbook.xml" in archive.namelist()


def sheets_of(file: BinaryIO, name: str, wanted: str | None) -> tuple[SheetTable, ...]:
    """Give the sheets of a workbook, or the one that is wanted.

    Raises:
        ContentError: It cannot be read, or unpacks to more than 100 MiB.
        UsageError: It has no such sheet.
    """
    with zipfile.ZipFile(file) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > _UNZIPPED_BYTES_MAX:
        raise ContentError(
            f"The workbook unpacks to {size >> 20} MiB; at most {_UNZIPPED_BYTES_MAX >> 20} are read.",
            hint="Save the sheet as CSV UTF-8.",
            place=Place(path=Path(name)),
        )
    names = _sheet_names(file, name)
    if wanted is not None:
        if wanted not in names:
            raise UsageError(
                f"The workbook has no sheet {wanted!r}.",
                hint=did_you_mean(wanted, names) or f"It has: {', '.join(names)}",
            )
        names = [wanted]
    return tuple(SheetTable(file=file, name=name, sheet=sheet, width=_width(file, name, sheet)) for sheet in names)


def _width(file: BinaryIO, name: str, sheet: str) -> int:
    """Give how many columns a sheet has."""
    return max((len(cells) for cells in islice(_rows(file, name, sheet), _OPENING_ROWS)), default=0)


def _sheet_names(file: BinaryIO, name: str) -> list[str]:
    """Give the names of the sheets, in their order."""
    from openpyxl import load_workbook

    try:
        with closing(load_workbook(file, read_only=True, data_only=True)) as workbook:
            return [sheet.title for sheet in workbook.worksheets]
    except Exception as cause:  # openpyxl lets whatever goes wrong in its parts come out
        raise ContentError("The workbook cannot be read.", hint=_UNREADABLE, place=Place(path=Path(name))) from cause


def _rows(file: BinaryIO, name: str, sheet: str) -> Iterator[list[str]]:
    """Give the rows of a sheet as text, without the empty cells at their end."""
    from openpyxl import load_workbook

    try:
        with closing(load_workbook(file, read_only=True, data_only=True)) as workbook:
            rows = workbook[sheet]
            rows.reset_dimensions()
            for values in rows.iter_rows(values_only=True, max_col=_COLUMNS_MAX):
                cells = [_text(value) for value in values]
                while cells and not cells[-1].strip():
                    cells.pop()
                yield cells
    except GeneratorExit:
        raise
    except Exception as cause:  # as above
        raise ContentError("The workbook cannot be read.", hint=_UNREADABLE, place=Place(path=Path(name))) from cause


def _text(value: object) -> str:
    """Write a cell as a person would."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M:%S}"
        case date():
            return f"{value:%Y-%m-%d}"
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).replace("_x000D_", "").replace("\0", "\x01")
