"""Segments as a person sees them: who is in, and what their rules ask for."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

SEGMENTS = Path("subscribers/segments.toml")


def test_a_misspelt_rule_is_told_wherever_somebody_looks(drafted: Path, run: Run) -> None:
    """`doctor` and `issue check` name the line and the nearest; the sample as it is has no such warning."""
    clean = run("doctor"), run("issue", "check", "2017-11", "--language", "en")
    text = SEGMENTS.read_text(encoding="utf-8")
    (drafted / SEGMENTS).write_text(text.replace('tag = "johtoryhma"', 'tag = "johtoryhmat"'), encoding="utf-8")
    doctor, check = run("doctor"), run("issue", "check", "2017-11", "--language", "en")
    line = next(number for number, row in enumerate(text.splitlines(), start=1) if "johtoryhma" in row)

    assert [said for ran in clean for said in (ran.code, "nobody has" in ran.out)] == [0, False, 0, False]
    assert (
        f"warning: subscribers/segments.toml:{line}: managers asks for tag 'johtoryhmat', which nobody has"
        " (nearest: 'johtoryhma').\n"
    ) in doctor.out
    assert f"warning asked-of-nobody  subscribers/segments.toml:{line}\n" in check.out
    assert (doctor.code, check.code) == (0, 0)


def test_a_segment_is_shown_in_words_with_who_is_in_and_who_is_just_not(drafted: Path, run: Run) -> None:
    """The rule in the language asked for, people with why, and a misspelt role of the list."""
    run("subscriber", "add", "typo@example.com", "--consent", "x", "--attribute", "role=yritysneuvojat")
    shown = run("segment", "show", "advisers", "--language", "fi").out
    told = json.loads(run("segment", "show", "advisers", "--json", "--language", "en").out)

    table = run("segment", "coverage", "--json").out
    inside = [one["people"] for one in json.loads(table) if "advisers" in one["segments"]]

    assert "  rule      role on yritysneuvoja / elinkeinoasiamies\n" in shown
    assert "    role on elinkeinoasiamies\n" in shown
    assert shown.endswith(
        "Just not in it:\n  typo@example.com  \n"
        "    role on yritysneuvojat, ja ehto kuuluu: role on yritysneuvoja / elinkeinoasiamies\n"
    )
    assert (told["rule"], len(told["inside"])) == (["role is yritysneuvoja / elinkeinoasiamies"], 5)
    assert (told["people"], told["mailable"]) == (sum(inside), sum(inside) - 1)
    assert drafted.is_dir()


def test_combinations_are_shown_by_their_names(drafted: Path, run: Run) -> None:
    """In the table and in the picture, in the language that is asked for."""
    table = run("segment", "coverage", "--language", "sv")
    drawn = run("segment", "coverage", "--language", "en", "--html", "coverage.html")
    nowhere = run("segment", "coverage", "--html", "none/coverage.html")

    assert "stadsdirektörer " in table.out
    assert "managers" not in table.out
    assert "<title" in (drafted / "coverage.html").read_text(encoding="utf-8")
    assert "city managers: " in (drafted / "coverage.html").read_text(encoding="utf-8")
    assert drawn.out.startswith("Wrote coverage.html.")
    assert (nowhere.code, nowhere.first_error) == (
        2,
        "Error: none/coverage.html cannot be written: No such file or directory.",
    )


@pytest.mark.usefixtures("drafted")
def test_approving_says_which_editions_nobody_would_read(run: Run) -> None:
    """They are made so that whoever comes into such a combination gets the issue; the person knows whom it is for."""
    for person in json.loads(run("subscriber", "list", "--segment", "managers", "--json").out):
        run("subscriber", "unsubscribe", person["address"])
    approved = run("issue", "approve", "2017-11", "--yes")

    assert (
        "Nobody would read these now; they are there for whoever comes: managers.fi, advisers+managers.fi.\n"
    ) in approved.err
