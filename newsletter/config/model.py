"""The shape of newsletter.toml: what may stand where. pydantic lives here and goes no further."""

import base64
import binascii
import re
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from newsletter.domain.content import SourceKind

Languages = Literal["fi", "sv", "en"]

_P256_BEGINNING = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
_P256_LENGTH_BYTES = 91
"""RFC 5480: what every uncompressed public key of this curve begins with, and its length."""

_PLAIN_MAILBOX = re.compile(
    r"[A-Za-z0-9_-]{1,20}(\.[A-Za-z0-9_-]{1,20}){0,2}@([a-z0-9]{1,20}(-[a-z0-9]{1,20})?\.){1,3}([a-z]{2,3}|example)"
)
"""Addresses that need no judge: the package that judges the others takes a tenth of `status` to load."""


def _identifier(value: str) -> str:
    """Accept a short name that can stand in a file name, a header and a TOML key."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise ValueError("Use lower-case letters a-z, digits and single hyphens")
    return value


def _one_line(value: str) -> str:
    """Accept text that is safe in a header: one line, not empty."""
    if not value.strip() or any(ord(character) < 32 or character in "\x7f\u2028\u2029" for character in value):  # noqa: PLR2004
        raise ValueError("Write one line of text")
    return value.strip()


def _https(value: str) -> str:
    """Accept an absolute https address."""
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise ValueError("Write a whole address that begins with https://")
    return value


def _https_or_mailto(value: str) -> str:
    """Accept an https address or a mailto one."""
    return "mailto:" + _mailbox(value.removeprefix("mailto:")) if value.startswith("mailto:") else _https(value)


def _web_address(value: str) -> str:
    """Accept an absolute http or https address."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("Write a whole address that begins with https:// or http://")
    return value


