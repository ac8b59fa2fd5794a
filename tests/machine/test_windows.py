"""The half for Windows, walked on this machine in a process that has none of what Windows lacks."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY

# The operating system is the fake: its modules and calls are hidden, and msvcrt's one function locks as Windows does.
HIDING = """
import errno, fcntl, os, signal, sys, types
import asyncio, multiprocessing.connection, subprocess  # these choose their own halves

def locking(handle, mode, size):
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, size, os.lseek(handle, 0, os.SEEK_CUR))
    except OSError as error:
        raise PermissionError(errno.EACCES, "Permission denied") from error

subprocess._USE_POSIX_SPAWN = False
sys.modules["msvcrt"] = types.SimpleNamespace(locking=locking, LK_NBLCK=2)
sys.modules["fcntl"] = sys.modules["resource"] = None
for lost in ("killpg", "setsid", "getpgid", "setpgid", "fork", "register_at_fork", "posix_spawn", "geteuid",
             "pread", "pwrite", "O_CLOEXEC", "O_NOFOLLOW", "sysconf", "fchmod"):
    if hasattr(os, lost):
        delattr(os, lost)
for lost in ("alarm", "SIGALRM", "SIGHUP"):
    delattr(signal, lost)
"""

WALK = """
import urllib.request
from newsletter import machine
from newsletter.machine import windows
from newsletter.cli import main
from newsletter.web.preview.server import Address, Preview
from newsletter.wiring import open_newsletter
import threading

assert machine.half is windows

def run(*words):
    try:
        main(list(words))
    except SystemExit as end:
        assert end.code in (None, 0, 3), (words, end.code)

run("status")
run("subscriber", "import", "subscribers/example.csv", "--consent", "asked for it", "--yes")
run("collect")
run("issue", "new", "2017-11", "--date", "2017-11-24")
run("issue", "check", "2017-11")
preview = Preview(open_newsletter, Address(port=0))
serving = threading.Thread(target=preview.serve)
serving.start()
assert b"<iframe" in urllib.request.urlopen(preview.url("2017-11")).read()
preview.stop()
serving.join()
run("issue", "approve", "2017-11", "--yes")
run("issue", "send", "2017-11", "--confirm", "2017-11")
run("db", "backup")
run("subscriber", "export", "people.csv")
"""

LOCKING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from newsletter.errors import SendingInProgress
from newsletter.send.owner import hold_ownership

try:
    with hold_ownership(Path(sys.argv[1]), who=sys.argv[2], since=datetime(2017, 11, 14, tzinfo=UTC)):
        print("held", flush=True)
        sys.stdin.read()
except SendingInProgress as error:
    print(error.message)
"""


def start(code: str, *arguments: str, cwd: Path) -> "subprocess.Popen[str]":
    """Start a program on a machine without what Windows lacks."""
    return subprocess.Popen(
        [sys.executable, "-c", HIDING + code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )


def test_an_issue_is_walked_from_collecting_to_the_outbox(publication: Path) -> None:
    """Collect, check, preview, approve and send to the outbox need nothing that Windows lacks."""
    with start(WALK, cwd=publication) as walk:
        said, trouble = walk.communicate()

    assert (walk.returncode, "fault of the program" in trouble) == (0, False), said + trouble
    assert len(list(publication.glob("outbox/2017-11/*.eml"))) > 5
    assert [file.name for file in publication.glob("people.csv")] == ["people.csv"]


def test_a_second_sender_is_kept_out(tmp_path: Path) -> None:
    """Windows' own lock keeps out whoever comes second, who still reads who holds it."""
    lock = str(tmp_path / "newsletter.db.lock-owner")
    with start(LOCKING, lock, "aino", cwd=tmp_path) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with start(LOCKING, lock, "bertil", cwd=tmp_path) as second:
            said, trouble = second.communicate()
        first.communicate("")

    assert said == "aino has been sending since 2017-11-14T00:00+00:00. Nothing was sent now.\n", trouble
