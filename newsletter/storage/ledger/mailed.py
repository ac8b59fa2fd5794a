"""SQL for whom a mail may have reached: under the hash of now, that of an older key, that of an old address."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CTE, func, select, union_all

from newsletter.domain.audience import AddressHash
from newsletter.domain.delivery import DeliveryState
from newsletter.storage.ledger.statements import STATE, WITH_BATCH
from newsletter.storage.tables import address_change, delivery, rehashed, sending

_CANNOT_HAVE_ARRIVED = (DeliveryState.QUEUED.value, DeliveryState.REJECTED.value, DeliveryState.SKIPPED.value)


def latest_mailed(*, since: datetime | None = None, among: Sequence[AddressHash] | None = None) -> CTE:
    """Select the hashes of now of those whom a mail may have reached, each with when its real sending began.

    Args:
        since: Only sendings that began then or later.
        among: Only these hashes, as the deliveries have them.
    """
    own = func.coalesce(rehashed.c.new_hash, delivery.c.address_hash)
    reached = (
        select(own.label("address_hash"), sending.c.started_at)
        .select_from(
            WITH_BATCH.join(sending, sending.c.id == delivery.c.sending_id).outerjoin(
                rehashed, rehashed.c.old_hash == delivery.c.address_hash
            )
        )
        .where(~sending.c.is_rehearsal, STATE.not_in(_CANNOT_HAVE_ARRIVED))
    )
    if since is not None:
        reached = reached.where(sending.c.started_at >= since)
    if among is not None:
        reached = reached.where(delivery.c.address_hash.in_(among))
    mailed = reached.cte()
    moved = select(address_change.c.new_hash, mailed.c.started_at).join_from(
        mailed, address_change, address_change.c.old_hash == mailed.c.address_hash
    )
    return union_all(select(mailed.c.address_hash, mailed.c.started_at), moved).cte()
