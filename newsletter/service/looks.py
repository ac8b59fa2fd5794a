"""When each source last answered, and when the mailbox was read: a small file beside newsletter.toml.

It is no part of the database, because a source that says the same again must cost no write there. A database that was
put back from a backup knows less than the file was written for: so the file also names the content that was confirmed.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from newsletter.domain.changes import Look
from newsletter.domain.content import SourceId
from newsletter.files import write_whole
from newsletter.storage.content import SourceStatus

LOOKS_NAME = "newsletter.looks"
_KEYS = ("looked_at", "content_from")
_MAILBOX = "(mailbox)"
"""No source can be called so."""


def write_looks(folder: Path, answered: Iterable[SourceId], statuses: Iterable[SourceStatus], *, now: datetime) -> None:
    """Note that sources answered now, and with which content.

    Raises:
        StorageError: The disk is full or read-only.
    """
    looks = _read(folder)
    confirmed = {status.source_id: status.content_from for status in statuses}
    for source_id in answered:
        if content := confirmed.get(source_id):
            looks[source_id] = {"looked_at": now.isoformat(), "content_from": content.isoformat()}
    write_whole(folder / LOOKS_NAME, json.dumps(looks, indent=2, sort_keys=True) + "\n")


def read_looks(folder: Path, statuses: Iterable[SourceStatus]) -> dict[SourceId, Look]:
    """Give the last look at each source that was ever collected, as far as this database holds what it brought."""
    written = _read(folder)
    looks = {}
    for status in statuses:
        noted = written.get(status.source_id, {})
        content = None if status.content_from is None else status.content_from.isoformat()
        is_of_this_database = content is not None and noted.get("content_from") == content
        looked_at = datetime.fromisoformat(noted["looked_at"]) if is_of_this_database else status.content_from
        looks[status.source_id] = Look(source_id=status.source_id, looked_at=looked_at, answer=status.reading.answer)
    return looks


def note_mailbox(folder: Path, *, now: datetime) -> None:
    """Note that what came back by mail was read now.

    Raises:
        StorageError: The disk is full or read-only.
    """
    looks = {**_read(folder), _MAILBOX: dict.fromkeys(_KEYS, now.isoformat())}
    write_whole(folder / LOOKS_NAME, json.dumps(looks, indent=2, sort_keys=True) + "\n")


def mailbox_read_at(folder: Path) -> datetime | None:
    """Give when it was last read, or None."""
    noted = _read(folder).get(_MAILBOX)
    return None if noted is None else datetime.fromisoformat(noted["looked_at"])


def _read(folder: Path) -> dict[str, dict[str, str]]:
    """Read what was noted; a file that is missing or damaged says nothing, and the next collecting writes it anew."""
    try:
        content = json.loads((folder / LOOKS_NAME).read_text("utf-8"))
        return {str(name): {key: _moment(look[key]) for key in _KEYS} for name, look in content.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _moment(text: str) -> str:
    """Give an aware moment as `isoformat` writes it."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.isoformat()
