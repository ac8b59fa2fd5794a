"""What MJML allows: tags, attributes, the values they take, and which tag stands in which.

The facts are those of npm's mjml, in mjml_schema.json, which `tests/oracle/schema.mjs` writes and a test compares. What
our compiler ignores of them was measured, attribute by attribute, and a test measures it again.
Door: `attribute_complaint`, `nesting_complaint`. It must not know documents.
"""

import difflib
import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import TypedDict

HTML_HOLDERS = frozenset(
    {
        "mj-accordion-text",
        "mj-accordion-title",
        "mj-button",
        "mj-navbar-link",
        "mj-raw",
        "mj-social-element",
        "mj-table",
        "mj-text",
    }
)
"""Tags whose content is HTML."""
TEXT_HOLDERS = frozenset({"mj-title", "mj-preview"})
"""Tags whose content is plain text."""
CONTAINERS = frozenset(
    {
        "mj-accordion",
        "mj-accordion-element",
        "mj-all",
        "mj-attributes",
        "mj-body",
        "mj-breakpoint",
        "mj-carousel",
        "mj-carousel-image",
        "mj-class",
        "mj-column",
        "mj-divider",
        "mj-font",
        "mj-group",
        "mj-head",
        "mj-hero",
        "mj-image",
        "mj-navbar",
        "mj-section",
        "mj-social",
        "mj-spacer",
        "mj-wrapper",
        "mjml",
    }
)
"""Tags whose content is MJML, or nothing."""
STYLES = "mj-style"
"""The tag whose content is a style sheet."""
REFUSED = {
    "mj-include": "Use Jinja's {% include %} instead, which cannot leave the template folder.",
    **dict.fromkeys(
        ("mj-html-attributes", "mj-selector", "mj-html-attribute"), "Write the attribute where it belongs."
    ),
}
"""Tags the compiler cannot use, with what to do instead."""
KNOWN = CONTAINERS | HTML_HOLDERS | TEXT_HOLDERS | {STYLES}
"""Every tag of MJML but those that are refused."""
DEFAULTS = frozenset({"mj-all", "mj-class"})
"""Tags in mj-attributes that give values to tags of any kind."""
ANY_VALUE = "anyvalue0"
"""Stands for a value that is not known yet, when a template is looked over without any: it is never complained of."""

_EVERYWHERE = frozenset({"css-class", "mj-class"})
# Measured with MRML 6.0.1: the attribute is set and the result is the same.
IGNORED: Mapping[str, frozenset[str]] = {
    "mj-accordion-title": frozenset({"font-weight"}),
    "mj-body": frozenset({"id"}),
    "mj-button": frozenset({"title"}),
    "mj-hero": frozenset({"border-radius", "mode"}),
    "mj-image": frozenset({"border-bottom", "border-top", "sizes"}),
    "mj-section": frozenset({"gutter", "text-padding"}),
    "mj-social": frozenset({"border", "table-layout"}),
    "mj-social-element": frozenset({"border", "icon-position", "sizes", "srcset"}),
    "mj-spacer": frozenset({"border", "border-bottom", "border-left", "border-right", "border-top"}),
    "mj-table": frozenset({"font-weight", "role"}),
    "mj-text": frozenset({"background-color"}),
    "mj-wrapper": frozenset({"gap", "gutter", "text-padding"}),
    "mjml": frozenset({"owa"}),
}
"""By tag, the attributes that MJML knows and our compiler does not."""

_COLOUR_FUNCTION = r"rgba?\(\s*\d{1,3}\s*(?:,\s*[\d.]{1,5}%?\s*){2,3}\)"


def attribute_complaint(tag: str, name: str, value: str) -> str | None:
    """Say what is wrong with an attribute of an MJML tag, or None."""
    if name in _EVERYWHERE or (tag == "mj-class" and name == "name"):
        return None
    if tag in DEFAULTS:
        return None if name in _names() else f"No tag has an attribute {name!r}, so it is ignored."
    known = _facts()["tags"].get(tag, _UNKNOWN)["attributes"]
    kind = known.get(name)
    if kind is None:
        near = difflib.get_close_matches(name, known, n=1)
        return f"{tag} has no attribute {name!r}, so it is ignored.{f' Did you mean {near[0]!r}?' if near else ''}"
    if name in IGNORED.get(tag, ()):
        return f"The compiler ignores the attribute {name!r} of {tag}."
    if ANY_VALUE in value or _pattern(kind).fullmatch(value.strip()):
        return None
    return f"The attribute {name!r} of {tag} takes {_told(kind)}, not {value[:40]!r}."


@lru_cache(maxsize=1024)
def nesting_complaint(parent: str, tag: str) -> str | None:
    """Say that a tag cannot stand in another, and where it can; None when it can."""
    tags = _facts()["tags"]
    children = tags.get(parent, _UNKNOWN)["children"]
    if children is None or tag in children:
        return None
    homes = sorted(name for name, facts in tags.items() if tag in (facts["children"] or ()))
    return (
        f"{tag} cannot stand in {parent}; it belongs in {' or '.join(homes)}."
        if homes
        else f"{tag} cannot stand in {parent}."
    )


class _Tag(TypedDict):
    """What MJML says of one tag."""

    attributes: dict[str, str]
    children: list[str] | None


class _Facts(TypedDict):
    """The part of the file that is used here."""

    colours: list[str]
    tags: dict[str, _Tag]


@cache
def _facts() -> _Facts:
    facts: _Facts = json.loads(files("newsletter.render.compiler").joinpath("mjml_schema.json").read_bytes())
    return facts


@cache
def _names() -> frozenset[str]:
    return frozenset(name for facts in _facts()["tags"].values() for name in facts["attributes"])


_UNKNOWN = _Tag(attributes={}, children=[])


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    """Give the pattern of a kind of value: `unit(px,%){1,4}`, `enum(a,b)`, `color`, `boolean`, `integer`, `string`."""
    name, _, rest = kind.partition("(")
    words = rest.partition(")")[0].split(",")
    if name == "color":
        names = "|".join(_facts()["colours"])
        return re.compile(rf"#(?:[0-9a-f]{{3}}){{1,2}}|{_COLOUR_FUNCTION}|transparent|{names}", re.IGNORECASE)
    if name == "enum":
        return re.compile("|".join(re.escape(word) for word in words))
    if name in {"unit", "unitWithNegative"}:
        sign = "-?" if name == "unitWithNegative" else ""
        units = "|".join(re.escape(word) for word in words if word != "auto")
        one = rf"(?:{sign}\d*\.?\d+(?:{units})|0{'|auto' if 'auto' in words else ''})"
        times = _times(kind)
        return re.compile(rf"{one}(?:\s+{one}){{0,{times - 1}}}")
    return re.compile({"boolean": "true|false", "integer": r"\d+"}.get(name, r"(?s:.*)"), re.IGNORECASE)


def _times(kind: str) -> int:
    """Give how many values a kind takes at most."""
    braces = re.search(r"\{(?:\d+,)?(\d+)\}", kind)
    return int(braces[1]) if braces else 1


def _told(kind: str) -> str:
    """Say a kind of value in words."""
    name, _, rest = kind.partition("(")
    words = [word for word in rest.partition(")")[0].split(",") if word]
    if name == "enum":
        return "one of " + ", ".join(words)
    if name in {"unit", "unitWithNegative"}:
        times = _times(kind)
        several = f"1 to {times} numbers" if times > 1 else "a number"
        return f"{several} with {' or '.join(words)}"
    return {"color": "a colour", "boolean": "true or false", "integer": "a whole number"}.get(name, "text")
