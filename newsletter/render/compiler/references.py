r"""Numeric references: text that the MJML compiler cannot spoil and that cannot end its attribute or start a tag.

The compiler (MRML 6.0.1) prints attribute values with Rust's debug format, so a no-break space becomes `\u{a0}` and a
quote can open a new attribute, and it cuts text at bytes, so `>` after `ä` is a panic. Whatever is not plainly safe is
therefore written as a number. The safe set is a fixed one, Latin letters and common marks, and not a category of
Unicode: two programs that know different versions of Unicode would not agree on those.
Door: `referenced`, `referenced_text`, `css_escaped`. It must not know tags.
"""

import re

# Noncharacters are for a program's own use inside (Unicode 23.7): `places` marks tags with them.
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_CONTROLS = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff{_NONCHARACTERS}]")
_SAFE = r" !#$%()*+,\-./0-9:;=?@A-Z\[\]\^_`a-z|~¡-¬®-ɏ‐-‗‘-‧‰-›€"
_UNSAFE = re.compile(f"[^{_SAFE}]")
_UNSAFE_IN_TEXT = re.compile(f"[^{_SAFE}\n\t]")
_UNSAFE_IN_CSS = re.compile(r"[^\n\t -%'-;=-~]")


def without_controls(text: str) -> str:
    """Drop what neither XML nor HTML can carry, and write every line end as a line feed."""
    # Printable is what is no control, no format, no surrogate and no noncharacter: most text, told in no time.
    if text.isprintable() or text.replace("\n", "").isprintable():
        return text
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def referenced(text: str) -> str:
    """Write text for a quoted attribute, or anywhere else: nothing in it can be read as markup or as a template."""
    return _UNSAFE.sub(_reference, without_controls(text))


def referenced_text(text: str) -> str:
    """Write text between tags, keeping its line feeds and tabs as they are."""
    return _UNSAFE_IN_TEXT.sub(_reference, without_controls(text))


def css_escaped(css: str) -> str:
    """Write a style sheet in ASCII without `<` and `&`, by CSS escapes: it cannot end its element."""
    return _UNSAFE_IN_CSS.sub(lambda match: f"\\{ord(match[0]):x} ", without_controls(css))


def _reference(match: re.Match[str]) -> str:
    """Give the numeric reference of a character."""
    return f"&#{ord(match[0])};"
