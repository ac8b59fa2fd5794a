"""Mails as servers and people write them, in three languages; each file says in its first line what it is."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("mails")
NAMES = sorted(path.stem for path in FOLDER.glob("*.eml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A mail, and what it is."""

    expected: str
    raw: bytes


def sample(name: str, *, key: str, address: str, token: str) -> Sample:
    """Give a mail about a delivery, of a reader, with a token."""
    text = (FOLDER / f"{name}.eml").read_text(encoding="utf-8")
    first, _, mail = text.partition("\n")
    for placeholder, value in {"KEY": key, "ADDRESS": address, "TOKEN": token}.items():
        mail = mail.replace(placeholder, value)
    return Sample(expected=first.removeprefix("X-Expected: "), raw=mail.encode())
