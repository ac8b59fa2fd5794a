"""Make, read and change the publication's key file: the secrets behind address hashes and signed links.

Its door is `create_key_file`, `read_key_file` and `write_key_file`. Each line holds 32 random bytes as 64 hexadecimal
digits, so that the file can be kept in a password manager. The first is the key in use; behind the digits of the others
stands what they are for. Losing the file makes suppressions unreadable and every link in sent mails void: no key is
ever taken out of it here but by a person's word.

    3f...9c
    a1...07 kept 2026-11-24            was in use until then, or was imported: verifies and looks up, never signs
    77...e0 next 2026-11-24            drawn, and in use as soon as the database says so
"""

import os
import re
import secrets
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from newsletter import machine
from newsletter.domain.keys import KeyId, Keyring, key_id
from newsletter.errors import ConfigurationError

KEY_BYTES = 32
"""As many as the HMAC-SHA-256 that the key is for."""

_DISTINCT_BYTES_MIN = 12
"""A key with fewer different bytes was typed, not drawn: of 32 random bytes, about 30 differ."""

_FILE_BYTES_MAX = 100_000
_LINE = re.compile(rf"([0-9A-Fa-f]{{{KEY_BYTES * 2}}})(?: (kept|next)(?: ([0-9-]{{10}}))?)?")
_PUT_BACK = (
    "Put your backup of it back. If it is lost for good: `newsletter key rotate --lost` says what is lost with it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """What a key file holds.

    Attributes:
        first: The key in use, as far as the file knows.
        kept: Those that verify and look up, each with the day since when.
        following: Drawn to become the first one; None as long as nobody changes the key.
    """

    first: bytes = field(repr=False)
    kept: tuple[tuple[bytes, date | None], ...] = field(default=(), repr=False)
    following: bytes | None = field(default=None, repr=False)

    def find(self, wanted: KeyId) -> bytes | None:
        """Give a key by its name, or None."""
        return next((key for key in self.keys if key_id(key) == wanted), None)

    def ring(self, current: KeyId) -> Keyring | None:
        """Give the keys of a database by the one that made its hashes; None when that is not in use any more.

        A key that was to follow is in use once the database says so, wherever whoever changed it was interrupted.
        """
        kept = tuple(key for key, _ in self.kept)
        if key_id(self.first) == current:
            return Keyring(current=self.first, kept=kept)
        if self.following is not None and key_id(self.following) == current:
            return Keyring(current=self.following, kept=(self.first, *kept))
        return None

    def ids(self) -> tuple[KeyId, ...]:
        """Name all of them, the first one first."""
        return tuple(map(key_id, self.keys))

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Give all of them, the first one first."""
        following = () if self.following is None else (self.following,)
        return (self.first, *following, *(key for key, _ in self.kept))


def draw_key() -> bytes:
    """Give 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def create_key_file(path: Path) -> bytes:
    """Draw a key and write it to a new file that only its owner can read; give the key.

    Raises:
        ConfigurationError: There is a file already, or the folder cannot be written to.
    """
    key = draw_key()
    try:
        descriptor = machine.create_private(path)
    except FileExistsError as cause:
        raise ConfigurationError(
            f"There is a key file {path.name} already; it is kept.",
            hint="Never replace it while there are subscribers: suppressions and links in sent mails depend on it.",
        ) from cause
    except OSError as cause:
        raise ConfigurationError(
            f"The key file {path.name} cannot be written: {cause.strerror}.",
            hint="Check that its folder exists and belongs to you.",
        ) from cause
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key.hex()}\n")
        file.flush()
        os.fsync(descriptor)
    return key


def read_key_file(path: Path) -> KeyFile:
    """Give the keys in a file.

    Raises:
        ConfigurationError: The file is missing or unreadable, others than its owner may read it, or a line of it is no
            key of 32 random bytes. The message never shows what it holds.
    """
    try:
        is_open_to_others = machine.is_open_to_others(path)
        content = path.read_bytes()[:_FILE_BYTES_MAX]
    except FileNotFoundError as cause:
        raise ConfigurationError(f"There is no key file {path.name}.", hint=_PUT_BACK) from cause
    except OSError as cause:
        raise ConfigurationError(
            f"The key file {path.name} cannot be read: {cause.strerror}.", hint="Check its permissions."
        ) from cause
    if is_open_to_others:
        raise ConfigurationError(
            f"Others on this machine can read the key file {path.name}.", hint=f"Run: chmod 600 {path}"
        )
    return _parse(content, path)


def write_key_file(path: Path, keys: KeyFile) -> None:
    """Replace the file in one step: whoever looks finds the old content or the new, also after a power cut.

    Raises:
        ConfigurationError: It cannot be written; the old file stays.
    """
    lines = [keys.first.hex(), *(" ".join(filter(None, (key.hex(), "kept", _day(since)))) for key, since in keys.kept)]
    if keys.following is not None:
        lines.append(f"{keys.following.hex()} next")
    path = path.resolve()  # A link stays one.
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with os.fdopen(machine.rewrite_private(unfinished), "w", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        machine.sync_folder(path.parent)
    except OSError as cause:
        raise ConfigurationError(
            f"The key file {path.name} cannot be written: {cause.strerror}.",
            hint="Check the free space and the permissions of its folder; the file is as it was.",
        ) from cause


def _day(since: date | None) -> str:
    """Write a day, where it is known."""
    return "" if since is None else since.isoformat()


def _parse(content: bytes, path: Path) -> KeyFile:
    """Turn what the file holds into keys, or refuse it."""
    read = [_parse_line(line) for line in content.decode("ascii", errors="replace").splitlines() if line.strip()]
    lines = [line for line in read if line is not None]
    nexts = [key for key, role, _ in lines if role == "next"]
    firsts = [key for key, role, _ in lines if role is None]
    if not lines or len(lines) < len(read) or lines[0][0] not in firsts or len(firsts) > 1 or len(nexts) > 1:
        what = "does not hold" if len(read) <= 1 else "has a line that does not hold"
        raise ConfigurationError(
            f"The key file {path.name} {what} {KEY_BYTES} random bytes as {KEY_BYTES * 2} hexadecimal digits.",
            hint=_PUT_BACK,
        )
    kept = {key: since for key, role, since in lines[1:] if role == "kept" and key != firsts[0]}
    return KeyFile(first=firsts[0], kept=tuple(kept.items()), following=nexts[0] if nexts else None)


def _parse_line(line: str) -> tuple[bytes, str | None, date | None] | None:
    """Read a line: a key, what it is for, since when; None when it is none."""
    found = _LINE.fullmatch(" ".join(line.split()))
    if found is None:
        return None
    key, day = bytes.fromhex(found[1]), found[3]
    if len(set(key)) < _DISTINCT_BYTES_MIN:
        return None
    try:
        return key, found[2], date.fromisoformat(day) if day else None
    except ValueError:
        return None
