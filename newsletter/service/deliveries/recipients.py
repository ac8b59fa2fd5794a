"""What differs from reader to reader in a mail: address, name, and the way out."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from urllib.parse import quote

from newsletter.audience.tokens import unsubscribe_token
from newsletter.domain.content import Language
from newsletter.domain.delivery import DeliveryKey, PlannedDelivery
from newsletter.domain.issue import Message, Slot
from newsletter.domain.mailing import Recipient
from newsletter.domain.publication import Publication
from newsletter.language.catalogue import MessageId, translate
from newsletter.message.headers import list_id
from newsletter.message.verify import verify

SPECIMEN = DeliveryKey("specimen")
"""Stands where a delivery's key would: a specimen is in no ledger."""

_LEAVING = MessageId("Please take my address off the mailing list. The subject tells you who I am.")


def recipient_of(
    key: DeliveryKey, address: str, name: str, *, token: str, language: Language, publication: Publication
) -> Recipient:
    """Put together what differs from reader to reader."""
    # A token is safe in a URL as it is; quoting it all the same would be a third of what a recipient costs.
    mailbox, public_url = publication.links.unsubscribe_address, publication.links.public_url
    by_mail = f"mailto:{mailbox}?subject=unsubscribe%20{token}&body={_leaving(language)}"
    ways_out = (by_mail,) if public_url is None else (f"{public_url.rstrip('/')}/leave/{token}", by_mail)
    names = name.split(maxsplit=1)
    return Recipient(
        delivery_key=key,
        address=address,
        name=name,
        values={
            Slot.NAME: f" {names[0]}" if names else "",
            Slot.UNSUBSCRIBE: ways_out[0],
            # Until readers choose on a page of ours, wishes go to the same mailbox.
            Slot.PREFERENCES: f"mailto:{mailbox}?subject=preferences%20{token}",
        },
        unsubscribe=ways_out,
        message_id=f"{key}@{publication.list_domain}",
    )


@cache
def _leaving(language: Language) -> str:
    """Give what a mail says by which its reader leaves: an empty one is taken for a mistake, or for junk."""
    return quote(translate(language, _LEAVING), safe="")


def personalise(planned: PlannedDelivery, language: Language, key: bytes, publication: Publication) -> Recipient:
    """Give what is one person's: the address, the values of the slots, the ways out."""
    assert planned.address is not None, "the ledger skips people whose record is gone"
    token = unsubscribe_token(planned.address_hash, key)
    return recipient_of(
        planned.key, planned.address, planned.name, token=token, language=language, publication=publication
    )


def verify_messages(messages: Iterable[Message], *, publication: Publication, now: datetime) -> None:
    """Make each message for a hard reader, and see that what two parsers read is what was written.

    Raises:
        ContentError: One of them would be read otherwise.
    """
    for message in messages:
        verify(
            message,
            sender=publication.sender,
            list_id=list_id(publication),
            sent_at=now,
            recipient=_awkward_recipient(message.edition.language, publication),
        )


def _awkward_recipient(language: Language, publication: Publication) -> Recipient:
    """Give a reader who is as hard to write as a real one can be: for trying a mail out before anybody gets it."""
    address = f"{'x' * 40}+tag@{'y' * 30}.example"
    token = f"u.xxxx.{'x' * 43}.{'x' * 22}"
    return recipient_of(
        SPECIMEN, address, 'Ääkkönen, "Öna" <o>', token=token, language=language, publication=publication
    )
