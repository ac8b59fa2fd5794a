"""The verbs of people who write templates: check and render. They need no publication."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from newsletter.errors import Place, TemplateError, counted
from newsletter.render.brand import read_brand
from newsletter.render.templates.environment import place_of_wrong_byte
from newsletter.render.templates.look_over import (
    Problem,
    RenderedTemplate,
    check_template,
    check_templates,
    problems_of,
    render_template,
)

__all__ = [
    "Problem",
    "RenderedTemplate",
    "brand_colours",
    "check_file",
    "check_folder",
    "look_at_templates",
    "problems_of",
    "read_context",
    "render_file",
]

# Strings are matched first, so that what stands in one is no token.
_TOKENS = re.compile(r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"|[{}]|(?P<none>NaN|-?Infinity)', re.DOTALL)
_MANY_DIGITS = re.compile(r"\d{4301,}")


def check_file(path: Path) -> tuple[Problem, ...]:
    """Look one template over; give what is wrong, in order."""
    return check_template(path.resolve(), shown_as=path)


def check_folder(folder: Path, *, shown_as: Path) -> dict[str, tuple[Problem, ...]]:
    """Look every template of a folder over; give what is wrong with each, by name."""
    return check_templates(folder, shown_as=shown_as)


def look_at_templates(folder: Path, *, shown_as: Path) -> tuple[str, str]:
    """See that the brand and every template of a publication can be used; say what was seen, and how to see more.

    Raises:
        NewsletterError: The first that cannot, with its place.
    """
    read_brand(folder / "brand.toml")
    found = check_templates(folder, shown_as=shown_as)
    if wrong := next((problem for problems in found.values() for problem in problems if problem.is_error), None):
        raise TemplateError(wrong.message, place=wrong.place, hint="newsletter template check")
    return f"{counted(len(found), 'template')} in {shown_as}.", "newsletter template check"


def brand_colours(folder: Path) -> dict[str, dict[str, str]]:
    """Give the brand's colours, each by name, for light and for dark.

    Raises:
        ConfigurationError: The brand file cannot be used.
    """
    brand = read_brand(folder / "brand.toml")
    return {"light": brand.light.model_dump(), "dark": brand.dark.model_dump()}


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
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise TemplateError(
            "The values are no UTF-8 text.", place=place_of_wrong_byte(path, content), hint="Save it as UTF-8."
        ) from cause
    try:
        context = json.loads(text)
        _check_tokens(path, text)
    except json.JSONDecodeError as cause:
        place = Place(path=path, line=cause.lineno, column=cause.colno)
        raise TemplateError(f"JSON syntax: {cause.msg}.", place=place, hint="Correct the line named.") from cause
    except RecursionError as cause:
        raise _fault(path, text, 0, "The values are nested too deeply.", "Give plainer values.") from cause
    except ValueError as cause:
        # Python reads no longer number, nor would a letter print one.
        digits = _MANY_DIGITS.search(text)
        offset = digits.start() if digits else 0
        raise _fault(path, text, offset, "A number has too many digits.", "Write it as text.") from cause
    if not isinstance(context, dict):
        raise _fault(path, text, 0, "The values are no JSON object.", 'Write {"name": value, ...}.')
    return context


def _check_tokens(path: Path, text: str) -> None:
    """Refuse what Python reads and JSON does not say: a key that stands twice, and numbers that are none.

    Raises:
        TemplateError: There is such a one, with line and column.
    """
    keys: list[set[str]] = []
    for token in _TOKENS.finditer(text):
        if token[0] == "{":
            keys.append(set())
        elif token[0] == "}":
            keys.pop()
        elif token["key"]:
            if token["key"] in keys[-1]:
                raise _fault(path, text, token.start(), f"The key {token['key']} stands twice.", "Take one out.")
            keys[-1].add(token["key"])
        elif token["none"]:
            raise _fault(path, text, token.start(), f"{token[0]} is no JSON.", "Write a number, a text or null.")


def _fault(path: Path, text: str, offset: int, message: str, hint: str) -> TemplateError:
    return TemplateError(message, place=Place.of_offset(path, text, offset), hint=hint)
