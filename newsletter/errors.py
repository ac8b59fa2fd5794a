"""Every error of ours, as a tree. Each says what, where and what to do.

NewsletterError                 anything that we raise on purpose; `exit_code` is what the command line ends with
├── ConfigurationError          newsletter.toml, segments.toml, brand, key file, environment: fix the file (exit 2)
├── UsageError                  the call itself is wrong: unknown label, item, segment, address (exit 2)
├── ContentError                what an editor or a source wrote cannot be used: fix the content (exit 1)
│   ├── SourceError             one source cannot be read now or ever; the others go on
│   ├── IssueFileError          issue.toml: syntax, unknown segment, unknown item
│   └── TemplateError           a template or its data is wrong (exit 3)
├── ChecksFailed                findings of severity error stand in the way, or rows were rejected (exit 3)
├── StorageError                the database is missing, full, newer than the program (exit 1)
│   ├── StorageDamaged          the file is damaged: a backup has to be put back (exit 1)
│   └── StorageLocked           another program holds it; the same call may be made again (exit 1)
├── StateError                  the step does not fit where the issue stands: not approved, changed since (exit 1)
│   └── SendingInProgress       somebody else is sending this issue now (exit 1)
└── Incomplete                  partly sent, paused or unknown deliveries are left (exit 4)

Split by what the caller does next: fix the configuration, fix the content, try again later, decide as a person.
No address, token or key ever stands in a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self


def counted(number: int, one: str, several: str | None = None) -> str:
    """Say how many of something, in the singular or the plural."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in a file something stands.

    Attributes:
        path: The file, as a person would name it (relative to the publication where it can be).
        line: 1-based line, or None where only the file is known.
        column: 1-based column, or None.
    """

    path: Path
    line: int | None = None
    column: int | None = None

    @classmethod
    def of_offset(cls, path: Path, text: str, offset: int) -> Self:
        """Give the place of a character, counted from 0, in the text of a file whose lines end in line feeds."""
        return cls(path=path, line=text.count("\n", 0, offset) + 1, column=offset - text.rfind("\n", 0, offset))

    def __str__(self) -> str:
        """Write `path:line:column`, as editors and compilers do."""
        parts = [str(self.path), *(str(number) for number in (self.line, self.column) if number is not None)]
        return ":".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One of several problems that are shown together.

    Attributes:
        key: The dotted key path (`publication.sender.address`) or the row, when there is one.
    """

    message: str
    place: Place | None = None
    key: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        """Write the fault on one line: place, key, message, hint."""
        head = ": ".join(str(part) for part in (self.place, self.key) if part is not None)
        sentence = f"{head}: {self.message}" if head else self.message
        return f"{sentence} ({self.hint})" if self.hint else sentence


class NewsletterError(Exception):
    """The base of all that we raise on purpose.

    Attributes:
        message: What happened, in one sentence.
        hint: What the person can do now, or None.
        place: The file and line to look at, or None.
        faults: The single problems, where several were collected before giving up.
    """

    exit_code = 1

    def __init__(
        self, message: str, *, hint: str | None = None, place: Place | None = None, faults: Sequence[Fault] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place
        self.faults = tuple(faults)

    def __str__(self) -> str:
        """Write the place and the message, without faults and hint (the door prints those on lines of their own)."""
        return f"{self.place}: {self.message}" if self.place is not None else self.message


class ConfigurationError(NewsletterError):
    """A configuration file, the key file or the environment is wrong."""

    exit_code = 2


class UsageError(NewsletterError):
    """The call names something that does not exist or does not fit."""

    exit_code = 2


class ContentError(NewsletterError):
    """Content cannot be used as it is."""


class SourceError(ContentError):
    """One source cannot be read; the others go on."""


class IssueFileError(ContentError):
    """An issue.toml cannot be read, or names what does not exist."""


class TemplateError(ContentError):
    """A template, or the data given to it, is wrong; `place` holds template, line and column."""

    exit_code = 3


class ChecksFailed(NewsletterError):  # noqa: N818 - named for what happened, as the tree above
    """Findings of severity error stand in the way, or rows of a list were rejected."""

    exit_code = 3


class StorageError(NewsletterError):
    """The database cannot be used now."""


class StorageDamaged(StorageError):  # noqa: N818 - named for what happened, as above
    """The database's file is damaged, or no database any more."""


class StorageLocked(StorageError):  # noqa: N818 - named for what happened, as above
    """Another program holds the database longer than we wait; nothing was changed, and the call may be made again."""


class StateError(NewsletterError):
    """The step does not fit where the issue stands."""


class SendingInProgress(StateError):  # noqa: N818 - as above
    """Somebody else is sending this issue now."""


class Incomplete(NewsletterError):  # noqa: N818 - as above
    """Some deliveries are still queued, paused or unknown."""

    exit_code = 4
