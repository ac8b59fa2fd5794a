"""A proxy that the configuration does not name: `serve` meets it, `status` and `doctor` remind of it.

What was met stands in a small file beside the key: the address of a machine that handed requests on, and when.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from newsletter.files import write_whole

FILE_NAME = "newsletter.proxy"
REMINDED_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenProxy:
    """Who handed a request on and is not in `[serve] trusted_proxies`.

    Attributes:
        at: Aware moment.
    """

    address: str
    at: datetime

    def __str__(self) -> str:
        """Say what it means and what to write."""
        return (
            f"{self.address} hands requests on to `newsletter serve` and is not in trusted_proxies of [serve]: no limit"
            f' of one client is kept. If it is your web server: trusted_proxies = ["{self.address}"].'
        )


def note_forgotten_proxy(key: Path, address: str, now: datetime) -> None:
    """Remember one.

    Raises:
        StorageError: The disk is full or read-only.
    """
    write_whole(key.with_name(FILE_NAME), json.dumps({"address": address, "at": now.isoformat()}) + "\n")


def forgotten_proxy(key: Path, trusted: tuple[str, ...], now: datetime) -> ForgottenProxy | None:
    """Give the one that was met within a week; None where there is none, or it is named by now."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        noted = json.loads(key.with_name(FILE_NAME).read_text(encoding="utf-8"))
        found = ForgottenProxy(address=noted["address"], at=datetime.fromisoformat(noted["at"]))
        if found.address not in trusted and now - found.at < REMINDED_FOR:
            return found
    return None
