"""Find a person's address in files: rehearsed mails, and lists that lie beside segments.toml."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PART_BYTES = 1 << 20


def remove_mails(address: str, outbox: Path) -> int:
    """Remove the rehearsed mails that hold an address; give how many."""
    found = [path for path in outbox.glob("*/*") if path.is_file() and _holds(path, address)]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def files_with(address: str, folder: Path) -> tuple[Path, ...]:
    """Give the lists of a folder that hold an address as text."""
    lists = sorted(path for path in folder.glob("*") if path.suffix.lower() in {".csv", ".txt", ".tsv", ".json"})
    return tuple(path for path in lists if path.is_file() and _holds(path, address))


def _holds(path: Path, address: str) -> bool:
    """Tell whether a file holds an address, however its letters are cased, in UTF-8 or UTF-16."""
    wanted = address.lower()
    forms = [wanted.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    with suppress(OSError):
        return any(form in part for part in _parts(path, overlap=len(forms[1])) for form in forms)
    return False


def _parts(path: Path, *, overlap: int) -> Iterator[bytes]:
    """Give a file piece by piece in small letters, each with the end of the one before."""
    before = b""
    with path.open("rb") as file:
        while part := file.read(_PART_BYTES):
            yield before + part.lower()
            before = part.lower()[-overlap:]
