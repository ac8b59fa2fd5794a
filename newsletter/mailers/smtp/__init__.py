"""A mail server: `[mailer.smtp]` of newsletter.toml.

The doors are `SmtpTable` and `mailer.Smtp`. Whoever signs in does so with a password, or with a token (`token`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from newsletter.domain.mailing import Processor
from newsletter.table import MailerTable, OneLine, SecretPath, ServerName, read_secret

if TYPE_CHECKING:
    from newsletter.mailers.smtp.mailer import Smtp
    from newsletter.mailers.smtp.token import Tokens

LIMITS: Mapping[str, Mapping[str, object]] = {"smtp.office365.com": {"connections": 2, "pace": "25/min"}}
"""What servers allow: Microsoft 365 refuses a mailbox's fourth connection, and its 31st mail in a minute."""


class SmtpTable(MailerTable):
    """[mailer.smtp].

    Attributes:
        host: Name, as in its certificate, or address.
        port: 587 for submission, 465 for TLS from the first byte.
        security: `starttls` says nothing before TLS stands, and sends nothing without it; `tls` is there from the first
            byte; `none` is for a server on this machine.
        user_name: None where the server asks for nobody.
        token_file: Holds the access token that stands in a password's place (XOAUTH2), kept fresh by something else.
        token_command: A program and its arguments, which prints that token.
        connections: How many at the same time.
    """

    host: ServerName
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user_name: OneLine | None = None
    password_file: SecretPath | None = None
    token_file: SecretPath | None = None
    token_command: Annotated[list[OneLine], Field(min_length=1)] | None = None
    connections: int = Field(default=4, ge=1, le=20)

    @model_validator(mode="before")
    @classmethod
    def _within_known_limits(cls, keys: object) -> object:
        if not isinstance(keys, dict):
            return keys
        return {**LIMITS.get(str(keys.get("host")).lower(), {}), **keys}

    @model_validator(mode="after")
    def _signs_in_one_way(self) -> Self:
        ways = [one for one in (self.password_file, self.token_file, self.token_command) if one is not None]
        if len(ways) > 1:
            raise ValueError("Name one of password_file, token_file and token_command")
        if ways and self.user_name is None:
            raise ValueError("Whoever signs in has a user_name, most often the mailbox's address")
        return self

    @property
    def processor(self) -> Processor:
        """Give the server; whose it is, and where, only a person knows."""
        return Processor(name=self.host)

    def open(self, folder: Path, environment: Mapping[str, str]) -> "Smtp":
        """Build the mailer; only a server that asks for somebody needs a password or token."""
        from newsletter.mailers.smtp.connection import Access  # noqa: PLC0415 - whoever sends nothing need not load it
        from newsletter.mailers.smtp.mailer import Smtp  # noqa: PLC0415 - as above

        if (tokens := self._tokens(folder)) is not None:
            return Smtp(Access(server=self, tokens=tokens))
        password = self.user_name and read_secret("NEWSLETTER_SMTP_PASSWORD", self.password_file, folder, environment)
        return Smtp(Access(server=self, password=password))

    def _tokens(self, folder: Path) -> "Tokens | None":
        """Give where tokens come from, when the server is to get them."""
        from newsletter.mailers.smtp.token import tokens_of_command, tokens_of_file  # noqa: PLC0415 - as above

        if self.token_file is not None:
            return tokens_of_file(self.token_file, folder)
        return None if self.token_command is None else tokens_of_command(self.token_command, folder)
