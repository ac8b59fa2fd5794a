"""Pack a publication into one file, and unpack it elsewhere: the verbs `pack` and `unpack`."""

import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter.audience.departures import departures_path
from newsletter.config import Settings
from newsletter.errors import ConfigurationError, StateError, StorageError, UsageError
from newsletter.send.mark import mark_path
from newsletter.service.database import DatabaseService
from newsletter.service.deliveries.guard import Guard
from newsletter.service.handover.archive import Decrypt, Encrypt, Label, read_pack, write_pack
from newsletter.service.handover.record import record_pack
from newsletter.service.looks import LOOKS_NAME
from newsletter.service.resources import Resources
from newsletter.toml_file import read_toml

FOLDERS = ("templates", "content", "issues")
FILES = ("newsletter.toml", ".gitignore", "subscribers/segments.toml")
_MADE_ANEW = ("build", "__pycache__")
"""Folders below those which nobody needs elsewhere."""
_PACKING = ".packing-"
"""How the folder begins that holds the database's copy meanwhile; what a killed pack left, the next one removes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What was packed.

    Attributes:
        files: How many.
        left_out: What is not in it and why, a sentence each.
    """

    path: Path
    size_bytes: int
    files: int
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """What was unpacked.

    Attributes:
        label: What the pack says of itself.
        missing: What has to be put there before anything is sent, a sentence each.
    """

    folder: Path
    label: Label
    missing: tuple[str, ...]

    @property
    def at(self) -> datetime:
        """Give the aware moment at which it was packed."""
        return datetime.fromisoformat(self.label.at)


class HandoverService:
    """The verb that needs a publication: `pack`."""

    def __init__(self, resources: Resources, database: DatabaseService, *, encrypt: Encrypt | None = None) -> None:
        self._resources = resources
        self._database = database
        self._encrypt = encrypt

    def pack(self, target: Path, *, passphrase: str, by: str) -> Packed:
        """Pack configuration, templates, content, issues, pictures, database, key and departures into one file.

        Passwords stay out of it, and so does what is made anew or stands elsewhere; all of that is told. Nobody may
        send meanwhile, so that the pack is no database from the middle of a sending.

        Args:
            target: The file to make.
            passphrase: At least ten characters; without it nobody can open the file.
            by: Person and machine.

        Raises:
            UsageError: The file exists, the passphrase is short, or a part of the publication lies elsewhere.
            SendingInProgress: Somebody is sending now.
            StorageError: A file cannot be read or written.
        """
        settings, now = self._resources.settings, self._resources.clock.now()
        secret_files = tuple(_secrets(settings.path))
        files = dict(_files(settings, [name for _, name in secret_files]))
        with self._resources.only_sender(f"{by}, packing the publication"), _room(settings.root) as folder:
            database = self._database_name()
            if database is not None:
                files[database] = self._database.back_up(folder / "copy.db")[0]
                # So that the copy elsewhere knows where it comes from, and asks before it sends.
                Guard(self._resources).mark_new()
                files[mark_path(Path(database)).as_posix()] = mark_path(self._resources.database_path)
            label = Label(
                at=now.isoformat(timespec="seconds"),
                by=by,
                publication=settings.publication.id,
                database=database,
                sums={},
            )
            size_bytes = write_pack(target, files, label, passphrase, encrypt=self._encrypt)
        record_pack(settings.key_path, target, now)
        return Packed(
            path=target,
            size_bytes=size_bytes,
            files=len(files),
            left_out=tuple(_left_out(settings, database, secret_files)),
        )

    def _database_name(self) -> str | None:
        """Give the database's path in the pack; None where it is on a server.

        Raises:
            UsageError: It lies outside the publication's folder.
            StateError: It is in memory.
        """
        database, root = self._resources.unchecked_database, self._resources.settings.root
        if not database.is_sqlite:
            return None
        if database.path is None:
            raise StateError("A database in memory cannot be packed.")
        return _inside(database.path, root, "The database")


