"""One sender at a time, with real locks and real processes."""

import json
import os
import resource
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.errors import SendingInProgress, StorageError
from newsletter.send.owner import hold_ownership, lock_path

SINCE = datetime(2017, 11, 14, 9, 0, 30, tzinfo=UTC)
HOLDER = """
import sys
from datetime import datetime
from pathlib import Path
from newsletter.send.owner import hold_ownership
with hold_ownership(Path(sys.argv[1]), who="bertil on desktop", since=datetime.fromisoformat(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give the lock file of a database."""
    return lock_path(tmp_path / "newsletter.db")


def start_holder(path: Path) -> "subprocess.Popen[bytes]":
    """Start another process that holds the lock."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), SINCE.isoformat()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


def test_the_lock_lies_beside_the_database(path: Path) -> None:
    """Whoever reaches the database reaches its lock; it is nobody else's to read."""
    with hold_ownership(path, who="aino on laptop", since=SINCE):
        assert path.name == "newsletter.db.lock-owner"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert json.loads(path.read_text()) == {"who": "aino on laptop", "since": "2017-11-14T09:00+00:00"}
    assert json.loads(path.read_text()) == {}


def test_an_owner_outlives_whoever_held_the_lock_before(path: Path) -> None:
    """Each holding has a name of its own, and knows every other name for a dead one's."""
    with hold_ownership(path, who="aino on laptop", since=SINCE) as first:
        pass
    with hold_ownership(path, who="aino on laptop", since=SINCE) as second:
        pass
    assert second.has_outlived(first.name)
    assert not second.has_outlived(second.name)


def test_the_second_sender_is_told_who_and_since_when(path: Path) -> None:
    """Two operators: the second one sends nothing and learns who does; the first one's end frees the place."""
    with start_holder(path) as holder:
        with (
            pytest.raises(
                SendingInProgress, match=r"^bertil on desktop has been sending since 2017-11-14T09:00\+00:00\."
            ),
            hold_ownership(path, who="aino on laptop", since=SINCE),
        ):
            pass
        holder.communicate()
    with hold_ownership(path, who="aino on laptop", since=SINCE) as owner:
        assert owner.name.startswith("aino on laptop ")


def test_a_killed_sender_frees_its_place_at_once(path: Path) -> None:
    """The operating system frees the lock of a killed process, whatever its note still says."""
    with start_holder(path) as holder:
        holder.kill()
    assert "bertil" in path.read_text()
    with hold_ownership(path, who="aino on laptop", since=SINCE) as owner:
        assert owner.has_outlived("bertil on desktop 1")


def test_a_stopped_sender_keeps_its_place(path: Path) -> None:
    """A process that stands still is alive: no time-out takes its place from it."""
    with start_holder(path) as holder:
        os.kill(holder.pid, signal.SIGSTOP)
        with pytest.raises(SendingInProgress), hold_ownership(path, who="aino", since=SINCE):
            pass
        os.kill(holder.pid, signal.SIGCONT)
        holder.communicate()


@pytest.mark.parametrize("note", ["", "{}", '{"who": "ber'])
def test_a_note_not_yet_written_is_no_trouble(path: Path, note: str) -> None:
    """Between taking the lock and writing the note, the second sender is told what can be told."""
    with start_holder(path) as holder:
        path.write_text(note)
        with (
            pytest.raises(SendingInProgress, match="Somebody else has just begun to send"),
            hold_ownership(path, who="aino", since=SINCE),
        ):
            pass
        holder.communicate()


def test_a_full_disk_does_not_keep_anybody_from_the_lock(path: Path) -> None:
    """The note is for people only: where it cannot be written, the lock holds all the same, and the ledger speaks."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with (
            hold_ownership(path, who="aino", since=SINCE),
            pytest.raises(SendingInProgress, match="Somebody else has just begun to send"),
            hold_ownership(path, who="bertil", since=SINCE),
        ):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == b""


def test_without_a_lock_nothing_is_sent(tmp_path: Path) -> None:
    """Where the lock file cannot be made, the sender does not start."""
    with (
        pytest.raises(StorageError, match="cannot be locked") as caught,
        hold_ownership(tmp_path / "missing" / "x.lock-owner", who="aino", since=SINCE),
    ):
        pass
    assert "local disk" in (caught.value.hint or "")
