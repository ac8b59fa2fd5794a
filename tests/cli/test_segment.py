"""Segments as a person sees them: who is in, and what their rules ask for."""

from pathlib import Path

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
