"""Write a file wholly or not at all."""

import os
from pathlib import Path

from newsletter.errors import StorageError


def write_whole(path: Path, content: str) -> None:
    """Replace a file in one step: whoever looks sees the old content or the new, also after a power cut.

    Raises:
        StorageError: The disk is full or read-only; the old file stays.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        hint = "Check the free space and the permissions of its folder."
        raise StorageError(f"{path.name} cannot be written: {error.strerror}.", hint=hint) from error
