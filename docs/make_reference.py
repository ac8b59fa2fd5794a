"""Write docs/reference.md: every key of newsletter.toml and issue.toml, read off the models that check the files.

Run `python docs/make_reference.py`; a test compares the page with what the models say. What a key takes is said by the
docstring of the function that checks it, so that the page and the check cannot differ.
"""

import types
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, PlainValidator
from pydantic.fields import FieldInfo

from newsletter.config.model import configuration_of
from newsletter.curate.issue_shape import IssueFile
from newsletter.mailers import MAILERS
from newsletter.table import Built

PAGE = Path(__file__).with_name("reference.md")
PLAIN = {str: "text", int: "a whole number", bool: "true or false", date: "a date", datetime: "a date with a time"}
HEAD = """# The files a person writes

Every key of `newsletter.toml` and of an issue's `issue.toml`. A key with a default may be left out. This page is made
by `docs/make_reference.py` from the models that check the files. `newsletter doctor` and `newsletter issue check` name
each mistake with file and line.
"""


def document() -> str:
    """Write the page."""
    files = (("newsletter.toml", configuration_of(MAILERS)), ("issue.toml", IssueFile))
    return (
        "\n".join([HEAD, *(line for name, model in files for line in (f"## {name}", "", *_tables(model)))]).rstrip()
        + "\n"
    )


def _tables(file: type[BaseModel]) -> Iterator[str]:
    """Write each table of a file, in the file's order; the file's own keys first."""
    seen: list[type[BaseModel]] = []
    waiting = [file]
    while waiting:
        model = waiting.pop(0)
        if model in seen:
            continue
        seen.append(model)
        title = (model.__doc__ or "").strip().splitlines()[0].rstrip(".")
        yield from (
            f"### {title if model is not file else 'At the top'}",
            "",
            "| key | takes | default |",
            "|---|---|---|",
        )
        for name, field in model.model_fields.items():
            yield f"| `{field.alias or name}` | {_takes(field)} | {_default(field)} |"
        yield ""
        inner = [
            found for field in model.model_fields.values() for found in _models((field.annotation, *field.metadata))
        ]
        extra = model.__annotations__.get("__pydantic_extra__")
        waiting = [*inner, *_models(extra), *waiting]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Give the tables inside a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif isinstance(annotation, Built):
        yield annotation.table
    for part in annotation if isinstance(annotation, tuple) else get_args(annotation):
        yield from _models(part)


def _takes(field: FieldInfo) -> str:
    """Say what a key takes, and within which bounds."""
    said = _checked(field.metadata) or _said(next(_models(tuple(field.metadata)), field.annotation))
    bounds = {type(one): one for one in field.metadata}
    if Ge in bounds and Le in bounds:
        said += f" from {bounds[Ge].ge} to {bounds[Le].le}"
    if MinLen in bounds:
        said += f", at least {bounds[MinLen].min_length}"
    if MaxLen in bounds:
        said += f", at most {bounds[MaxLen].max_length} characters"
    return said


def _checked(metadata: Any) -> str | None:
    """Give the words of the function that checks a value; the last one knows most."""
    checks = [one.func for one in metadata if isinstance(one, AfterValidator | PlainValidator)]
    words = [(check.__doc__ or "").strip().splitlines()[0] for check in checks]
    accepted = [word.removeprefix("Accept ").rstrip(".") for word in words if word.startswith("Accept ")]
    return accepted[-1] if accepted else None


def _said(annotation: Any) -> str:  # noqa: PLR0911 - one line for each shape of a type
    """Say a type in words."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _checked(parts[1:]) or _said(next(_models(parts[1:]), parts[0]))
    if origin is Literal:
        return " or ".join(f'`"{part}"`' for part in parts)
    if origin in (Union, types.UnionType):
        return " or ".join(_said(part) for part in parts if part is not type(None))
    if origin in (list, tuple):
        return f"a list; each: {_said(parts[0])}"
    if origin is dict:
        return f"a table by {'language' if get_origin(parts[0]) is Literal else 'name'}; each: {_said(parts[1])}"
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return " or ".join(f'`"{part}"`' for part in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"a table: {(annotation.__doc__ or '').strip().splitlines()[0].partition(';')[0].rstrip('.')}"
    return PLAIN[annotation]


def _default(field: FieldInfo) -> str:
    """Give what stands where a key is left out."""
    if field.is_required():
        return "must be there"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", [], (), {}) or isinstance(value, BaseModel):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    PAGE.write_text(document(), encoding="utf-8")