def unpack(source: Path, folder: Path, *, passphrase: str, decrypt: Decrypt | None = None) -> Unpacked:
    """Take a publication out of a pack, wholly or not at all.

    Args:
        source: The pack.
        folder: Where to: a new or an empty one.
        passphrase: The one it was made with.
        decrypt: By default age's.

    Raises:
        UsageError: The folder holds something, the passphrase is another one, or the file is damaged.
        StorageError: A file cannot be read or written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; nothing was written.", hint="Name a new folder.")
    name = folder.absolute().name
    for killed in folder.absolute().parent.glob(f".{name}.unpacking-*"):
        shutil.rmtree(killed)  # it holds key and people
    unfinished = folder.absolute().with_name(f".{name}.unpacking-{secrets.token_hex(4)}")
    try:
        unfinished.mkdir(parents=True)
        label = read_pack(source, unfinished, passphrase, decrypt=decrypt)
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written: {error.strerror}.", hint="Check the free space and the permissions."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    missing = [f"{name} ({key} of newsletter.toml)" for key, name in _secrets(folder / "newsletter.toml")]
    if label.database is None:
        missing.append("the database: it is on a server")
    return Unpacked(folder=folder, label=label, missing=tuple(missing))


@contextmanager
def _room(root: Path) -> Iterator[Path]:
    """Give a folder for the database's copy; what a killed pack left is removed. One at a time."""
    for left_behind in root.glob(f"{_PACKING}*"):
        shutil.rmtree(left_behind)
    with TemporaryDirectory(prefix=_PACKING, dir=root) as folder:
        yield Path(folder)


def _files(settings: Settings, secret_names: Collection[str]) -> Iterator[tuple[str, Path]]:
    """Give every file of a publication but its database, by its path in the pack.

    Raises:
        UsageError: The key lies outside the publication's folder.
    """
    root, secret = settings.root, {(settings.root / name).resolve() for name in secret_names}
    for name in FILES:
        if (root / name).is_file():
            yield name, root / name
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            parts = path.relative_to(root).parts
            if path.is_file() and not set(parts) & set(_MADE_ANEW) and path.resolve() not in secret:
                yield path.relative_to(root).as_posix(), path
    key = settings.key_path
    for path in (key, departures_path(key), key.with_name(LOOKS_NAME)):
        if path.exists():
            yield _inside(path, root, "The key"), path


def _inside(path: Path, root: Path, what: str) -> str:
    if not path.is_relative_to(root):
        raise UsageError(
            f"{what} lies outside the publication's folder, so that a pack would not be whole.",
            hint="Move it into the folder of newsletter.toml, and name it there.",
        )
    return path.relative_to(root).as_posix()


def _secrets(configuration: Path) -> Iterator[tuple[str, str]]:
    """Give the files of newsletter.toml that hold a password or a provider's key, with the key that names each."""

    def below(table: object, path: str) -> Iterator[tuple[str, str]]:
        if isinstance(table, Mapping):
            for name, value in table.items():
                if name.endswith("_file") and name != "key_file" and isinstance(value, str):
                    yield f"{path}{name}", value
                yield from below(value, f"{path}{name}.")

    yield from below(read_toml(configuration, error=ConfigurationError).content, "")


def _left_out(settings: Settings, database: str | None, secret_files: Collection[tuple[str, str]]) -> Iterator[str]:
    """Say what is not in a pack."""
    for key, name in secret_files:
        yield f"{name}: a password or a provider's key ({key}); give it by another way, or make a new one."
    if database is None:
        yield "The database: it is on a server (pg_dump copies it)."
    lists = [path for path in settings.segments_path.parent.glob("*") if path.is_file() and path.suffix != ".toml"]
    if lists:
        yield f"subscribers/: {len(lists)} of lists and rejected rows; whoever is subscribed is in the database."
    for folder, why in (("outbox", "rehearsed mails"), ("backups", "older copies of the database")):
        if (settings.root / folder).is_dir():
            yield f"{folder}/: {why}."
