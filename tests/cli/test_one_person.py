"""One person by command: changed, moved to another address, shown whole, erased."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

AINO, NEW = "aino.salmela@example.com", "aino.uusi@example.com"


def test_what_is_known_of_a_person_is_changed(drafted: Path, run: Run) -> None:
    """A fact without a value and a tag can be taken away; ground and status stay."""
    edited = run(
        *("subscriber", "edit", AINO, "--name", "Aino Salo", "--language", "sv", "--attribute", "Kunta=Salo"),
        *("--attribute", "role=", "--tag", "uusi"),
    )
    run("subscriber", "edit", AINO, "--no-tag", "Uusi", "--tag", "toinen")

    person = json.loads(run("subscriber", "show", AINO, "--json").out)
    assert (edited.code, run("subscriber", "edit", AINO).code) == (0, 2)
    assert {key: person["subscriber"][key] for key in ("name", "language", "status", "attributes", "tags")} == {
        "name": "Aino Salo",
        "language": "sv",
        "status": "active",
        "attributes": {"municipality": "Salo"},
        "tags": ["toinen"],
    }
    assert len(person["consents"]) == 1


def test_a_new_address_takes_everything_along_and_bars_the_old_one(approved: Path, run: Run) -> None:
    """Mails to the old one are still shown; a link in one of them lets the person leave at the new address."""
    run("issue", "send", "2017-11", "--confirm", "2017-11")
    moved = run("subscriber", "edit", AINO, "--address", NEW)
    taken = run("subscriber", "edit", NEW, "--address", "eero.kivisto@example.com")
    again = run("subscriber", "import", "subscribers/example.csv", "--consent", "Pyysi.")
    shown = run("subscriber", "show", NEW).out

    mails = [path.read_text(encoding="utf-8") for path in (approved / "outbox/2017-11").glob("*.eml")]
    (mail,) = [one for one in mails if f"To: Aino Salmela <{AINO}>" in one]
    token = mail.partition("unsubscribe%20")[2].partition("&")[0]
    left = run("subscriber", "unsubscribe", "--token", token)

    assert (moved.code, taken.code, left.code) == (0, 2, 0)
    assert taken.first_error == "Error: The new address is somebody's already; nothing was changed."
    assert "suppressed (manual)" in again.out
    assert ("consent: asked for it" in shown, "  2017-11     " in shown) == (True, True)
    assert "status      unsubscribed" in run("subscriber", "show", NEW).out


def test_people_are_listed_by_what_is_known_of_them(drafted: Path, run: Run) -> None:
    """Filters add up, a word is looked for at the start of any word, and who is suppressed is shown as such."""
    run("suppression", "add", AINO)

    def addresses(*words: str) -> list[str]:
        return [one["address"] for one in json.loads(run("subscriber", "list", "--json", *words).out)]

    assert addresses("--status", "suppressed") == [AINO]
    assert addresses("--municipality", "forssa", "--language", "fi", "--attribute", "role=yritysneuvoja") == [AINO]
    assert addresses("--search", "salm") == addresses("--search", "AINO sal") == [AINO]
    assert addresses("--search", "almela") == []
    assert "active, suppressed (manual)" in run("subscriber", "list", "--search", "salmela").out


def test_a_person_gets_all_that_is_known(drafted: Path, run: Run) -> None:
    """As text and as JSON, with how a suppression came about."""
    run("suppression", "add", AINO, "--note", "kuollut postilaatikko")

    text, values = run("subscriber", "export", AINO).out, json.loads(run("subscriber", "export", AINO, "--json").out)

    assert "added       " in text
    assert "kuollut postilaatikko" in text
    assert values["suppression_changes"][0]["note"] == "kuollut postilaatikko"


@pytest.mark.sqlite
def test_an_erased_person_is_in_no_byte_that_is_ours(approved: Path, run: Run) -> None:
    """Database, journal and outbox hold neither address nor name; the lists that still do are named."""
    run("issue", "send", "2017-11", "--confirm", "2017-11")
    (approved / "subscribers/own.csv").write_text(f"email\n{AINO.upper()}\n", encoding="utf-16")

    asked, erased = run("subscriber", "erase", AINO), run("subscriber", "erase", AINO, "--yes")

    assert (asked.code, erased.code) == (2, 0)
    assert "Removed from the outbox: 1 mail." in erased.out
    assert [line for line in erased.out.splitlines() if line.startswith("Still in")] == [
        "Still in subscribers/example.csv, which is yours: delete the row, or the file.",
        "Still in subscribers/own.csv, which is yours: delete the row, or the file.",
    ]
    for path in (*approved.glob("newsletter.db*"), *(approved / "outbox").rglob("*.eml")):
        content = path.read_bytes()
        assert (AINO.encode() in content, b"Aino Salmela" in content) == (False, False), path
    again = run("subscriber", "import", "subscribers/example.csv", "--consent", "Pyysi.")
    assert "suppressed (erased)" in again.out


def test_what_a_person_wants_is_set_shown_and_counted(drafted: Path, run: Run) -> None:
    """Topics, cadence and a pause are of the person, with the record of them; an empty value takes one back."""
    wanted = ("--topics", "rahoitus,Kiertotalous", "--cadence", "third", "--pause-until", "24.12.2090")
    edited = run("subscriber", "edit", AINO, *wanted)
    listed, status = run("subscriber", "list", "--search", AINO), run("status")
    whole = run("subscriber", "show", AINO).out
    run("subscriber", "edit", AINO, "--topics", "", "--pause-until", "")
    record = [line[25:] for line in run("subscriber", "export", AINO).out.splitlines() if "  wanted  " in line]
    kept = json.loads(run("subscriber", "show", AINO, "--json").out)["subscriber"]["wants"]

    words = "every third issue; topics kiertotalous, rahoitus; paused until 2090-12-24"
    assert "Topics are kept; as yet every reader of a segment gets all of its edition." in edited.err
    assert f"  wants       {words} (since " in whole
    assert "  next issue  not wanted: paused" in whole
    assert (words in listed.out, "1 paused, 1 on every third issue." in listed.err) == (True, True)
    assert "Of the people: 1 paused, 1 on every third issue." in status.out
    assert record == [f"edited by hand; {words}", "edited by hand; every third issue"]
    assert (kept["topics"], kept["cadence"], kept["paused_until"]) == ([], "third", None)


def test_a_wish_that_cannot_be_is_refused(drafted: Path, run: Run) -> None:
    """A topic that is none, a pause that is over and what is no day change nothing."""
    wrong = [("--topics", "rahoitsu"), ("--pause-until", "2017-01-01"), ("--pause-until", "soon")]
    assert [run("subscriber", "edit", AINO, *words).code for words in wrong] == [2, 2, 2]
    assert "wants" not in run("subscriber", "show", AINO).out


def test_a_consent_says_who_recorded_it(publication: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is known of one person has the version of the wording, and who recorded it when."""
    monkeypatch.setenv("NEWSLETTER_BY", "Aino Mäkelä")
    run("subscriber", "add", AINO, "--consent", "Pyysi puhelimessa.")
    lines = run("subscriber", "export", AINO).out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.endswith("consent: Pyysi puhelimessa."))
    assert lines[place + 1] == "              wording 1"
    assert lines[place + 2].startswith("              recorded by Aino Mäkelä on ")
