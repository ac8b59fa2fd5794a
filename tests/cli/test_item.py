"""What is one item, and what a person says of it."""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run

CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:{}\r\nSUMMARY:Messut\r\n"
    "DTSTART:20171207T070000Z\r\nLOCATION:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
SOURCE = '[[source]]\nid = "{0}"\nkind = "calendar"\npath = "{0}.ics"\nlanguage = "fi"\n'


@pytest.fixture
def twice(publication: Path, run: Run) -> tuple[str, str]:
    """Give the keys of an event that two calendars have."""
    (publication / "kunta.ics").write_text(CALENDAR.format("kunta-2017-1", "Forssa"), encoding="utf-8")
    (publication / "seutu.ics").write_text(CALENDAR.format("9", "Feeniks-Forum, Forssa"), encoding="utf-8")
    path = publication / "newsletter.toml"
    text = path.read_text(encoding="utf-8")
    # The sample's own sources would cost a second and say nothing here.
    ours = SOURCE.format("kunta") + SOURCE.format("seutu")
    path.write_text(re.sub(r"(?m)^\[\[source\]\].*$", "[[source]]\nenabled = false", text) + ours, encoding="utf-8")
    out = run("-c", str(path), "collect").out
    assert "perhaps one item: the same start, place and title" in out
    first, second = sorted({word for word in out.split() if word.startswith("messut-")})
    return first, second


def test_offered_pair_is_settled_once_and_can_be_taken_back(
    publication: Path, run: Run, twice: tuple[str, str]
) -> None:
    """A merged event keeps both sources and says why; split makes two again, and neither is offered any more."""
    words = ("-c", str(publication / "newsletter.toml"), "item")
    first, second = twice
    assert f"newsletter item merge {first} {second}" in run(*words, "list", "--offered").out

    merged = run(*words, "merge", first[-8:], second)
    assert [line.split()[0] for line in merged.out.splitlines()[:2]] in ([first, second], [second, first])
    shown = run(*words, "show", second).out
    assert "one item: you merged them" in shown
    assert f"{second} (source " in shown
    assert len(run(*words, "list").out.splitlines()) == 2
    assert run(*words, "list", "--offered").err == "No two items look the same.\n"

    assert run(*words, "split", first, second).code == 0
    assert len(run(*words, "list").out.splitlines()) == 3
    assert "two items: you took them apart" in run(*words, "show", first).out
    run("-c", str(publication / "newsletter.toml"), "collect")
    assert run(*words, "list", "--offered").out == ""


def test_what_is_no_pair_is_refused_by_name(publication: Path, run: Run, twice: tuple[str, str]) -> None:
    """Nothing is merged by a slip."""
    first, _ = twice
    for words, error in (
        (("merge", first), "Error: One item alone cannot be merged."),
        (("merge", first, "messut"), "Error: 'messut' is a part of 2 keys."),
        (("split", first, first), f"Error: '{first}' is one record of one source."),
        (("show", "messuja"), "Error: No item has 'messuja' in its key."),
    ):
        ran = run("-c", str(publication / "newsletter.toml"), "item", *words)
        assert (ran.code, ran.first_error) == (2, error)
