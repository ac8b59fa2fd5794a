"""Looks a template over without its values, and fills one with values from a file, for people who write templates.

Syntax, names of filters and files, and the MJML that it makes with any values, on both sides of its conditions: all
with file, line and column. What only real values can show, only rendering shows.
Door: `check_template`, `check_templates`, `render_template`, `problems_of`. It must not know editions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2
from jinja2 import nodes

from newsletter.domain.issue import GMAIL_CUTS_AT_BYTES
from newsletter.errors import Place, TemplateError
from newsletter.render.compiler.mrml import compile_rendered
from newsletter.render.compiler.normal import MjmlWarning
from newsletter.render.compiler.places import Rendered
from newsletter.render.limits import within_limits
from newsletter.render.templates.environment import TEXT_SUFFIX, Templates, kept_templates
from newsletter.render.templates.placeholder import KINDS
from newsletter.render.templates.plain import plain_text

TEXT_SUFFIXES = (TEXT_SUFFIX, ".txt")
"""Files whose output is plain text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong with a template.

    Attributes:
        is_error: It stands in the way; otherwise the letter is made all the same.
    """

    is_error: bool
    message: str
    place: Place
    hint: str | None = None

    def __str__(self) -> str:
        """Write the problem as compilers do."""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.place}: {'error' if self.is_error else 'warning'}: {self.message}{hint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedTemplate:
    """What a template made.

    Attributes:
        warnings: What the compiler ignores, in order.
    """

    body: str
    warnings: tuple[Problem, ...] = ()


def check_templates(folder: Path, *, shown_as: Path) -> dict[str, tuple[Problem, ...]]:
    """Look over every template of a folder; give what is wrong with each, by name.

    One without end is a problem of its own: the others are looked over all the same.
    """
    return {name: _limited(folder, shown_as, name) for name in kept_templates(folder, shown_as).names()}


def check_template(path: Path, *, shown_as: Path) -> tuple[Problem, ...]:
    """Look over one template; its includes come from its folder and may not leave it."""
    return _limited(path.parent, shown_as.parent, path.name)


def problems_of(error: TemplateError, path: Path) -> tuple[Problem, ...]:
    """Give what an error tells as problems, all of it, the first thing first; every one has a line and a column.

    `path` is named where the error names no file.
    """
    told = [(error.message, error.place, error.hint)]
    told += [(fault.message, fault.place, fault.hint) for fault in error.faults]
    return tuple(
        Problem(is_error=True, message=message, place=_whole(place or Place(path=path)), hint=hint)
        for message, place, hint in told
    )


def render_template(
    path: Path, context: Mapping[str, object], *, shown_as: Path, is_text: bool = False
) -> RenderedTemplate:
    """Fill one template with values and give HTML, or plain text.

    A text template gives text. An MJML template gives HTML, or, when text is asked for, what the text template of the
    same name beside it gives, or else the words of its HTML.

    Raises:
        TemplateError: The template or its values are wrong, with file, line and column.
    """
    return within_limits(shown_as, _rendered, path, dict(context), shown_as, is_text=is_text)


def _limited(folder: Path, shown_as: Path, name: str) -> tuple[Problem, ...]:
    """Look over one template within the limits; one that passes them has that problem."""
    try:
        return within_limits(shown_as / name, _checked, folder, shown_as, name)
    except TemplateError as error:
        return problems_of(error, shown_as / name)


def _checked(folder: Path, shown_as: Path, name: str) -> tuple[Problem, ...]:
    """Look over one template, with anything as its values, true and false."""
    templates = kept_templates(folder, shown_as)
    problems: dict[Problem, None] = dict.fromkeys(_unknown(templates, name))
    for kind in KINDS:
        try:
            found = _with_placeholders(templates, name, kind)
        except TemplateError as error:
            found = problems_of(error, shown_as / name)
        problems |= dict.fromkeys(found)
    return tuple(sorted(problems, key=_order))


def _unknown(templates: Templates, name: str) -> Iterator[Problem]:
    """Give every filter, test and file that a template names and that is not there: Jinja stops at the first."""
    environment = templates.environment(name)
    try:
        with templates.told(name):
            written = environment.parse(templates.source(name), name)
    except TemplateError:
        # Filling it says the same, with its place.
        return
    known = {nodes.Filter: environment.filters, nodes.Test: environment.tests}
    kinds = {nodes.Filter: "filter", nodes.Test: "test"}
    for node in written.find_all((nodes.Filter, nodes.Test)):
        if node.name not in known[type(node)]:
            cause = jinja2.TemplateAssertionError(f"No {kinds[type(node)]} named {node.name!r}.", node.lineno, name)
            yield from _told(templates, name, cause)
    for reference in written.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        target = getattr(reference, "template", None)
        is_needed = not getattr(reference, "ignore_missing", False)
        if is_needed and isinstance(target, nodes.Const) and not templates.has(target.value):
            yield from _told(templates, name, jinja2.TemplateNotFound(target.value), line=reference.lineno)


def _told(templates: Templates, name: str, cause: Exception, *, line: int | None = None) -> tuple[Problem, ...]:
    """Give a mistake in the words in which filling the template would tell it."""
    path = templates.shown_as / name
    try:
        with templates.told(name):
            raise cause
    except TemplateError as error:
        if line is not None:
            error.place = templates.with_column(Place(path=path, line=line), cause)
        return problems_of(error, path)


def _is_true(value: object) -> bool:
    """Tell whether anything counts as defined: as the kind of its truth says."""
    return bool(value)


def _is_false(value: object) -> bool:
    return not value


def _order(problem: Problem) -> tuple[str, int, int]:
    """Sort problems as a person goes through files."""
    return str(problem.place.path), problem.place.line or 1, problem.place.column or 1


def _with_placeholders(templates: Templates, name: str, kind: type[jinja2.Undefined]) -> tuple[Problem, ...]:
    """Fill and compile a template with one kind of anything.

    Raises:
        TemplateError: It is wrong with any values.
    """
    environment = templates.environment(name).overlay(undefined=kind)
    # An overlay shares its tests with the environment it lies over, so they are not changed but replaced.
    environment.tests = {**environment.tests, "defined": _is_true, "undefined": _is_false}
    with templates.told(name):
        template = environment.get_template(name)
        try:
            rendered = templates.without_marks(template.render())
        except (jinja2.TemplateError, TemplateError, MemoryError):
            raise
        except Exception as cause:  # noqa: BLE001 - a made-up value fits no expression for certain
            place = templates.place_of(cause, name)
            message = "Its values are needed to look at the rest."
            return (Problem(is_error=False, message=message, place=place, hint="Use `newsletter template render`."),)
    if "<mjml" not in rendered.text or _is_text(name):
        return ()
    compiled = compile_rendered(rendered, template_name=str(templates.shown_as / name))
    return tuple(_warning(warning) for warning in compiled.warnings)


def _rendered(path: Path, context: Mapping[str, object], shown_as: Path, *, is_text: bool) -> RenderedTemplate:
    templates = kept_templates(path.parent, shown_as.parent)
    beside = path.with_name(path.name.replace(".mjml", ".txt"))
    if is_text and not _is_text(path.name) and beside != path and beside.is_file():
        path = beside
    if _is_text(path.name):
        return RenderedTemplate(body=_text(templates, path.name, context))
    rendered = templates.rendered(path.name, context)
    if is_text and "<mjml" not in rendered.text:
        return RenderedTemplate(body=_text(templates, path.name, context))
    return _made(rendered, str(shown_as), is_text=is_text)


def _made(rendered: Rendered, template_name: str, *, is_text: bool) -> RenderedTemplate:
    compiled = compile_rendered(rendered, template_name=template_name)
    warnings = tuple(_warning(warning) for warning in compiled.warnings)
    if is_text:
        return RenderedTemplate(body=plain_text(compiled.html), warnings=warnings)
    return RenderedTemplate(body=compiled.html, warnings=(*warnings, *_too_large(compiled.html, template_name)))


def _too_large(html: str, template_name: str) -> Iterator[Problem]:
    """Tell that a mail is larger than Gmail shows."""
    size_bytes = len(html.encode())
    if size_bytes > GMAIL_CUTS_AT_BYTES:
        message = f"The HTML has {size_bytes:,} bytes; Gmail cuts off what is beyond {GMAIL_CUTS_AT_BYTES:,}."
        hint = "Shorten it: the way out stands at its end."
        yield Problem(is_error=False, message=message, place=_whole(Place(path=Path(template_name))), hint=hint)


def _text(templates: Templates, name: str, context: Mapping[str, object]) -> str:
    return templates.render(name, context, is_text=True).strip("\n") + "\n"


def _is_text(name: str) -> bool:
    return name.endswith(TEXT_SUFFIXES)


def _whole(place: Place) -> Place:
    return Place(path=place.path, line=place.line or 1, column=place.column or 1)


def _warning(warning: MjmlWarning) -> Problem:
    place = Place(path=Path(warning.template_name), line=warning.line, column=warning.column or 1)
    return Problem(is_error=False, message=warning.message, place=place)
