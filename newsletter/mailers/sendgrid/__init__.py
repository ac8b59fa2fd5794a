"""SendGrid: all that we know of this one provider.

The doors are `SendGridTable` (what newsletter.toml says, and how the rest is built from it), `mailer.SendGrid` (hand a
batch over, read the provider's own suppression lists), `fake.FakeSendGrid` (the same service on this machine, for
trying the whole path without an account) and `notifications.door` (what its event webhook brings). The sendgrid package
is only the transport. Nothing outside this package knows SendGrid.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from newsletter.domain.mailing import Place, Processor
from newsletter.domain.notification import ProviderDoor
from newsletter.errors import ConfigurationError
from newsletter.table import MailerTable, SecretPath, read_secret

if TYPE_CHECKING:
    from newsletter.mailers.sendgrid.mailer import SendGrid

_P256_BEGINNING = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
_P256_LENGTH_BYTES = 91
"""RFC 5480: what every uncompressed public key of this curve begins with, and its length."""
_PORT_MAX = 65_535

STAND_IN_KEY = "SG.stand-in"
"""The only key that our own SendGrid takes: it opens nothing at the real one."""
STAND_IN_PORT = 8031
"""Where it serves, and where a trial looks for it, when nothing else is said."""


def _verification_key(value: str) -> str:
    """Accept the public key with which a provider's notifications are checked: base64 of a P-256 key in DER."""
    try:
        key = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key.startswith(_P256_BEGINNING) or len(key) != _P256_LENGTH_BYTES:
        raise ValueError("Copy the whole Verification Key from SendGrid's page; it begins with MFkwEw")
    return value


def _one_or_two(value: object) -> object:
    """Take one key for a list of it, and no more than a change needs."""
    if isinstance(value, list) and len(value) > 2:  # noqa: PLR2004 - the old one and the new one
        raise ValueError("Write one key, or the new and the old one while you change it")
    return [value] if isinstance(value, str) else value


_Key = Annotated[str, AfterValidator(_verification_key)]


class SendGridTable(MailerTable):
    """[mailer.sendgrid].

    Attributes:
        region: `eu` is for subusers that are pinned to the European Union.
        sandbox: Requests are checked, nothing is sent.
        connections: How many calls at the same time: each may be in doubt as a whole where the sending is killed.
        webhook_key: With any of which its notifications are checked (public); none leaves the webhook off.
    """

    region: Literal["global", "eu"] = "global"
    sandbox: bool = False
    api_key_file: SecretPath | None = None
    connections: int = Field(default=1, ge=1, le=20)
    webhook_key: Annotated[list[_Key], BeforeValidator(_one_or_two)] = Field(default_factory=list)

    @property
    def processor(self) -> Processor:
        """Give the company, and in which region it keeps what it is given."""
        return Processor(name="Twilio SendGrid", place=Place.EU if self.region == "eu" else Place.USA)

    def open(self, folder: Path, environment: Mapping[str, str]) -> "SendGrid":
        """Build the mailer; NEWSLETTER_SENDGRID_URL leads it to a SendGrid of our own on this machine."""
        from newsletter.mailers.sendgrid.mailer import SendGrid  # noqa: PLC0415 - it loads the provider's package

        api_key = read_secret("NEWSLETTER_SENDGRID_API_KEY", self.api_key_file, folder, environment)
        stand_in = _stand_in(environment.get("NEWSLETTER_SENDGRID_URL"))
        return SendGrid(self, api_key=api_key, host=stand_in, is_stand_in=stand_in is not None)

    def open_for_trial(self, environment: Mapping[str, str]) -> "SendGrid":
        """Build the mailer of a trial, with a key that SendGrid itself refuses, should it ever be asked."""
        from newsletter.mailers.sendgrid.mailer import SendGrid  # noqa: PLC0415 - as above

        host = _stand_in(environment.get("NEWSLETTER_SENDGRID_URL")) or f"http://127.0.0.1:{STAND_IN_PORT}"
        return SendGrid(self, api_key=STAND_IN_KEY, host=host)

    def door(self, now: Callable[[], datetime]) -> ProviderDoor | None:
        """Give the door for what is signed with one of its keys."""
        from newsletter.mailers.sendgrid.notifications import door  # noqa: PLC0415 - it loads a package of ciphers

        return door(self.webhook_key, now) if self.webhook_key else None


def _stand_in(url: str | None) -> str | None:
    """Accept only an address on this machine: whoever sets a variable must not lead mails and key elsewhere.

    Raises:
        ConfigurationError: It is another one.
    """
    here = None if url is None else re.fullmatch(r"http://127\.0\.0\.1:(\d{1,5})", url)
    if url is None or (here is not None and 0 < int(here[1]) <= _PORT_MAX):
        return url
    raise ConfigurationError(
        "NEWSLETTER_SENDGRID_URL leads away from this machine, or nowhere.",
        hint="It is for `newsletter serve --fake-sendgrid`, which prints it. Otherwise unset it.",
    )
