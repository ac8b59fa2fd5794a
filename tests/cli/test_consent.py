"""The command that accounts for consents."""

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_consents_are_reported_as_table_json_and_file(drafted: Path, run: Run) -> None:
    """A line for each wording, below it what is missing; a record beside it where one is asked for."""
    table = run("consent", "report")
    found = json.loads(run("consent", "report", "--json").out)
    both = run("consent", "report", "report.csv", "--record", "record.md")
    assert table.out.splitlines()[1].split()[:4] == ["consent", "1", "-", "22"]
    assert table.out.splitlines()[2:] == ["22 active people.", "  1 not confirmed yet."]
    assert (found["active"], found["groups"][0]["people"], found["pending"]) == (22, 22, 1)
    assert both.out.splitlines() == [
        "Wrote the record of processing to record.md; fill in what stands in 4 pairs of brackets.",
        "Wrote 1 wording to report.csv.",
    ]
