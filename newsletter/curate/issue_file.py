"""Read `issue.toml`, the editor's working copy of an issue, with the line of every table.

Doors: `read_issue`; `read_document`, `issue_in` and `checked_tables` for who changes the file. It must not know how a
draft is made: reading is wanted by every verb, drafting by one.
"""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from newsletter.curate.issue_shape import IssueFile, issue_of, name_faults
from newsletter.curate.steps.change import Document, document_of
from newsletter.domain.issue import Issue
from newsletter.domain.publication import Publication
from newsletter.domain.segments import Segment
from newsletter.errors import IssueFileError, counted
from newsletter.toml_file import TomlFile, faults_of, read_toml, read_utf8


def read_issue(
    path: Path, *, segments: Sequence[Segment], publication: Publication, shown_as: Path | None = None
) -> Issue:
    """Read what the editor left, with the line of every table.

    A segment that the file does not name gets an empty order.

    Raises:
        IssueFileError: The file is missing, no TOML (with line and column), or holds mistakes: all of them together,
            each with its line.
    """
    file = read_toml(path, shown_as=shown_as, error=IssueFileError)
    return issue_of(checked_tables(file, segments, publication), file, path, segments, publication)


def read_document(path: Path, *, shown_as: Path | None = None) -> Document:
    """Read the text of an issue.toml, to change it.

    Raises:
        IssueFileError: The file is missing, or no TOML (with line and column).
    """
    return document_of(read_utf8(path, shown_as=shown_as, error=IssueFileError), shown_as or path)


def issue_in(document: Document, path: Path, segments: Sequence[Segment], publication: Publication) -> Issue:
    """Give what a text says.

    Raises:
        IssueFileError: It holds mistakes: all of them together, each with its line.
    """
    tables = checked_tables(document.file, segments, publication)
    return issue_of(tables, document.file, path, segments, publication)


def checked_tables(file: TomlFile, segments: Sequence[Segment], publication: Publication) -> IssueFile:
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
        f"{file.path} has {counted(len(faults), 'mistake')}.",
        hint="Mend the lines named here; nothing else was done.",
        faults=faults,
    )
