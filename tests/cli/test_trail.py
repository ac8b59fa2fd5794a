"""Who did what: the trail that commands leave."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import click
import pytest

from newsletter.cli.command import Verb
from newsletter.cli.main import root
from newsletter.cli.trail import is_noted
from tests.cli.conftest import Run

AINO, EERO = "aino.salmela@example.com", "eero.kivisto@example.com"


def trail(run: Run, *words: str) -> list[tuple[str, str, int | None, int]]:
    """Give command, what, how many people and the exit code of each line, the oldest first."""
    lines = json.loads(run("db", "log", "--json", *words).out)
    return [(one["command"], one["what"], one["people"], one["code"]) for one in reversed(lines)]


def test_a_command_that_changes_people_leaves_a_line(drafted: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the names of its options and how many people; readers, dry runs and wrong words leave none."""
    monkeypatch.setenv("NEWSLETTER_BY", "Aino@office")
    run("subscriber", "edit", AINO, "--name", "Salainen Nimi", "--tag", "x")
    run("subscriber", "import", "subscribers/example.csv", "--consent", "Tilaan.", "-n")
    run("subscriber", "import", "subscribers/example.csv", "--consent", "Tilaan.")
    run("subscriber", "export", "people.json")
    run("suppression", "add", AINO, EERO)
    run("subscriber", "list")
    run("subscriber", "add", "no address", "--consent", "x")
    run("suppression", "add", AINO, "nobody@example.net")

    assert trail(run) == [
        ("subscriber edit --name --tag", "", 1, 0),
        ("subscriber import --consent", "subscribers/example.csv", 22, 0),
        ("subscriber export", "people.json", 23, 0),
        ("suppression add", "", 2, 0),
        ("suppression add", "", 0, 3),
    ]
    first = run("db", "log").out.splitlines()[-1]
    assert ("Aino(at)office" in first, "subscriber edit --name --tag" in first) == (True, True)


def test_the_trail_of_an_address_is_found_and_holds_none(drafted: Path, run: Run) -> None:
    """After erasing, and after the key was changed; neither address, name nor note stands in the database's trail."""
    run("subscriber", "export", AINO)
    run("subscriber", "resubscribe", EERO, "--note", "Soitti.")
    run("key", "rotate", "--yes")
    run("subscriber", "erase", AINO, "--yes")

    assert [command for command, *_ in trail(run, "--address", AINO)] == ["subscriber export", "subscriber erase --yes"]
    with closing(sqlite3.connect(drafted / "newsletter.db")) as connection:
        lines = str(connection.execute("SELECT * FROM act").fetchall())
    assert [word for word in ("salmela", "Aino", "Soitti", "@") if word in lines] == []


def test_a_sending_and_its_approval_leave_their_issue(approved: Path, run: Run) -> None:
    """With the people who were planned."""
    run("issue", "send", "2017-11", "--rehearse", "--confirm", "2017-11")
    run("issue", "send", "2017-11", "-n")
    [(command, what, people, code)] = trail(run)
    assert (command, what, people, code) == ("issue send --rehearse --confirm", "2017-11", 21, 0)


def _verbs(command: click.Command, path: str = "newsletter") -> dict[str, click.Command]:
    """Give every command by its path."""
    if not isinstance(command, click.Group):
        return {path: command}
    names = command.list_commands(click.Context(command))
    found = ((name, command.get_command(click.Context(command), name)) for name in names)
    return {
        place: one
        for name, inner in found
        if inner is not None
        for place, one in _verbs(inner, f"{path} {name}").items()
    }


def test_every_command_about_people_keys_and_sendings_is_noted_but_those_that_only_read() -> None:
    """A new verb of these nouns leaves a line by itself."""
    silent = set()
    for path, command in _verbs(root).items():
        context = click.Context(command, info_name=path)
        if isinstance(command, Verb) and not is_noted(context):
            silent.add(path.removeprefix("newsletter "))
    nouns = ("subscriber", "suppression", "consent", "key", "db")
    assert {path for path in silent if path.startswith(nouns)} == {
        *("subscriber list", "subscriber show", "suppression list", "consent report"),
        *("db status", "db log"),
    }
    assert {"issue send", "issue approve", "issue cancel"} & silent == set()
