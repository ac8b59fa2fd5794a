"""Write the rows of a list that somebody has to mend to a file of their own, which can be imported again."""

import csv
import os
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Self

from newsletter import machine
from newsletter.audience.lists.exports import cell_text
from newsletter.audience.lists.result import Mended
from newsletter.errors import StorageError

_OWN_COLUMNS = ("line", "reason", "what to do")


class MendingFile:
    """A file that is made when its first row comes, for its owner alone; an earlier one is never touched.

    Args:
        folder: Where it is made.
        name: Of the list.
        headings: Of the list.
    """

    def __init__(self, folder: Path, name: str, headings: Sequence[str]) -> None:
        self.path: Path | None = None
        self._folder = folder
        self._stem = Path(name).stem
        self._headings = headings
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Begin without a file."""
        return self

    def __exit__(self, *_how: object) -> None:
        """Close the file."""
        self._open.close()

    def add(self, row: Mended) -> None:
        """Write a row with its line, reason and fix before the cells as they were.

        Raises:
            StorageError: The file cannot be written.
        """
        place, fault = row.fault.place, row.fault
        line = "" if place is None else place.line
        try:
            if self.path is None:
                self._begin()
            self._writer.writerow([line, fault.message, fault.hint or "", *map(cell_text, row.cells)])
        except OSError as error:
            raise StorageError(
                f"The rows to mend cannot be written: {error.strerror}.",
                hint="Check the free space and the folder subscribers, then import the list again.",
            ) from error

    def _begin(self) -> None:
        """Make the file under the first name that is free."""
        for number in count(1):
            path = self._folder / f"{self._stem}.to-mend{'' if number == 1 else f'-{number}'}.csv"
            try:
                descriptor = machine.create_private(path)
            except FileExistsError:
                continue
            break
        file = self._open.enter_context(os.fdopen(descriptor, "w", encoding="utf-8-sig", newline=""))
        self._writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        self._writer.writerow([*_OWN_COLUMNS, *map(cell_text, self._headings)])
        self.path = path
