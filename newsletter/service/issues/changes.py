"""Writing steps into an issue's file, and taking them back: what every verb of curating ends in."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from newsletter.curate.issue_file import issue_in, read_document
from newsletter.curate.steps.change import Document, change, document_of
from newsletter.curate.steps.edits import edited
from newsletter.curate.steps.journal import Entry, open_journal
from newsletter.domain.content import ItemKey, SegmentId
from newsletter.domain.issue import Issue, IssueLabel, IssueState
from newsletter.domain.segments import Segment
from newsletter.domain.step import SetWords, Step, said
from newsletter.errors import Fault, IssueFileError, StateError, StorageError, UsageError
from newsletter.files import write_whole
from newsletter.service.deliveries.sent_file import SENT_NAME, begun_elsewhere
from newsletter.service.issues.listing import IssueListing, listing_of
from newsletter.service.issues.lock_file import LOCK_NAME, read_lock
from newsletter.service.issues.shelf import STATE_OF_SENDING, IssueShelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """That readers have had an item before."""

    label: IssueLabel
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """What a step did.

    Attributes:
        what: In a few words.
        key: The item it was about; None for an undo.
        title: Of the item, as it is now.
        segments: Whose list it was about.
        is_changed: The file says something else than before.
        is_dry_run: Nothing was written.
        state: Where the issue stood before; None where the database cannot be read.
        told: Readers have had what was taken; None where they have not.
        notes: What the person should know beside: a comment that went, a list that does not get the section.
        difference: The lines of the file that went ("-") and came ("+").
        sha256: Of the file as it is now, to be given with the next step.
    """

    label: IssueLabel
    path: Path
    what: str
    key: ItemKey | None = None
    title: str = ""
    segments: tuple[SegmentId, ...] = ()
    is_changed: bool
    is_dry_run: bool
    state: IssueState | None
    told: Told | None = None
    notes: tuple[str, ...] = ()
    difference: tuple[str, ...]
    sha256: str


class IssueChanges(IssueShelf):
    """Changes of issue.toml, one step at a time."""

    def listing(self, label: str) -> IssueListing:
        """Give what an issue holds and what was left out of it, with the numbers that name them.

        Raises:
            UsageError: There is no such issue.
            IssueFileError: issue.toml has mistakes.
        """
        return self._opened(self._known(label))[2]

    def apply(self, label: str, step: Step, *, made_from: str | None = None, is_dry_run: bool = False) -> Stepped:
        """Make one step; where the file changed since the person looked, it is merged if it still fits.

        Args:
            label: The issue.
            step: What is to be done.
            made_from: The digest of the file as the person saw it; None for as it is now.
            is_dry_run: Only say what would be done.

        Raises:
            UsageError: issue.toml could not hold it.
            StateError: It does not fit; or a sending is under way. Nothing was changed.
            IssueFileError: The file has mistakes, or leaves no room for the step.
        """
        known = self._known(label)
        state = self._standing(known)
        with open_journal(self.path(known)) as journal:
            document = self._document(known)
            is_changed_since = made_from not in (None, document.sha256)
            if is_changed_since and isinstance(step, SetWords) and step.was is None:
                raise StateError(
                    "issue.toml was changed meanwhile, and what was to be replaced is not known.",
                    hint="Nothing was changed. Look at the file, and decide again.",
                )
            done = change(document, step)
            self._require_sound(done.after, known)
            if done.edits and not is_dry_run:
                journal.note_step(done)
                write_whole(self.path(known), done.after.written, error=IssueFileError)
        return Stepped(
            label=known,
            path=self.path(known),
            what=said(step),
            key=ItemKey(step.table[1]) if isinstance(step, SetWords) else step.key,
            segments=() if isinstance(step, SetWords) else step.segments,
            is_changed=bool(done.edits),
            is_dry_run=is_dry_run,
            state=state,
            difference=difference(document, done.after),
            sha256=document.sha256 if is_dry_run else done.after.sha256,
        )

    def undo(self, label: str, *, is_dry_run: bool = False) -> Stepped:
        """Take the last step back; what was edited by hand since stays.

        Raises:
            StateError: There is none; or it was edited in the very place: it is left, and is no step any more.
        """
        return self._turn(label, "undo", is_dry_run=is_dry_run)

    def redo(self, label: str, *, is_dry_run: bool = False) -> Stepped:
        """Make the step again that was undone last.

        Raises:
            StateError: As for `undo`.
        """
        return self._turn(label, "redo", is_dry_run=is_dry_run)

    def _turn(self, label: str, kind: str, *, is_dry_run: bool) -> Stepped:
        known = self._known(label)
        state = self._standing(known)
        with open_journal(self.path(known)) as journal:
            document = self._document(known)
            history = journal.history(document)
            steps = history.done if kind == "undo" else history.undone
            if not steps:
                what = "no step to undo" if kind == "undo" else "no step that was undone"
                raise StateError(
                    f"There is {what} in issue {label}.",
                    hint="Only take, drop, move and edit can be undone; what an editor wrote stays."
                    if kind == "undo"
                    else f"newsletter issue show {label}",
                )
            entry = steps[-1]
            after = self._turned(entry, kind, document, known)
            if after is None:
                if not is_dry_run:
                    journal.note_left(kind, document)
                raise _left(entry, kind, label)
            if not is_dry_run:
                journal.note_turn(kind, document, after)
                write_whole(self.path(known), after.written, error=IssueFileError)
        return Stepped(
            label=known,
            path=self.path(known),
            what=entry.what,
            is_changed=True,
            is_dry_run=is_dry_run,
            state=state,
            notes=() if document.sha256 == _expected(entry, kind) else ("What was edited since stays as it is.",),
            difference=difference(document, after),
            sha256=document.sha256 if is_dry_run else after.sha256,
        )

    def _turned(self, entry: Entry, kind: str, document: Document, label: IssueLabel) -> Document | None:
        """Give the file with a step taken back or made again; None where that does not fit."""
        edits = entry.taking_back(document) if kind == "undo" else entry.making_again(document)
        if edits is None:
            return None
        try:
            after = document_of(document.mark + edited(document.text, edits), document.file.path)
            self._require_sound(after, label)
        except (IssueFileError, UsageError):
            return None
        return after

    def _opened(
        self, label: IssueLabel, segments: Sequence[Segment] | None = None
    ) -> tuple[Document, Issue, IssueListing]:
        """Read an issue's file: its text, what it says, and what a person can name in it."""
        document, publication = self._document(label), self._resources.settings.publication
        known = self._resources.segments if segments is None else segments
        issue = issue_in(document, self.path(label), known, publication)
        return document, issue, listing_of(issue, document.text, self._resources.settings.publication.zone)

    def _document(self, label: IssueLabel) -> Document:
        path = self.path(label)
        return read_document(path, shown_as=path.relative_to(self._resources.settings.root))

    def _require_sound(self, document: Document, label: IssueLabel) -> None:
        """Keep a file from being written that could not be read.

        Raises:
            UsageError: With every mistake it would have.
        """
        try:
            issue_in(document, self.path(label), self._resources.segments, self._resources.settings.publication)
        except IssueFileError as error:
            faults = [replace(fault, place=None) for fault in error.faults]
            raise UsageError(f"{document.file.path} cannot hold this; nothing was changed.", faults=faults) from error

    def _standing(self, label: IssueLabel) -> IssueState | None:
        """Say where an issue stands, as cheaply as can be; None where the database cannot be read.

        Raises:
            StateError: Its sending is under way.
        """
        path = self.path(label)
        try:
            sendings = self._resources.ledger.sendings(label)
        except StorageError:
            return None
        begun = next((one for one in reversed(sendings) if not one.is_rehearsal), None)
        if begun is not None:
            state = STATE_OF_SENDING[begun.state]
            if state in (IssueState.SENDING, IssueState.PAUSED):
                raise StateError(
                    f"Issue {label} is being sent: a changed file would keep its sending from going on.",
                    hint=f"Nothing was changed. See `newsletter issue report {label}`.",
                )
            return state
        if begun_elsewhere(path.with_name(SENT_NAME), sendings) is not None:
            return IssueState.SENT
        lock = read_lock(path.with_name(LOCK_NAME))
        is_approved = lock is not None and lock.issue_sha256 == self._document(label).sha256
        return IssueState.APPROVED if is_approved else IssueState.DRAFT


def _expected(entry: Entry, kind: str) -> str:
    """Give the digest of the file as the program left it."""
    return entry.after if kind == "undo" else entry.before


def _left(entry: Entry, kind: str, label: str) -> StateError:
    """Say that a step can be neither undone nor made again, and what it was."""
    shown = [f"{sign} {line}" for hunk in entry.hunks for sign, text in _sides(hunk.old, hunk.new) for line in text]
    return StateError(
        f"issue.toml was edited since, in the very place: {entry.what}.",
        hint=f"It is left as it is. `newsletter issue {kind} {label}` goes on with the step before it."
        if kind == "undo"
        else "It is left as it is.",
        faults=[Fault(message=line) for line in shown],
    )


def _sides(old: str, new: str) -> tuple[tuple[str, list[str]], ...]:
    return ("-", old.splitlines()), ("+", new.splitlines())


def difference(before: Document, after: Document) -> tuple[str, ...]:
    """Give the lines that went and those that came."""
    lines = difflib.unified_diff(before.text.splitlines(), after.text.splitlines(), lineterm="", n=0)
    return tuple(line for line in lines if not line.startswith(("---", "+++", "@@")))
