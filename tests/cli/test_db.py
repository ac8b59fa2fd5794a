"""`newsletter db adopt`: how a person goes on after a folder was copied or a backup was put back."""

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run

SERVER = '\n[mailer.smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "none"\n'


@pytest.fixture
def copied(approved: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a copy of a publication that mails for real."""
    path = approved / "newsletter.toml"
    text = path.read_text(encoding="utf-8").replace("@seutu.example", "@seutuohjelma.fi")
    path.write_text(text.replace('kind = "outbox"', 'kind = "smtp"') + SERVER, encoding="utf-8")
    run("issue", "approve", "2017-11", "--yes")
    run("db", "adopt", "--yes")
    copy = shutil.copytree(approved, tmp_path / "copy")
    monkeypatch.chdir(copy)
    return copy


@pytest.mark.sqlite
def test_a_copy_sends_only_after_it_was_adopted(copied: Path, run: Run) -> None:
    """`issue send` refuses with 1 before any question, says what happened and how to go on; then it goes on."""
    refused = run("issue", "send", "2017-11", "--dry-run")
    adopted = run("db", "adopt", "--yes")
    allowed = run("issue", "send", "2017-11", "--dry-run")

    assert (refused.code, adopted.code, allowed.code) == (1, 0, 0)
    assert refused.first_error.startswith("Error: This folder was copied, moved to another disk, or put back from")
    assert "newsletter db adopt" in refused.err
    assert adopted.out == "newsletter.db is the database to send from now.\n"
    assert "Issue 2017-11 through smtp: to real readers." in allowed.out
    assert copied.exists()


def test_adopting_opens_only_the_named_issues(copied: Path, run: Run) -> None:
    """What another database began to send stays closed, until a person names it; its note is not deleted."""
    sent = copied / "issues/2017-11/issue.sent"
    sent.write_text('began_at = "2017-11-24T07:00:00.000000+00:00"\napproval = "another"\n', encoding="utf-8")

    closed = run("db", "adopt", "--yes")
    opened = run("db", "adopt", "2017-11", "--yes")

    assert "Issue 2017-11 stays closed: another database began to send it.\n" in closed.out
    assert "Issue 2017-11 can be sent anew" in opened.out
    assert (sent.exists(), sent.with_name("issue.sent.old").exists()) == (False, True)


def test_status_tells_what_speaks_against_sending_from_here(copied: Path, run: Run) -> None:
    """The doubt, and how to go on, are seen before anybody types `issue send`; the issue is not offered again."""
    sent = copied / "issues/2017-11/issue.sent"
    sent.write_text('began_at = "2017-11-24T07:00:00.000000+00:00"\napproval = "another"\n', encoding="utf-8")

    said = run("status").out

    assert "Issue 2017-11: sent, not from this database, planned for 2017-11-24.\n" in said
    assert "This folder was copied, moved to another disk, or put back from a backup" in said
    assert "`newsletter db adopt`." in said
    assert "Issue 2017-11 is approved." not in said


def test_adopting_asks(copied: Path, run: Run) -> None:
    """Off a terminal it needs --yes; without it nothing changes."""
    silent = run("db", "adopt")

    assert silent.code == 2
    assert run("issue", "send", "2017-11", "--dry-run").code == 1
    assert copied.exists()


@pytest.mark.sqlite
def test_a_backup_is_put_back_and_says_what_it_took_over(drafted: Path, run: Run) -> None:
    """Off a terminal it needs --yes; who left since is told, and the copy of the database before is named."""
    run("db", "backup", "before.db")
    people = [line.split()[0] for line in run("subscriber", "list").out.splitlines() if "@" in line]
    run("subscriber", "unsubscribe", people[0])

    refused = run("db", "restore", "before.db")
    restored = run("db", "restore", "before.db", "--yes")
    left = run("subscriber", "show", people[0])

    assert (refused.code, restored.code) == (2, 0)
    assert restored.out.startswith("before.db is the database now, with schema ")
    assert "\nThe database before is kept in backups/before-restoring-" in restored.out
    assert "taken over: 1 address that left or must not be mailed.\n" in restored.out
    assert restored.err == "Next: newsletter status\n"
    assert "unsubscribed" in left.out
    assert (drafted / "before.db").exists()
