"""HTML habits in MJML: what people write because browsers take it, and XML does not.

Door: `as_xml`, and `mended` for who must know where the text has moved. It must not know tags of MJML.
"""

import html.entities
import re

VOID_TAGS = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
"""HTML tags without content."""

# What XML reads otherwise than HTML: an ampersand that may be a reference, a tag that needs no end, and hyphens in
# comments. Comments and CDATA are matched first, so that what stands in one is no tag.
# Each alternative begins with its own letter, so that the search jumps from one < or & to the next.
HABITS_OF_HTML = re.compile(
    r"<!--(?P<comment>.*?)-->|<!\[CDATA\[.*?\]\]>|&(?:#(?P<number>\d+|[xX][0-9A-Fa-f]+);|(?P<name>\w+;)?)"
    rf"|<(?P<void>(?:{'|'.join(sorted(VOID_TAGS))})(?![\w:.-])(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL | re.IGNORECASE,
)
"""Each match is left as it is or mended."""
_REFERENCES = re.compile(r"&(?:#(?P<number>\d+|[xX][0-9A-Fa-f]+);|(?P<name>\w+;)?)")
_XML_NAMES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_WINDOWS = range(0x80, 0xA0)
"""Numbers that name controls in Unicode; HTML reads them as letters of Windows, where they come from."""


def as_xml(text: str) -> str:
    """Write the habits as XML, line for line."""
    return HABITS_OF_HTML.sub(mended, text)


def mended(match: re.Match[str]) -> str:
    """Write an HTML habit as XML: a reference by its number, a lone ampersand as one, a tag without content closed."""
    if void := match["void"]:
        return f"<{_REFERENCES.sub(_reference, void).rstrip('/')}/>"
    if (comment := match["comment"]) is not None:
        return f"<!--{_comment(comment)}-->" if "--" in comment or comment.endswith("-") else match[0]
    return match[0] if match[0].startswith("<") else _reference(match)


def _reference(match: re.Match[str]) -> str:
    """Write a reference, or an ampersand that begins none."""
    if number := match["number"]:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        return f"&#{ord(html.unescape(f'&#{code};'))};" if code in _WINDOWS else match[0].replace("X", "x", 1)
    name = match["name"]
    if name in _XML_NAMES:
        return match[0]
    meant = html.entities.html5.get(name or "")
    if meant is None:
        return f"&amp;{match[0][1:]}"
    return "".join(f"&#{ord(character)};" for character in meant)


def _comment(comment: str) -> str:
    """Write a comment without the two hyphens that XML has no place for; Outlook reads what stands in some."""
    if not comment.startswith("[if"):
        return comment.replace("-", " ")
    # The usual way to show something to all but Outlook: <!--[if !mso]><!-- -->
    shown, begins, rest = comment.rpartition("><!--")
    return f"{shown}><!" if begins and not rest.strip() else comment.replace("--", "-&#45;")
