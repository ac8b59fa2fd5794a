"""The mails in a file that somebody saved: one (.eml), or many (mbox)."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from newsletter.errors import ContentError

MAIL_BYTES_MAX = 10 * 1024 * 1024
"""Of a mail no more is read: reports and leavings are small, and what they say stands at their beginning."""
LINE_BYTES_MAX = 1024 * 1024

_FROM_LINE = re.compile(rb"From (?:- |\S+ ).*\b\d\d:\d\d\b.*\b\d{4}\b")
"""RFC 4155: the line above each mail of an mbox; Thunderbird writes a hyphen for the sender."""
_OUTLOOK = (
    "is a file of Outlook's own kind.",
    "In Outlook, save the mails as .eml, or drag them onto a folder of Thunderbird and save that (mbox).",
)
_KINDS = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": _OUTLOOK,
    b"!BDN": _OUTLOOK,
    b"PK\x03\x04": ("is an archive.", "Unpack it, and name the mails in it."),
    b"%PDF": ("is a PDF.", "Save the mail as .eml."),
}
"""First bytes of what is no mail -> what it is, and what to do."""


def split_mails(file: BinaryIO, name: str) -> Iterator[bytes]:
    """Give the mails of a file one after another, none longer than MAIL_BYTES_MAX.

    Raises:
        ContentError: It is empty, or of a kind that is not read.
    """
    first = file.readline(LINE_BYTES_MAX)
    for beginning, (what, hint) in _KINDS.items():
        if first.startswith(beginning):
            raise ContentError(f"{name} {what}", hint=hint)
    if not first:
        raise ContentError(f"{name} is empty.", hint="Save the mails again.")
    if first.strip().isdigit():  # Apple Mail writes how long the mail is above it (.emlx).
        first = file.readline(LINE_BYTES_MAX)
    if _FROM_LINE.match(first) is None:
        yield first + file.read(MAIL_BYTES_MAX)
        return
    yield from _mails_of_mbox(file)


def _mails_of_mbox(file: BinaryIO) -> Iterator[bytes]:
    """Give the mails after the first line of an mbox; one begins where such a line stands below an empty one."""
    lines: list[bytes] = []
    size, is_after_empty = 0, False
    while line := file.readline(LINE_BYTES_MAX):
        if is_after_empty and line.startswith(b"From ") and _FROM_LINE.match(line):
            yield b"".join(lines)
            lines, size = [], 0
        elif size < MAIL_BYTES_MAX:
            lines.append(line)
            size += len(line)
        is_after_empty = not line.strip()
    yield b"".join(lines)
