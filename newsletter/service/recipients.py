"""What differs from reader to reader in a mail: address, name, and the way out."""

from urllib.parse import quote

from newsletter.domain.delivery import DeliveryKey, Recipient
from newsletter.domain.issue import Slot
from newsletter.domain.publication import Publication


def recipient_of(key: DeliveryKey, address: str, name: str, *, token: str, publication: Publication) -> Recipient:
    """Put together what differs from reader to reader."""
    leave = _mail_to(publication.links.unsubscribe_address, f"unsubscribe {token}")
    first_name = name.split(maxsplit=1)[0] if name.strip() else ""
    return Recipient(
        delivery_key=key,
        address=address,
        name=name,
        values={Slot.NAME: f" {first_name}" if first_name else "", Slot.UNSUBSCRIBE: leave},
        unsubscribe=(leave,),
        message_id=f"{key}@{publication.list_domain}",
    )


def _mail_to(address: str, subject: str) -> str:
    """Write a mailto address with a subject; every mail program fills it in."""
    return f"mailto:{address}?subject={quote(subject)}"
