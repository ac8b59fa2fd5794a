"""Reads the sources that stand on this machine: files, and folders of Markdown files. Part of `fetch`."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

from newsletter.collect import archive
from newsletter.collect.limits import MAXIMUM_BODY_BYTES
from newsletter.domain.content import Snapshot, Source
from newsletter.errors import SourceError

_MEDIA_TYPES: Final = {
    ".atom": "application/atom+xml",
    ".ics": "text/calendar",
    ".rss": "application/rss+xml",
    ".txt": "text/plain",
    ".xml": "application/xml",
}


def snapshot_of_file(source: Source, now: datetime) -> Snapshot:
    """Read a file.

    Raises:
        SourceError: It is missing, unreadable, a folder, or too large.
    """
    path = Path(source.location)
    body = _read(path, source, MAXIMUM_BODY_BYTES)
    return Snapshot(
        source_id=source.id,
        fetched_at=now,
        location=source.location,
        media_type=_MEDIA_TYPES.get(path.suffix.lower(), ""),
        body=body,
    )


def snapshot_of_folder(source: Source, now: datetime) -> Snapshot:
    """Read the Markdown files of a folder and of the folders in it, as one archive.

    Hidden files, files named README.md, and links that lead out of the folder are left alone.

    Raises:
        SourceError: It is no folder of this machine, one of its files is unreadable, or they are too large together.
    """
    folder = Path(source.location)
    if source.is_remote or not folder.is_dir():
        raise SourceError(
            f"Source {source.id!r}: there is no folder {folder.name!r} on this machine.",
            hint="Check `path` of the source; a folder source reads Markdown files (.md).",
        )
    files: dict[str, bytes] = {}
    left = MAXIMUM_BODY_BYTES
    for name, path in _markdown_files(folder):
        files[name] = _read(path, source, left)
        left -= len(files[name])
    if not files:
        raise SourceError(
            f"Source {source.id!r}: the folder {folder.name!r} holds no Markdown file.",
            hint="Put articles into it as .md files, or remove the source.",
        )
    return Snapshot(
        source_id=source.id,
        fetched_at=now,
        location=source.location,
        media_type=archive.MEDIA_TYPE,
        body=archive.pack(files),
    )


def _markdown_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Give the files to read, with their names inside the folder, by name."""
    root = folder.resolve()
    for path in sorted(folder.rglob("*.md")):
        name = path.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in name.parts)
        if (
            path.is_file()
            and not is_hidden
            and name.name.lower() != "readme.md"
            and path.resolve().is_relative_to(root)
        ):
            yield name.as_posix(), path


def _read(path: Path, source: Source, limit: int) -> bytes:
    """Read a file of at most `limit` bytes."""
    try:
        with path.open("rb") as file:
            body = file.read(limit + 1)
    except FileNotFoundError as cause:
        raise SourceError(
            f"Source {source.id!r}: there is no file {path.name!r}.", hint="Check `path` of the source."
        ) from cause
    except OSError as cause:
        raise SourceError(
            f"Source {source.id!r}: {path.name!r} cannot be read ({cause.strerror}).",
            hint="Check it and its permissions.",
        ) from cause
    if len(body) > limit:
        raise SourceError(
            f"Source {source.id!r} is larger than {MAXIMUM_BODY_BYTES // 1_000_000} MB.",
            hint="Leave only what belongs to the newsletter in it.",
        )
    return body
