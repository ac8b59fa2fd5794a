"""Cuts HTML from strangers down to a few harmless tags: the one place that asks the sanitiser.

Door: `clean`, with `TAGS` and `SCHEMES`.
"""

import html as entities
import re
from collections.abc import Callable, Collection, Mapping
from typing import Final

import nh3

TAGS: Final = frozenset({"a", "b", "blockquote", "br", "em", "h3", "h4", "i", "li", "ol", "p", "strong", "ul"})
"""What text may be made of; headings begin below the ones of a mail."""
SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
"""What a link in text may lead to."""
ATTRIBUTES: Final = {"a": {"href", "title"}}
"""What the tags may say."""
# fmt: off
# Not counted as nesting: they hold nothing, or the next of their kind ends them.
_FLAT: Final = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    "p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dt", "dd", "option",
}
# fmt: on
# Possessive quantifiers: a `<` with megabytes and no `>` after it must not cost quadratic time.
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/<>]*+)[^<>]*+>")


def clean(
    html: str,
    kept: Callable[[str, str, str], str | None],
    *,
    depth_max: int,
    tags: Collection[str] = TAGS,
    attributes: Mapping[str, set[str]] = ATTRIBUTES,
    removed: Collection[str] = ("script", "style"),
) -> str:
    """Parse as a browser would and write back what is allowed, in one canonical spelling.

    Elements that are not allowed go; their text stays. What is nested too deep
    loses all its tags and keeps its words: the sanitiser needs 13 s for 50,000 levels, and people nest a dozen.

    Args:
        html: From anywhere.
        kept: Given a tag, an attribute and its value: what the value becomes, or None to drop the attribute.
        depth_max: Levels of elements.
        tags: What stays.
        attributes: By tag; an `href` leads to one of `SCHEMES` or goes, whatever `kept` says.
        removed: What goes with all that stands in it.
    """
    if _depth(html) > depth_max:
        html = entities.escape(entities.unescape(_ANY_TAG.sub(" ", html)), quote=False)
    return nh3.clean(
        html,
        tags=set(tags),
        clean_content_tags=set(removed),
        attributes=dict(attributes),
        attribute_filter=kept,
        url_schemes=set(SCHEMES),
        link_rel=None,
    )


def _depth(html: str) -> int:
    """Give the depth of the deepest element, counting every opening as one level; linear in the text."""
    depth = deepest = 0
    for tag in _ANY_TAG.finditer(html):
        if tag[2].lower() not in _FLAT:
            depth = max(depth - 1, 0) if tag[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest
