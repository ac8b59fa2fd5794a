"""Single values as TOML."""

import tomllib
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.curate.issue_shape import in_zone
from newsletter.curate.toml_text import block, comment, inline, moment
from newsletter.domain.period import first_moment
from tests.curate.samples import ZONE

ANY_TEXT = st.text(alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("'\"\\\n\r\t\x7f")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hyvää päivää", '"Hyvää päivää"'),
        ('Teema "kasvu"', "'Teema \"kasvu\"'"),
        ("C:\\kansio", "'C:\\kansio'"),
        ('It\'s "here"', '"It\'s \\"here\\""'),
        ('rivi"\nvaihtuu', '"rivi\\"\\nvaihtuu"'),
        ("\x00\x1f\x7f", '"\\u0000\\u001f\\u007f"'),
    ],
)
def test_inline_is_pleasant_to_edit(text: str, expected: str) -> None:
    """Text stands in double quotation marks, in single ones where that spares backslashes."""
    assert inline(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hei!\n\n- yksi\\\n- 'kaksi'", "'''\nHei!\n\n- yksi\\\n- 'kaksi'\n'''"),
        ("kolme ''' merkkiä\nja \"lainaus\"", '"""\nkolme \'\'\' merkkiä\nja \\"lainaus\\"\n"""'),
        ("ohjaus\x0b", '"""\nohjaus\\u000b\n"""'),
    ],
)
def test_block_keeps_paragraphs_as_they_are(text: str, expected: str) -> None:
    """Paragraphs stand literally between triple marks, and are escaped only where they must be."""
    assert block(text) == expected


@given(ANY_TEXT)
def test_any_text_comes_back(text: str) -> None:
    """What is written on one line or as a block is read again, a block with a line feed at its end."""
    assert tomllib.loads(f"inline = {inline(text)}\nblock = {block(text)}") == {"inline": text, "block": text + "\n"}


@given(ANY_TEXT)
def test_a_comment_is_one_line_whatever_it_says(text: str) -> None:
    """A remark never breaks the file."""
    assert tomllib.loads(f"{comment(text)}\nkey = 1") == {"key": 1}


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (date(2017, 11, 24), "2017-11-24"),
        (datetime(2017, 11, 24, 7, 0, tzinfo=UTC), "2017-11-24T09:00:00"),
        (datetime(2018, 6, 1, 9, 30, tzinfo=ZONE), "2018-06-01T09:30:00"),
        (datetime(2017, 10, 29, 0, 30, tzinfo=UTC), "2017-10-29T03:30:00"),
        (datetime(2017, 10, 29, 1, 30, tzinfo=UTC), "2017-10-29T03:30:00+02:00"),
    ],
)
def test_moments_are_wall_clock_times(when: date | datetime, expected: str) -> None:
    """A time is the zone's; only the second of two equal hours in autumn carries its offset."""
    assert moment(when, ZONE) == expected


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - Hypothesis wants naive bounds
def test_moments_come_back(when: datetime) -> None:
    """What is written is read as the same moment, in every hour of every year."""
    read = tomllib.loads(f"when = {moment(when, ZONE)}")["when"]
    assert first_moment(in_zone(read, ZONE), ZONE).astimezone(UTC) - when == timedelta()
