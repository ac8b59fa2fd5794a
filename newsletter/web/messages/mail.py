"""A mail taken apart for reading: from the bytes on the wire to its headers, HTML and plain text; and the outbox.

The bytes are foreign: any file can lie in the outbox folder. Nothing in them becomes a file name, an address or code;
what cannot be read is left out. Door: `read_mail` and `Mailbox`.
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from newsletter.domain.picture import Picture
from newsletter.message.pictures import with_data_addresses

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}\Z")
SIZE_BYTES_MAX = 5_000_000
"""Larger files are no mails of ours; they are listed, not opened."""
_HEAD_BYTES = 16_384
_PICTURE_TYPES = frozenset({"image/jpeg", "image/png"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What a mail program would show.

    Attributes:
        headers: Every header in order, decoded to text on one line.
        raw: The bytes as text, each byte that is no ASCII as an escape.
    """

    headers: tuple[tuple[str, str], ...]
    html: str | None
    text: str | None
    raw: str

    def header(self, name: str) -> str:
        """Give the first header of a name, or nothing."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """One mail of the outbox as its list shows it.

    Attributes:
        folder: Label of the issue.
    """

    folder: str
    key: str
    at: datetime
    size_bytes: int
    to: str
    subject: str


class Mailbox:
    """The mails in a folder that holds one folder per issue; only its own files are ever opened."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def page(self, *, start: int, count: int) -> tuple[tuple[OutboxMessage, ...], int]:
        """Give some messages, the newest first, and how many there are in all."""
        found = sorted(self._found(), key=lambda one: (-one[0], one[1], one[2]))
        return tuple(self._listed(folder, key) for _, folder, key in found[start : start + count]), len(found)

    def read(self, folder: str, key: str) -> Mail | None:
        """Open one mail; None when there is none of this name, or its file is no mail of ours."""
        if not _NAME.match(folder) or not _NAME.match(key):
            return None
        content = _bytes_of(self._directory / folder / f"{key}.eml", SIZE_BYTES_MAX)
        return None if content is None else read_mail(content)

    def _found(self) -> list[tuple[int, str, str]]:
        """Give moment, folder and key of every mail."""
        found = []
        for folder in _entries(self._directory):
            if folder.is_dir(follow_symlinks=False) and _NAME.match(folder.name):
                for file in _entries(Path(folder.path)):
                    key = file.name.removesuffix(".eml")
                    if key != file.name and _NAME.match(key) and file.is_file(follow_symlinks=False):
                        found.append((file.stat().st_mtime_ns, folder.name, key))
        return found

    def _listed(self, folder: str, key: str) -> OutboxMessage:
        """Read as much of a mail as its line in the list needs."""
        path = self._directory / folder / f"{key}.eml"
        head = read_mail(_bytes_of(path, _HEAD_BYTES, cut=True) or b"")
        status = path.stat()
        return OutboxMessage(
            folder=folder,
            key=key,
            at=datetime.fromtimestamp(status.st_mtime, UTC),
            size_bytes=status.st_size,
            to=head.header("To"),
            subject=head.header("Subject"),
        )


def read_mail(content: bytes) -> Mail:
    """Take the bytes of a mail apart; whatever is broken in them is left out, never raised."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Mail(
        headers=tuple((name, " ".join(str(value).split())) for name, value in _headers(message)),
        html=_html(message),
        text=_body(message, "plain"),
        raw=content.decode("ascii", "backslashreplace").replace("\r\n", "\n"),
    )


def read_html(content: bytes) -> str | None:
    """Give the HTML alternative alone: a third of the time, for pictures that somebody waits for."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return _html(message)


def _headers(message: EmailMessage) -> list[tuple[str, str]]:
    """Give the headers; those the library cannot parse as they stand."""
    read = []
    for name, written in message.raw_items():
        try:
            value = str(policy.default.header_fetch_parse(name, written))
        except Exception:  # noqa: BLE001 - the library raises whatever its parser met on hostile bytes
            value = str(written)
        read.append((str(name), value))
    return read


def _html(message: EmailMessage) -> str | None:
    """Give the HTML alternative, with the pictures in it that travel with the mail."""
    html = _body(message, "html")
    if html is None or "cid:" not in html:
        return html
    try:
        return with_data_addresses(html, _pictures(message))
    except Exception:  # noqa: BLE001 - as above
        return html


def _pictures(message: EmailMessage) -> list[Picture]:
    """Give the pictures of a mail of ours: they are named by what they hold, so a name of another's fits none."""
    return [
        Picture(
            name="", media_type=part.get_content_type(), content=part.get_content(), width_pixels=0, height_pixels=0
        )
        for part in message.walk()
        if part.get_content_type() in _PICTURE_TYPES and isinstance(part, EmailMessage)
    ]


def _body(message: EmailMessage, kind: str) -> str | None:
    """Give the text of the first part of a kind that is no attachment."""
    try:
        part = message.get_body((kind,))
        content = None if part is None else part.get_content()
    except Exception:  # noqa: BLE001 - as above
        return None
    return content.replace("\r\n", "\n") if isinstance(content, str) else None


def _bytes_of(path: Path, size_bytes_max: int, *, cut: bool = False) -> bytes | None:
    """Read a file that is no link and not too large, or only its beginning."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(size_bytes_max + 1)
    except OSError:
        return None
    if len(content) > size_bytes_max:
        return content[:size_bytes_max] if cut else None
    return content


def _entries(directory: Path) -> list[os.DirEntry[str]]:
    """List a folder; one that is not there is empty."""
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except OSError:
        return []
