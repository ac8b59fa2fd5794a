"""Attributes: how each is written for the compiler, which no mail may have, and which it would ignore.

Door: `looked_over`. It must not know documents.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from newsletter.render.compiler.references import referenced
from newsletter.render.compiler.schema import ANY_VALUE, attribute_complaint

LINK_ATTRIBUTES = frozenset(
    {"action", "background", "background-url", "base-url", "cite", "codebase", "data", "dynsrc", "formaction", "href"}
    | {"icon-unwrapped-url", "icon-wrapped-url", "left-icon", "longdesc", "lowsrc", "manifest", "ping", "poster"}
    | {"right-icon", "src", "srcset", "thumbnails-src"}
)
"""Attributes that hold an address."""
LINK_SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid"})
"""Schemes an address may have; one without a scheme is left to the checks."""
PLAIN_ATTRIBUTES = LINK_ATTRIBUTES | frozenset(
    {"alt", "css-class", "dir", "icon-unwrapped-alt", "icon-wrapped-alt", "id", "ico-close", "ico-open", "inline"}
    | {"lang", "mj-class", "name", "owa", "rel", "role", "sizes", "target", "title", "usemap"}
)
"""Attributes of MJML that are no styles."""

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060\ufeff]")
_ZERO = re.compile(r"(?<![\w.#-])0(?![\w.%])")
# What would end url('...') in a style sheet.
_UNQUOTED = re.compile(r"[\s\"'()<>\\]")
_SCRIPT_IN_STYLE = re.compile(r"expression\s*\(|(?:java|vb)script:|-moz-binding|(?<![\w-])behavior\s*:", re.IGNORECASE)
_MORE_STYLES = re.compile(r"[{}<>]|;(?!\s*\Z)")


class Refusal(StrEnum):
    """Why an attribute is refused."""

    SCRIPT = "script"
    ADDRESS = "address"
    STYLES = "styles"


class Looked(NamedTuple):
    """What came of the attributes of a tag.

    Attributes:
        written: As the compiler needs them, with a space before each.
        faulty: The name of the first that is refused.
        fault: Why.
        complaints: The name of each that is wrong and can stay, with the reason.
    """

    written: str
    faulty: str = ""
    fault: Refusal | None = None
    complaints: tuple[tuple[str, str], ...] = ()


def looked_over(tag: str, items: tuple[tuple[str, str], ...], is_mjml: bool) -> Looked:  # noqa: FBT001 - cached by place
    """Write and judge the attributes of a tag."""
    written, complaints = [], []
    for name, value in items:
        if fault := _fault(name, value, is_mjml=is_mjml):
            return Looked("", name, fault)
        if is_mjml and (complaint := attribute_complaint(tag, name, value)):
            complaints.append((name, complaint))
        written.append(f' {name}="{referenced(_cured(name, value) if is_mjml else value)}"')
    return Looked("".join(written), complaints=tuple(complaints))


looked_over_before = lru_cache(maxsize=4096)(looked_over)
"""The same, remembered: a letter has few attributes that differ."""


def has_script(css: str) -> bool:
    """Tell whether a style would run a script in the mail programs that let it."""
    return _SCRIPT_IN_STYLE.search(css) is not None


def _fault(name: str, value: str, *, is_mjml: bool) -> Refusal | None:
    """Say why no mail may have this attribute."""
    low = name.lower()
    if low in LINK_ATTRIBUTES or low.endswith(":href"):
        addresses = value.split(",") if low == "srcset" else (value,)
        return Refusal.ADDRESS if any(_is_bad_link(address) for address in addresses) else None
    if not is_mjml:
        is_script = low.startswith("on") or low == "srcdoc" or (low == "style" and has_script(value))
        return Refusal.SCRIPT if is_script else None
    if name in PLAIN_ATTRIBUTES or name.startswith("aria-"):
        return None
    if has_script(value):
        return Refusal.SCRIPT
    return Refusal.STYLES if _MORE_STYLES.search(value) else None


def _is_bad_link(value: str) -> bool:
    """Tell whether an address runs a script or leaves the scheme to chance."""
    if ANY_VALUE in value:
        return False
    address = without_blanks(value)
    scheme = _SCHEME.match(address)
    has_bad_scheme = scheme is not None and scheme[1].lower() not in LINK_SCHEMES
    return has_bad_scheme or address.startswith(("//", "\\\\", "/\\"))


def without_blanks(address: str) -> str:
    """Drop what browsers drop inside an address, so that `java<tab>script:` is one of a script."""
    return _BLANKS.sub("", address)


def _cured(name: str, value: str) -> str:
    """Write an MJML attribute's value as the compiler needs it."""
    if "padding" in name:
        # A bare 0 is not counted when widths are computed, so images overflow in Outlook.
        return _ZERO.sub("0px", value)
    if name == "mj-class":
        # The compiler lets the first class win, MJML the last.
        return " ".join(reversed(value.split()))
    if name == "background-url":
        # The compiler puts it between the quotes of url('...') as it is.
        return _UNQUOTED.sub(lambda match: f"%{ord(match[0]):02X}" if match[0].isascii() else "", value.strip())
    return value
