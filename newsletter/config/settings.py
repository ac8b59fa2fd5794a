"""Turn newsletter.toml and NEWSLETTER_* variables into the values the rooms take."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from newsletter.config.model import ConfigurationFile, MailerTable, SourceTable
from newsletter.config.secret import Secret
from newsletter.domain.content import Language, SectionId, SegmentId, Source, SourceId, Topic, TopicId
from newsletter.domain.publication import Links, Publication, Section, SectionKind, Sender
from newsletter.errors import ConfigurationError, Fault
from newsletter.toml_file import KeyPath, TomlFile, did_you_mean, faults_of, read_toml

_PORT_MAX = 65_535
FILE_NAME = "newsletter.toml"
"""What the configuration is called, and looked for upwards from the working folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """Where what happened is kept.

    Attributes:
        url: SQLAlchemy address of the database; a relative SQLite path counts from newsletter.toml.
        key_file: The random key under which addresses are hashed and tokens signed.
    """

    url: str
    key_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """A mail server.

    Attributes:
        host: Name, as in its certificate.
        port: 587 for submission, 465 for TLS from the first byte.
        security: `starttls`, `tls` or `none` (on this machine only).
        user_name: None where the server asks for nobody.
        password: Where it is kept.
        connections: How many at the same time.
    """

    host: str
    port: int
    security: str
    user_name: str | None
    password: Secret
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridAccount:
    """An account at SendGrid.

    Attributes:
        region: `global` or `eu`.
        is_sandbox: Requests are checked, nothing is sent.
        api_key: Where it is kept.
        webhook_keys: With any of which its notifications are checked (public); none leaves the webhook off.
        stand_in: Address of a SendGrid of our own on this machine, for a rehearsal of the whole path; None for the real
            one.
    """

    region: str
    is_sandbox: bool
    api_key: Secret
    webhook_keys: tuple[str, ...] = ()
    stand_in: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailerSettings:
    """How mail leaves.

    Attributes:
        kind: Name of the mailer: `outbox`, `smtp` or `sendgrid`.
        directory: Where the outbox writes, also in a rehearsal of another mailer.
        batch_size: Recipients in one call.
        smtp: The mail server; None where none is configured.
        sendgrid: The account.
    """

    kind: str
    directory: Path
    batch_size: int
    smtp: SmtpServer | None = None
    sendgrid: SendGridAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of newsletter.toml.

    Attributes:
        root: The folder of newsletter.toml; every path of the publication is below it.
        path: The file itself.
        publication: What is the same for every issue.
        sources: In the order of the file.
        topics: Likewise.
        storage: Where what happened is kept.
        mailer: How mail leaves.
        axe: The file of axe-core that NEWSLETTER_AXE names; None where it names none.
    """

    root: Path
    path: Path
    publication: Publication
    sources: tuple[Source, ...]
    topics: tuple[Topic, ...]
    storage: StorageSettings
    mailer: MailerSettings
    axe: Path | None = None

    @property
    def segments_path(self) -> Path:
        """Give the file that says who is in each segment."""
        return self.root / "subscribers" / "segments.toml"

    @property
    def templates_path(self) -> Path:
        """Give the folder of the mail templates and the brand file."""
        return self.root / "templates" / "email"

    @property
    def issues_path(self) -> Path:
        """Give the folder that holds one folder per issue."""
        return self.root / "issues"


def find_configuration(start: Path) -> Path:
    """Find newsletter.toml in a folder or the nearest one above it.

    Raises:
        ConfigurationError: There is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    raise ConfigurationError(
        f"There is no {FILE_NAME} here or in a folder above.",
        hint="Go to your publication's folder, name the file with -c, or make a publication with `newsletter init`.",
    )


