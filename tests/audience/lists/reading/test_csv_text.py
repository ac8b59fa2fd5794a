import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.lists.reading.csv_text import Record, open_text, records
from newsletter.errors import ContentError, UsageError


def lines(text: str) -> Iterator[str]:
    """Give the lines of a text as a file's are given."""
    return iter(io.StringIO(text, newline="\n"))


FINNISH = "nimi;kunta\nMäkelä;Äänekoski\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (FINNISH.encode(), "utf-8-sig"),
        (FINNISH.encode("utf-8-sig"), "utf-8-sig"),
        (FINNISH.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + FINNISH.encode("utf-16-be"), "utf-16"),
        (FINNISH.encode("cp1252"), "cp1252"),
        (FINNISH.replace("\n", "\r\n").encode(), "utf-8-sig"),
        (FINNISH.replace("\n", "\r").encode("cp1252"), "cp1252"),
        (FINNISH.encode() + b"\x1a", "utf-8-sig"),
        (FINNISH.encode() + b"\r\n\r\n\x1a", "utf-8-sig"),
    ],
)
def test_what_spreadsheets_save_is_read(content: bytes, encoding: str) -> None:
    """UTF-8 and UTF-16 with their marks, Windows-1252, the line breaks of three systems, an end marked by Ctrl-Z."""
    text = open_text(io.BytesIO(content), "list.csv")

    assert ("".join(text.lines()).rstrip("\n"), text.encoding) == (FINNISH.rstrip("\n"), encoding)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "list.csv: The file is empty."),
        (b" \r\n\t", "list.csv: The file is empty."),
        (
            b"PK\x03\x04rest",
            "list.csv: This is a damaged workbook, or an archive or document of another kind, not a CSV file.",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "list.csv: This is an old Excel workbook, not a CSV file."),
        (b"%PDF-1.7", "list.csv: This is a PDF file, not a CSV file."),
        (b"\xef\xbb\xbf\n <table><tr>", "list.csv: This is a web page or XML, not a CSV file."),
        (b"email\naino@example.com\nM\x81kel\n", "list.csv:3: A character here cannot be read."),
        ("email\nMäkelä\nLehtimäki\n".encode() + b"M\xe4ki\n", "list.csv:4: A character here cannot be read."),
        (b"email\r\n\r\nM\xc3\xa4ki M\xe4ki\r\n", "list.csv:3: A character here cannot be read."),
        (FINNISH.encode("utf-16-le"), "list.csv:1: A character here cannot be read."),
        (b"\xff\xfe" + FINNISH.encode("utf-16-le") + b"\x00\xd8", "list.csv:3: A character here cannot be read."),
    ],
)
def test_what_cannot_be_read_for_certain_is_refused(content: bytes, expected: str) -> None:
    """Other formats under the name of a CSV file, and damaged text, are refused with the line, never guessed."""
    with pytest.raises(ContentError) as caught:
        open_text(io.BytesIO(content), "list.csv")

    assert str(caught.value) == expected


def test_records_know_their_lines() -> None:
    """Also below a value that holds a line break, and across an empty line."""
    text = 'email;name\na@example.com;"Aino\nSalmela"\n\n"b@example.com"; "Eero ""E"" Kivi"'

    assert list(records(lines(text), ";", "list.csv")) == [
        Record(line=1, last_line=1, cells=["email", "name"]),
        Record(line=2, last_line=3, cells=["a@example.com", "Aino\nSalmela"]),
        Record(line=4, last_line=4, cells=[]),
        Record(line=5, last_line=5, cells=["b@example.com", 'Eero "E" Kivi']),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'email;name\na@example.com;"Aino\nb@example.com;Eero\nc@example.com;Kaisa',
            'list.csv:2: A quotation mark (") that opens in this row is not closed at the end of its value.',
        ),
        (
            'email;name\na@example.com;Aino\nb@example.com;"Ee"ro\n',
            'list.csv:3: A quotation mark (") that opens in this row is not closed at the end of its value.',
        ),
    ],
)
def test_no_line_is_swallowed_by_a_broken_quotation(text: str, expected: str) -> None:
    """A quotation mark that is not closed is refused where it begins."""
    with pytest.raises(ContentError) as caught:
        list(records(lines(text), ";", "list.csv"))

    assert str(caught.value) == expected


CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_characters='\r\n\0"'), max_size=8).map(str.strip)


@given(rows=st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=5), delimiter=st.sampled_from(";,\t"))
def test_quoted_cells_come_back_as_they_were(rows: list[list[str]], delimiter: str) -> None:
    """Whatever a cell holds, quoted it is read back, in the record of its line."""
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)

    assert list(records(lines(text), delimiter, "list.csv")) == [
        Record(line=line, last_line=line, cells=row) for line, row in enumerate(rows, start=1)
    ]


def test_a_nul_or_a_huge_value_costs_its_own_record() -> None:
    """The records around it are read; a NUL is a control character that the row is rejected for."""
    content = f"a;b\nc\0;d\n{'x' * 300_000};e\nf;g\n".encode()

    read = list(records(open_text(io.BytesIO(content), "list.csv").lines(), ";", "list.csv"))

    assert [record.cells for record in read] == [["a", "b"], ["c\x01", "d"], [], ["f", "g"]]
    assert [record.fault for record in read if record.fault] == ["A value is longer than 131,072 characters."]


def test_a_file_without_line_breaks_is_refused_in_bounded_memory() -> None:
    """A line of more than a million characters is no row of a list."""
    text = open_text(io.BytesIO(b"a" * 1_100_000), "list.csv")

    with pytest.raises(ContentError, match="longer than a million characters"):
        list(text.lines())


def test_an_encoding_can_be_said() -> None:
    """What a person says is not doubted, but tried; an encoding that does not exist is told."""
    content = "nimi\nMäkelä €\n".encode("iso-8859-15")

    assert list(open_text(io.BytesIO(content), "list.csv", "iso-8859-15").lines()) == ["nimi\n", "Mäkelä €\n"]
    with pytest.raises(ContentError):
        open_text(io.BytesIO(content), "list.csv", "utf-8")
    with pytest.raises(UsageError):
        open_text(io.BytesIO(content), "list.csv", "finnish")
