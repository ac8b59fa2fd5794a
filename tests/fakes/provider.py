"""A provider that signs what it tells, without a service around it."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from newsletter.mailers.sendgrid.notifications import SIGNATURE_HEADER, TIMESTAMP_HEADER
from newsletter.mailers.sendgrid.payload import DELIVERY_ARGUMENT

Json = dict[str, Any]


class SigningProvider:
    """Sign bodies as SendGrid does.

    Attributes:
        public_key: What the publication would put into its newsletter.toml.
    """

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        point = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.public_key = base64.b64encode(point).decode()

    def headers(self, body: bytes, *, timestamp: str = "1511506800") -> dict[str, str]:
        """Give the headers of a signed post."""
        signature = self._key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))
        return {SIGNATURE_HEADER: base64.b64encode(signature).decode(), TIMESTAMP_HEADER: timestamp}


def an_event(number: int, *, key: str = "a" * 32, event: str = "delivered", **details: object) -> Json:
    """Give one event as SendGrid writes it."""
    return {
        "email": f"reader{number}@yritys.example",
        "event": event,
        "timestamp": 1511506800 + number,
        "sg_event_id": f"event{number:08d}",
        "sg_message_id": f"request.recvd-1-{number}.0",
        DELIVERY_ARGUMENT: key,
        **details,
    }


def a_body(events: Sequence[object]) -> bytes:
    """Write events as SendGrid posts them."""
    return json.dumps(events).encode()