def read_settings(path: Path, *, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the configuration; NEWSLETTER_* variables override single values of the file.

    Args:
        path: newsletter.toml.
        environment: Variables to look at; the process's own by default.

    Raises:
        ConfigurationError: With every fault at once, each with line and key path.
    """
    path = path.resolve()
    file = read_toml(path, shown_as=Path(path.name), error=ConfigurationError)
    faults = [*_repeated(file), *_unknown_topics(file), *_untitled(file)]
    try:
        tables = ConfigurationFile.model_validate(file.content)
    except ValidationError as error:
        raise _configuration_error([*faults_of(error, file, ConfigurationFile), *faults]) from error
    if faults:
        raise _configuration_error(faults)
    return _settings(path, tables, os.environ if environment is None else environment)


def _configuration_error(faults: Sequence[Fault]) -> ConfigurationError:
    """Collect faults into one error."""
    faults = sorted(faults, key=lambda fault: (fault.place.line or 0) if fault.place else 0)
    number = "1 mistake" if len(faults) == 1 else f"{len(faults)} mistakes"
    return ConfigurationError(
        f"{FILE_NAME} has {number}.", hint="Mend them, then run `newsletter doctor`.", faults=faults
    )


def _tables(file: TomlFile, name: str) -> list[tuple[int, Mapping[str, object]]]:
    """Give the numbered tables of `[[name]]` as they were written; whatever is of another shape is left to pydantic.

    These searches run on the raw file, so that one reading shows mistakes of shape and of meaning together.
    """
    written = file.content.get(name)
    members = enumerate(written if isinstance(written, list) else [])
    return [(number, table) for number, table in members if isinstance(table, dict)]


def _repeated(file: TomlFile) -> Iterator[Fault]:
    """Find ids that stand twice."""
    for name in ("source", "topic", "section"):
        seen: set[object] = set()
        for number, table in _tables(file, name):
            identifier = table.get("id")
            if isinstance(identifier, str) and identifier in seen:
                yield file.fault((name, number, "id"), f"Another {name} has the id {identifier!r} already.")
            seen.add(str(identifier))


def _unknown_topics(file: TomlFile) -> Iterator[Fault]:
    """Find topics that are named but not there."""
    known = {str(table.get("id")) for _, table in _tables(file, "topic")}
    for name in ("source", "section"):
        for number, table in _tables(file, name):
            topics = table.get("topics")
            for index, topic in enumerate(topics if isinstance(topics, list) else []):
                if isinstance(topic, str) and topic not in known:
                    place = (name, number, "topics", index)
                    yield file.fault(place, f"There is no topic {topic!r}.", hint=did_you_mean(topic, known))


def _untitled(file: TomlFile) -> Iterator[Fault]:
    """Find a name of the publication, or a section's title, that a language of the publication lacks."""
    publication = file.content.get("publication")
    publication = publication if isinstance(publication, dict) else {}
    languages = publication.get("languages")
    titles: list[tuple[KeyPath, object]] = [(("publication", "name"), publication.get("name"))]
    titles += [(("section", number, "title"), table.get("title")) for number, table in _tables(file, "section")]
    for key_path, texts in titles:
        if isinstance(languages, list) and isinstance(texts, dict):
            for language in languages:
                if language in ("fi", "sv", "en") and language not in texts:
                    yield file.fault(key_path, f"The text in {language!r} is missing.")


def _settings(path: Path, tables: ConfigurationFile, environment: Mapping[str, str]) -> Settings:
    """Turn checked tables into values of the house."""
    root = path.parent
    zone = ZoneInfo(tables.publication.zone)
    url = environment.get("NEWSLETTER_DATABASE_URL", tables.storage.url)
    key_file = environment.get("NEWSLETTER_KEY_FILE", tables.storage.key_file)
    axe = environment.get("NEWSLETTER_AXE")
    return Settings(
        root=root,
        path=path,
        publication=_publication(tables, zone),
        sources=tuple(_source(table, root, zone) for table in tables.source),
        topics=tuple(
            Topic(
                id=TopicId(table.id),
                names=_by_language(table.name),
                keywords={Language(key): tuple(words) for key, words in table.keywords.items()},
                blocked={Language(key): tuple(words) for key, words in table.blocked.items()},
            )
            for table in tables.topic
        ),
        storage=StorageSettings(url=_database_url(url, root), key_file=root / key_file),
        mailer=_mailer(tables.mailer, root, environment),
        axe=None if axe is None else root / axe,
    )


def _mailer(table: MailerTable, root: Path, environment: Mapping[str, str]) -> MailerSettings:
    """Make the mailer's settings; no secret is read before it is used."""
    smtp, sendgrid = table.smtp, table.sendgrid
    api_key = Secret.at("NEWSLETTER_SENDGRID_API_KEY", sendgrid.api_key_file, root, environment)
    return MailerSettings(
        kind=table.kind,
        directory=root / table.directory,
        batch_size=table.batch_size,
        smtp=None
        if smtp is None
        else SmtpServer(
            host=smtp.host,
            port=smtp.port,
            security=smtp.security,
            user_name=smtp.user_name,
            password=Secret.at("NEWSLETTER_SMTP_PASSWORD", smtp.password_file, root, environment),
            connections=smtp.connections,
        ),
        sendgrid=SendGridAccount(
            region=sendgrid.region,
            is_sandbox=sendgrid.sandbox,
            api_key=api_key,
            webhook_keys=tuple(sendgrid.webhook_key),
            stand_in=_stand_in(environment.get("NEWSLETTER_SENDGRID_URL")),
        ),
    )


def _stand_in(url: str | None) -> str | None:
    """Accept only an address on this machine: whoever sets a variable must not lead mails and key elsewhere.

    Raises:
        ConfigurationError: It is another one.
    """
    if url is None:
        return None
    here = re.fullmatch(r"http://127\.0\.0\.1:(\d{1,5})", url)
    if here is not None and 0 < int(here[1]) <= _PORT_MAX:
        return url
    raise ConfigurationError(
        "NEWSLETTER_SENDGRID_URL leads away from this machine, or nowhere.",
        hint="It is for `newsletter serve --fake-sendgrid`, which prints it. Otherwise unset it.",
    )


def _database_url(url: str, root: Path) -> str:
    """Make a relative SQLite path count from the folder of newsletter.toml."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return f"{prefix}{root / url.removeprefix(prefix)}"
    return url


def _publication(tables: ConfigurationFile, zone: ZoneInfo) -> Publication:
    """Make the publication."""
    table, sender, links = tables.publication, tables.sender, tables.links
    return Publication(
        id=table.id,
        names=_by_language(table.name),
        taglines=_by_language(table.tagline),
        languages=tuple(Language(language) for language in table.languages),
        zone=zone,
        event_days=table.event_days,
        sender=Sender(**sender.model_dump()),
        links=Links(**{**links.model_dump(), "own_hosts": tuple(links.own_hosts)}),
        sections=tuple(
            Section(
                id=SectionId(section.id),
                kind=SectionKind(section.kind),
                titles=_by_language(section.title),
                topics=tuple(TopicId(topic) for topic in section.topics),
            )
            for section in tables.section
        ),
    )


def _source(table: SourceTable, root: Path, zone: ZoneInfo) -> Source:
    """Make one source."""
    return Source(
        id=SourceId(table.id),
        kind=table.kind,
        location=table.address if table.address is not None else str(root / (table.path or "")),
        language=Language(table.language),
        zone=zone,
        segments=tuple(SegmentId(segment) for segment in table.segments),
        topics=tuple(TopicId(topic) for topic in table.topics),
        is_enabled=table.enabled,
    )


def _by_language(texts: Mapping[Literal["fi", "sv", "en"], str]) -> dict[Language, str]:
    """Give texts under the house's type for languages."""
    return {Language(language): text for language, text in texts.items()}
