"""HTML and Markdown from sources and editors, made safe to stand in a template.

Door: `source_html` (what templates put HTML from sources through), `markdown_html` and `markdown_text`. The result is
of a short list of tags, each closed, every character safe for the MJML compiler.
"""

import html
import re
import textwrap
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from newsletter import safe_html
from newsletter.render.compiler.html_as_xml import VOID_TAGS
from newsletter.render.compiler.references import referenced, referenced_text, without_controls
from newsletter.render.templates.markdown import has_scheme, markdown_tokens, parser

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

TAGS = safe_html.TAGS | {"hr"}
"""What text may be made of in a mail."""
ATTRIBUTES = safe_html.ATTRIBUTES | {"li": {"value"}, "ol": {"start"}}
"""What its tags may say."""
RULE = "* * *"
"""A line across, in plain text."""
KEPT = 64
"""Pieces of Markdown that are kept in mind: an issue has some, and the same ones in each of its editions."""
DEPTH_MAX = 40
"""Text is not nested deeper than this; what is, loses its tags and keeps its words."""
TEXT_WIDTH = 72
"""Columns of a line in the plain text part."""

# The sanitiser writes one canonical form, so its tags need no parser to be told apart.
_CANONICAL = re.compile(r"<(?P<end>/?)(?P<tag>[a-z0-9]+)(?P<attributes>(?: [a-z]+=\"[^\"]*\")*)>|(?P<text>[^<]+)")
_ATTRIBUTE = re.compile(r" ([a-z]+)=\"([^\"]*)\"")
# An address among the words gets a line of its own, where brackets around it say nothing and the stop behind it would
# be read as a part of it.
_BRACKETED_ADDRESS = re.compile(r" ?\((\n[a-z]+:\S+\n)\)")
_STOP_AFTER_ADDRESS = re.compile(r"(\n[a-z]+:\S+\n) ?[.,;:!?]+(?:[ \n]|$)")
_SOFT_HYPHEN = "\u00ad"


def in_words(value: object) -> str:
    """Give what a template prints for a value: nothing at all for none."""
    return "" if value is None else str(value)


def source_html(text: str | None) -> Markup:
    """Reduce HTML to a short list of tags, with nothing in it that a mail or the compiler could trip over.

    Scripts, styles, classes, images and addresses of other schemes are gone; the words stay. Cleaning twice changes
    nothing more. Nothing at all, which templates print as nothing, stays so.
    """
    cleaned = safe_html.clean(
        without_controls(in_words(text)), _kept, depth_max=DEPTH_MAX, tags=TAGS, attributes=ATTRIBUTES
    )
    # Each character that is not plainly safe has become a number, in text and attributes alike.
    return Markup(_CANONICAL.sub(_safe, cleaned))  # noqa: S704 - as the comment above says


def markdown_html(text: str | None) -> Markup:
    """Turn Markdown into the same HTML; HTML in it is shown as it was written, and pictures by their alt."""
    return _html_of(in_words(text))


@lru_cache(maxsize=KEPT)
def _html_of(text: str) -> Markup:
    """Turn Markdown into HTML, once for all editions that say the same."""
    return source_html(parser().renderer.render(markdown_tokens(text), parser().options, {}))


def markdown_text(text: str | None, width: int = TEXT_WIDTH) -> str:
    """Turn Markdown into plain text: paragraphs apart, bullets, and each link's address on a line of its own."""
    return _text_of(in_words(text), width)


@lru_cache(maxsize=KEPT)
def _text_of(text: str, width: int) -> str:
    """Turn Markdown into text, once for all editions that say the same."""
    from markdown_it.tree import SyntaxTreeNode  # noqa: PLC0415 - as in `markdown.parser`

    tree = SyntaxTreeNode(markdown_tokens(text))
    return "\n\n".join(_blocks(tree, width))


def wrapped(text: str | None, width: int = TEXT_WIDTH) -> str:
    """Break text into lines at its spaces; a word that is longer than a line, as an address can be, has its own."""
    lines: list[str] = []
    for paragraph in in_words(text).replace(_SOFT_HYPHEN, "").split("\n"):
        line = ""
        # Only the plain space is a place to break: a no-break space is there to hold a date together.
        for word in paragraph.split(" "):
            if line and word and len(line) + 1 + len(word) > width:
                lines.append(line)
                line = word
            elif word:
                line = f"{line} {word}" if line else word
        if line or not paragraph:
            lines.append(line)
    return "\n".join(lines)


def _kept(_tag: str, name: str, value: str) -> str | None:
    """Keep a title, a number, and an address that names its scheme."""
    if name == "href":
        return value.strip() if has_scheme(value) else None
    return value if name == "title" or value.isdecimal() else None


def _safe(match: re.Match[str]) -> str:
    """Write a tag or a stretch of text of the sanitiser's so that the compiler gets it right."""
    if match["text"] is not None:
        return referenced_text(html.unescape(match["text"]))
    tag = match["tag"]
    if match["end"]:
        return f"</{tag}>"
    attributes = "".join(
        f' {name}="{referenced(html.unescape(value))}"' for name, value in _ATTRIBUTE.findall(match["attributes"])
    )
    return f"<{tag}{attributes} />" if tag in VOID_TAGS else f"<{tag}{attributes}>"


def _blocks(node: "SyntaxTreeNode", width: int) -> list[str]:
    """Give the blocks of a piece of Markdown as wrapped text."""
    return [written for child in node.children if (written := _block(child, width))]


def _block(node: "SyntaxTreeNode", width: int) -> str:
    """Give one block as wrapped text."""
    if node.type in {"bullet_list", "ordered_list"}:
        is_numbered = node.type == "ordered_list"
        marks = [f"{number}." for number in _numbers(node)] if is_numbered else ["-"] * len(node.children)
        return "\n".join(_item(item, mark, width) for mark, item in zip(marks, node.children, strict=True))
    if node.type == "blockquote":
        return textwrap.indent("\n\n".join(_blocks(node, width - 2)), "> ", lambda _: True)
    if node.type == "fence":
        return node.content.rstrip("\n")
    if node.type == "hr":
        return RULE
    addresses: list[str] = []
    words = _BRACKETED_ADDRESS.sub(r"\1", _inline(node, addresses))
    words = _STOP_AFTER_ADDRESS.sub(r"\1", words).rstrip("\n")
    return wrapped("\n".join([words, *addresses]), width)


def _numbers(node: "SyntaxTreeNode") -> Iterator[int]:
    """Give the number of each item of a list: its own, or one more than that before it."""
    number = int(node.attrs.get("start", 1)) - 1
    for item in node.children:
        number = int(item.attrs.get("value", number + 1))
        yield number


def _item(node: "SyntaxTreeNode", mark: str, width: int) -> str:
    """Give a list's item behind its mark, its further lines below its first."""
    indent = " " * (len(mark) + 1)
    written = "\n".join(_blocks(node, width - len(indent)))
    return f"{mark} {textwrap.indent(written, indent).lstrip()}"


def _inline(node: "SyntaxTreeNode", addresses: list[str]) -> str:
    """Give the words of a paragraph and note the addresses of its links; one among the words gets its own line."""
    if node.type in {"text", "code_inline"}:
        return node.content
    if node.type in {"softbreak", "hardbreak"}:
        return " " if node.type == "softbreak" else "\n"
    words = "".join(_inline(child, addresses) for child in node.children)
    if node.type != "link":
        return words
    address = str(node.attrs.get("href", ""))
    if words == address:
        return f"\n{address}\n"
    addresses.append(address)
    title = str(node.attrs.get("title", ""))
    return f"{words} ({title})" if title else words
