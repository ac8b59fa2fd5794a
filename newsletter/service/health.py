"""Whether what the public side stands on is well: a database that takes writes, no long wait, room on the disk."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from newsletter.errors import NewsletterError
from newsletter.service.resources import Resources

LOOK_EVERY_SECONDS = 5.0
"""However often somebody asks, the database is tried no more often."""
WAITING_SECONDS_MAX = 30.0
FREE_BYTES_MIN = 100 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What was seen.

    Attributes:
        waiting: Requests that wait to be written.
        oldest_waiting_seconds: For how long the first of them has.
        disk_free_bytes: Where the publication lies.
    """

    is_database_writable: bool
    waiting: int
    oldest_waiting_seconds: float
    disk_free_bytes: int

    @property
    def faults(self) -> tuple[str, ...]:
        """Name what is not well, in a word or two each; nothing of it is secret."""
        checks = {
            "database cannot be written": not self.is_database_writable,
            "requests wait for long": self.oldest_waiting_seconds > WAITING_SECONDS_MAX,
            "disk nearly full": self.disk_free_bytes < FREE_BYTES_MIN,
        }
        return tuple(fault for fault, is_so in checks.items() if is_so)


class HealthService:
    """Looks now and then.

    Args:
        resources: The database, and where the publication lies.
        waiting: Gives how much waits to be written, and how many seconds the oldest has.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self,
        resources: Resources,
        waiting: Callable[[], tuple[int, float]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resources = resources
        self._waiting = waiting
        self._monotonic = monotonic
        self._looked_at = float("-inf")
        self._is_writable = False
        self._looking = Lock()

    def look(self) -> Health:
        """Look; the database only if nobody did in the last seconds."""
        with self._looking:
            if self._monotonic() - self._looked_at >= LOOK_EVERY_SECONDS:
                self._is_writable = self._try_database()
                self._looked_at = self._monotonic()
        waiting, oldest_waiting_seconds = self._waiting()
        return Health(
            is_database_writable=self._is_writable,
            waiting=waiting,
            oldest_waiting_seconds=oldest_waiting_seconds,
            disk_free_bytes=shutil.disk_usage(self._resources.settings.root).free,
        )

    def _try_database(self) -> bool:
        try:
            self._resources.database.try_to_write()
        except NewsletterError:
            return False
        return True
