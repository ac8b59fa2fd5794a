"""A mail server: `[mailer.smtp]` of newsletter.toml.

The doors are `SmtpTable` and `mailer.Smtp`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from newsletter.table import MailerTable, OneLine, SecretPath, ServerName, read_secret

if TYPE_CHECKING:
    from newsletter.mailers.smtp.mailer import Smtp


class SmtpTable(MailerTable):
    """[mailer.smtp].

    Attributes:
        host: Name, as in its certificate, or address.
        port: 587 for submission, 465 for TLS from the first byte.
        security: `starttls` says nothing before TLS stands, and sends nothing without it; `tls` is there from the first
            byte; `none` is for a server on this machine.
        user_name: None where the server asks for nobody.
    """

    host: ServerName
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user_name: OneLine | None = None
    password_file: SecretPath | None = None
    connections: int = Field(default=4, ge=1, le=20)

    def open(self, folder: Path, environment: Mapping[str, str]) -> "Smtp":
        """Build the mailer; only a server that asks for somebody needs a password."""
        from newsletter.mailers.smtp.connection import Access  # noqa: PLC0415 - whoever sends nothing need not load it
        from newsletter.mailers.smtp.mailer import Smtp  # noqa: PLC0415 - as above

        password = self.user_name and read_secret("NEWSLETTER_SMTP_PASSWORD", self.password_file, folder, environment)
        return Smtp(Access(server=self, password=password))
