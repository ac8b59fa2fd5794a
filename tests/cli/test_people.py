"""People by their address, misspelt: nobody else leaves, and nobody stays in unnoticed."""

import io
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Run

NIILO, MISSPELT = "niilo.haapala@example.net", "nilo.haapala@example.net"
BAR = f"newsletter suppression add {MISSPELT} --unknown"
LEFT_BEFORE = {"unsubscribed": 1}

ASKED = ("--consent", "Pyysi puhelimessa.")


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

    ran = run("subscriber", "import", "subscribers/list.csv", *ASKED)

    assert "segments    business advisers" in run("subscriber", "show", "a@example.org").out
    assert ran.out.splitlines()[5:7] == [
        "In no segment, so that they get no issue: 2.",
        "  role 'Yritysneuvojat': 2; a rule names 'yritysneuvoja'.",
    ]
    alone = "  segments    none: this person gets no issue. role 'Yritysneuvojat': 1; a rule names 'yritysneuvoja'.\n"
    assert alone in run("subscriber", "show", "b@example.org").out
    assert (
        alone
        in run(
            "subscriber",
            "add",
            "d@example.org",
            "--attribute",
            "Rooli=Yritysneuvojat",
            "--consent",
            "Pyysi puhelimessa.",
        ).out
    )


def test_a_fact_given_twice_is_refused(publication: Path, run: Run) -> None:
    """Neither value wins in silence, under one spelling of the name or two."""
    for second in ("role=y", "Role=y", "rooli=y"):
        ran = run(
            "subscriber",
            "add",
            "a@example.org",
            "--attribute",
            "role=x",
            "--attribute",
            second,
            "--consent",
            "Pyysi puhelimessa.",
        )

        assert (ran.code, "given twice" in ran.first_error) == (2, True)


def test_a_list_without_a_ground_is_refused_whole(publication: Path, run: Run) -> None:
    """Off a terminal nobody can be asked, so nothing is kept; the three ways to say it are named."""
    refused = run("subscriber", "import", "subscribers/example.csv")
    two = run("subscriber", "import", "subscribers/example.csv", *ASKED, "--public-task", "Kunnan tehtävä.")

    assert (refused.code, two.code) == (2, 2)
    assert refused.first_error.endswith("may be written to; nothing was kept.")
    for way in ("--consent", "--legitimate-interest", "--public-task"):
        assert way in refused.err
    assert json.loads(run("subscriber", "list", "--json").out) == []


