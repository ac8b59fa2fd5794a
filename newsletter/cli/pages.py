"""What several commands say alike."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newsletter.domain.content import Problem


def source_lines(problems: "Iterable[Problem]") -> list[str]:
    """Say what is not as it should be with the sources, and what to do."""
    return [_line(one) for one in problems]


def _line(problem: "Problem") -> str:
    """Name the source, unless the message does."""
    name = f"Source {problem.source_id!r}"
    said = problem.message if problem.message.startswith(name) else f"{name}: {problem.message}"
    return f"{said}\n       {problem.hint}" if problem.hint else said
