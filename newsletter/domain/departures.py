"""What is noted of departures beside the database, so that a backup put back forgets nobody who left."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.audience import AddressHash, SuppressionAction, SuppressionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedChange:
    """One line of the departures file.

    Attributes:
        address_hash: Whose, under the key of then.
    """

    at: datetime
    action: SuppressionAction
    address_hash: AddressHash
    reason: SuppressionReason


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMark:
    """How far a departures file was read or written: so that a longer, a shorter and another one are told apart.

    Attributes:
        tail: Digest of its last bytes then.
    """

    size_bytes: int
    tail: str
