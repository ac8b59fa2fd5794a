"""Writes one more [[source]] into newsletter.toml: every byte that was there stays. Door: `add_source`."""

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from newsletter.errors import ConfigurationError, UsageError
from newsletter.files import write_whole
from newsletter.table import Identifier
from newsletter.toml_file import TomlFile, parse_toml, read_toml

Entry = Mapping[str, str | bool | int]


def entry_text(entry: Entry) -> str:
    """Write a source as a table."""
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items())
    return "\n".join(["[[source]]", *lines]) + "\n"


def check_name(name: str) -> None:
    """Refuse an id that newsletter.toml would not take.

    Raises:
        UsageError: It is none.
    """
    try:
        TypeAdapter(Identifier).validate_python(name)
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"{name!r} cannot be the id of a source.", hint=f"{said}.") from error


def add_source(path: Path, entry: Entry) -> None:
    """Put a source behind those that stand in the file now, whatever the file was when it was looked at.

    Raises:
        UsageError: Another source has its id, or its place.
        ConfigurationError: The file is no TOML any more.
        StorageError: It cannot be written.
    """
    shown = Path(path.name)
    file = read_toml(path, shown_as=shown, error=ConfigurationError)
    written = path.read_bytes().decode("utf-8")
    before = file.content.get("source", [])
    for key in ("id", "address", "path"):
        if key in entry and any(one.get(key) == entry[key] for one in before):
            raise UsageError(f"Another source has the {key} {entry[key]!r} now; nothing was written.")
    text = _with(written, entry_text(entry), after=_last_line(file, written))
    after = parse_toml(text.removeprefix("\ufeff"), path=shown, error=ConfigurationError).content
    assert after == {**file.content, "source": [*before, dict(entry)]}, "nothing else changed"
    write_whole(path, text)


def _last_line(file: TomlFile, written: str) -> int:
    """Give the number of the last line of the sources, or of the file where there is none."""
    lines = written.splitlines()
    count = len(file.content.get("source", []))
    if not count:
        return len(lines)
    begin = file.lines["source", count - 1]
    following = [line for key, line in file.lines.items() if key[0] != "source" and line > begin]
    last = min(following, default=len(lines) + 1) - 1
    while lines[last - 1].strip() == "" or lines[last - 1].lstrip().startswith("#"):
        last -= 1
    return last


def _with(written: str, entry: str, *, after: int) -> str:
    """Put a table behind a line, with a blank line before it and the file's own line ends."""
    end = "\r\n" if "\r\n" in written else "\n"
    lines = written.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += end
    lines.insert(after, end + entry.replace("\n", end))
    return "".join(lines)
