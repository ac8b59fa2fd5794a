"""The trail of who did what: the verb `db log`, and what every command that changes something notes."""

from datetime import datetime

from newsletter.audience.addresses import parse_address
from newsletter.domain.acts import KEPT_FOR, Act
from newsletter.errors import UsageError
from newsletter.service.resources import Resources
from newsletter.storage.acts import ActStore


class TrailService:
    """Who did what."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def note(
        self, command: str, *, what: str = "", address: str = "", people: int | None = None, code: int = 0
    ) -> None:
        """Add a line to the trail; of an address its keyed hash alone, of what is no address nothing.

        Raises:
            StorageError: The database cannot be written.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            try:
                whom = store.hash_of(parse_address(address)) if address else None
            except UsageError:
                whom = None
            done = Act(
                at=now,
                by=self._resources.settings.by.replace("@", "(at)"),
                command=command,
                what=what.replace("@", "(at)"),
                whom=whom,
                people=people,
                code=code,
            )
            ActStore(store.connection).add(done, forget_before=now - KEPT_FOR)

    def lines(self, *, since: datetime | None = None, address: str = "", limit: int = 50) -> tuple[Act, ...]:
        """Give the latest lines, the newest first.

        Args:
            since: Only from this aware moment on.
            address: Only what was done about it, under whatever key; and about those its holder had before.
            limit: So many at most.

        Raises:
            UsageError: The address is none.
        """
        with self._resources.people() as store:
            whom = store.hashes_of(parse_address(address)) if address else []
            whom += store.former_hashes(whom)
            return ActStore(store.connection).page(since=since, whom=whom, limit=limit)
