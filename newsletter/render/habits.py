"""HTML habits in MJML: what people write because browsers take it, and XML does not.

Door: `as_xml`, and `mended` for who must know where the text has moved. It must not know tags of MJML.
"""

import html.entities
import re

# What XML reads otherwise than HTML: an ampersand that may be a reference by name, and a tag that needs no end.
# Comments, CDATA and numeric references are matched first and stay as they are.
# Each alternative begins with its own letter, so that the search jumps from one < or & to the next.
HABITS = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|&#(?:\d+|x[0-9A-Fa-f]+);|&(?P<name>\w+;)?"
    r"|<(?P<void>(?:br|hr|img|meta|link|wbr|col|input)\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)(?P<end>/?>)",
    re.DOTALL,
)
"""Each match is left as it is or mended."""
_XML_NAMES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


def as_xml(text: str) -> str:
    """Write the habits as XML, line for line."""
    return HABITS.sub(mended, text)


def mended(match: re.Match[str]) -> str:
    """Write an HTML habit as XML: an entity as numbers, a lone ampersand as one, a tag without content closed."""
    if void := match["void"]:
        return f"<{void.rstrip('/')}/>"
    name = match["name"]
    if match[0] == "&":
        return "&amp;"
    if name is None or name in _XML_NAMES:
        return match[0]
    meant = html.entities.html5.get(name)
    return f"&amp;{name}" if meant is None else "".join(f"&#{ord(character)};" for character in meant)
