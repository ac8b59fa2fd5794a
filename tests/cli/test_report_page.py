"""The report as a page, by the command that writes it."""

from pathlib import Path

from tests.cli.conftest import Run


def test_the_report_is_written_as_a_page(approved: Path, run: Run) -> None:
    """One file holds every sending of the issue, with its plots; writing it again renews it."""
    run("issue", "send", "2017-11", "--confirm", "2017-11")
    first = run("issue", "report", "2017-11", "--html", "report.html")
    run("issue", "send", "2017-11", "--confirm", "2017-11")
    second = run("issue", "report", "2017-11", "--html", "report.html")

    page = (approved / "report.html").read_text(encoding="utf-8")
    assert [first.out, second.out] == ["Wrote report.html. Open it in a browser; it prints well from there.\n"] * 2
    assert (page.count("<article>"), page.count("<svg "), page.count("The report balances.")) == (2, 4, 2)
    assert "SEUTU-uutiskirje: report of issue 2017-11" in page


def test_a_place_that_cannot_be_written_is_told(approved: Path, run: Run) -> None:
    """A folder that is not there is a sentence, not a traceback."""
    run("issue", "send", "2017-11", "--confirm", "2017-11")

    written = run("issue", "report", "2017-11", "--html", "nowhere/report.html")

    assert (written.code, written.first_error) == (
        2,
        "Error: nowhere/report.html cannot be written: No such file or directory.",
    )
