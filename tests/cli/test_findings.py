"""The findings of `newsletter issue check`, as a person reads them."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

LABEL = "2017-11"


def edit(publication: Path, *changes: tuple[str, str]) -> None:
    """Change pieces of the issue's file, each of which must be there."""
    path = publication / "issues" / LABEL / "issue.toml"
    text = path.read_text("utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    path.write_text(text, "utf-8")


def test_the_sample_has_no_warning(drafted: Path, run: Run) -> None:
    """What the real line makes of the sample is clean, so that a warning is read."""
    ran = run("issue", "check", LABEL)

    assert ran.code == 0
    assert ran.out.splitlines()[-1].startswith("0 errors, 0 warnings, ")


def test_a_finding_of_every_edition_is_told_once(whole_draft: Path, run: Run) -> None:
    """All editions are called so, all of a language too, others by name; the gravest stand first."""
    edit(
        whole_draft,
        ('subject = "SEUTU-uutiskirje marraskuu 2017"', 'subject = "SEUTU-uutiskirje lokakuu 2017"'),
        ('title = "Tutustumiskäynti telakalle"', 'title = "TODO"'),
        ('lead = "Hyvä hakemus syntyy ennen lomaketta.', 'lead = "XXX'),
    )

    told = [line for line in run("issue", "check", LABEL).out.splitlines() if line.startswith(("error", "warning"))]

    advisers = "advisers.fi, advisers.sv, advisers.en, advisers+managers.fi, advisers+managers.sv, advisers+managers.en"
    severities = [line.partition(" ")[0] for line in told]
    assert severities == sorted(severities)
    assert [line.partition(":")[2].partition(": ")[2] for line in told if line.startswith("error reminder-left")] == [
        "all editions",
        advisers,
    ]
    assert [line.rpartition(": ")[2] for line in told if "month-of-other-issue" in line] == ["all editions in fi"]


def test_findings_speak_the_language_of_the_terminal(drafted: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """LANG chooses Finnish, Swedish or English, down to the count; --language wins over it."""
    edit(drafted, ('lead = "Hyvä hakemus', 'lead = "TODO'))
    monkeypatch.setenv("LC_ALL", "fi_FI.UTF-8")
    finnish = run("issue", "check", LABEL)
    swedish = run("issue", "check", LABEL, "--language", "sv")

    assert (
        "kaikki painokset\n  Tekstiin on jäänyt muistutus tai täyte: ”TODO syntyy ennen lomaketta. Kokeneet r…”."
        in finnish.out
    )
    assert "1 virhe, " in finnish.out.splitlines()[-1]
    assert finnish.first_error == "Error: 1 of these must be mended or waived before the issue can be approved."
    assert run("issue", "approve", LABEL, "--yes").first_error == "Error: 1 finding stands in the way."
    assert "alla utgåvor\n  En påminnelse eller utfyllnad" in swedish.out


def test_doctor_says_once_how_readers_leave(drafted: Path, run: Run) -> None:
    """What is the same every month is told by doctor, and is no finding of an issue."""
    before = run("doctor").out
    path = drafted / "newsletter.toml"
    path.write_text(path.read_text("utf-8").replace("# public_url =", "public_url ="), "utf-8")

    assert "ok     unsubscribing: By a mail to peruuta@seutu.example, not by one click (RFC 8058).\n" in before
    told = run("doctor").out.partition("unsubscribing: ")
    assert told[0].endswith("WRONG  ")
    assert told[2].startswith("Every mail would name https://uutiskirje.example as its reader's way out, and nothing")
    assert "click" not in run("issue", "check", LABEL).out
