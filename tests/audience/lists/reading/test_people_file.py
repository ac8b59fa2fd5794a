import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience.lists.reading.headings import Layout
from newsletter.audience.lists.reading.people_file import ParsedList, RepeatedRow, read_list
from newsletter.audience.lists.reading.rows import PersonRow, RejectedRow
from newsletter.domain.audience import SubscriberStatus
from newsletter.domain.content import Language
from newsletter.errors import ContentError

FI, SV, EN = Language("fi"), Language("sv"), Language("en")
EXAMPLE = Path(__file__).parents[4] / "subscribers" / "example.csv"


def read_csv(content: bytes, name: str, layout: Layout | None = None) -> ParsedList:
    """Read a list from memory."""
    return read_list(io.BytesIO(content), name, layout=layout)


def without_cells(row: PersonRow | RejectedRow | RepeatedRow) -> PersonRow | RejectedRow | RepeatedRow:
    """Leave out the cells as written."""
    return replace(row, cells=())


def rows(text: str, layout: Layout | None = None) -> list[PersonRow | RejectedRow | RepeatedRow]:
    """Give the judged rows of a list, without their cells."""
    return [without_cells(row) for row in read_csv(text.encode(), "list.csv", layout).rows()]


def refusal(text: str) -> str:
    """Give why a list is refused as a whole."""
    with pytest.raises(ContentError) as caught:
        read_csv(text.encode(), "list.csv")
    return str(caught.value)


def test_a_list_says_how_it_was_read() -> None:
    """Encoding, delimiter, columns and the number of rows can be shown before anything is imported."""
    text = "Jäsenluettelo\n\nSähköposti,Etunimi,Sukunimi,Kunta,Yrityksen nimi\na@example.com,Aino,Salo,Salo,Oy\n,,,,\n"
    parsed = read_csv(text.encode("cp1252"), "list.csv")

    assert (parsed.name, parsed.table.described) == ("list.csv", "cp1252, ',' between columns")
    assert [(one.heading, one.becomes) for one in parsed.columns] == [
        ("Sähköposti", "address"),
        ("Etunimi", "first name"),
        ("Sukunimi", "last name"),
        ("Kunta", "attribute municipality"),
        ("Yrityksen nimi", "drop"),
    ]
    assert (parsed.heading_line, parsed.row_count) == (3, 1)


def test_a_row_becomes_a_person() -> None:
    """Every column that is known in three languages finds its place; no other is kept."""
    text = (
        "E-post\tNamn\tSpråk\tRoll\tKommun\tTaggar\tStatus\tSamtycke\tAllergier \n"
        " Gunilla@Example.com\t Gunilla   Strand\tsvenska\trådgivare\tJakobstad\tb, a|b\taktiv\t3.11.2017\tnötter\n"
    )
    assert rows(text) == [
        PersonRow(
            line=2,
            address="Gunilla@example.com",
            name="Gunilla Strand",
            language=SV,
            status=SubscriberStatus.ACTIVE,
            attributes={"role": "rådgivare", "municipality": "Jakobstad"},
            tags=("a", "b"),
            consent_day=date(2017, 11, 3),
            agreed_to="Samtycke",
        )
    ]


@pytest.mark.parametrize("start", ["", "sep=;\n", "Lista 3.11.2017;;\n;;\n"])
@pytest.mark.parametrize(
    "heading",
    ["email", "E-mail:", "EMAIL ADDRESS", "e_mail", " Sähköposti* ", "Sa\u0308hko\u0308postiosoite", "e-postadress"],
)
def test_the_address_column_is_found_by_any_of_its_names(start: str, heading: str) -> None:
    """Case, hyphens and marks do not matter, nor a title or Excel's `sep=` line above."""
    line = 2 + start.count("\n")
    assert rows(f"{start}name;{heading}\nAino;aino@example.com") == [
        PersonRow(line=line, address="aino@example.com", name="Aino", attributes={})
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [("fi", FI), ("FI", FI), ("fi-FI", FI), ("suomi", FI), ("Ruotsi", SV), ("sv_FI", SV), ("English", EN), ("", None)],
)
def test_a_language_is_known_by_code_and_name(written: str, expected: Language | None) -> None:
    """An empty cell says nothing; the publication's first language is the importer's to give."""
    assert rows(f"email;kieli\naino@example.com;{written}") == [
        PersonRow(line=2, address="aino@example.com", language=expected, attributes={})
    ]


