"""What differs from reader to reader in a mail: address, name, and the way out."""

from newsletter.domain.delivery import DeliveryKey, Recipient
from newsletter.domain.issue import Slot
from newsletter.domain.publication import Publication


def recipient_of(key: DeliveryKey, address: str, name: str, *, token: str, publication: Publication) -> Recipient:
    """Put together what differs from reader to reader."""
    # A token is safe in a URL as it is; quoting it all the same would be a third of what a recipient costs.
    leave = f"mailto:{publication.links.unsubscribe_address}?subject=unsubscribe%20{token}"
    first_name = name.split(maxsplit=1)[0] if name.strip() else ""
    return Recipient(
        delivery_key=key,
        address=address,
        name=name,
        values={Slot.NAME: f" {first_name}" if first_name else "", Slot.UNSUBSCRIBE: leave},
        unsubscribe=(leave,),
        message_id=f"{key}@{publication.list_domain}",
    )
