"""Write subscribers to a CSV file: for a spreadsheet, or to be imported again without loss.

Its door is `write_csv`. The file is new, complete and readable by its owner alone, or there is none. A cell that a
spreadsheet would take for a formula is made harmless, unless the lossless form is asked for. It knows no store: people
come in as they are walked through.
"""

import csv
import os
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from newsletter import machine
from newsletter.domain.audience import Subscriber
from newsletter.errors import StorageError, UsageError

_FIXED_COLUMNS = ("email", "name", "language", "status", "tags")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheets take for the start of a formula (OWASP, CSV Injection), the full-width forms by some settings."""


def write_csv(people: Iterable[Subscriber], path: Path, *, attributes: Sequence[str], is_lossless: bool = False) -> int:
    """Write people to a new file, `;` between columns, UTF-8 with a mark so that Excel reads it; give how many.

    Args:
        people: In the order they are to stand.
        path: Where; nothing may be there.
        attributes: Each becomes a column, in this order.
        is_lossless: Leave formulas as they are, so that an import gives the same people; not for a spreadsheet.

    Raises:
        UsageError: Something is there already (a link counts), or the folder is missing or not yours.
        StorageError: The disk is full or failing; no half file is left.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        count = _write_new(people, partial, attributes, is_lossless=is_lossless)
        # A hard link, unlike a rename, never replaces what stands at the name.
        os.link(partial, path)
    except FileExistsError as cause:
        raise UsageError(f"There is something at {path} already; it is kept.", hint="Choose another name.") from cause
    except (FileNotFoundError, PermissionError, NotADirectoryError) as cause:
        raise UsageError(f"{path} cannot be written: {cause.strerror}.", hint="Check the folder.") from cause
    except OSError as cause:
        raise StorageError(
            f"{path} could not be written: {cause.strerror}.", hint="Free some space and run this again."
        ) from cause
    finally:
        with suppress(OSError):
            partial.unlink()
    return count


def _write_new(people: Iterable[Subscriber], path: Path, attributes: Sequence[str], *, is_lossless: bool) -> int:
    """Write a file that did not exist, durably, for its owner alone."""
    count = 0
    descriptor = machine.create_private(path)
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow([*_FIXED_COLUMNS, *(cell_text(name, is_lossless=is_lossless) for name in attributes)])
        for person in people:
            writer.writerow([cell_text(cell, is_lossless=is_lossless) for cell in _cells(person, attributes)])
            count += 1
        file.flush()
        os.fsync(descriptor)
    return count


def _cells(person: Subscriber, attributes: Sequence[str]) -> list[str]:
    """Give a person's cells."""
    known = (person.address, person.name, person.language, person.status, ",".join(person.tags))
    return [*known, *(person.attributes.get(name, "") for name in attributes)]


def cell_text(text: str, *, is_lossless: bool = False) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if not is_lossless and text.startswith(_FORMULA_STARTS) else text