def test_what_cannot_be_seen_is_dropped() -> None:
    """Zero-width spaces, soft hyphens and direction marks come along from web pages; accents are composed."""
    assert rows("email;name;role\naino@example.com;\u200bAino Ma\u0308\u00adkela\u0308\u202e;\ufeffx\u2028y") == [
        PersonRow(line=2, address="aino@example.com", name="Aino Mäkelä", attributes={"role": "x y"})
    ]


def test_a_formula_is_text() -> None:
    """Nothing in a cell is carried out or changed."""
    assert rows('email;name;role\naino@example.com;=1+1;"=HYPERLINK(""x"")"') == [
        PersonRow(line=2, address="aino@example.com", name="=1+1", attributes={"role": '=HYPERLINK("x")'})
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("aino;Aino;fi;;", "address: This is no usable e-mail address: it has no @."),
        (";Aino;fi;;", "address: This is no usable e-mail address: it is empty."),
        (
            "a\u212anna@example.com;Anna;fi;;",
            "address: This is no usable e-mail address: letters beyond a-z before the @ are not supported yet.",
        ),
        (
            "aino@\u212aemi.example;Anna;fi;;",
            "address: This is no usable e-mail address: its domain has characters that only look like others.",
        ),
        (
            "aino@example.com;Aino;klingon;;",
            "language: The language is no name or code that is known, such as fi, sv, en or de.",
        ),
        (
            "aino@example.com;Aino;fi;maybe;",
            "status: The status is none of active, pending, unsubscribed, bounced and complained.",
        ),
        (
            "aino@example.com;Aino;fi;;03/11/2017",
            "consent: The day of consent must be written as 2017-11-03 or 3.11.2017.",
        ),
        (
            "aino@example.com;Aino;fi;;2017-02-30",
            "consent: The day of consent must be written as 2017-11-03 or 3.11.2017.",
        ),
        (f"aino@example.com;{'x' * 201};fi;;", "name: The name is longer than 200 characters."),
        (f"aino@example.com;Aino;fi;;{'x' * 1_001}", "A value is longer than 1,000 characters."),
        ("aino@example.com;Ai\x07no;fi;;", "A value holds a control character."),
        ("aino@example.com;Aino;fi", "This row has 3 values; the heading has 5 columns."),
        ("aino@example.com;Aino;fi;;;x", "This row has 6 values; the heading has 5 columns."),
        (
            f"eero@example;{'x' * 201};fi;maybe;1/2/3",
            (
                "address, status, name, consent: This is no usable e-mail address: it is not written as mail servers"
                " require. The status is none of active, pending, unsubscribed, bounced and complained. The name is"
                " longer than 200 characters. The day of consent must be written as 2017-11-03 or 3.11.2017."
            ),
        ),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_every_reason(row: str, reason: str) -> None:
    """The line, the column and what is wrong are said; no cell is repeated, as any may hold an address."""
    judged = rows(f"email;name;language;status;consent\n{row}\nkaisa@example.com;;;;\n")

    assert isinstance(judged[0], RejectedRow)
    assert str(judged[0].fault) == f"list.csv:2: {reason}"
    assert judged[1:] == [PersonRow(line=3, address="kaisa@example.com", attributes={})]


def test_a_row_that_swallows_an_address_is_named_with_all_its_lines() -> None:
    """A quotation mark left open may have swallowed people: the lines it took are said, not lost."""
    judged = rows('email;name\na@example.com;"Aino\nb@example.com;Eero\n"\nc@example.com;Kaisa')

    assert [str(row.fault) for row in judged if isinstance(row, RejectedRow)] == [
        (
            "list.csv:2: This row runs to line 4, and swallows an address: a quotation mark is not closed, or closed"
            " too late. None of these lines was read."
        )
    ]
    assert judged[1:] == [PersonRow(line=5, address="c@example.com", name="Kaisa", attributes={})]


def test_a_line_break_in_a_cell_becomes_a_space() -> None:
    """Excel lets people write two lines into a cell."""
    assert rows('email;kunta\na@example.com;"Salo\nPerniö"\n') == [
        PersonRow(line=2, address="a@example.com", attributes={"municipality": "Salo Perniö"})
    ]


@pytest.mark.parametrize(
    "again",
    ["aino@example.com", "AINO@EXAMPLE.COM", " aino@example.com\u00a0", "\u200baino@example.com", "Aino@exAmple.com"],
)
def test_an_address_twice_is_one_person(again: str) -> None:
    """Case and space make no second person; the later row is named with the line of the first."""
    judged = rows(f"email;name\naino@example.com;Aino\neero@example.com;Eero\n{again};Toinen")

    assert [str(row.fault) for row in judged if isinstance(row, RepeatedRow)] == [
        "list.csv:4: address: This row has the address of line 2 again; line 2 counts."
    ]


@pytest.mark.parametrize("other", ["ai.no@example.com", "aino+x@example.com", "aino@strasse.example"])
def test_dots_plus_signs_and_double_s_make_other_people(other: str) -> None:
    """Only what no mail server tells apart is one person."""
    judged = rows(f"email\naino@example.com\naino@straße.example\n{other}")

    assert [type(row) for row in judged] == [PersonRow, PersonRow, PersonRow]


def test_the_walk_through_the_rows_can_be_repeated() -> None:
    """A dry run walks first; the import walks again and sees the same."""
    parsed = read_csv(b"email\naino@example.com\naino@example.com\nx\n", "list.csv")

    assert list(parsed.rows()) == list(parsed.rows())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "aino@example.com;Aino\neero@example.com;Eero",
            "list.csv:1: No heading line names a column of e-mail addresses.",
        ),
        (
            "aino@example.com\nemail\neero@example.com",
            "list.csv:1: No heading line names a column of e-mail addresses.",
        ),
        ("name;role\nAino;x", "list.csv:1: No heading line names a column of e-mail addresses."),
        ("\n" * 9 + "email\naino@example.com", None),
        ("\n" * 10 + "email\naino@example.com", "list.csv:1: No heading line names a column of e-mail addresses."),
        ("email;name;Sähköposti\n", "list.csv:1: Columns 1 and 3 are both 'address'."),
        ("email;Kunta;kommun\n", "list.csv:1: Columns 2 and 3 are both 'attribute municipality'."),
        ("email;name;;\naino@example.com;Aino;;", None),
        (
            'email;name\naino@example.com;"Aino',
            'list.csv:2: A quotation mark (") that opens in this row is not closed at the end of its value.',
        ),
        (
            '"email;name\naino@example.com;Aino',
            'list.csv:1: A quotation mark (") that opens in this row is not closed at the end of its value.',
        ),
    ],
)
def test_a_list_that_could_be_misread_is_refused_as_a_whole(text: str, expected: str | None) -> None:
    """No heading, a heading too many or a quotation without end: nothing is guessed."""
    if expected is None:
        assert read_csv(text.encode(), "list.csv").row_count == 1
    else:
        assert refusal(text) == expected


def test_a_list_of_nobody_is_read() -> None:
    """A heading without rows is an empty list, not an error: an import of it changes nothing."""
    parsed = read_csv(b"email;name\n", "list.csv")

    assert (parsed.row_count, list(parsed.rows())) == (0, [])


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_being_refused(content: bytes) -> None:
    """Whatever a file holds, it is read or refused by a ContentError, and each row is judged."""
    try:
        parsed = read_csv(b"email;name\n" + content, "list.csv")
    except ContentError:
        return
    assert len(list(parsed.rows())) == parsed.row_count


def test_the_sample_list_is_read_without_a_fault() -> None:
    """The list in the repository shows what a list looks like."""
    parsed = read_csv(EXAMPLE.read_bytes(), "example.csv")

    assert (parsed.row_count, {type(row) for row in parsed.rows()}) == (24, {PersonRow})
