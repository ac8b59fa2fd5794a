import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.lists.csv_text import DecodedText, Record, decode, records
from newsletter.errors import ContentError

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
    assert decode(content, "list.csv") == DecodedText(text=FINNISH.rstrip("\n"), encoding=encoding)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "list.csv: The file is empty."),
        (b" \r\n\t", "list.csv: The file is empty."),
        (b"PK\x03\x04rest", "list.csv: This is an Excel or LibreOffice workbook, not a CSV file."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "list.csv: This is an old Excel workbook, not a CSV file."),
        (b"%PDF-1.7", "list.csv: This is a PDF file, not a CSV file."),
        (b"\xef\xbb\xbf\n <table><tr>", "list.csv: This is a web page or XML, not a CSV file."),
        (b"email\naino@example.com\nM\x81kel\n", "list.csv:3: A character here cannot be read."),
        ("email\nMäkelä\nLehtimäki\n".encode() + b"M\xe4ki\n", "list.csv:4: A character here cannot be read."),
        (b"email\r\n\r\nM\xc3\xa4ki M\xe4ki\r\n", "list.csv:3: A character here cannot be read."),
        (b"email\nai\0no\n", "list.csv:2: A character here cannot be read."),
        (FINNISH.encode("utf-16-le"), "list.csv:1: A character here cannot be read."),
        (b"\xff\xfe" + FINNISH.encode("utf-16-le") + b"\x00\xd8", "list.csv:3: A character here cannot be read."),
    ],
)
def test_what_cannot_be_read_for_certain_is_refused(content: bytes, expected: str) -> None:
    """Other formats under the name of a CSV file, and damaged text, are refused with the line, never guessed."""
    with pytest.raises(ContentError) as caught:
        decode(content, "list.csv")

    assert str(caught.value) == expected


def test_records_know_their_lines() -> None:
    """Also below a value that holds a line break, and across an empty line."""
    text = 'email;name\na@example.com;"Aino\nSalmela"\n\n"b@example.com"; "Eero ""E"" Kivi"'

    assert list(records(text, ";", "list.csv")) == [
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
        (f"email;name\na@example.com;{'x' * 300_000}\n", "list.csv:2: A value is longer than 131,072 characters."),
    ],
)
def test_no_line_is_swallowed_by_a_broken_quotation(text: str, expected: str) -> None:
    """A quotation mark that is not closed, and a value without end, are refused where they begin."""
    with pytest.raises(ContentError) as caught:
        list(records(text, ";", "list.csv"))

    assert str(caught.value) == expected


CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_characters='\r\n\0"'), max_size=8).map(str.strip)


@given(rows=st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=5), delimiter=st.sampled_from(";,\t"))
def test_quoted_cells_come_back_as_they_were(rows: list[list[str]], delimiter: str) -> None:
    """Whatever a cell holds, quoted it is read back, in the record of its line."""
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)

    assert list(records(text, delimiter, "list.csv")) == [
        Record(line=line, last_line=line, cells=row) for line, row in enumerate(rows, start=1)
    ]
