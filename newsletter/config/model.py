"""The shape of newsletter.toml: what may stand where."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import AfterValidator, BeforeValidator, Field, create_model, field_validator, model_validator

from newsletter.domain.content import ANY_TOPIC, Language, SegmentId, SourceId, SourceKind, Topic, TopicId
from newsletter.domain.publication import Block, Editor, Links, Section, SectionKind, Sender
from newsletter.table import (
    Built,
    DatabaseUrl,
    Https,
    HttpsOrMailto,
    Identifier,
    InsidePath,
    Mailbox,
    MailerTable,
    Name,
    OneLine,
    SecretPath,
    Spoken,
    Table,
    WebAddress,
    Zone,
)

_Member = TypeVar("_Member")
Several = Annotated[tuple[_Member, ...], Field(strict=False)]
"""A list of the file, which nobody can change any more."""
Texts = dict[Spoken, OneLine]


def _paragraphs(value: str) -> str:
    """Accept Markdown, of one line or more."""
    if not value.strip():
        raise ValueError("Write what readers are to read here")
    return value.strip()


Paragraphs = Annotated[str, AfterValidator(_paragraphs)]


def _ip_address(written: str) -> str:
    """Check an address of the network, and give its one spelling."""
    try:
        return str(ipaddress.ip_address(written))
    except ValueError as error:
        raise ValueError("Write an address such as 127.0.0.1 or ::1") from error


IpAddress = Annotated[str, AfterValidator(_ip_address)]


class PublicationTable(Table):
    """[publication]."""

    id: Identifier
    zone: Zone
    languages: Several[Spoken] = Field(min_length=1)
    event_days: int = Field(default=60, ge=1, le=366)
    late_days: int = Field(default=45, ge=0, le=366)
    events_once: bool = False
    trial: bool = False
    name: Texts
    tagline: Texts = Field(default_factory=dict)

    @field_validator("languages")
    @classmethod
    def _are_different(cls, languages: tuple[Language, ...]) -> tuple[Language, ...]:
        if len(set(languages)) != len(languages):
            raise ValueError("A language stands here twice")
        return languages


class StorageTable(Table):
    """[storage]."""

    url: DatabaseUrl = "sqlite:///newsletter.db"
    password_file: SecretPath | None = None
    key_file: InsidePath = "newsletter.key"


class ImportTable(Table):
    """[import]: what the columns of imported lists are."""

    map: dict[OneLine, OneLine] = Field(default_factory=dict)
    keep: Several[OneLine] = ()


class ServeTable(Table):
    """[serve]: the public side."""

    trusted_proxies: Several[IpAddress] = ()
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    access_log: InsidePath | None = None


class MailerSettings(Table):
    """[mailer].

    Beside these keys it has a table for each mailer that has settings of its own; `configuration_of` puts them here.
    """

    kind: str = "outbox"
    directory: InsidePath = "outbox"
    batch_size: int = Field(default=100, ge=1, le=1000)

    @property
    def own(self) -> MailerTable | None:
        """Give the table of the mailer that was chosen; the outbox has none."""
        return getattr(self, self.kind, None)

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.kind != "outbox" and self.own is None:
            [table, _] = get_args(type(self).model_fields[self.kind].annotation)
            keys = " and ".join(_required(table))
            raise ValueError(f"A mailer of kind {self.kind} needs a table [mailer.{self.kind}] with its {keys}")
        return self


class SourceTable(Table):
    """[[source]]."""

    id: Annotated[SourceId, Name]
    kind: Annotated[SourceKind, Field(strict=False)]
    path: InsidePath | None = None
    address: WebAddress | None = None
    language: Spoken
    segments: Several[Annotated[SegmentId, Name]] = ()
    topics: Several[Annotated[TopicId, Name]] = ()
    enabled: bool = True
    allow_private_hosts: bool = False
    speaks_every: int | None = Field(default=None, ge=1, le=3_660)

    @model_validator(mode="after")
    def _has_one_location(self) -> Self:
        if (self.path is None) == (self.address is None):
            raise ValueError("Give the source either a path or an address")
        if self.kind == "folder" and self.path is None:
            raise ValueError("A folder source needs a path")
        return self


_SENDER = Built(
    Sender,
    "[sender].",
    name=Annotated[OneLine, Field(max_length=60)],
    address=Mailbox,
    reply_to=Mailbox | None,
    organisation=OneLine,
    postal_address=OneLine,
)
_LINKS = Built(
    Links,
    "[links].",
    site=Https,
    own_hosts=Several[str],
    unsubscribe_address=Mailbox,
    public_url=Https | None,
    privacy=Https | None,
    feedback=HttpsOrMailto | None,
)
_EDITOR = Built(
    Editor,
    "[editor].",
    name=Annotated[OneLine, Field(max_length=60)],
    titles=Annotated[Texts, Field(alias="title")],
    picture=InsidePath | None,
)
_BLOCK = Built(
    Block,
    "[[block]].",
    id=Identifier,
    titles=Annotated[Texts, Field(alias="title")],
    texts=Annotated[dict[Spoken, Paragraphs], Field(alias="text")],
)
_TOPIC = Built(
    Topic,
    "[[topic]].",
    id=Identifier,
    names=Annotated[Texts, Field(alias="name")],
    keywords=dict[Spoken, Several[OneLine]],
    blocked=dict[Spoken, Several[OneLine]],
)


def _of_section(value: object) -> object:
    """A list of topics, in which "any" is what is about none; or "any" alone for everything."""
    return () if value == ANY_TOPIC else value


_SECTION = Built(
    Section,
    "[[section]].",
    id=Identifier,
    kind=Annotated[SectionKind, Field(strict=False)],
    titles=Annotated[Texts, Field(alias="title")],
    topics=Annotated[Several[Identifier], BeforeValidator(_of_section)],
)


class ConfigurationFile(Table):
    """The whole of newsletter.toml."""

    publication: PublicationTable
    sender: Annotated[Sender, _SENDER]
    links: Annotated[Links, _LINKS]
    editor: Annotated[Editor, _EDITOR] | None = None
    storage: StorageTable = Field(default_factory=StorageTable)
    mailer: MailerSettings = Field(default_factory=MailerSettings)
    serve: ServeTable = Field(default_factory=ServeTable)
    lists: ImportTable = Field(default_factory=ImportTable, alias="import")
    source: list[SourceTable] = Field(default_factory=list)
    topic: list[Annotated[Topic, _TOPIC]] = Field(default_factory=list)
    section: list[Annotated[Section, _SECTION]] = Field(min_length=1)
    block: list[Annotated[Block, _BLOCK]] = Field(default_factory=list)


def configuration_of(mailers: Mapping[str, type[MailerTable]]) -> type[ConfigurationFile]:
    """Give the shape of the file with a table for each of these mailers; one that needs nothing may be left out."""
    return _shape_of(tuple(mailers.items()))


@lru_cache(maxsize=8)
def _shape_of(mailers: tuple[tuple[str, type[MailerTable]], ...]) -> type[ConfigurationFile]:
    """Make the shape, once in a process for the same mailers: it costs as much as reading the file."""
    keys: dict[str, Any] = {
        kind: (table | None, None) if _required(table) else (table, Field(default_factory=table))
        for kind, table in mailers
    }
    keys["kind"] = (Literal[("outbox", *(kind for kind, _ in mailers))], "outbox")
    mailer = create_model("MailerSettings", __base__=MailerSettings, __doc__=MailerSettings.__doc__, **keys)
    file: dict[str, Any] = {"mailer": (mailer, Field(default_factory=mailer))}
    return create_model("ConfigurationFile", __base__=ConfigurationFile, __doc__=ConfigurationFile.__doc__, **file)


def _required(table: type[MailerTable]) -> list[str]:
    return [name for name, field in table.model_fields.items() if field.is_required()]
