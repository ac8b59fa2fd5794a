"""What differs from reader to reader."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from newsletter import open_newsletter
from newsletter.domain.audience import hash_address
from newsletter.domain.content import Language
from newsletter.domain.delivery import DeliveryKey, PlannedDelivery
from newsletter.service.deliveries.recipients import personalise

KEY = b"k" * 32
ADDRESS = "aino@yritys.example"


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("fi", "Poistakaa osoitteeni postituslistalta. Otsikosta näette, kuka olen."),
        ("sv", "Ta bort min adress från sändlistan. Av ämnesraden ser ni vem jag är."),
        ("en", "Please take my address off the mailing list. The subject tells you who I am."),
    ],
)
def test_who_leaves_by_mail_need_write_nothing(publication: Path, language: str, body: str) -> None:
    """The mail that leaving opens says what it wants in the edition's language; its subject says who writes."""
    with open_newsletter(publication / "newsletter.toml") as newsletter:
        planned = PlannedDelivery(
            key=DeliveryKey("k1"), address_hash=hash_address(ADDRESS, KEY), subscriber_id=None, address=ADDRESS
        )
        recipient = personalise(planned, Language(language), KEY, newsletter.settings.publication)

    way_out = urlsplit(recipient.unsubscribe[-1])
    said = parse_qs(way_out.query)
    assert (way_out.path, said["body"], list(said)) == ("peruuta@seutu.example", [body], ["subject", "body"])
    assert said["subject"][0].startswith("unsubscribe u.")
