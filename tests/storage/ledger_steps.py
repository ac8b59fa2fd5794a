"""The steps that tests of the ledger take again and again."""

from datetime import timedelta

from newsletter.domain.delivery import ClaimedBatch, DeliveryState, Sending
from newsletter.domain.mailing import BatchOutcome, Outcome, Verdict
from newsletter.storage.deliveries import DeliveryLedger
from tests.send.samples import NOW

LATER = NOW + timedelta(minutes=5)


def answered(claimed: ClaimedBatch, *verdicts: Verdict, reason: str = "") -> BatchOutcome:
    """Give an outcome with these verdicts in the order of the batch; the last one goes on for the rest."""
    padded = (*verdicts, *[verdicts[-1]] * (len(claimed.deliveries) - len(verdicts)))
    return BatchOutcome(
        outcomes=tuple(
            Outcome(delivery_key=planned.key, verdict=verdict, reason=reason if verdict is not Verdict.ACCEPTED else "")
            for planned, verdict in zip(claimed.deliveries, padded, strict=True)
        )
    )


def claim(ledger: DeliveryLedger, sending: Sending, owner: str = "aino") -> ClaimedBatch:
    """Claim a batch that must be there."""
    claimed = ledger.claim(sending.id, owner=owner, now=NOW)
    assert claimed is not None
    return claimed


def reached(claimed: ClaimedBatch | None) -> list[str]:
    """Give the addresses of a batch in a fixed order."""
    assert claimed is not None
    return sorted(planned.address or "" for planned in claimed.deliveries)


def states(ledger: DeliveryLedger, sending: Sending) -> dict[DeliveryState, int]:
    """Count the deliveries by state, once both sums are right."""
    balance = ledger.balance(sending.id)
    assert balance.holds
    return dict(balance.states)
