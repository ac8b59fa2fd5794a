"""Tell whether a source must be read again: not where its bytes, its settings and the program are as they were.

The doors are `mark_of` and `is_as_it_was`. Reading is nearly all that collecting costs. The program is its files and
the libraries that read: nobody has to remember to count a version up.
"""

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import newsletter
from newsletter.domain.content import Problem, Reading, Snapshot, Source

LIBRARIES: Final = (
    "PyYAML",
    "feedparser",
    "httpx",
    "icalendar",
    "markdown-it-py",
    "markdownify",
    "nh3",
    "recurring-ical-events",
)
"""Whatever a module of ours that reads sources imports."""
_READERS: Final = ("collect", "domain", "language", "safe_html.py")


def mark_of(snapshot: Snapshot, source: Source, problems: Sequence[Problem]) -> str:
    """Give what the reading of a snapshot follows from, and what its fetch had to tell."""
    # A folder that is moved takes its files along, as they are.
    place = snapshot.location if source.is_remote else ""
    settings = replace(source, is_enabled=True, location=source.location if source.is_remote else "")
    said = "\n".join([snapshot.sha256, place, repr(settings), repr(problems), program()])
    return hashlib.sha256(said.encode()).hexdigest()


def is_as_it_was(reading: Reading | None, mark: str) -> bool:
    """Tell whether a source was read from the same, so that reading it again would give the same."""
    return reading is not None and reading.mark == mark


@cache
def program() -> str:
    """Give a digest of what reads sources."""
    digest = hashlib.sha256(platform.python_version().encode())
    root = Path(newsletter.__file__).parent
    for name in _READERS:
        files = sorted((root / name).rglob("*.py")) if (root / name).is_dir() else [root / name]
        for file in files:
            digest.update(file.read_bytes())
    for library in LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    return digest.hexdigest()