def test_on_a_terminal_an_import_shows_asks_and_has_the_ground_said(
    publication: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is dropped, the first people and who would get nothing stand before the question; a no keeps nothing."""
    (publication / "subscribers/list.csv").write_text(
        "Sähköposti;Nimi;Tehtävä;Allergiat\na@example.org;Aino;yritysneuvoja;maito\n", encoding="utf-8"
    )
    words = ("subscriber", "import", "subscribers/list.csv", "--map", "Tehtävä=role")
    monkeypatch.setattr("sys.stdin", Terminal("consent\nTilasi messuilla.\nn\n"))
    said_no = run(*words)
    assert json.loads(run("subscriber", "list", "--json").out) == []

    monkeypatch.setattr("sys.stdin", Terminal("consent\nTilasi messuilla.\ny\n"))
    said_yes = run(*words)

    assert (said_no.code, said_yes.code) == (130, 0)
    for told in (
        "list.csv: utf-8, ';' between columns, 1 row.",
        "Tehtävä     attribute role",
        "Dropped, for nothing asks for it (--keep HEADING, --map HEADING=WHAT): Allergiat.",
        "Would be added: 1. Changed: 0. Unchanged: 0.",
        "  a@example.org  Aino  (fi, role yritysneuvoja)",
        "In no segment, so that they get no issue: 0.",
    ):
        assert told in said_no.out.splitlines()
    shown = run("subscriber", "show", "a@example.org").out
    assert "import list.csv; consent: Tilasi messuilla." in shown
    assert "maito" not in shown


def test_rows_to_mend_are_written_to_a_file_that_can_be_imported(publication: Path, run: Run) -> None:
    """With line, reason and the original columns, for its owner alone; an earlier one is left alone."""
    (publication / "subscribers/list.csv").write_text("email;Rooli;x\na.example.org;x;=1\n", encoding="utf-8")
    import_ = ("subscriber", "import", "subscribers/list.csv", *ASKED)

    ran, again = run(*import_), run(*import_)

    path = publication / "subscribers/list.to-mend.csv"
    assert path.read_text("utf-8-sig").splitlines() == [
        "line;reason;what to do;email;Rooli;x",
        "2;This is no usable e-mail address: it has no @.;;a.example.org;x;'=1",
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    assert ("subscribers/list.to-mend.csv" in ran.out, "subscribers/list.to-mend-2.csv" in again.out) == (True, True)
    path.write_text(path.read_text("utf-8-sig").replace("a.ex", "a@ex"), encoding="utf-8")
    assert run("subscriber", "import", str(path), *ASKED).code == 0
    assert "status      active" in run("subscriber", "show", "a@example.org").out


@pytest.mark.sqlite
def test_people_without_a_ground_are_counted_and_given_one_by_segment(publication: Path, run: Run) -> None:
    """They stay subscribed, `status` counts them, and one command for a segment records theirs."""
    run("subscriber", "import", "subscribers/example.csv", *ASKED)
    with closing(sqlite3.connect(publication / "newsletter.db")) as connection, connection:
        connection.execute("UPDATE consent SET wording_id = NULL")

    before = run("status").out
    recorded = run("consent", "record", "advisers", "--legitimate-interest", "Neuvojien työ.")
    everybody = run("consent", "record", "--public-task", "Ohjelman tehtävä.", "--yes")

    assert "Ground not recorded: 22 people; they stay subscribed." in before
    assert re.match(r"Recorded legitimate interest for (\d+) people; (\d+) are left without\.", recorded.out)
    assert everybody.out.endswith("0 are left without.\n")
    assert "Ground not recorded" not in run("status").out
    assert "legitimate interest: Neuvojien työ." in run("subscriber", "show", "aino.salmela@example.com").out


def test_a_list_of_addresses_is_suppressed(publication: Path, run: Run) -> None:
    """It may be addresses alone; who is mailed here until now is named, and a dry run keeps nothing."""
    run("subscriber", "import", "subscribers/example.csv", *ASKED)
    (publication / "bar.txt").write_text(f"{NIILO}\nstranger@example.org\nnobody\n", encoding="utf-8")

    dry, ran = run("suppression", "import", "bar.txt", "--dry-run"), run("suppression", "import", "bar.txt")

    assert (dry.code, ran.code) == (3, 3)
    for told in (
        "Not to be mailed, says the list: manual 2. Newly suppressed: 2.",
        "  bar.txt:1: manual, says the list; a subscriber here until now.",
        "  bar.txt:3: address: This is no usable e-mail address: it has no @.",
    ):
        assert told in dry.out.splitlines()
        assert told in ran.out.splitlines()
    assert json.loads(run("suppression", "list", "--json").out) == {"manual": 2, "unsubscribed": 1}


@pytest.mark.sqlite
def test_suppressions_travel_as_hashes_where_their_key_is_known(publication: Path, run: Run) -> None:
    """No address can be read off them; with the key they bar, without it they are refused, and nothing is kept."""
    run("suppression", "add", NIILO, "--unknown")
    exported = run("suppression", "export", "hashes.csv")
    text = (publication / "hashes.csv").read_text("utf-8-sig")
    for name in ("newsletter.db", "newsletter.departures"):
        (publication / name).unlink()
    run("db", "migrate")
    run("subscriber", "import", "subscribers/example.csv", *ASKED)
    strange = text.replace(text.splitlines()[1].split(";")[0], "0123456789abcdef")
    (publication / "strange.csv").write_text(strange, encoding="utf-8")
    (publication / "mangled.csv").write_text(text.replace("manual", "because"), encoding="utf-8")

    refused, broken = run("suppression", "import", "strange.csv"), run("suppression", "import", "mangled.csv")
    taken, again = run("suppression", "import", "hashes.csv"), run("suppression", "import", "hashes.csv")

    assert (exported.code, refused.code, broken.code, taken.code) == (0, 2, 1, 0)
    assert NIILO not in text
    assert "made with a key that is not known here: 0123456789abcdef" in refused.first_error
    assert "mangled.csv:2" in broken.first_error
    assert taken.out == "Hashes: 1. New: 1. People here who were mailed until now: 1.\n"
    assert again.out == "Hashes: 1. New: 0. People here who were mailed until now: 0.\n"
    assert "suppressed  " in run("subscriber", "show", NIILO).out


@pytest.mark.sqlite
def test_an_export_wakes_nobody_where_it_is_imported(publication: Path, run: Run) -> None:
    """Who is suppressed here is suppressed there, for the same reason; ground, wording and day come along."""
    run("subscriber", "import", "subscribers/example.csv", *ASKED)
    run("suppression", "add", NIILO)
    run("subscriber", "export", "people.csv", "--lossless")
    for name in ("newsletter.db", "newsletter.departures"):
        (publication / name).unlink()
    run("db", "migrate")

    ran = run("subscriber", "import", "people.csv")

    assert (ran.code, "Not to be mailed, says the list: manual 1." in ran.out) == (0, True)
    assert json.loads(run("suppression", "list", "--json").out) == {"manual": 1}
    assert "consent: Pyysi puhelimessa." in run("subscriber", "show", "aino.salmela@example.com").out
