"""The process in which templates are filled and compiled, and what it may take.

Door: `within_limits`. It must not know what is made.
"""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from newsletter.contained import Contained, ContainedError
from newsletter.errors import Place, TemplateError

LIMIT_SECONDS = 5.0
"""An edition takes a hundredth of a second."""
GROWTH_BYTES = 300 * 2**20
"""Memory that one rendering may take beyond what the process starts with."""

_P = ParamSpec("_P")
_R = TypeVar("_R")


def rendering_process(*, limit_seconds: float = LIMIT_SECONDS, growth_bytes: int = GROWTH_BYTES) -> Contained:
    """Make a process to render in, which starts at its first question."""
    return Contained(
        preload=("newsletter.render.make_message",), limit_seconds=limit_seconds, growth_bytes=growth_bytes
    )


_PROCESS = rendering_process()


def within_limits(template: Path, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Call a function in the rendering process of this program.

    Raises:
        TemplateError: As `within_limits_of`.
    """
    return within_limits_of(_PROCESS, template, function, *args, **kwargs)


def within_limits_of(
    process: Contained, template: Path, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs
) -> _R:
    """Call a function in a rendering process.

    `template` is at fault where there is no answer, as errors name it.

    Raises:
        TemplateError: There is no answer, in time and memory; or what the function raises.
    """
    try:
        return process.call(function, *args, **kwargs)
    except ContainedError as lost:
        message = f"Making this template {lost.reason}."
        hint = "Look for a loop without end, or for content that is far too long."
    except RecursionError:
        message, hint = "The values for this template are nested too deeply.", "Give it plainer values."
    raise TemplateError(message, place=Place(path=template, line=1, column=1), hint=hint)
