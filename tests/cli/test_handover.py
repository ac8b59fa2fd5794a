"""`newsletter pack` and `unpack`, with the real cipher; and when `status` asks for a pack."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.service.handover.record import record_pack
from newsletter.wiring import open_newsletter
from tests.cli.conftest import Run

WORDS = "neljä sanaa on hyvä"


@pytest.mark.sqlite
def test_status_asks_for_a_pack_after_a_real_sending(real: Path, run: Run) -> None:
    """Who left and who got it would be lost with the machine; a pack from after the sending ends the asking."""
    key = real / "newsletter.key"
    with open_newsletter(real / "newsletter.toml") as newsletter:
        before = newsletter.status.status().is_pack_due
    with closing(sqlite3.connect(real / "newsletter.db")) as connection:
        (approval,) = connection.execute("SELECT hash FROM approval LIMIT 1").fetchone()
        connection.execute(
            "INSERT INTO sending (label, approval_hash, mailer, is_rehearsal, state, started_at, candidates)"
            " VALUES ('2017-11', ?, 'smtp', 0, 'finished', '2017-11-24T07:00:00.000000+00:00', 0)",
            [approval],
        )
        connection.commit()
    never = run("status").out
    record_pack(key, Path("x.pack"), datetime(2017, 11, 1, tzinfo=UTC))
    older = run("status").out
    record_pack(key, Path("x.pack"), datetime(2017, 11, 25, tzinfo=UTC))

    assert before is False
    assert "Everything in one file, to keep elsewhere: made never.\n       newsletter pack FILE\n" in never
    assert "made last on 2017-11-01, before the last sending.\n" in older
    assert "newsletter pack FILE" not in run("status").out


@pytest.mark.server
def test_the_commands_with_the_real_cipher(drafted: Path, tmp_path: Path) -> None:
    """A wrong passphrase opens nothing; the right one gives the publication; off a terminal the variable holds it."""
    command = [sys.executable, "-c", "from newsletter.cli.main import main; main()"]

    def newsletter(*arguments: str, passphrase: str | None = None) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": "/usr/bin:/bin"} | ({"NEWSLETTER_PASSPHRASE": passphrase} if passphrase else {})
        return subprocess.run(
            [*command, *arguments], cwd=drafted, env=environment, capture_output=True, text=True, check=False
        )

    unasked = newsletter("pack", "seutu.pack")
    packed = newsletter("pack", "seutu.pack", passphrase=WORDS)
    wrong = newsletter("unpack", "seutu.pack", str(tmp_path / "there"), passphrase="toiset sanat kokonaan")
    right = newsletter("unpack", "seutu.pack", str(tmp_path / "there"), passphrase=WORDS)

    assert [one.returncode for one in (unasked, packed, wrong, right)] == [2, 0, 2, 0]
    assert (drafted / "seutu.pack").read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")
    assert "The passphrase does not open it" in wrong.stderr
    assert (tmp_path / "there/issues/2017-11/issue.toml").exists()
