"""Read a TOML file together with the line of every key, so that each fault can say where to look.

Used by the rooms that read what people write (`config`, `curate`, `audience`, `render`); it knows none of their words.
The standard library parses and refuses; this module only finds lines, which no TOML package for Python gives. Its door
is `read_toml`; `faults_of` turns what pydantic found wrong into faults with those lines.
"""

import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, get_args, get_origin

from pydantic import BaseModel, ValidationError

from newsletter.errors import Fault, NewsletterError, Place
from newsletter.table import Built

KeyPath = tuple[str | int, ...]
"""Names and, inside arrays, 0-based numbers: ("source", 0, "kind")."""

BYTE_ORDER_MARK = "\ufeff"
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SYNTAX_PLACE = re.compile(r"(?<!\s)\s*+\(at (?:line (\d+), column (\d+)|end of document)\)$")
_BLANK = re.compile(r"[ \t]*")
_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}|" r'"(?:\\.|[^"\\])*"|' r"'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\r\n# \t]+(?:[ \t]+[^,\]}\r\n# \t]+)*")


class Span(NamedTuple):
    """Where something is written, by 0-based offsets into the text.

    Attributes:
        start: Of the key, of the array's member, or of the header's first bracket.
        value: Of the value; the same as `start` where there is no key before it.
        end: After the value, or after the header.
    """

    start: int
    value: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlFile:
    """A parsed TOML file.

    Attributes:
        content: Shared by all who read the same text: nobody changes it.
        lines: 1-based line of every table, array member and key.
        spans: Where these are written, in the text as it was given to be parsed; of a table its first header.
        sha256: Of the file's bytes; empty for a text that is in no file.
    """

    path: Path
    content: Mapping[str, Any]
    lines: Mapping[KeyPath, int]
    spans: Mapping[KeyPath, Span] = field(default_factory=dict, compare=False)
    sha256: str = ""

    def place(self, key_path: KeyPath) -> Place:
        """Give the place of a key, or of the nearest table around it when the key itself is missing."""
        for length in range(len(key_path), 0, -1):
            if line := self.lines.get(key_path[:length]):
                return Place(path=self.path, line=line)
        return Place(path=self.path)

    def fault(self, key_path: KeyPath, message: str, *, hint: str | None = None) -> Fault:
        """Make a fault at a key."""
        return Fault(message=message, place=self.place(key_path), key=dotted(key_path), hint=hint)


def read_toml(path: Path, *, shown_as: Path | None = None, error: type[NewsletterError]) -> TomlFile:
    """Read and parse a TOML file.

    `error` is what to raise: the room's own class.

    Raises:
        NewsletterError: Of the given class: the file is missing, unreadable, no UTF-8, or no TOML (with line, column).
    """
    written = read_utf8(path, shown_as=shown_as, error=error)
    file = parse_toml(written.removeprefix(BYTE_ORDER_MARK), path=shown_as or path, error=error)
    return replace(file, sha256=hashlib.sha256(written.encode()).hexdigest())


def read_utf8(path: Path, *, shown_as: Path | None = None, error: type[NewsletterError]) -> str:
    """Read a file's text as it is, with its line ends and a byte order mark.

    Raises:
        NewsletterError: Of the given class: the file is missing, unreadable, or no UTF-8.
    """
    shown = shown_as or path
    try:
        written = path.read_bytes()
        return written.decode("utf-8")
    except FileNotFoundError as cause:
        raise error(
            f"There is no file {shown}.", hint="Check the path, or make a publication with `newsletter init`."
        ) from cause
    except OSError as cause:
        raise error(f"{shown} cannot be read: {cause.strerror}.", hint="Check its permissions.") from cause
    except UnicodeDecodeError as cause:
        line = written[: cause.start].count(b"\n") + 1
        raise error(
            "This is no UTF-8 text.", place=Place(path=shown, line=line), hint="Save the file as UTF-8."
        ) from cause


def parse_toml(text: str, *, path: Path, error: type[NewsletterError]) -> TomlFile:
    """Parse TOML text that was read from `path`.

    Raises:
        NewsletterError: Of the given class, with line and column, when the text is no TOML.
    """
    try:
        content, scanner = _parsed(text)
    except tomllib.TOMLDecodeError as cause:
        _refuse(str(cause), text.replace("\r\n", "\n"), path, error, cause)
    except RecursionError as cause:
        raise error("Brackets are nested too deeply.", place=Place(path=path), hint="Write it flatter.") from cause
    return TomlFile(path=path, content=content, lines=scanner.lines, spans=scanner.spans)


@lru_cache(maxsize=16)
def _parsed(text: str) -> tuple[Mapping[str, Any], "_Scanner"]:
    """Parse a text once in a process: the preview and the studio read the same ones again and again."""
    content, scanner = tomllib.loads(text), _Scanner(text)
    scanner.scan()
    return content, scanner


def _refuse(said: str, text: str, path: Path, error: type[NewsletterError], cause: Exception) -> NoReturn:
    line, column = text.count("\n") + 1, None
    if match := _SYNTAX_PLACE.search(said):
        said = said[: match.start()]
        if match[1]:
            line, column = int(match[1]), int(match[2])
    raise error(
        f"TOML syntax: {said}.",
        place=Place(path=path, line=line, column=column),
        hint="Often a quotation mark, a comma or a closing bracket is missing here or on the line before.",
    ) from cause


def dotted(key_path: Iterable[str | int]) -> str:
    """Write a key path as people do: `source[0].kind`."""
    written = ""
    for part in key_path:
        written += f"[{part}]" if isinstance(part, int) else f".{part}"
    return written.removeprefix(".")


_NAMES_SHOWN_MAX = 8
_NEAREST = 3


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Give the hint for a misspelt name: the nearest known one; when none is near all, or of many a few."""
    names = sorted(known)
    if nearest := difflib.get_close_matches(word, names, n=1):
        return f"Did you mean {nearest[0]!r}?"
    if len(names) <= _NAMES_SHOWN_MAX:
        return f"Known: {', '.join(names)}." if names else None
    nearest = difflib.get_close_matches(word, names, n=_NEAREST, cutoff=0.0)
    return f"The nearest of {len(names)}: {', '.join(nearest)}."


def faults_of(error: ValidationError, file: TomlFile, model: type[BaseModel]) -> tuple[Fault, ...]:
    """Turn what pydantic found wrong into faults with line and key path, in the order of the file."""
    faults = []
    for detail in error.errors():
        key_path = tuple(part for part in detail["loc"] if part != "[key]")
        hint = None
        message = detail["msg"].removeprefix("Value error, ").rstrip(".") + "."
        if detail["type"] == "extra_forbidden":
            message = "Unknown key."
            hint = did_you_mean(str(key_path[-1]), _names_in(model, key_path[:-1]))
        elif detail["type"] == "missing":
            message = "This key is missing."
        faults.append(file.fault(key_path, message, hint=hint))
    return tuple(sorted(faults, key=lambda fault: (fault.place.line or 0) if fault.place else 0))


def _names_in(model: type[BaseModel], key_path: KeyPath) -> list[str]:
    """Give the keys that a table at a path may have."""
    is_keyed = False
    for part in key_path:
        if isinstance(part, int):
            continue
        if is_keyed:
            is_keyed = False
            continue
        field = next((field for name, field in model.model_fields.items() if part in (name, field.alias)), None)
        inner = None if field is None else model_inside((field.annotation, *field.metadata))
        if field is None or inner is None:
            return []
        is_keyed = get_origin(field.annotation) is dict
        model = inner
    return [field.alias or name for name, field in model.model_fields.items()]


def model_inside(annotation: object) -> type[BaseModel] | None:
    """Find the model in `X`, `X | None`, `tuple[X, ...]`, `dict[str, X]`, or in what builds a plain class."""
    if isinstance(annotation, Built):
        return annotation.table
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    parts = annotation if isinstance(annotation, tuple) else get_args(annotation)
    return next((found for part in parts if (found := model_inside(part))), None)


class _Scanner:
    """Walks over text that is known to be valid TOML and notes the line and the span of every key."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.lines: dict[KeyPath, int] = {}
        self.spans: dict[KeyPath, Span] = {}
        self._counts: dict[KeyPath, int] = {}
        self._line_at, self._line_number = 0, 1

    def scan(self) -> None:
        """Note every table, array member and key."""
        table: KeyPath = ()
        while self._skip(_BETWEEN) < len(self.text):
            table = self._header() if self.text[self.position] == "[" else self._pair(table)

    def _line(self) -> int:
        self._line_number += self.text.count("\n", self._line_at, self.position)
        self._line_at = self.position
        return self._line_number

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return self.position

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_BLANK)
            start = self.position
            if self.text[start] in "\"'":
                self._skip(_STRING)
                parts.append(next(iter(tomllib.loads(f"{self.text[start : self.position]} = 0"))))
            else:
                self._skip(_BARE_KEY)
                parts.append(self.text[start : self.position])
            self._skip(_BLANK)
            if self.text[self.position] != ".":
                return parts
            self.position += 1

    def _header(self) -> KeyPath:
        """Read `[table]` or `[[array]]` and give the table's path, with the numbers of the arrays it stands in."""
        line, start = self._line(), self.position
        is_array = self.text.startswith("[[", self.position)
        self.position += 2 if is_array else 1
        parts = self._key()
        self.position += 2 if is_array else 1
        path: KeyPath = ()
        for index, part in enumerate(parts):
            path = (*path, part)
            if is_array and index == len(parts) - 1:
                self.lines.setdefault(path, line)
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
        self.lines.setdefault(path, line)
        self.spans.setdefault(path, Span(start, start, self.position))
        return path

    def _pair(self, table: KeyPath) -> KeyPath:
        """Read `key = value` and give the table back."""
        line, start = self._line(), self.position
        path = table
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self.position += 1
        value = self._skip(_BLANK)
        self._value(path)
        self.spans[path] = Span(start, value, self.position)
        return table

    def _value(self, path: KeyPath) -> None:
        """Skip a value, noting what stands inside arrays and inline tables."""
        self._skip(_BLANK)
        opening = self.text[self.position]
        if opening in "\"'":
            self._skip(_STRING)
        elif opening == "[":
            self._members(path)
        elif opening == "{":
            self._inline(path)
        else:
            self._skip(_SCALAR)

    def _members(self, path: KeyPath) -> None:
        """Skip an array."""
        self.position += 1
        number = 0
        while self.text[self._skip(_BETWEEN)] != "]":
            start = self.position
            self.lines[*path, number] = self._line()
            self._value((*path, number))
            self.spans[*path, number] = Span(start, start, self.position)
            number += 1
            if self.text[self._skip(_BETWEEN)] == ",":
                self.position += 1
        self.position += 1

    def _inline(self, path: KeyPath) -> None:
        """Skip an inline table."""
        self.position += 1
        while self.text[self._skip(_BETWEEN)] != "}":
            self._pair(path)
            if self.text[self._skip(_BETWEEN)] == ",":
                self.position += 1
        self.position += 1
