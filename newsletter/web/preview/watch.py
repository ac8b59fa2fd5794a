"""Files that change, and who wants to know.

`changes` tells what a person saved, a few milliseconds after; `ChangeSignal` wakes every open page. Only folders of the
publication are watched, and in them only what a preview is made of: not what is built, not the database. Door:
`changes` and `ChangeSignal`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from enum import StrEnum
from pathlib import Path

from watchfiles import Change, awatch

from newsletter.config import Settings

STEP_MILLISECONDS = 10
"""Editors write a file in steps within a millisecond or two; more waiting is delay that a person sees."""
QUIET_MILLISECONDS = 60
"""A stream of changes is told after so long at the latest."""

NEW_FOLDER_SECONDS = 1.0
"""A folder that came into being is watched after so long at the latest."""


class Part(StrEnum):
    """What of a publication a changed file belongs to."""

    CONFIGURATION = "configuration"
    CONTENT = "content"
    """Templates, brand, segments, issue.toml: what editions are made of."""
    OUTBOX = "outbox"


def part_of(path: Path, settings: Settings) -> Part | None:
    """Tell what a changed file belongs to; None when no preview is made of it."""
    name = path.name
    if path == settings.path:
        return Part.CONFIGURATION
    if path.is_relative_to(settings.outbox_path):
        return Part.OUTBOX
    if name.startswith("."):
        return None
    if path.is_relative_to(settings.templates_path) or path == settings.segments_path:
        return Part.CONTENT
    is_issue = path.is_relative_to(settings.issues_path) and name in ("issue.toml", "issue.lock")
    return Part.CONTENT if is_issue or path == settings.issues_path else None


def _folders(settings: Settings) -> list[Path]:
    wanted = (settings.templates_path, settings.segments_path.parent, settings.issues_path, settings.outbox_path)
    return [folder for folder in wanted if folder.is_dir()]


async def changes(settings: Settings, stop: asyncio.Event) -> AsyncIterator[frozenset[Part]]:
    """Tell what was changed, again and again until `stop`; at the start everything counts as changed.

    Folders are watched and not files: an editor that saves by putting a new file in place of the old one is noticed
    too. A folder that comes into being later is watched from then on.
    """
    while not stop.is_set():
        folders = _folders(settings)
        queue: asyncio.Queue[set[tuple[Change, str]]] = asyncio.Queue()
        over = asyncio.Event()
        tasks = [
            asyncio.create_task(_pass_on([settings.root], queue, over, is_recursive=False)),
            asyncio.create_task(_pass_on(folders, queue, over, is_recursive=True)),
        ]
        # One turn of the loop sets both watches up. What was saved before that, nobody told of: so everything is.
        await asyncio.sleep(0)
        yield frozenset({Part.CONTENT, Part.OUTBOX})
        try:
            while not stop.is_set() and folders == _folders(settings):
                found = await _next(queue, stop)
                parts = {part_of(Path(path), settings) for _, path in found}
                if known := frozenset(part for part in parts if part is not None):
                    yield known
        finally:
            over.set()
            await asyncio.gather(*tasks)


async def _pass_on(
    folders: list[Path], queue: asyncio.Queue[set[tuple[Change, str]]], over: asyncio.Event, *, is_recursive: bool
) -> None:
    """Put every set of changes below some folders into a queue."""
    if not folders:
        return
    watching = awatch(
        *folders,
        watch_filter=None,
        debounce=QUIET_MILLISECONDS,
        step=STEP_MILLISECONDS,
        stop_event=over,
        recursive=is_recursive,
        ignore_permission_denied=True,
    )
    async with aclosing(watching):
        async for found in watching:
            await queue.put(found)


async def _next(queue: asyncio.Queue[set[tuple[Change, str]]], stop: asyncio.Event) -> set[tuple[Change, str]]:
    """Wait for the next changes; none when it is over first, or when it is time to look for new folders."""
    getting, stopping = asyncio.create_task(queue.get()), asyncio.create_task(stop.wait())
    done, pending = await asyncio.wait(
        {getting, stopping}, timeout=NEW_FOLDER_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    for task in pending:
        task.cancel()
    return getting.result() if getting in done else set()


class ChangeSignal:
    """Wakes whoever waits, each time it rings; nobody misses a ring that came while they were busy."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()
        self.is_over = False

    def ring(self) -> None:
        """Wake everybody who waits."""
        for one in self._waiting:
            one.set()

    def end(self) -> None:
        """Wake everybody for the last time."""
        self.is_over = True
        self.ring()

    async def rings(self, patience_seconds: float) -> AsyncIterator[bool]:
        """Tell of each ring with True, and of each stretch of silence with False, until the end."""
        rung = asyncio.Event()
        self._waiting.add(rung)
        try:
            while not self.is_over:
                try:
                    await asyncio.wait_for(rung.wait(), patience_seconds)
                except TimeoutError:
                    yield False
                    continue
                rung.clear()
                yield True
        finally:
            self._waiting.discard(rung)
