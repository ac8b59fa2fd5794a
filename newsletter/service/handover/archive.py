"""One file with a whole publication in it, which opens with a passphrase alone.

It is a compressed tar in the age format (age-encryption.org/v1, passphrase), so that `age -d` and `tar` open it where
this program is not to be had.
"""

import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath

from newsletter import machine
from newsletter.errors import StorageError, UsageError

MANIFEST = "packed.json"
SIZE_MAX_BYTES = 2 * 1024**3
"""It is made in memory: a publication above this is moved by its operator's own means."""
PASSPHRASE_MIN = 10

Encrypt = Callable[[bytes, str], bytes]
Decrypt = Callable[[bytes, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a pack says of itself.

    Attributes:
        at: ISO moment.
        by: Who packed it: person and machine.
        publication: Its id.
        database: Name of the database's file in it, or None where it is on a server.
        sums: SHA-256 of each file, by its path in the pack.
    """

    at: str
    by: str
    publication: str
    database: str | None
    sums: Mapping[str, str]


def write_pack(
    target: Path, files: Mapping[str, Path], label: Label, passphrase: str, *, encrypt: Encrypt | None = None
) -> int:
    """Pack files into one, readable by its owner only, whole or not at all; give its size in bytes.

    Args:
        target: The file to make.
        files: By the path in the pack.
        label: Without sums: they are made here.
        passphrase: At least ten characters.
        encrypt: By default age's.

    Raises:
        UsageError: The target exists, the passphrase is short, or the files are too large for one.
        StorageError: A file cannot be read or written.
    """
    if target.exists():
        raise UsageError(f"{target.name} exists already and is left alone.", hint="Name another file.")
    if len(passphrase) < PASSPHRASE_MIN:
        raise UsageError(
            f"The passphrase has fewer than {PASSPHRASE_MIN} characters.", hint="Four words are easy to keep."
        )
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        if sum(path.stat().st_size for path in files.values()) > SIZE_MAX_BYTES:
            raise UsageError("The publication is too large for one file.", hint="Move its folder by your own means.")
        packed = (encrypt or _age_encrypt)(_tar(files, label), passphrase)
        unfinished.unlink(missing_ok=True)  # of one that was killed
        _write(unfinished, packed)
        unfinished.rename(target)
    except OSError as error:
        raise StorageError(
            f"{target.name} cannot be packed: {error.strerror}.", hint="Check that its folder exists and has room."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    return target.stat().st_size


def _write(path: Path, content: bytes) -> None:
    """Write a file for its owner alone, durably."""
    with os.fdopen(machine.create_private(path), "wb") as file:
        file.write(content)
        file.flush()
        machine.sync(file.fileno())


def _tar(files: Mapping[str, Path], label: Label) -> bytes:
    """Write the files and what they are into a tar."""
    content = io.BytesIO()
    sums = {}
    with tarfile.open(fileobj=content, mode="w:gz", compresslevel=6) as tar:
        for name, path in sorted(files.items()):
            data = path.read_bytes()
            sums[name] = sha256(data).hexdigest()
            _add(tar, name, data)
        _add(tar, MANIFEST, json.dumps({**asdict(label), "sums": sums}, indent=1).encode())
    return content.getvalue()


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    tar.addfile(member, io.BytesIO(data))


def read_pack(source: Path, folder: Path, passphrase: str, *, decrypt: Decrypt | None = None) -> Label:
    """Take everything out of a pack into a folder, for its owner alone, once its sums are right.

    Args:
        source: As `write_pack` wrote it.
        folder: Where to; made here.
        passphrase: The one it was made with.
        decrypt: By default age's.

    Raises:
        UsageError: The passphrase is another one, or the file is no pack, or it is damaged; nothing was written.
        StorageError: The file cannot be read, or the folder written.
    """
    try:
        content = source.read_bytes()
    except OSError as error:
        raise StorageError(f"{source.name} cannot be read: {error.strerror}.", hint="Check its path.") from error
    opened = (decrypt or _age_decrypt)(content, passphrase)
    try:
        with tarfile.open(fileobj=io.BytesIO(opened), mode="r:gz") as tar:
            members = {member.name: _content(tar, member) for member in tar.getmembers()}
        label = Label(**json.loads(members.pop(MANIFEST)))
        datetime.fromisoformat(label.at)
    except (tarfile.TarError, EOFError, KeyError, ValueError, TypeError, OSError) as error:
        raise _no_pack(source) from error
    if {name: sha256(data).hexdigest() for name, data in members.items()} != dict(label.sums):
        raise _no_pack(source)
    for name, data in members.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, data)
    return label


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Give a file of a tar; whatever is no plain file below the folder is no part of a pack."""
    path, file = PurePosixPath(member.name), tar.extractfile(member)
    if file is None or not member.isreg() or path.is_absolute() or ".." in path.parts or "\\" in member.name:
        raise ValueError(member.name)
    return file.read()


def _no_pack(source: Path) -> UsageError:
    return UsageError(
        f"{source.name} is no pack of a publication, or is damaged; nothing was unpacked.",
        hint="Copy it again from where it was made.",
    )


def _age_encrypt(content: bytes, passphrase: str) -> bytes:
    import pyrage  # noqa: PLC0415 - a library of megabytes that one verb needs

    encrypted: bytes = pyrage.passphrase.encrypt(content, passphrase)
    return encrypted


def _age_decrypt(content: bytes, passphrase: str) -> bytes:
    import pyrage  # noqa: PLC0415 - as above

    try:
        decrypted: bytes = pyrage.passphrase.decrypt(content, passphrase)
    except pyrage.DecryptError as error:
        raise UsageError(
            "The passphrase does not open it, or it is no pack; nothing was unpacked.",
            hint="Ask whoever packed it. Without the passphrase nobody can open it.",
        ) from error
    return decrypted
