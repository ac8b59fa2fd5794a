"""The page for the IT department says what is so, in both languages."""

import re
import shlex
import stat
from pathlib import Path

import click
import pytest

from newsletter.cli.main import root
from newsletter.domain.mailing import read_pace
from newsletter.mailers.sendgrid.transport import HOSTS
from newsletter.mailers.smtp import LIMITS, SmtpTable
from tests.cli.conftest import Run
from tests.conftest import REPOSITORY

_PAGE = (REPOSITORY / "docs" / "it.md").read_text("utf-8")
_FINNISH, _, _REST = _PAGE.partition("## In English")
_LANGUAGES = {"fi": _FINNISH, "en": _REST.partition("## Esimerkki")[0]}
_RIGHTS = re.compile(r"^\| `([^`]+)` \| (\d{3}) \|", re.MULTILINE)
WORDS_MAX = 620
"""Of a page."""


def _option(command: str, name: str) -> object:
    """Give the default of a command's option."""
    context = click.Context(root)
    found = root.get_command(context, command)
    assert found is not None
    return next(one.default for one in found.params if one.name == name)


@pytest.mark.parametrize("text", _LANGUAGES.values(), ids=_LANGUAGES)
def test_the_hosts_and_ports_are_those_of_the_program(text: str) -> None:
    """What a firewall must let through is what the program reaches, and what it listens to is what it says."""
    [(office, limits)] = LIMITS.items()
    table = SmtpTable(host=office)
    seconds = 1_000 / read_pace(str(limits["pace"])).per_second

    assert all(host.removeprefix("https://") in text for host in HOSTS.values())
    assert f"| `{office}`" in text
    assert f"| {table.port}" in text
    assert f"{_option('preview', 'port')}, {_option('serve', 'port')}" in text
    assert ("25 " in text, table.connections, table.pace, seconds / 60) == (True, 2, "25/min", 40)


def test_files_lie_under_the_rights_that_stand_there(approved: Path, run: Run) -> None:
    """Whatever holds people is closed to everybody else, and both languages say the same of it."""
    run("issue", "send", "2017-11", "--confirm", "2017-11")
    run("db", "backup")
    finnish, english = (dict(_RIGHTS.findall(text)) for text in _LANGUAGES.values())
    closed = {name: rights for name, rights in finnish.items() if rights[1:] == "00"}

    assert finnish == english
    assert {name: f"{stat.S_IMODE((approved / name).stat().st_mode):o}" for name in closed} == closed
    assert {"newsletter.db", "newsletter.key", "newsletter.departures", "outbox/", "backups/"} == set(closed)


@pytest.mark.parametrize("text", _LANGUAGES.values(), ids=_LANGUAGES)
def test_each_page_is_one_and_its_commands_exist(text: str) -> None:
    """Whoever has to allow it reads one page; what is to be typed is there."""
    for line in re.findall(r"`newsletter ([^`]+)`", text):
        words = [word for word in shlex.split(line) if word.islower()]
        command: click.Command = root
        for word in words:
            assert isinstance(command, click.Group)
            found = command.get_command(click.Context(root), word)
            assert found is not None, line
            command = found

    assert len(text.split()) <= WORDS_MAX
