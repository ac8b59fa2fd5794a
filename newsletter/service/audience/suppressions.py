"""Addresses that must never be mailed."""

from collections.abc import Mapping

from newsletter.audience.suppression import lift_suppression, suppress_address
from newsletter.domain.audience import Suppression, SuppressionReason
from newsletter.service.resources import Resources


class SuppressionService:
    """The verbs of `suppression`."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def suppress(self, address: str, *, note: str) -> bool:
        """Keep an address from ever being mailed; False when it was suppressed already.

        Raises:
            UsageError: The address is none, or the note holds an address.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return suppress_address(address, reason=SuppressionReason.MANUAL, store=store, now=now, note=note)

    def lift(self, address: str, *, note: str) -> Suppression:
        """Allow an address again because a person says so, with the reason.

        Raises:
            UsageError: The address is none or is not suppressed, or the note is empty.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return lift_suppression(address, store=store, now=now, note=note)

    def counts(self) -> Mapping[SuppressionReason, int]:
        """Count the suppressions by reason: who they are, nobody can tell from the list."""
        with self._resources.people() as store:
            return store.suppression_counts()
