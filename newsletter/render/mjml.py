"""The one door to the MJML compiler.

Door: `compile_mjml`. Whatever it is given ends in correct HTML or in a TemplateError with template, line and column.
The compiler is MRML inside mjml-python; nothing reaches it that `normal` has not written. It must not know what the
MJML says.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import css_inline
from mjml import mjml2html

from newsletter.errors import Place, TemplateError
from newsletter.render.normal import MjmlWarning, normalised

# A backslash in content is a reference by now: only the compiler's own debug format writes this.
_DEBUG_FORMAT = re.compile(r"\\u\{[0-9a-f]+\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledMjml:
    """What the compiler made.

    Attributes:
        html: A complete HTML document.
        warnings: What it ignores in the source, in order.
    """

    html: str
    warnings: tuple[MjmlWarning, ...] = ()


def compile_mjml(source: str, *, template_name: str) -> CompiledMjml:
    """Compile MJML to HTML: no fonts or icons from elsewhere, no comments but Outlook's.

    Args:
        source: MJML with every value filled in.
        template_name: What to call it in errors.

    Raises:
        TemplateError: The source is not well-formed, too deep, holds what a mail must not have, or the compiler cannot
            read it; with template, line and column.
    """
    normal = normalised(source, template_name=template_name)
    html = _compiled(normal.mjml, template_name)
    if normal.inline_css:
        html = _inlined(html, normal.inline_css)
    return CompiledMjml(html=html, warnings=normal.warnings)


def _compiled(mjml: str, template_name: str) -> str:
    """Call the compiler, whose panics are no Exception.

    Raises:
        TemplateError: It fails, or writes its debug format.
    """
    try:
        html = str(mjml2html(mjml, disable_comments=True, social_icon_origin="", fonts={}))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as cause:  # a Rust panic is no Exception
        raise _unreadable(template_name) from cause
    if _DEBUG_FORMAT.search(html):
        raise _unreadable(template_name)
    return html


def _unreadable(template_name: str) -> TemplateError:
    """Make the error for MJML that passed our reading and not the compiler's."""
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