def _mailbox(value: str) -> str:
    """Accept one mail address; reserved example domains are fine until a real mailer is chosen.

    The domain is given in its ASCII form, the only one that can stand in a header and in an SMTP command.
    """
    if _PLAIN_MAILBOX.fullmatch(value):
        return value
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - as `_PLAIN_MAILBOX` says

    try:
        valid = validate_email(value, check_deliverability=False, test_environment=True, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValueError("Write one mail address, such as uutiskirje@example.org") from error
    return f"{valid.local_part}@{valid.ascii_domain}"


def _server_name(value: str) -> str:
    """Accept the name or address of a server: what can be looked up, and nothing around it."""
    try:
        is_name = re.fullmatch(r"[^\s/@]+", value) is not None and len(value.encode("idna")) > 0
    except UnicodeError:
        is_name = False
    if not is_name:
        raise ValueError("Write the server's name alone, such as smtp.example.org")
    return value


def _zone(value: str) -> str:
    """Accept a time zone of the IANA list."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("Write a time zone such as Europe/Helsinki") from error
    return value


def _inside(value: str) -> str:
    """Accept a relative path that stays in the publication, or an absolute one the operator chose."""
    if ".." in PurePosixPath(value).parts or "\0" in value or not value:
        raise ValueError("Write a path below the folder of newsletter.toml, without '..'")
    return value


def _secret_path(value: str) -> str:
    """Accept the path of a file that holds one secret."""
    if not value.strip() or "\0" in value:
        raise ValueError("Write the path of a file that holds the secret and nothing else")
    return value


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


Identifier = Annotated[str, AfterValidator(_identifier)]
OneLine = Annotated[str, AfterValidator(_one_line)]
Https = Annotated[str, AfterValidator(_https)]
HttpsOrMailto = Annotated[str, AfterValidator(_https_or_mailto)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Zone = Annotated[str, AfterValidator(_zone)]
InsidePath = Annotated[str, AfterValidator(_inside)]
ServerName = Annotated[str, AfterValidator(_server_name)]
SecretPath = Annotated[str, AfterValidator(_secret_path)]
VerificationKey = Annotated[str, AfterValidator(_verification_key)]


class Strict(BaseModel):
    """A table that accepts its own keys only, and no value of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PublicationTable(Strict):
    """[publication]."""

    id: Identifier
    zone: Zone
    languages: list[Languages] = Field(min_length=1)
    event_days: int = Field(default=60, ge=1, le=366)
    name: dict[Languages, OneLine]
    tagline: dict[Languages, OneLine] = Field(default_factory=dict)

    @field_validator("languages")
    @classmethod
    def _are_different(cls, languages: list[str]) -> list[str]:
        if len(set(languages)) != len(languages):
            raise ValueError("A language stands here twice")
        return languages


class SenderTable(Strict):
    """[sender]."""

    name: OneLine = Field(max_length=60)
    address: Mailbox
    reply_to: Mailbox | None = None
    organisation: OneLine
    postal_address: OneLine


class LinksTable(Strict):
    """[links]."""

    site: Https
    own_hosts: list[str] = Field(default_factory=list)
    unsubscribe_address: Mailbox
    public_url: Https | None = None
    privacy: Https | None = None
    feedback: HttpsOrMailto | None = None


class StorageTable(Strict):
    """[storage]."""

    url: str = "sqlite:///newsletter.db"
    key_file: InsidePath = "newsletter.key"


class SmtpTable(Strict):
    """[mailer.smtp]."""

    host: ServerName
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user_name: OneLine | None = None
    password_file: SecretPath | None = None
    connections: int = Field(default=4, ge=1, le=20)


class SendGridTable(Strict):
    """[mailer.sendgrid]."""

    region: Literal["global", "eu"] = "global"
    sandbox: bool = False
    api_key_file: SecretPath | None = None
    webhook_key: Annotated[list[VerificationKey], BeforeValidator(_one_or_two)] = []


class MailerTable(Strict):
    """[mailer]."""

    kind: Literal["outbox", "smtp", "sendgrid"] = "outbox"
    directory: InsidePath = "outbox"
    batch_size: int = Field(default=100, ge=1, le=1000)
    smtp: SmtpTable | None = None
    sendgrid: SendGridTable = Field(default_factory=SendGridTable)

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.kind == "smtp" and self.smtp is None:
            raise ValueError("A mailer of kind smtp needs a table [mailer.smtp] with its host")
        return self


class SourceTable(Strict):
    """[[source]]."""

    id: Identifier
    kind: SourceKind = Field(strict=False)
    path: InsidePath | None = None
    address: WebAddress | None = None
    language: Languages
    segments: list[Identifier] = Field(default_factory=list)
    topics: list[Identifier] = Field(default_factory=list)
    enabled: bool = True

    @model_validator(mode="after")
    def _has_one_location(self) -> Self:
        if (self.path is None) == (self.address is None):
            raise ValueError("Give the source either a path or an address")
        if self.kind == "folder" and self.path is None:
            raise ValueError("A folder source needs a path")
        return self


class TopicTable(Strict):
    """[[topic]]."""

    id: Identifier
    name: dict[Languages, OneLine] = Field(default_factory=dict)
    keywords: dict[Languages, list[OneLine]]
    blocked: dict[Languages, list[OneLine]] = Field(default_factory=dict)


class SectionTable(Strict):
    """[[section]]."""

    id: Identifier
    kind: Literal["articles", "events"]
    topics: list[Identifier] = Field(default_factory=list)
    title: dict[Languages, OneLine]


class ConfigurationFile(Strict):
    """The whole of newsletter.toml."""

    publication: PublicationTable
    sender: SenderTable
    links: LinksTable
    storage: StorageTable = Field(default_factory=StorageTable)
    mailer: MailerTable = Field(default_factory=MailerTable)
    source: list[SourceTable] = Field(default_factory=list)
    topic: list[TopicTable] = Field(default_factory=list)
    section: list[SectionTable] = Field(min_length=1)
