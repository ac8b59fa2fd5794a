"""Let no real mail leave from nobody, or without a way out for its reader; and say beforehand that it would not."""

from newsletter.domain.publication import Publication, Sender
from newsletter.errors import StateError

RESERVED_ENDINGS = (".example", ".invalid", ".test", ".localhost", "example.com", "example.org", "example.net")
"""Domains that lead nowhere (RFC 2606): fine in a rehearsal, no way out for a reader."""


def require_way_out(publication: Publication, sender: Sender) -> None:
    """Refuse a real mail whose reader cannot leave, or whose sender is an example; a trial's has no reader.

    Raises:
        StateError: Which of the two, or both.
    """
    if not publication.is_trial and (examples := _examples(publication, sender)):
        raise StateError(
            f"No mail may leave from nobody or without a way out: {examples} nowhere.",
            hint="Name an address of your own domain and a mailbox that somebody reads, then approve the issue again."
            " `newsletter subscriber unsubscribe --token` does the rest.",
        )


def missing_for_real(publication: Publication) -> str | None:
    """Say what a real mailer would be refused for, as long as only rehearsals are sent; None when nothing."""
    examples = _examples(publication, publication.sender)
    return f"Before a real sending: {examples} nowhere." if examples else None


def _examples(publication: Publication, sender: Sender) -> str:
    """Name the keys whose addresses lead nowhere; empty when none does."""
    addresses = {
        "[sender] address": sender.address,
        "[links] unsubscribe_address": publication.links.unsubscribe_address,
    }
    names = [name for name, address in addresses.items() if address.endswith(RESERVED_ENDINGS)]
    are = "is an example that leads" if len(names) == 1 else "are examples that lead"
    return f"{' and '.join(names)} {are}" if names else ""
