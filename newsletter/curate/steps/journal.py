"""What was changed in an issue.toml, kept in a file beside it: undone and done again, also after a restart.

Doors: `open_journal`, and `history_of` for what its lines say. A line is added, durably, before the file is written: a
kill between the two leaves the old file and a line that does not count, for the file is still as before it. A line that
was cut short counts for nothing either.
"""

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from newsletter import machine
from newsletter.curate.steps.change import Change, Document
from newsletter.curate.steps.edits import Edit
from newsletter.curate.steps.fit import Hunk, fitted, hunks_of, made, reversed_hunks
from newsletter.domain.step import said
from newsletter.errors import IssueFileError, StateError

JOURNAL_NAME = "issue.journal"
_WAIT_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A step that was made.

    Attributes:
        what: In a few words.
        before: Digest of the file that it was made from.
        after: Digest of the file that it made.
        hunks: The difference.
    """

    what: str
    before: str
    after: str
    hunks: tuple[Hunk, ...]

    def taking_back(self, document: Document) -> tuple[Edit, ...] | None:
        """Give the edits that undo the step on a document; None where somebody changed it just there since."""
        hunks = reversed_hunks(self.hunks)
        return made(hunks) if document.sha256 == self.after else fitted(document.text, hunks)

    def making_again(self, document: Document) -> tuple[Edit, ...] | None:
        """Likewise the edits that do it again."""
        return made(self.hunks) if document.sha256 == self.before else fitted(document.text, self.hunks)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The steps that count, the last one last.

    Attributes:
        done: Those that can be undone.
        undone: Those that can be done again.
    """

    done: tuple[Entry, ...] = ()
    undone: tuple[Entry, ...] = ()


def history_of(lines: Sequence[dict[str, Any]], sha256: str) -> History:
    """Give what the lines of a journal say of a file with a digest."""
    done: list[Entry] = []
    undone: list[Entry] = []
    nexts = [*(line["before"] for line in lines[1:]), sha256]
    for line, following in zip(lines, nexts, strict=False):
        if line["before"] == following != line["after"]:
            continue  # Noted, but the file was never written; or a person took it back by hand.
        match line["kind"]:
            case "step":
                done, undone = [*done, _entry(line)], []
            case "undo" if done:
                undone.append(done.pop())
            case "redo" if undone:
                done.append(undone.pop())
            case "leave":
                (done if line["of"] == "undo" else undone).pop()
    return History(done=tuple(done), undone=tuple(undone))


class Journal:
    """The open journal of an issue that nobody else changes meanwhile."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def history(self, document: Document) -> History:
        """Give the steps that count for the file as it is now."""
        os.lseek(self._handle, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self._handle), "rb") as file:
            return history_of([*_lines(file.read())], document.sha256)

    def note_step(self, change: Change) -> None:
        """Note a step that is about to be written."""
        hunks = [asdict(hunk) for hunk in hunks_of(change.before.text, change.edits)]
        self._add("step", change.before.sha256, change.after.sha256, what=said(change.step), hunks=hunks)

    def note_turn(self, kind: str, before: Document, after: Document) -> None:
        """Note that the last step is about to be undone, or done again: "undo" or "redo"."""
        self._add(kind, before.sha256, after.sha256)

    def note_left(self, kind: str, document: Document) -> None:
        """Note that the last step can be neither, and is left as it is."""
        self._add("leave", document.sha256, document.sha256, of=kind)

    def _add(self, kind: str, before: str, after: str, **facts: object) -> None:
        line = json.dumps({"kind": kind, "before": before, "after": after, **facts}, ensure_ascii=False)
        try:
            # A line that a crash cut short is ended first.
            os.write(self._handle, f"\n{line}\n".encode())
            machine.sync(self._handle)
        except OSError as error:
            raise _unwritable(error) from error


@contextmanager
def open_journal(issue_path: Path, *, patience_seconds: float = 2.0) -> Iterator[Journal]:
    """Open the journal of an issue for one change of it; another change waits for its turn, and not for ever.

    Raises:
        StateError: Another change does not come to its end.
        IssueFileError: The disk refuses.
    """
    with ExitStack() as stack:
        try:
            handle = machine.append_private(issue_path.with_name(JOURNAL_NAME))
        except OSError as error:
            raise _unwritable(error) from error
        stack.callback(os.close, handle)
        _lock(handle, tries=int(patience_seconds / _WAIT_SECONDS))
        yield Journal(handle)


def forget_steps(issue_path: Path) -> None:
    """Begin a new issue without the steps of one that was there before."""
    issue_path.with_name(JOURNAL_NAME).unlink(missing_ok=True)


def _lock(handle: int, *, tries: int) -> None:
    for _ in range(tries):
        try:
            machine.lock(handle)
        except BlockingIOError:
            time.sleep(_WAIT_SECONDS)
        except OSError as error:
            raise _unwritable(error) from error
        else:
            return
    raise StateError("Somebody else is changing this issue now.", hint="Nothing was changed. Run it again.")


def _unwritable(error: OSError) -> IssueFileError:
    return IssueFileError(
        f"The journal beside issue.toml cannot be written: {error.strerror}.",
        hint="Nothing was changed. Check the free space and the permissions of its folder.",
    )


def _lines(written: bytes) -> Iterator[dict[str, Any]]:
    """Give the lines that are whole."""
    for line in written.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def _entry(line: dict[str, Any]) -> Entry:
    return Entry(
        what=line["what"],
        before=line["before"],
        after=line["after"],
        hunks=tuple(Hunk(**hunk) for hunk in line["hunks"]),
    )
