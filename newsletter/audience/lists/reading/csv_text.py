"""Turn the bytes of a CSV file into records with their lines, as spreadsheets of three languages really write them.

Its door is `open_text` and `records`. It guesses nothing silently: what cannot be read for certain is refused, naming
the line. The file is read piece by piece, each time anew. It knows no columns; `people_file` gives them their meaning.

The order of encodings (UTF-8 with or without a mark, UTF-16 by its mark, then Windows-1252) comes from what Finnish
Excel and LibreOffice were seen to save.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from newsletter.errors import ContentError, Place, UsageError

DELIMITERS = (";", ",", "\t")

_CELL_LENGTH_MAX = 131_072
"""The csv package's own limit on a value; set for the whole process, so it is only named here."""
_LINE_LENGTH_MAX = 1 << 20
"""Characters; a file without line breaks must not come into memory whole."""
_CHUNK_BYTES = 1 << 18
_NULS_OF_UTF_16 = 0.25
"""Of the first octets; so many are no slip but UTF-16 without its mark."""

_OTHER_FORMATS = (
    (b"PK\x03\x04", "a damaged workbook, or an archive or document of another kind"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF file"),
    (b"<", "a web page or XML"),
)
_SAVE_AS_CSV = "In the spreadsheet choose: Save as, CSV UTF-8."


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A text file that can be read to its end, any number of times.

    Attributes:
        file: Where its bytes are.
        name: For messages.
        encoding: As Python names it.
    """

    file: BinaryIO
    name: str
    encoding: str

    def lines(self) -> Iterator[str]:
        r"""Give the lines, each with `\n` at its end, without a byte order mark or a trailing Ctrl-Z.

        A NUL becomes another control character, which costs its row: the csv package would give up on the file.

        Raises:
            ContentError: A line is longer than a million characters.
        """
        self.file.seek(0)
        text = io.TextIOWrapper(self.file, encoding=self.encoding, newline=None)
        try:
            number = 0
            while line := text.readline(_LINE_LENGTH_MAX + 1):
                number += 1
                if len(line) > _LINE_LENGTH_MAX:
                    place = Place(path=Path(self.name), line=number)
                    hint = f"Is it a list? {_SAVE_AS_CSV}"
                    raise ContentError("This line is longer than a million characters.", hint=hint, place=place)
                if not line.endswith("\n"):
                    line = line.rstrip("\x1a")
                yield line.replace("\0", "\x01") if "\0" in line else line
        finally:
            if not self.file.closed:
                text.detach()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of a list.

    Attributes:
        line: 1-based line on which it begins.
        last_line: On which it ends; later only when a quoted value holds a line break.
        cells: As written, without quotation marks.
        fault: Why its cells cannot be had.
    """

    line: int
    last_line: int
    cells: list[str]
    fault: str = ""


def open_text(file: BinaryIO, name: str, encoding: str | None = None) -> TextFile:
    """Find out how a file is written; it is read once to its end.

    Args:
        file: Can be wound back.
        name: For messages.
        encoding: What a person says it is; nothing else is tried then.

    Raises:
        ContentError: The file is empty, is another format under the name of a CSV file, or its characters cannot be
            read for certain (then with the line).
        UsageError: There is no such encoding.
    """
    file.seek(0)
    start = file.read(1_000)
    if not start.strip() and not any(chunk.strip() for chunk in _chunks(file)):
        raise ContentError("The file is empty.", place=Place(path=Path(name)))
    for sign, what in _OTHER_FORMATS:
        if start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(sign):
            raise ContentError(f"This is {what}, not a CSV file.", hint=_SAVE_AS_CSV, place=Place(path=Path(name)))
    if encoding is None:
        encoding = _encoding_of(file, start, name)
    broken = _first_broken(file, encoding)
    if broken is not None:
        raise _unreadable(file, broken, name)
    return TextFile(file=file, name=name, encoding=encoding)


def _encoding_of(file: BinaryIO, start: bytes, name: str) -> str:
    """Tell the encoding, as far as the bytes say it."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if start.count(0) > len(start) * _NULS_OF_UTF_16:
        raise _unreadable(file, 0, name)
    broken_at = _first_broken(file, "utf-8-sig")
    if broken_at is None:
        return "utf-8-sig"
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    broken = whole = 0
    file.seek(0)
    for chunk in _chunks(file):
        seen = decoder.decode(chunk)
        marks = seen.count("\ufffd")
        broken += marks
        whole += len(seen) - len(seen.encode("ascii", errors="ignore")) - marks
    # Letters of Windows-1252 are broken UTF-8, nearly all of them. A file in which most are whole is UTF-8 that
    # was damaged, and reading it as Windows-1252 would turn every ä into two wrong letters.
    if whole >= broken:
        raise _unreadable(file, broken_at, name)
    return "cp1252"


def _first_broken(file: BinaryIO, encoding: str) -> int | None:
    """Give the place of the first octet that cannot be read, or None.

    Raises:
        UsageError: There is no such encoding.
    """
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
    except LookupError as cause:
        hint = "For example utf-8, utf-16, cp1252, iso-8859-15."
        raise UsageError(f"There is no encoding {encoding!r}.", hint=hint) from cause
    file.seek(0)
    done = 0
    for chunk in chain(_chunks(file), [b""]):
        waiting = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as cause:
            return done - waiting + cause.start
        done += len(chunk)
    return None


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """Give what is left of a file piece by piece."""
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


def _unreadable(file: BinaryIO, position: int, name: str) -> ContentError:
    """Refuse a file with a character that cannot be read for certain."""
    file.seek(0)
    before = file.read(position + 1).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    place = Place(path=Path(name), line=before.count(b"\n") + 1)
    hint = f"{_SAVE_AS_CSV} Or say how it is written: --encoding"
    return ContentError("A character here cannot be read.", hint=hint, place=place)


def records(lines: Iterable[str], delimiter: str, name: str) -> Iterator[Record]:
    """Give every record with its lines, one after the other, in bounded memory.

    A value longer than 131,072 characters costs its own record.

    Raises:
        ContentError: A quotation mark is not closed, or closes inside a value; with the line where the record begins.
            Python's csv package would swallow the lines that follow.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as cause:
            if "limit" not in str(cause):
                raise ContentError(
                    'A quotation mark (") that opens in this row is not closed at the end of its value.',
                    hint="Close it, or write a quotation mark inside a quoted value twice.",
                    place=Place(path=Path(name), line=line),
                ) from cause
            fault = f"A value is longer than {_CELL_LENGTH_MAX:,} characters."
            yield Record(line=line, last_line=reader.line_num, cells=[], fault=fault)
            continue
        yield Record(line=line, last_line=reader.line_num, cells=cells)
