"""Let no real mail leave from nobody, or without a way out for its reader; and say beforehand that it would not."""

from newsletter.domain.publication import Publication, Sender
from newsletter.errors import StateError

RESERVED_ENDINGS = (".example", ".invalid", ".test", ".localhost", "example.com", "example.org", "example.net")
"""Domains that lead nowhere (RFC 2606): fine in a rehearsal, no way out for a reader."""


def require_way_out(publication: Publication, sender: Sender) -> None:
    """Refuse a real mail whose reader cannot leave, or whose sender is an example.

    Raises:
        StateError: Which of the two.
    """
    if publication.links.unsubscribe_address.endswith(RESERVED_ENDINGS):
        raise StateError(
            "No mail may leave without a way out: [links] unsubscribe_address is an example that leads nowhere.",
            hint="Name a mailbox that somebody reads. `newsletter subscriber unsubscribe --token` does the rest.",
        )
    if sender.address.endswith(RESERVED_ENDINGS):
        raise StateError(
            "No mail may leave from an example address: see [sender] address.",
            hint="Name an address of your own domain, and approve the issue again.",
        )


def missing_for_real(publication: Publication) -> str | None:
    """Say what a real mailer would be refused for, as long as only rehearsals are sent; None when nothing."""
    addresses = {
        "[sender] address": publication.sender.address,
        "[links] unsubscribe_address": publication.links.unsubscribe_address,
    }
    examples = [name for name, address in addresses.items() if address.endswith(RESERVED_ENDINGS)]
    if not examples:
        return None
    are = "is an example that leads" if len(examples) == 1 else "are examples that lead"
    return f"Before a real sending: {' and '.join(examples)} {are} nowhere."
