"""Keep `issue.toml`, the editor's working copy of an issue: write it, read it, add to it.

Doors: `write_draft`, `read_issue` and `add_items`. Once written, the file is the editor's: nothing here changes or
drops a byte of it, additions are put between its lines. Must not know where items come from.
"""

import contextlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from newsletter import machine
from newsletter.curate.draft import Draft
from newsletter.curate.issue_edit import added_text
from newsletter.curate.issue_shape import IssueFile, issue_of, name_faults
from newsletter.curate.issue_text import draft_text
from newsletter.domain.audience import Segment
from newsletter.domain.content import ItemKey, Language
from newsletter.domain.issue import Issue
from newsletter.domain.publication import Publication
from newsletter.errors import IssueFileError, StateError
from newsletter.toml_file import TomlFile, faults_of, read_toml

_BYTE_ORDER_MARK = "\ufeff"


def write_draft(path: Path, draft: Draft, *, publication: Publication) -> None:
    """Write a new issue.toml, wholly or not at all; its folder is made when it is missing.

    Raises:
        StateError: The file exists: it is the editor's, and never overwritten.
        IssueFileError: The disk refuses.
    """
    _write(path, draft_text(draft, publication), is_new=True)


def read_issue(
    path: Path, *, segments: Sequence[Segment], publication: Publication, shown_as: Path | None = None
) -> Issue:
    """Read what the editor left, with the line of every table.

    Args:
        path: issue.toml.
        segments: All that exist; one that the file does not name gets an empty order.
        publication: Languages, sections, zone.
        shown_as: How messages name the file; the path itself by default.

    Raises:
        IssueFileError: The file is missing, no TOML (with line and column), or holds mistakes: all of them together,
            each with its line.
    """
    file = read_toml(path, shown_as=shown_as, error=IssueFileError)
    return issue_of(_checked(file, segments, publication), file, path, segments, publication)


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What a file has got.

    Attributes:
        items: Keys of the new items.
        translations: Items that were there, with a language that they now have words in too.
    """

    items: tuple[ItemKey, ...] = ()
    translations: tuple[tuple[ItemKey, Language], ...] = ()


def add_items(path: Path, draft: Draft, *, segments: Sequence[Segment], publication: Publication) -> Added:
    """Add the items of a newer draft that the file does not hold yet, and new translations of those it holds.

    Each new item gets its table after the last one, and its place at the end of its segments' orders. Every comment,
    order and word that is there stays to the byte. An item whose table is there is left alone, also where the editor
    took it out of an order, and so is a translation. Nothing is written when nothing is new.

    Raises:
        IssueFileError: As for `read_issue`; or the tables are laid out so that nothing can be put between them.
    """
    file = read_toml(path, error=IssueFileError)
    tables = _checked(file, segments, publication)
    new = tuple(key for key in draft.items if key not in tables.item)
    translated = tuple(
        (key, language)
        for key, item in draft.items.items()
        if key in tables.item
        for language in item.variants
        if language != tables.item[key].language and getattr(tables.item[key], language) is None
    )
    if new or translated:
        text = path.read_bytes().decode("utf-8")
        mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
        extended = added_text(text.removeprefix(mark), file, draft, new, publication, translated=translated)
        _write(path, mark + extended, is_new=False)
    return Added(items=new, translations=translated)


def _checked(file: TomlFile, segments: Sequence[Segment], publication: Publication) -> IssueFile:
    """Give the tables in shape, or raise all faults at once, in the order of the file."""
    faults = list(name_faults(file, segments, publication))
    try:
        tables = IssueFile.model_validate(file.content)
    except ValidationError as error:
        named = {fault.key for fault in faults}
        faults += [fault for fault in faults_of(error, file, IssueFile) if fault.key not in named]
    if not faults:
        return tables
    faults.sort(key=lambda fault: (fault.place.line or 0) if fault.place else 0)
    raise IssueFileError(
        f"{file.path} has 1 mistake." if len(faults) == 1 else f"{file.path} has {len(faults)} mistakes.",
        hint="Mend the lines named here; nothing else was done.",
        faults=faults,
    )


def _write(path: Path, text: str, *, is_new: bool) -> None:
    """Put text under a name in one step, so that a power cut leaves the old file, the new one, or none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            _place(temporary, path, is_new=is_new)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    except FileExistsError as error:
        raise StateError(
            f"{path} exists already, and may hold an editor's work.",
            hint="Add what is new with `newsletter issue new LABEL --update`, or move the file away to begin again.",
        ) from error
    except OSError as error:
        raise IssueFileError(
            f"{path} cannot be written: {error.strerror}.", hint="Check the folder's permissions and free space."
        ) from error


def _place(temporary: Path, path: Path, *, is_new: bool) -> None:
    """Give a finished file its name, and make the name last."""
    if is_new:
        # A link refuses an existing name, also one that appeared a moment ago; a rename would take it.
        os.link(temporary, path)
    else:
        machine.copy_rights(path, temporary)
        temporary.replace(path)
    machine.sync_folder(path.parent)
