from dataclasses import replace

from newsletter.domain.audience import ExclusionReason
from newsletter.domain.delivery import Balance, DeliveryState

BALANCE = Balance(
    candidates=10,
    excluded={ExclusionReason.PENDING: 2, ExclusionReason.NO_SEGMENT: 1},
    planned=7,
    states={DeliveryState.ACCEPTED: 5, DeliveryState.REJECTED: 1, DeliveryState.SKIPPED: 1},
)


def test_both_sums_must_be_right() -> None:
    """A person missing from either sum is noticed."""
    assert BALANCE.holds
    assert not replace(BALANCE, candidates=11).holds
    assert not replace(BALANCE, planned=8).holds
    assert not replace(BALANCE, states={DeliveryState.ACCEPTED: 6}).holds


def test_a_sending_is_finished_when_every_delivery_has_an_end() -> None:
    """Queued, in flight and unknown are no ends."""
    assert BALANCE.is_finished
    for state in (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN):
        assert not replace(BALANCE, states={**BALANCE.states, state: 1}).is_finished
