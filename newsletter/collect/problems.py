"""Collects what a parser has to tell the project manager, so that one bad item never stops the others."""

from pathlib import Path

from newsletter.domain.content import Problem, ProblemGrade, Source, SourceId, SourceKind
from newsletter.domain.contract import breach
from newsletter.errors import Fault, Place


def source_fault(
    source: Source, message: str, *, item: str | None = None, line: int | None = None, hint: str | None = None
) -> Fault:
    """Give a fault with its place in a source, for the error of a source that gave nothing."""
    named = Path(source.location).name
    file = Path(named, item) if source.kind is SourceKind.FOLDER and item else Path(named)
    return Fault(message=message, key=item, place=None if line is None else Place(path=file, line=line), hint=hint)


class ProblemLog:
    """The problems of one source, in the order they were met."""

    def __init__(self, source_id: SourceId) -> None:
        self._source_id = source_id
        self._problems: list[Problem] = []
        self.is_cut = False

    @property
    def found(self) -> tuple[Problem, ...]:
        """Give all that was noted."""
        return tuple(self._problems)

    def note(self, message: str, *, item: str | None = None, line: int | None = None, hint: str | None = None) -> None:
        """Note something that is as it should be but worth knowing."""
        self._add(ProblemGrade.NOTE, message, item, line, hint)

    def warn(self, message: str, *, item: str | None = None, line: int | None = None, hint: str | None = None) -> None:
        """Note something doubtful about an item, or a source, that was taken all the same."""
        self._add(ProblemGrade.WARNING, message, item, line, hint)

    def cut(self, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        """Warn that the source may hold more than was read, so that what is not there is not taken for gone."""
        self.is_cut = True
        self._add(ProblemGrade.WARNING, message, None, line, hint)

    def breach(self, message: str, *, hint: str | None = None) -> None:
        """Warn that the source is not any more what it was."""
        self._problems.append(breach(self._source_id, message, hint=hint))

    def fail(self, message: str, *, item: str | None = None, line: int | None = None, hint: str | None = None) -> None:
        """Note that an item was left out."""
        self._add(ProblemGrade.FAILED, message, item, line, hint)

    def _add(self, grade: ProblemGrade, message: str, item: str | None, line: int | None, hint: str | None) -> None:
        self._problems.append(
            Problem(source_id=self._source_id, grade=grade, message=message, item=item, line=line, hint=hint)
        )
