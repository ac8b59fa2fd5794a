"""The verbs of people who write templates: check and render. They need no publication."""

import json
from collections.abc import Mapping
from pathlib import Path

from newsletter.errors import Place, TemplateError
from newsletter.render.look_over import Problem, RenderedTemplate, check_template, check_templates, render_template

__all__ = ["Problem", "RenderedTemplate", "check_file", "check_folder", "read_context", "render_file"]


def check_file(path: Path) -> tuple[Problem, ...]:
    """Look one template over; give what is wrong, in order.

    Raises:
        TemplateError: Looking takes too long or too much memory.
    """
    return check_template(path.resolve(), shown_as=path)


def check_folder(folder: Path, *, shown_as: Path) -> dict[str, tuple[Problem, ...]]:
    """Look every template of a folder over; give what is wrong with each, by name.

    Raises:
        TemplateError: Looking takes too long or too much memory.
    """
    return check_templates(folder, shown_as=shown_as)


def render_file(path: Path, context: Mapping[str, object], *, is_text: bool = False) -> RenderedTemplate:
    """Fill one template and give HTML, or plain text.

    Raises:
        TemplateError: The template or its values are wrong, with file, line and column.
    """
    return render_template(path.resolve(), context, shown_as=path, is_text=is_text)


def read_context(path: Path) -> dict[str, object]:
    """Read the values for a template: a JSON object.

    Raises:
        TemplateError: The file is no JSON object, with line and column.
    """
    place = Place(path=path, line=1, column=1)
    try:
        context = json.loads(path.read_bytes().decode("utf-8-sig"))
    except json.JSONDecodeError as cause:
        place = Place(path=path, line=cause.lineno, column=cause.colno)
        raise TemplateError(f"JSON syntax: {cause.msg}.", place=place, hint="Correct the line named.") from cause
    except (UnicodeDecodeError, RecursionError, ValueError) as cause:
        raise TemplateError(
            f"The values cannot be read: {type(cause).__name__}.", place=place, hint="Give a JSON file in UTF-8."
        ) from cause
    if not isinstance(context, dict):
        raise TemplateError("The values are no JSON object.", place=place, hint='Write {"name": value, ...}.')
    return context
