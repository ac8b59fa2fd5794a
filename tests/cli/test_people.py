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


def test_a_role_with_a_capital_is_in_its_segment_and_a_misspelt_one_is_told(publication: Path, run: Run) -> None:
    """Capitals keep nobody out; who is in no segment is counted after an import, with the value that nearly fits."""
    (publication / "subscribers/list.csv").write_text(
        "email;Rooli\na@example.org;Yritysneuvoja\nb@example.org;Yritysneuvojat\nc@example.org;yritysneuvojat\n",
        encoding="utf-8",
    )

    ran = run("subscriber", "import", "subscribers/list.csv")

    assert "segments    advisers" in run("subscriber", "show", "a@example.org").out
    assert ran.out.splitlines()[1:3] == [
        "In no segment, so that they get no issue: 2.",
        "  role 'Yritysneuvojat': 2; a rule names 'yritysneuvoja'.",
    ]
    alone = "  segments    none: this person gets no issue. role 'Yritysneuvojat': 1; a rule names 'yritysneuvoja'.\n"
    assert alone in run("subscriber", "show", "b@example.org").out
    assert alone in run("subscriber", "add", "d@example.org", "--attribute", "Rooli=Yritysneuvojat").out


def test_a_fact_given_twice_is_refused(publication: Path, run: Run) -> None:
    """Neither value wins in silence, under one spelling of the name or two."""
    for second in ("role=y", "Role=y", "rooli=y"):
        ran = run("subscriber", "add", "a@example.org", "--attribute", "role=x", "--attribute", second)

        assert (ran.code, "given twice" in ran.first_error) == (2, True)
