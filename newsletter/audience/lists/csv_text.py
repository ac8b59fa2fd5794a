"""Turn the bytes of a CSV file into records with their lines, as spreadsheets of three languages really write them.

Its door is `decode` and `records`. It guesses nothing silently: what cannot be read for certain is refused, naming the
line. It knows no columns; `people_file` gives them their meaning.

The order of encodings (UTF-8 with or without a mark, UTF-16 by its mark, then Windows-1252) comes from what Finnish
Excel and LibreOffice were seen to save.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter.errors import ContentError, Place

DELIMITERS = (";", ",", "\t")

_CELL_LENGTH_MAX = 131_072
"""The csv package's own limit on a value; set for the whole process, so it is only named here."""

_OTHER_FORMATS = (
    (b"PK\x03\x04", "an Excel or LibreOffice workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF file"),
    (b"<", "a web page or XML"),
)
_SAVE_AS_CSV = "In the spreadsheet choose: Save as, CSV UTF-8."


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedText:
    r"""A text file, read.

    Attributes:
        text: With `\n` as the only line break, without a byte order mark or a trailing Ctrl-Z.
        encoding: As Python names it.
    """

    text: str
    encoding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record of a CSV file.

    Attributes:
        line: 1-based line on which it begins.
        last_line: On which it ends; later only when a quoted value holds a line break.
        cells: As written, without quotation marks.
    """

    line: int
    last_line: int
    cells: list[str]


def decode(content: bytes, name: str) -> DecodedText:
    """Turn bytes into text.

    Raises:
        ContentError: The file is empty, is a workbook or a web page under another name, or its characters cannot be
            read for certain (then with the line).
    """
    if not content.strip():
        raise ContentError("The file is empty.", place=Place(path=Path(name)))
    start = content[:1_000].removeprefix(codecs.BOM_UTF8).lstrip()
    for sign, what in _OTHER_FORMATS:
        if start.startswith(sign):
            raise ContentError(f"This is {what}, not a CSV file.", hint=_SAVE_AS_CSV, place=Place(path=Path(name)))
    encoding = _encoding_of(content, name)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as cause:
        raise _unreadable(_line_of(content, cause.start), name) from cause
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\x1a\n")
    if "\0" in text:
        raise _unreadable(text.count("\n", 0, text.index("\0")) + 1, name)
    return DecodedText(text=text, encoding=encoding)


def _encoding_of(content: bytes, name: str) -> str:
    """Tell the encoding, as far as the bytes say it."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        seen = content.decode("utf-8", errors="replace")
        broken = seen.count("\ufffd")
        whole = sum(not character.isascii() for character in seen) - broken
        # Letters of Windows-1252 are broken UTF-8, nearly all of them. A file in which most are whole is UTF-8 that
        # was damaged, and reading it as Windows-1252 would turn every ä into two wrong letters.
        if whole >= broken:
            raise _unreadable(_line_of(content, cause.start), name) from cause
        return "cp1252"
    return "utf-8-sig"


def _line_of(content: bytes, position: int) -> int:
    """Give the 1-based line of an octet."""
    return len(content[: position + 1].replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))


def _unreadable(line: int, name: str) -> ContentError:
    """Refuse a file with a character that cannot be read for certain."""
    return ContentError("A character here cannot be read.", hint=_SAVE_AS_CSV, place=Place(path=Path(name), line=line))


def records(text: str, delimiter: str, name: str) -> Iterator[Record]:
    """Give every record with its lines, one after the other, in bounded memory.

    Raises:
        ContentError: A quotation mark is not closed, or closes inside a value, or a value is longer than 131,072
            characters; with the line where the record begins. Python's csv package would swallow the lines that follow.
    """
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as cause:
            raise _malformed(str(cause), Place(path=Path(name), line=line)) from cause
        yield Record(line=line, last_line=reader.line_num, cells=cells)


def _malformed(said: str, place: Place) -> ContentError:
    """Say in our words what the csv package refused."""
    if "limit" in said:
        return ContentError(f"A value is longer than {_CELL_LENGTH_MAX:,} characters.", place=place)
    return ContentError(
        'A quotation mark (") that opens in this row is not closed at the end of its value.',
        hint="Close it, or write a quotation mark inside a quoted value twice.",
        place=place,
    )
