"""A segment that gets nothing of an issue: who is told, and what becomes of its people."""

import json
import re
from pathlib import Path

import pytest

from newsletter import open_newsletter
from newsletter.domain.segments import segments_without_items
from tests.cli.conftest import Run

ISSUE = Path("issues/2017-11/issue.toml")


def empty(segment: str) -> None:
    """Take every item off a segment's list."""
    text = ISSUE.read_text(encoding="utf-8")
    ISSUE.write_text(re.sub(rf"(?ms)^{segment} = \[.*?^\]", f"{segment} = []", text), encoding="utf-8")


@pytest.mark.usefixtures("drafted")
def test_who_gets_nothing_is_told_from_draft_to_report(run: Run) -> None:
    """Every step says how many, and the report's sum holds with them under a reason of their own."""
    run(
        "subscriber",
        "add",
        "both@example.com",
        "--consent",
        "Pyysi.",
        "--attribute",
        "role=yritysneuvoja",
        "--tag",
        "johtoryhma",
    )
    empty("managers")
    told = "No item is for managers: 8 people get nothing."

    again, status = run("issue", "new", "2017-11", "--update"), run("status")
    check, approved = run("issue", "check", "2017-11"), run("issue", "approve", "2017-11", "--yes")
    planned = run("issue", "send", "2017-11", "--dry-run")
    sent = run("issue", "send", "2017-11", "--confirm", "2017-11")
    (report,) = json.loads(run("issue", "report", "2017-11", "--json").out)

    assert [told in said.out for said in (again, status, approved)] == [True, True, True]
    assert "warning segment-without-items  issues/2017-11/issue.toml" in check.out
    assert ": 8 people get nothing this time." in check.out
    assert re.search(r"\(nobody: no items for their segments\) +8\n", planned.out)
    assert [said.code for said in (again, check, approved, planned, sent)] == [0, 0, 0, 0, 0]
    assert report["balance"]["excluded"]["no items for their segments"] == 8
    assert report["balance"]["holds"] is True


def test_the_decision_is_part_of_what_is_approved(drafted: Path, run: Run) -> None:
    """The lock says who gets nothing; once there is something for them again, the issue is no more the approved one."""
    empty("managers")
    run("issue", "approve", "2017-11", "--yes")
    with open_newsletter(drafted / "newsletter.toml") as newsletter:
        approval = newsletter.shelf.approved("2017-11")

    assert segments_without_items(approval.audience_rule) == ("managers",)
    assert '\\"without items\\": [\\"managers\\"]' in ISSUE.with_name("issue.lock").read_text(encoding="utf-8")


@pytest.mark.sqlite
def test_files_without_a_database_can_be_checked(drafted: Path, run: Run) -> None:
    """Where nobody can be counted, the finding says so and the check goes on."""
    empty("managers")
    (drafted / "newsletter.db").unlink()

    checked = run("issue", "check", "2017-11")

    assert checked.code == 0
    assert ": ? people get nothing this time." in checked.out


@pytest.mark.usefixtures("drafted")
def test_a_special_issue_starts_without_items_and_for_whom_it_is_meant(run: Run) -> None:
    """Nothing is picked for it; without --empty it is refused with what to type, as is a segment that is none."""
    refused, wrong = (
        run("issue", "new", "2017-11-kutsu"),
        run("issue", "new", "2017-11-kutsu", "--empty", "--segment", "x"),
    )
    made = run("issue", "new", "2017-11-kutsu", "--empty", "--segment", "managers", "--date", "2017-11-20")
    again = run("issue", "new", "2017-11-kutsu", "--empty")

    file = Path("issues/2017-11-kutsu/issue.toml").read_text(encoding="utf-8")
    assert (refused.code, wrong.code, made.code, again.code) == (2, 2, 0, 1)
    assert "newsletter issue new 2017-11-kutsu --empty" in refused.err
    assert made.out == (
        "Wrote issues/2017-11-kutsu/issue.toml, without items.\nNo item is for advisers: 10 people get nothing.\n"
    )
    assert 'subject = "SEUTU-uutiskirje: Kutsu"' in file
    assert "managers = [\n]" in file
    assert "advisers" not in file
