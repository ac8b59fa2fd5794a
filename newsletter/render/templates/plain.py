"""The words of a compiled letter as plain text, for a template that has no text template beside it.

A letter's own text is written by its own template: layout tables say nothing of what belongs together. This is for
trying a template out.
Door: `plain_text`. It must not know templates.
"""

import re

from lxml import etree, html

from newsletter.render.templates.markup import wrapped

_BLOCKS = frozenset(
    {"blockquote", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "table", "td", "th", "tr", "ul"}
)
_UNREAD = frozenset({"head", "script", "style", "title"})
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n]+")


def plain_text(document: str) -> str:
    """Give the words of an HTML document: a paragraph a block, each link's address on a line of its own."""
    paragraphs: list[str] = []
    words: list[str] = []
    addresses: list[str] = []

    def end_block() -> None:
        text = "\n".join(line for part in "".join(words).split("\r") if (line := _SPACES.sub(" ", part).strip(" ")))
        lines = [*([wrapped(text)] if text else []), *addresses]
        if lines:
            paragraphs.append("\n".join(lines))
        words.clear()
        addresses.clear()

    for moment, node in etree.iterwalk(html.document_fromstring(document), events=("start", "end", "comment")):
        is_start = moment == "start"
        if moment == "comment" or _is_inside_unread(node):
            words.append((node.tail or "") if moment != "start" and not _is_inside_unread(node.getparent()) else "")
            continue
        tag = str(node.tag)
        if tag in _BLOCKS or tag == "li":
            end_block()
        if is_start:
            words.append({"br": "\r", "li": "- ", "img": node.get("alt") or ""}.get(tag, "") + (node.text or ""))
        else:
            address = node.get("href") or ""
            if tag == "a" and ":" in address and address not in "".join(words):
                addresses.append(address)
            words.append(node.tail or "")
    end_block()
    return "\n\n".join(paragraphs) + "\n"


def _is_inside_unread(node: etree._Element | None) -> bool:
    """Tell whether nobody reads an element: it, or one around it, is hidden or no part of the text."""
    while node is not None:
        if node.tag in _UNREAD or _HIDDEN.search(node.get("style") or ""):
            return True
        node = node.getparent()
    return False
