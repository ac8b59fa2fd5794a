"""The one door to the MJML compiler.

Door: `compile_mjml`. Whatever it is given ends in correct HTML or in a TemplateError with template, line and column:
the compiler runs in a process of its own, within limits of time and memory. It must not know what the MJML says.
"""

from pathlib import Path

from newsletter.render.compiler.mrml import CompiledMjml, compile_here
from newsletter.render.compiler.normal import MjmlWarning
from newsletter.render.limits import within_limits

__all__ = ["CompiledMjml", "MjmlWarning", "compile_mjml"]


def compile_mjml(source: str, *, template_name: str) -> CompiledMjml:
    """Compile MJML to HTML: no fonts or icons from elsewhere, no comments but Outlook's.

    Raises:
        TemplateError: The source is not well-formed, too deep, holds what a mail must not have, cannot be read by the
            compiler, or takes it more than 5 s or 300 MiB; with template, line and column.
    """
    return within_limits(Path(template_name), compile_here, source, template_name=template_name)
