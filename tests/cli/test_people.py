"""People by their address, misspelt: nobody else leaves, and nobody stays in unnoticed."""

import io
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

NIILO, MISSPELT = "niilo.haapala@example.net", "nilo.haapala@example.net"
BAR = f"newsletter suppression add {MISSPELT} --unknown"
LEFT_BEFORE = {"unsubscribed": 1}


class Terminal(io.StringIO):
    """A person at a keyboard who has typed already."""

    def isatty(self) -> bool:
        """Be one."""
        return True


@pytest.mark.parametrize("words", [("subscriber", "unsubscribe"), ("suppression", "add")])
def test_a_misspelt_address_lets_nobody_leave_in_silence(approved: Path, run: Run, words: tuple[str, str]) -> None:
    """Off a terminal an unknown address fails, is not suppressed, and the person who was meant is named."""
    ran = run(*words, MISSPELT)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines() == [
        f"Similar and known: {NIILO}",
        "Error: Nobody with this address is known; nothing was changed.",
        f"What to do: Check how it is written. To bar it all the same: {BAR}",
    ]
    assert json.loads(run("suppression", "list", "--json").out) == LEFT_BEFORE


@pytest.mark.parametrize(("answer", "suppressed"), [("n", LEFT_BEFORE), ("y", {"unsubscribed": 2})])
def test_on_a_terminal_an_unknown_address_is_asked_about(
    approved: Path, run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, suppressed: dict[str, int]
) -> None:
    """The question comes after the similar addresses; only a yes suppresses what nobody has."""
    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))

    ran = run("subscriber", "unsubscribe", MISSPELT)

    assert ran.err.startswith(f"Similar and known: {NIILO}\nNobody with this address is known. Keep it from")
    assert json.loads(run("suppression", "list", "--json").out) == suppressed


def test_an_address_that_nobody_has_is_barred_by_saying_so(approved: Path, run: Run) -> None:
    """With --unknown nothing is asked, and no list brings the address in."""
    ran = run("suppression", "add", MISSPELT, "--unknown")

    assert (ran.code, ran.out, ran.err) == (0, "Suppressed.\n", "")


@pytest.mark.parametrize(
    "words",
    [
        ("subscriber", "show", MISSPELT),
        ("subscriber", "resubscribe", MISSPELT, "--note", "x"),
        ("suppression", "remove", MISSPELT, "--note", "x"),
    ],
)
def test_every_verb_names_whom_a_misspelt_address_may_mean(approved: Path, run: Run, words: tuple[str, ...]) -> None:
    """Whoever asks for a person we do not know sees the similar addresses first."""
    ran = run(*words)

    assert (ran.code, ran.err.splitlines()[0]) == (2, f"Similar and known: {NIILO}")
