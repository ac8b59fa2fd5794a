"""Turn newsletter.toml and NEWSLETTER_* variables into the values the rooms take."""

import getpass
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from newsletter.config.model import (
    ConfigurationFile,
    ImportTable,
    MailerSettings,
    ServeTable,
    SourceTable,
    StorageTable,
    configuration_of,
)
from newsletter.domain.content import ANY_TOPIC, Source, Topic
from newsletter.domain.publication import Publication
from newsletter.errors import ConfigurationError, Fault, UsageError, counted
from newsletter.table import MailerTable, database_url, read_secret
from newsletter.toml_file import KeyPath, TomlFile, did_you_mean, faults_of, read_toml

FILE_NAME = "newsletter.toml"
"""What the configuration is called, and looked for upwards from the working folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of newsletter.toml.

    Attributes:
        root: The folder of newsletter.toml; every path of the publication is below it.
        sources: In the order of the file.
        lists: What the columns of imported lists are.
        environment: The NEWSLETTER_* variables; never shown, for they may hold secrets.
    """

    root: Path
    path: Path
    publication: Publication
    sources: tuple[Source, ...]
    topics: tuple[Topic, ...]
    storage: StorageTable
    mailer: MailerSettings
    serve: ServeTable
    lists: ImportTable
    environment: Mapping[str, str] = field(repr=False)

    @property
    def database_url(self) -> str:
        """Give the SQLAlchemy address of the database; a relative SQLite path counts from newsletter.toml."""
        return self._whole(self.environment.get("NEWSLETTER_DATABASE_URL", self.storage.url))

    def other_database_url(self, address: str) -> str:
        """Give the SQLAlchemy address of another database, that a person named on the command line.

        Raises:
            UsageError: It is none, or holds a password, which every list of processes would show.
        """
        try:
            return self._whole(database_url(address))
        except ValueError as error:
            raise UsageError(f"This is no address of a database: {error}.") from error

    @property
    def database_password(self) -> str | None:
        """Give the password of the database's server; None where it asks for none, or libpq knows it (~/.pgpass).

        Raises:
            ConfigurationError: Its file cannot be read, is empty, or is open to others.
        """
        if self.storage.password_file is None and "NEWSLETTER_DATABASE_PASSWORD" not in self.environment:
            return None
        return read_secret("NEWSLETTER_DATABASE_PASSWORD", self.storage.password_file, self.root, self.environment)

    def _whole(self, url: str) -> str:
        """Let a relative SQLite path count from newsletter.toml."""
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith(prefix + "/"):
            return f"{prefix}{self.root / url.removeprefix(prefix)}"
        return url

    @property
    def by(self) -> str:
        """Give who works with the publication: NEWSLETTER_BY, or the name the machine knows."""
        try:
            return self.environment.get("NEWSLETTER_BY") or getpass.getuser()
        except (OSError, KeyError):
            return "unknown"

    @property
    def key_path(self) -> Path:
        """Give the file of the random key under which addresses are hashed and tokens signed."""
        return self.root / self.environment.get("NEWSLETTER_KEY_FILE", self.storage.key_file)

    @property
    def outbox_path(self) -> Path:
        """Give the folder where the outbox writes, also in a rehearsal of another mailer."""
        return self.root / self.mailer.directory

    @property
    def axe(self) -> Path | None:
        """Give the file of axe-core that NEWSLETTER_AXE names; None where it names none."""
        axe = self.environment.get("NEWSLETTER_AXE")
        return None if axe is None else self.root / axe

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


