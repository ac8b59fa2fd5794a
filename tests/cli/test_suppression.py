"""`newsletter suppression add`, for one address and for many."""

import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

AINO, EERO = "aino.salmela@example.com", "eero.kivisto@example.com"


def test_the_reason_is_kept(drafted: Path, run: Run) -> None:
    """It is what the person's record and the list say; leaving is none, for who left can come back."""
    refused = run("suppression", "add", AINO, "--reason", "unsubscribed")
    added = run("suppression", "add", AINO, "--reason", "hard bounce")

    person = json.loads(run("subscriber", "show", AINO, "--json").out)
    assert (refused.code, added.code, added.out) == (2, 0, "Suppressed.\n")
    assert person["suppression"]["reason"] == "hard bounce"
    assert drafted.exists()


def test_each_of_many_is_told(drafted: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Barred, barred before and why, not known, or none at all: the others are read, and it ends with 3."""
    run("suppression", "add", EERO, "--reason", "complaint")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{EERO}\n\nnobody@example.net\nno address\n{AINO}\n"))

    added = run("suppression", "add", AINO, "-", "--reason", "hard bounce")

    told = added.out.splitlines()
    assert (added.code, added.first_error) == (3, "Error: 2 addresses were left alone; the others were read.")
    assert told[0] == f"{AINO}: suppressed"
    assert told[1].startswith(f"{EERO}: was suppressed already, and stays so (complaint, ")
    assert told[2:4] == [
        "nobody@example.net: nobody known has it, left alone",
        "no address: no address, left alone",
    ]
    assert told[4].startswith(f"{AINO}: was suppressed already, and stays so (hard bounce, ")
    assert "1 address of 5 suppressed now." in added.err
    assert drafted.exists()


def test_many_of_nobody_are_barred_when_meant(drafted: Path, run: Run) -> None:
    """--unknown says so for all; twice changes nothing."""
    words = ("suppression", "add", "a@example.net", "b@example.net", "--unknown")
    first, again = run(*words), run(*words)

    assert (first.code, again.code) == (0, 0)
    assert ("2 addresses of 2" in first.err, "0 addresses of 2" in again.err) == (True, True)
    assert drafted.exists()


def test_empty_input_and_a_note_with_an_address_change_nothing(
    drafted: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are refused in words."""
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    empty = run("suppression", "add", "-")
    noted = run("suppression", "add", AINO, EERO, "--note", f"asked by {AINO}")

    assert (empty.code, empty.first_error) == (2, "Error: Standard input holds no address.")
    assert noted.code == 2
    assert json.loads(run("subscriber", "show", AINO, "--json").out)["suppression"] is None
    assert drafted.exists()
