"""Header lines as bytes, right on the wire.

Python's email package writes a List-Unsubscribe of 75 characters or more as RFC 2047 encoded words, which mail programs
cannot read (cpython#85725), and loses the quotes of a folded name with a comma (the family of cpython#121284). So the
lines are written here: each ends in CRLF, none passes 998 characters, and 78 only where one word is longer. Door:
`text_header`, `address_header`, `plain_header`, `list_unsubscribe`, `list_id`.
"""

import base64
import re
from collections.abc import Sequence

from newsletter.domain.publication import Publication
from newsletter.errors import ContentError
from newsletter.message.slots import one_line

LINE_LENGTH_AIM = 78
"""RFC 5322 section 2.1.1: should not be passed, CRLF not counted."""
LINE_LENGTH_MAX = 998
"""RFC 5322 section 2.1.1: must not be passed, CRLF not counted."""
NAME_LENGTH_MAX = 60
"""Longer display names are cut: some servers refuse them, and no mail program shows more."""

# 42 bytes are 56 characters of base64 and 68 with the frame: "Reply-To: " before them makes 78.
_WORD_BYTES = 42
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+\Z")
_ADDRESS = re.compile(r"(?=[!-~]++\Z)[!-~][^@]*+@[!-~]")
_UNSAFE_IN_ADDRESS = re.compile(r"[<>,;:\\()\[\]\"]")
_VISIBLE_ASCII = re.compile(r"[ -~]+\Z")


def text_header(name: str, text: str) -> bytes:
    """Write a header of free text (Subject): as it is when ASCII, else in encoded words.

    Raises:
        ContentError: The text holds a control character or line break.
    """
    if one_line(text) != text:
        raise ContentError(f"{name} holds a line break or control character.", hint=f"Write {name} on one line.")
    words = re.findall(r" *[^ ]+", text)
    is_plain = text.isascii() and "=?" not in text and all(len(word) < LINE_LENGTH_AIM for word in words)
    return _folded(name, words) if is_plain else _folded(name, _encoded_words(text))


def address_header(name: str, display: str, address: str) -> bytes:
    """Write a header of exactly one address with its display name, which may be empty, hold commas or any letters.

    Raises:
        ContentError: The address cannot stand in a header (other letters than ASCII, space, line break, brackets).
    """
    local, _, domain = address.rpartition("@")
    if _ADDRESS.match(address) is None or _UNSAFE_IN_ADDRESS.search(local + domain):
        raise ContentError(
            f"An address cannot stand in {name}.", hint="Use an address of ASCII letters, digits and the usual marks."
        )
    shown = " ".join(one_line(display).split())[:NAME_LENGTH_MAX].rstrip()
    if not shown:
        return _folded(name, [f" {address}"])
    return _folded(name, [*_phrase(shown), f" <{address}>"])


def plain_header(name: str, value: str) -> bytes:
    """Write a header that is never encoded and never folded (List-Id, Message-ID, Precedence).

    Raises:
        ContentError: The value holds anything but visible ASCII, or is too long for one line.
    """
    return _folded(name, [f" {value}"])


def list_unsubscribe(addresses: Sequence[str]) -> bytes:
    """Write List-Unsubscribe (RFC 2369), and List-Unsubscribe-Post (RFC 8058) where one address is https.

    Each address stands whole on its line; the order is kept.

    Raises:
        ContentError: An address holds anything but visible ASCII, or brackets, or is too long for one line.
    """
    if any(re.search(r"[<>\s]", address) for address in addresses):
        raise ContentError("An unsubscribe address is not percent-encoded.", hint="Percent-encode its query.")
    bracketed = [f" <{address}>," for address in addresses]
    written = _folded("List-Unsubscribe", [*bracketed[:-1], bracketed[-1].rstrip(",")])
    if any(address.startswith("https://") for address in addresses):
        written += plain_header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
    return written


def list_id(publication: Publication) -> str:
    """Give the value of List-Id (RFC 2919): the same for ever, whatever the publication's name or language."""
    return f"<{publication.id}.{publication.list_domain}>"


def _phrase(display: str) -> list[str]:
    """Give a display name as words: bare, quoted where marks need it, encoded where letters do."""
    if not display.isascii() or "=?" in display:
        return _encoded_words(display)
    if _PLAIN_PHRASE.match(display):
        return [f" {display}"]
    quoted = display.replace("\\", "\\\\").replace('"', '\\"')
    return [f' "{quoted}"']


def _encoded_words(text: str) -> list[str]:
    """Give a text as RFC 2047 words in UTF-8, each of whole characters and at most 75 long."""
    chunks = [b""]
    for character in text:
        encoded = character.encode()
        if len(chunks[-1]) + len(encoded) > _WORD_BYTES:
            chunks.append(b"")
        chunks[-1] += encoded
    return [f" =?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in chunks]


def _folded(name: str, words: Sequence[str]) -> bytes:
    """Lay words, each with its leading space, on lines; a word is never broken.

    Raises:
        ContentError: A word holds anything but visible ASCII, or is too long for one line.
    """
    lines = [f"{name}:"]
    for position, word in enumerate(words):
        if position and len(lines[-1]) + len(word) > LINE_LENGTH_AIM:
            lines.append("")
        lines[-1] += word if word.startswith(" ") else f" {word}"
    if any(len(line) > LINE_LENGTH_MAX or _VISIBLE_ASCII.match(line) is None for line in lines):
        raise ContentError(
            f"The value of {name} cannot stand in a header.", hint="Shorten it, and keep to visible ASCII characters."
        )
    return ("\r\n".join(lines) + "\r\n").encode("ascii")
