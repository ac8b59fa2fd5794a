from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from newsletter.errors import ConfigurationError, Fault, Place
from newsletter.toml_file import did_you_mean, dotted, faults_of, parse_toml, read_toml

TEXT = '''\
# a comment with [brackets] and "quotes"
title = "Ääni # ei kommentti"

[owner.names]           # a dotted header
fi = "Omistaja"
"key with space" = 1

[[source]]
id = "a"
lines = [
    "one",              # first
    { x = 1, y = [2,
        3] },
]

[[source]]
id = "b"
[source.deep]
text = """
[not.a.header]
key = "not a key"
"""
literal = \'\'\'
[[also.not]]\'\'\'
last = 2017-11-24T10:00:00+02:00
'''


def test_every_key_has_its_line() -> None:
    """Tables, array members, inline tables and keys are found on the line a person sees them on."""
    lines = parse_toml(TEXT, path=Path("x.toml"), error=ConfigurationError).lines

    assert {dotted(path): line for path, line in lines.items()} == {
        "title": 2,
        "owner.names": 4,
        "owner.names.fi": 5,
        "owner.names.key with space": 6,
        "source": 8,
        "source[0]": 8,
        "source[0].id": 9,
        "source[0].lines": 10,
        "source[0].lines[0]": 11,
        "source[0].lines[1]": 12,
        "source[0].lines[1].x": 12,
        "source[0].lines[1].y": 12,
        "source[0].lines[1].y[0]": 12,
        "source[0].lines[1].y[1]": 13,
        "source[1]": 16,
        "source[1].id": 17,
        "source[1].deep": 18,
        "source[1].deep.text": 19,
        "source[1].deep.literal": 23,
        "source[1].deep.last": 25,
    }


def test_a_missing_key_is_placed_at_the_table_around_it() -> None:
    """Where a key should be and is not, the nearest table that exists tells the line."""
    file = parse_toml(TEXT, path=Path("x.toml"), error=ConfigurationError)

    assert file.place(("source", 1, "deep", "absent")) == Place(path=Path("x.toml"), line=18)
    assert file.place(("absent",)) == Place(path=Path("x.toml"))


@given(
    values=st.dictionaries(
        st.text(min_size=1, max_size=5, alphabet="ab\"\\' .#[]=\n"),
        st.one_of(
            st.integers(), st.text(alphabet="ab\"\\' .#[]{}=\n", max_size=8), st.lists(st.integers(), max_size=3)
        ),
        max_size=5,
    )
)
def test_any_file_that_the_program_itself_can_write_is_scanned(values: dict[str, object]) -> None:
    """Every key of a written file is found on the line it was written on, whatever quotes and brackets stand in it."""
    import tomlkit  # noqa: PLC0415 - only this test needs it

    text = "".join(
        f"{tomlkit.key([name]).as_string()} = {tomlkit.item(value).as_string()}\n" for name, value in values.items()
    )
    starts: dict[object, int] = {}
    line = 1
    for name, value in values.items():
        starts[name,] = line
        line += 1 + tomlkit.item(value).as_string().count("\n")

    lines = parse_toml(text, path=Path("x.toml"), error=ConfigurationError).lines

    assert {path: line for path, line in lines.items() if len(path) == 1} == starts


def test_a_syntax_error_says_line_and_column() -> None:
    """Broken TOML is refused with the room's own error, at the place the parser stopped."""
    with pytest.raises(ConfigurationError) as caught:
        parse_toml('a = 1\nb = "open\n', path=Path("x.toml"), error=ConfigurationError)

    assert caught.value.place == Place(path=Path("x.toml"), line=2, column=10)


def test_an_unfinished_file_is_placed_at_its_end() -> None:
    """An error at the end of the file names the last line."""
    with pytest.raises(ConfigurationError) as caught:
        parse_toml("a = [\n1,\n", path=Path("x.toml"), error=ConfigurationError)

    assert caught.value.place == Place(path=Path("x.toml"), line=3)


def test_endless_nesting_is_refused_in_words() -> None:
    """A file of nothing but brackets is an error of the room, not of the program."""
    with pytest.raises(ConfigurationError, match="nested too deeply"):
        parse_toml("a = " + "[" * 5000 + "]" * 5000, path=Path("x.toml"), error=ConfigurationError)


def test_files_that_cannot_be_read_are_refused_in_words(tmp_path: Path) -> None:
    """A missing file, a folder in its place and bytes that are no UTF-8 each say so."""
    (tmp_path / "latin.toml").write_bytes(b'a = 1\nb = "\xe4"\n')

    messages = []
    for name in ("absent.toml", ".", "latin.toml"):
        with pytest.raises(ConfigurationError) as caught:
            read_toml(tmp_path / name, shown_as=Path(name), error=ConfigurationError)
        messages.append(str(caught.value))

    assert messages == [
        "There is no file absent.toml.",
        ". cannot be read: Is a directory.",
        "latin.toml:2: This is no UTF-8 text.",
    ]


class _Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int


class _Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    inner: list[_Inner]


def test_faults_carry_line_key_and_the_nearest_known_name() -> None:
    """What pydantic found is told with line, dotted key and, for an unknown key, the name that was meant."""
    file = parse_toml(
        "titel = 'x'\n[[inner]]\nnumbr = 1\nnumber = 'x'\n", path=Path("x.toml"), error=ConfigurationError
    )
    with pytest.raises(ValidationError) as caught:
        _Outer.model_validate(file.content)

    faults = faults_of(caught.value, file, _Outer)

    assert [str(fault) for fault in faults] == [
        "x.toml: title: This key is missing.",
        "x.toml:1: titel: Unknown key. (Did you mean 'title'?)",
        "x.toml:3: inner[0].numbr: Unknown key. (Did you mean 'number'?)",
        "x.toml:4: inner[0].number: Input should be a valid integer, unable to parse string as an integer.",
    ]


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid")
    inner: dict[str, _Inner]


def test_a_table_of_tables_is_looked_into_for_the_name_that_was_meant() -> None:
    """Under names that people choose themselves, an unknown key is answered with those of the table below."""
    file = parse_toml("[inner.own-name]\nnumbr = 1\nnumber = 2\n", path=Path("x.toml"), error=ConfigurationError)
    with pytest.raises(ValidationError) as caught:
        _Named.model_validate(file.content)

    faults = faults_of(caught.value, file, _Named)

    assert [str(fault) for fault in faults] == ["x.toml:2: inner.own-name.numbr: Unknown key. (Did you mean 'number'?)"]


def test_an_unknown_name_is_answered_with_the_known_ones_when_none_is_near() -> None:
    """A name like no other is answered with the whole list, an empty list with nothing."""
    assert did_you_mean("zzz", ["beta", "alpha"]) == "Known: alpha, beta."
    assert did_you_mean("zzz", []) is None
    assert did_you_mean("qfn", [f"name-{letter}" for letter in "abcdefghi"] + ["fa", "fn-x", "qf-y"]) == (
        "The nearest of 12: qf-y, fn-x, fa."
    )


def test_a_fault_is_written_on_one_line() -> None:
    """Place, key, message and hint stand in this order; what is missing leaves no gap."""
    assert str(Fault(message="Wrong.")) == "Wrong."
    assert str(Fault(message="Wrong.", key="a.b", hint="Mend it.")) == "a.b: Wrong. (Mend it.)"
