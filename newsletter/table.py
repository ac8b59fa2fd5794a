"""The tables of newsletter.toml: what they are made of, wherever one stands.

The doors are `Table`, the forms that texts take, `Built` (a table that becomes a plain class of the domain at once),
`MailerTable`, which every mailer with settings of its own fills in, and `read_secret`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema

from newsletter import machine
from newsletter.domain.content import Language
from newsletter.domain.mailing import Mailer, Pace, Processor, read_pace
from newsletter.domain.notification import ProviderDoor
from newsletter.errors import ConfigurationError

if TYPE_CHECKING:
    Spoken = Language
else:
    Spoken = Literal["fi", "sv", "en"]
"""A language that mails can be in."""

_PLAIN_MAILBOX = re.compile(
    r"[A-Za-z0-9_-]{1,20}(\.[A-Za-z0-9_-]{1,20}){0,2}@([a-z0-9]{1,20}(-[a-z0-9]{1,20})?\.){1,3}([a-z]{2,3}|example)"
)
"""Addresses that need no judge: the package that judges the others takes a tenth of `status` to load."""


# What these docstrings say first stands in docs/reference.md as what a key takes.
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


def database_url(value: str) -> str:
    """Accept `sqlite:///FILE`, or `postgresql://USER@HOST/DATABASE` without a password."""
    parts = urlsplit(value)
    if value.startswith("sqlite:///") or (parts.scheme == "postgresql" and parts.path.strip("/")):
        if parts.password is not None or "password=" in parts.query:
            raise ValueError(
                "A password does not stand in an address, which others see: NEWSLETTER_DATABASE_PASSWORD holds it, or"
                " the file that password_file of [storage] names"
            )
        return value
    raise ValueError("Write sqlite:///newsletter.db, or postgresql://USER@HOST/DATABASE")


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


def _pace(value: str) -> str:
    """Accept how many readers a second (s), minute (min) or hour (h) get their mail: 25/min."""
    return str(read_pace(value))


Name = AfterValidator(_identifier)
Identifier = Annotated[str, Name]
OneLine = Annotated[str, AfterValidator(_one_line)]
Https = Annotated[str, AfterValidator(_https)]
HttpsOrMailto = Annotated[str, AfterValidator(_https_or_mailto)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Zone = Annotated[str, AfterValidator(_zone)]
InsidePath = Annotated[str, AfterValidator(_inside)]
ServerName = Annotated[str, AfterValidator(_server_name)]
SecretPath = Annotated[str, AfterValidator(_secret_path)]
DatabaseUrl = Annotated[str, AfterValidator(database_url)]
PaceText = Annotated[str, AfterValidator(_pace)]


class Table(BaseModel):
    """A table that accepts its own keys only, and no value of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Built:
    """Let pydantic build a plain class of the domain from a table: each key has a form, defaults are the class's.

    Attributes:
        table: What may stand in the file.
    """

    def __init__(self, shape: type, title: str, **forms: object) -> None:
        required = {one.name for one in fields(shape) if one.default is one.default_factory is MISSING}
        keys: dict[str, Any] = {name: (form, ... if name in required else None) for name, form in forms.items()}
        self.table = create_model(shape.__name__, __base__=Table, __doc__=title, **keys)

    def __get_pydantic_core_schema__(self, shape: Callable[..., object], handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the table, then make the class of what it says."""
        return core_schema.no_info_after_validator_function(
            lambda table: shape(**{name: getattr(table, name) for name in table.model_fields_set}),
            handler.generate_schema(self.table),
        )


class MailerTable(Table):
    """[mailer.NAME]: the settings of one mailer, and how it is built from them.

    Attributes:
        pace: How many readers get their mail in a second, minute or hour; as fast as it goes when left out.
        connections: How many at the same time.
    """

    pace: PaceText | None = None
    connections: int = Field(default=1, ge=1, le=20)

    @property
    def own_pace(self) -> Pace | None:
        """Give the pace, read."""
        return None if self.pace is None else read_pace(self.pace)

    @property
    def processor(self) -> Processor:
        """Give who gets the mails, and with them the readers' addresses and names."""
        raise NotImplementedError

    def open(self, folder: Path, environment: Mapping[str, str]) -> Mailer:
        """Build the mailer; its secrets are read now.

        Relative paths count from `folder`, that of newsletter.toml.

        Raises:
            ConfigurationError: A secret is missing or lies open to others, or the settings are none for this machine.
        """
        raise NotImplementedError

    def open_for_trial(self, environment: Mapping[str, str]) -> Mailer:  # noqa: ARG002 - for those that can
        """Build the mailer of a trial: it hands over to a service of our own on this machine, and can to no other.

        Args:
            environment: The NEWSLETTER_* variables; none of a real account's is read.

        Raises:
            ConfigurationError: There is no such service, or a variable leads elsewhere.
        """
        raise no_trial_mailer()

    def door(self, now: Callable[[], datetime]) -> ProviderDoor | None:
        """Give the door for its provider's notifications, or None where none is to be open."""


def no_trial_mailer() -> ConfigurationError:
    """Say that a trial goes through our own SendGrid alone."""
    return ConfigurationError(
        "This is a trial: no mailer but our own SendGrid ever takes its mails, and [mailer] names another one.",
        hint='Set kind = "sendgrid" in [mailer]; `newsletter serve --fake-sendgrid` in another window takes the mails.',
    )


def read_secret(variable: str, file: str | None, folder: Path, environment: Mapping[str, str]) -> str:
    """Give a password or key: what the variable holds, or else a file of its own that only its owner can read.

    It never stands in newsletter.toml, which goes into git, nor in a flag, which every process list shows.

    Raises:
        ConfigurationError: It is nowhere, or its file cannot be read, is empty, or is open to others; or it is more
            than one line.
    """
    set_one = environment.get(variable, "").strip()
    if not set_one and file is None:
        raise ConfigurationError(
            f"{variable} is not set.",
            hint=f"Set {variable}, or name a file that holds it and nothing else in newsletter.toml.",
        )
    path = folder / (file or "")
    secret = set_one or _in_file(path, variable)
    if not secret.isprintable():
        raise ConfigurationError(
            f"{variable if set_one else path.name} holds more than one line, or control characters.",
            hint="Copy the secret again, and it alone.",
        )
    return secret


def _in_file(path: Path, variable: str) -> str:
    """Give what the file holds.

    Raises:
        ConfigurationError: As `read_secret`.
    """
    try:
        is_open_to_others = machine.is_open_to_others(path)
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path.name} cannot be read.", hint="Check its path and owner.") from error
    if is_open_to_others:
        raise ConfigurationError(f"{path.name} holds a secret and is open to others.", hint=f"chmod 600 {path.name}")
    if not secret:
        raise ConfigurationError(f"{path.name} is empty.", hint=f"Write the secret into it: {variable}.")
    return secret
