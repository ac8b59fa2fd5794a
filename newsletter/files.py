"""Write a file wholly or not at all."""

import csv
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from newsletter import machine
from newsletter.errors import NewsletterError, StorageError, UsageError


def write_whole(path: Path, content: str, *, is_new: bool = False, error: type[NewsletterError] = StorageError) -> None:
    """Put a text under a name in one step: whoever looks sees the old content or the new, also after a power cut.

    Its folder is made where it is missing; a file that was there keeps its rights.

    Line ends stay as they are; `is_new` refuses a name that is taken, also one that was a moment ago.

    Raises:
        FileExistsError: With `is_new`, the name is taken.
        NewsletterError: Of the given class: the disk is full or read-only; the old file stays.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with unfinished.open("x", encoding="utf-8", newline="") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            _place(unfinished, path, is_new=is_new)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as cause:
        if is_new and isinstance(cause, FileExistsError):
            raise
        hint = "Check the free space and the permissions of its folder."
        raise error(f"{path} cannot be written: {cause.strerror}.", hint=hint) from cause


def _place(finished: Path, path: Path, *, is_new: bool) -> None:
    """Give a finished file its name, and make the name last."""
    if is_new:
        # A link refuses an existing name, also one that appeared a moment ago; a rename would take it.
        os.link(finished, path)
    else:
        if path.exists():
            machine.copy_rights(path, finished)
        finished.replace(path)
    machine.sync_folder(path.parent)


@contextmanager
def new_private_file(path: Path, *, encoding: str = "utf-8") -> Iterator[TextIO]:
    """Give a file to write that stands under its name, for its owner alone, once the block has ended well.

    Raises:
        UsageError: Something is there already (a link counts), or the folder is missing or not yours.
        StorageError: The disk is full or failing; no half file is left.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        descriptor = machine.create_private(partial)
        with os.fdopen(descriptor, "w", encoding=encoding, newline="") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
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


def write_new_csv(path: Path, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """Write rows to a new file for its owner alone, `;` between columns, UTF-8 with a mark so that Excel reads it.

    Returns:
        How many rows.

    Raises:
        UsageError: Something is there already (a link counts), or the folder is missing or not yours.
        StorageError: The disk is full or failing; no half file is left.
    """
    count = 0
    with new_private_file(path, encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(heading)
        for count, row in enumerate(rows, 1):  # noqa: B007 - the number of the last one
            writer.writerow(row)
    return count
