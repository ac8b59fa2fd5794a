"""Compiles MJML in the process that calls: what `mjml` asks for from within its limits.

The compiler is MRML inside mjml-python; nothing reaches it that `normal` has not written.
Door: `compile_here`. It must not know what the MJML says, and nobody who may not die calls it.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import css_inline
from mjml import mjml2html

from newsletter.errors import Place, TemplateError
from newsletter.render.compiler.normal import MjmlWarning, normalised
from newsletter.render.compiler.places import Rendered

# A backslash in content is a reference by now: only the compiler's own debug format writes this.
_DEBUG_FORMAT = re.compile(r"\\u\{[0-9a-f]+\}")

# How `reading` names a tag that was left open, by its place in the MJML.
_OPENED = re.compile(r" line (\d+), column (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMjml:
    """What the compiler made.

    Attributes:
        warnings: What it ignores in the source, in order.
    """

    html: str
    warnings: tuple[MjmlWarning, ...] = ()


def compile_here(source: str, *, template_name: str) -> CompiledMjml:
    """Compile MJML to HTML: no fonts or icons from elsewhere, no comments but Outlook's.

    Raises:
        TemplateError: As `mjml.compile_mjml`.
    """
    normal = normalised(source, template_name=template_name)
    html = _compiled(normal.mjml, template_name)
    if normal.inline_css:
        html = _inlined(html, normal.inline_css)
    return CompiledMjml(html=html, warnings=normal.warnings)


def compile_rendered(rendered: Rendered, *, template_name: str) -> CompiledMjml:
    """Compile what a template made, and name the places in the template.

    Raises:
        TemplateError: As `mjml.compile_mjml`.
    """
    try:
        compiled = compile_here(rendered.text, template_name=template_name)
    except TemplateError as error:
        error.place, error.message = _told(error.place, error.message, rendered)
        traced = ((fault, *_told(fault.place, fault.message, rendered)) for fault in error.faults)
        error.faults = tuple(replace(fault, place=place, message=message) for fault, place, message in traced)
        raise
    return replace(compiled, warnings=tuple(_replaced(warning, rendered) for warning in compiled.warnings))


def _told(place: Place | None, message: str, rendered: Rendered) -> tuple[Place | None, str]:
    """Name the place of a fault in the template, where it can be traced there."""
    if place is not None and (found := rendered.place(place.line, place.column)):
        return found, _OPENED.sub(lambda told: _opened(rendered, told), message)
    return place, f"{message} (line and column are of the rendered MJML)"


def _opened(rendered: Rendered, told: re.Match[str]) -> str:
    """Say where in a template the tag is that was left open."""
    place = rendered.place(int(told[1]), int(told[2]))
    return f" (opened at {place})" if place else ""


def _replaced(warning: MjmlWarning, rendered: Rendered) -> MjmlWarning:
    place = rendered.place(warning.line, warning.column)
    if place is None or place.line is None:
        return replace(warning, message=f"{warning.message} (line and column are of the rendered MJML)")
    return replace(warning, template_name=str(place.path), line=place.line, column=place.column)


def _compiled(mjml: str, template_name: str) -> str:
    """Call the compiler, whose panics are no Exception.

    Raises:
        TemplateError: It fails, or writes its debug format.
    """
    try:
        html = str(mjml2html(mjml, disable_comments=True, social_icon_origin="", fonts={}))
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as cause:  # a Rust panic is no Exception
        raise _unreadable(template_name) from cause
    if _DEBUG_FORMAT.search(html):
        raise _unreadable(template_name)
    return html


def _unreadable(template_name: str) -> TemplateError:
    return TemplateError(
        "The MJML compiler cannot read this template.",
        place=Place(path=Path(template_name), line=1, column=1),
        hint="Check the nesting of the mj- tags: section in body, column in section, content in column.",
    )


def _inlined(html: str, css: str) -> str:
    """Write a style sheet onto the elements it chooses, leaving all other style sheets where they are."""
    inliner = css_inline.CSSInliner(
        inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=css
    )
    return inliner.inline(html)
