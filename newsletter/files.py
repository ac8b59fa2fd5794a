"""Write a file wholly or not at all."""

import os
import secrets
from pathlib import Path

from newsletter import machine
from newsletter.errors import NewsletterError, StorageError


def write_whole(path: Path, content: str, *, is_new: bool = False, error: type[NewsletterError] = StorageError) -> None:
    """Put a text under a name in one step: whoever looks sees the old content or the new, also after a power cut.

    Its folder is made where it is missing; a file that was there keeps its rights.

    Args:
        path: The name.
        content: Written as UTF-8, with its own line ends.
        is_new: Refuse a name that is taken, also one that was a moment ago.
        error: What to raise: the room's own class.

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
