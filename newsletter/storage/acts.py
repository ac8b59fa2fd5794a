"""SQL for the trail of who did what."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from newsletter.domain.acts import Act
from newsletter.domain.audience import AddressHash
from newsletter.storage.tables import act


class ActStore:
    """The trail, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, one: Act, *, forget_before: datetime) -> None:
        """Add a line, and remove those of before a moment."""
        self._connection.execute(delete(act).where(act.c.at < forget_before))
        values = {name: getattr(one, name) for name in ("at", "by", "command", "what", "people", "code")}
        self._connection.execute(insert(act).values(**values, address_hash=one.whom))

    def page(self, *, since: datetime | None, whom: Collection[AddressHash] = (), limit: int) -> tuple[Act, ...]:
        """Give the latest lines, the newest first: those about an address, where its hashes are given."""
        found = select(act).order_by(act.c.id.desc()).limit(limit)
        if since is not None:
            found = found.where(act.c.at >= since)
        if whom:
            found = found.where(act.c.address_hash.in_(whom))
        return tuple(
            Act(
                at=row.at,
                by=row.by,
                command=row.command,
                what=row.what,
                whom=None if row.address_hash is None else AddressHash(row.address_hash),
                people=row.people,
                code=row.code,
            )
            for row in self._connection.execute(found)
        )