def read_settings(
    path: Path, mailers: Mapping[str, type[MailerTable]], *, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read newsletter.toml; NEWSLETTER_* variables (of the process, by default) override single values of the file.

    `mailers` may be chosen beside the outbox; each has its table in [mailer].

    Raises:
        ConfigurationError: With every fault at once, each with line and key path.
    """
    path = path.resolve()
    file = read_toml(path, shown_as=Path(path.name), error=ConfigurationError)
    shape = configuration_of(mailers)
    faults = [*_repeated(file), *_unknown_topics(file), *_untitled(file)]
    try:
        tables = shape.model_validate(file.content)
    except ValidationError as error:
        raise _configuration_error([*faults_of(error, file, shape), *faults]) from error
    if faults:
        raise _configuration_error(faults)
    return _settings(path, tables, os.environ if environment is None else environment)


def _configuration_error(faults: Sequence[Fault]) -> ConfigurationError:
    faults = sorted(faults, key=lambda fault: (fault.place.line or 0) if fault.place else 0)
    return ConfigurationError(
        f"{FILE_NAME} has {counted(len(faults), 'mistake')}.",
        hint="Mend them, then run `newsletter doctor`.",
        faults=faults,
    )


def _tables(file: TomlFile, name: str) -> list[tuple[int, Mapping[str, object]]]:
    """Give the numbered tables of `[[name]]` as they were written; whatever is of another shape is left to pydantic.

    These searches run on the raw file, so that one reading shows mistakes of shape and of meaning together.
    """
    written = file.content.get(name)
    members = enumerate(written if isinstance(written, list) else [])
    return [(number, table) for number, table in members if isinstance(table, dict)]


def _repeated(file: TomlFile) -> Iterator[Fault]:
    for name in ("source", "topic", "section", "block"):
        seen: set[object] = set()
        for number, table in _tables(file, name):
            identifier = table.get("id")
            if isinstance(identifier, str) and identifier in seen:
                yield file.fault((name, number, "id"), f"Another {name} has the id {identifier!r} already.")
            seen.add(str(identifier))


def _unknown_topics(file: TomlFile) -> Iterator[Fault]:
    ids = {str(table.get("id")): number for number, table in _tables(file, "topic")}
    if ANY_TOPIC in ids:
        hint = "In a section or a segment it is what is about no topic. Choose another id."
        yield file.fault(("topic", ids[ANY_TOPIC], "id"), f"No topic can be called {str(ANY_TOPIC)!r}.", hint=hint)
    for name in ("source", "section"):
        known = ids.keys() | ({str(ANY_TOPIC)} if name == "section" else set())
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
    titles += [
        ((name, number, key), table.get(key))
        for name, keys in (("section", ("title",)), ("block", ("title", "text")))
        for number, table in _tables(file, name)
        for key in keys
    ]
    for key_path, texts in titles:
        if isinstance(languages, list) and isinstance(texts, dict):
            for language in languages:
                if language in ("fi", "sv", "en") and language not in texts:
                    yield file.fault(key_path, f"The text in {language!r} is missing.")


def _settings(path: Path, tables: ConfigurationFile, environment: Mapping[str, str]) -> Settings:
    table, zone = tables.publication, ZoneInfo(tables.publication.zone)
    return Settings(
        root=path.parent,
        path=path,
        publication=Publication(
            id=table.id,
            names=table.name,
            taglines=table.tagline,
            languages=table.languages,
            zone=zone,
            event_days=table.event_days,
            late_days=table.late_days,
            events_once=table.events_once,
            is_trial=table.trial,
            sender=tables.sender,
            links=tables.links,
            editor=tables.editor,
            sections=tuple(tables.section),
            blocks=tuple(tables.block),
        ),
        sources=tuple(_source(source, path.parent, zone) for source in tables.source),
        topics=tuple(tables.topic),
        storage=tables.storage,
        mailer=tables.mailer,
        serve=tables.serve,
        lists=tables.lists,
        environment={name: value for name, value in environment.items() if name.startswith("NEWSLETTER_")},
    )


def _source(table: SourceTable, root: Path, zone: ZoneInfo) -> Source:
    return Source(
        id=table.id,
        kind=table.kind,
        location=table.address or str(root / (table.path or "")),
        language=table.language,
        zone=zone,
        segments=table.segments,
        topics=table.topics,
        is_enabled=table.enabled,
        allow_private_hosts=table.allow_private_hosts,
        speaks_every=table.speaks_every,
    )
