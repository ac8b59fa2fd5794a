"""Markdown read so that none of its words and numbers is lost on the way to HTML or text.

CommonMark, with HTML in it read as text. What a letter cannot show as it was meant stands in words: a picture by its
alt, a link that leads nowhere with its address behind it; a list keeps the numbers that were written.
Door: `markdown_tokens`, `parser`, `has_scheme`.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from newsletter.render.compiler.attributes import without_blanks
from newsletter.render.compiler.references import without_controls
from newsletter.safe_html import SCHEMES

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

ITEM_HEADING = "h4"
"""Below the title of the item, which is an h3."""


def markdown_tokens(text: str) -> "list[Token]":
    """Read Markdown."""
    tokens = parser().parse(without_controls(text))
    for token in tokens:
        if token.type.startswith("heading"):
            token.tag = ITEM_HEADING
        elif token.type in {"fence", "code_block"}:
            # Its words stay and so do its lines, which HTML would run together.
            token.type, token.info = "fence", ""
        elif token.children:
            token.children = list(_readable(token.children))
    _number(tokens)
    return tokens


@cache
def parser() -> "MarkdownIt":
    """Make the parser."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 - a sixth of the time that the rendering process takes to start
    from markdown_it.common.utils import escapeHtml  # noqa: PLC0415 - as above

    made = MarkdownIt("commonmark", {"html": False})

    def lines(_renderer: object, tokens: "Sequence[Token]", place: int, *_rest: object) -> str:
        written = escapeHtml(tokens[place].content.rstrip("\n")).replace("\n", "<br />")
        return f"<p>{written}</p>\n"

    made.add_render_rule("fence", lines)
    return made


def has_scheme(address: str) -> bool:
    """Tell whether an address says what kind it is, so that it leads somewhere from a mail."""
    scheme, colon, _ = without_blanks(address).partition("/")[0].partition(":")
    return bool(colon) and scheme.lower() in SCHEMES


def _readable(tokens: "Iterable[Token]") -> "Iterator[Token]":
    """Write pictures by their alt, and a link that leads nowhere as words with its address."""
    refused: list[str | None] = []
    words = ""
    for token in tokens:
        if token.type == "image":
            yield from _readable(token.children or [])
        elif token.type == "link_open":
            address = str(token.attrs.get("href", ""))
            refused.append(None if has_scheme(address) else address)
            words = ""
            if refused[-1] is None:
                yield token
        elif token.type == "link_close":
            led_nowhere = refused.pop()
            if led_nowhere is None:
                yield token
            elif (shown := parser().normalizeLinkText(led_nowhere)) and shown != words:
                yield _text(token, f" ({shown})")
        else:
            words += token.content
            yield token


def _text(like: "Token", content: str) -> "Token":
    """Make a token of words where another one stands."""
    return like.copy(type="text", tag="", nesting=0, markup="", info="", content=content)


def _number(tokens: "Iterable[Token]") -> None:
    """Let each item of a numbered list keep its number: `3.` and `15.` at the start of lines may be days.

    CommonMark counts on from the first. Where every number is the same, as in `1. 1. 1.`, that is what was meant.
    """
    lists: list[list[Token]] = []
    for token in tokens:
        if token.type == "ordered_list_open":
            lists.append([])
        elif token.type == "list_item_open" and token.info:
            lists[-1].append(token)
        elif token.type == "ordered_list_close":
            items = lists.pop()
            first = int(items[0].info)
            if len({item.info for item in items}) > 1:
                for counted, item in enumerate(items, start=first):
                    if int(item.info) != counted:
                        item.attrSet("value", str(int(item.info)))
