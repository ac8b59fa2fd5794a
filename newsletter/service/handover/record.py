"""When a publication was last packed, remembered beside its key: `status` asks, and needs nothing else of this room."""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from newsletter.files import write_whole

RECORD_NAME = "newsletter.packed"


def record_pack(key: Path, pack: Path, now: datetime) -> None:
    """Remember a pack.

    Raises:
        StorageError: The disk is full or read-only.
    """
    record = {"at": now.isoformat(timespec="seconds"), "file": pack.name}
    write_whole(key.with_name(RECORD_NAME), json.dumps(record) + "\n")


def packed_at(key: Path) -> datetime | None:
    """Give the aware moment of the last pack; None where there was none that is known here."""
    with suppress(OSError, ValueError, KeyError):
        record = json.loads(key.with_name(RECORD_NAME).read_text(encoding="utf-8"))
        return datetime.fromisoformat(record["at"])
    return None
