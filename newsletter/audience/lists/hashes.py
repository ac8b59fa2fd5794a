"""Suppressions as a file of hashes: nobody can read addresses off it, and whoever has the key can look them up.

Its doors are `write_hashes`, `is_hash_file` and `read_hashes`. A hash without its key bars nobody, so every row names
the keys of which one made it.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from newsletter.domain.audience import AddressHash, Suppression, SuppressionReason
from newsletter.domain.keys import KeyId
from newsletter.errors import ContentError, Place
from newsletter.files import write_new_csv

_HEADINGS = ("keys", "hash", "reason", "since")
_HASH = re.compile("[0-9a-f]{64}")
_HEADING_LINE = ";".join(_HEADINGS).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class HashRow:
    """A suppression from elsewhere.

    Attributes:
        keys: One of these made the hash.
        address_hash: Whose.
        reason: Why.
    """

    keys: tuple[KeyId, ...]
    address_hash: AddressHash
    reason: SuppressionReason


def write_hashes(suppressions: Iterable[Suppression], path: Path, *, keys: Sequence[KeyId]) -> int:
    """Write suppressions to a new file; give how many.

    Raises:
        UsageError: As `exports.write_people`.
        StorageError: Likewise.
    """
    named = " ".join(keys)
    rows = ((named, one.address_hash, one.reason, f"{one.at:%Y-%m-%d}") for one in suppressions)
    return write_new_csv(path, _HEADINGS, rows)


def is_hash_file(file: BinaryIO) -> bool:
    """Tell whether a file was written by `write_hashes`."""
    file.seek(0)
    return file.readline(200).removeprefix(b"\xef\xbb\xbf").strip().replace(b'"', b"") == _HEADING_LINE


def read_hashes(file: BinaryIO, name: str) -> Iterator[HashRow]:
    """Give the suppressions of a file, one after the other.

    Raises:
        ContentError: A line is none, with its number.
    """
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    try:
        reader = csv.reader(text, delimiter=";")
        next(reader)
        for row in filter(None, reader):
            yield _hash_row(row, Place(path=Path(name), line=reader.line_num))
    finally:
        if not file.closed:
            text.detach()


def _hash_row(row: Sequence[str], place: Place) -> HashRow:
    """Read one line."""
    try:
        keys, address_hash, reason, since = row
        datetime.strptime(since, "%Y-%m-%d").date()  # noqa: DTZ007 - a day
        if keys and _HASH.fullmatch(address_hash):
            named = tuple(KeyId(one) for one in keys.split())
            return HashRow(keys=named, address_hash=AddressHash(address_hash), reason=SuppressionReason(reason))
    except ValueError:
        pass
    raise ContentError(
        "This is no line of `newsletter suppression export`; nothing was kept.",
        hint="Export it again, and do not save it from a spreadsheet.",
        place=place,
    )
