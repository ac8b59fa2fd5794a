"""Make and read the publication's key file: the secret behind address hashes and signed links.

Its door is `create_key_file` and `read_key_file`. The file holds 32 random bytes as 64 hexadecimal digits on one line,
so that it can be kept in a password manager. Losing it makes suppressions unreadable and every link in sent mails void:
it is never overwritten here.
"""

import os
import re
import secrets
from pathlib import Path

from newsletter import machine
from newsletter.errors import ConfigurationError

KEY_BYTES = 32
"""As many as the HMAC-SHA-256 that the key is for."""

_DISTINCT_BYTES_MIN = 12
"""A key with fewer different bytes was typed, not drawn: of 32 random bytes, about 30 differ."""

_FILE_BYTES_MAX = 1_000


def create_key_file(path: Path) -> bytes:
    """Draw a key and write it to a new file that only its owner can read; give the key.

    Raises:
        ConfigurationError: There is a file already, or the folder cannot be written to.
    """
    key = secrets.token_bytes(KEY_BYTES)
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


def read_key_file(path: Path) -> bytes:
    """Give the key in a file.

    Raises:
        ConfigurationError: The file is missing or unreadable, others than its owner may read it, or what it holds is
            no key of 32 random bytes. The message never shows what it holds.
    """
    try:
        is_open_to_others = machine.is_open_to_others(path)
        content = path.read_bytes()[:_FILE_BYTES_MAX]
    except FileNotFoundError as cause:
        raise ConfigurationError(
            f"There is no key file {path.name}.",
            hint="Put your backup of it back; only a publication without subscribers may take a new one.",
        ) from cause
    except OSError as cause:
        raise ConfigurationError(
            f"The key file {path.name} cannot be read: {cause.strerror}.", hint="Check its permissions."
        ) from cause
    if is_open_to_others:
        raise ConfigurationError(
            f"Others on this machine can read the key file {path.name}.", hint=f"Run: chmod 600 {path}"
        )
    return _parse_key(content, path)


def _parse_key(content: bytes, path: Path) -> bytes:
    """Turn what the file holds into the key, or refuse it."""
    text = content.strip().decode("ascii", errors="replace")
    if re.fullmatch(rf"[0-9A-Fa-f]{{{KEY_BYTES * 2}}}", text):
        key = bytes.fromhex(text)
        if len(set(key)) >= _DISTINCT_BYTES_MIN:
            return key
    raise ConfigurationError(
        f"The key file {path.name} does not hold {KEY_BYTES} random bytes as {KEY_BYTES * 2} hexadecimal digits.",
        hint="Put your backup of it back; only a publication without subscribers may take a new one.",
    )
