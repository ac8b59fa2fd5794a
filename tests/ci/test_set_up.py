"""The set-up of a fresh clone, with Pythons that are played by scripts: no network, and no minute."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ci.pins import REPOSITORY

# It answers as `python -c` and `python --version` do, makes a .venv with itself in it, and there it plays pip.
PYTHON = """#!/bin/sh
case "$1 $2 $3" in
    --version*) echo Python 3.11.2 ;;
    "-c import sys"*) exit "${TOO_OLD:-0}" ;;
    "-c import ensurepip"*) exit "${NO_VENV:-0}" ;;
    "-m venv .venv") mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo made >>made; exit "${VENV_ENDS:-0}" ;;
    "-m pip install") : >.venv/half;
        [ -z "$PIP_IS_KILLED" ] || { kill -9 $PPID; exit; }
        rm "${PIP_FAILS:-.venv}/half" ;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Give a clone with what the set-up reads, and a Python that is played."""
    folder = tmp_path / "clone"
    (folder / ".ci").mkdir(parents=True)
    for name in ("Makefile", ".ci/set-up", "pyproject.toml", "constraints.txt"):
        shutil.copyfile(REPOSITORY / name, folder / name)
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(PYTHON, encoding="utf-8")
    python.chmod(0o755)
    return folder


def make(clone: Path, **world: str) -> subprocess.CompletedProcess[str]:
    """Type `make setup` in a world with no other Python."""
    path = f"{clone.parent / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        ["make", "setup", "PYTHONS=python3"],
        cwd=clone,
        env={"PATH": path, **world},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_set_up_that_was_done_is_not_done_again(clone: Path) -> None:
    """The first make says what it does, the second one nothing."""
    first, second = make(clone), make(clone)
    assert (first.stdout, first.stderr, first.returncode) == (
        "Setting up .venv with Python 3.11.2. This takes a minute, once.\n",
        "",
        0,
    )
    assert "Setting up" not in second.stdout
    assert (clone / "made").read_text() == "made\n"


@pytest.mark.parametrize(
    ("world", "words"),
    [
        ({"TOO_OLD": "1"}, "Python 3.11 or newer is needed: https://www.python.org/downloads/\n"),
        (
            {"NO_VENV": "1"},
            (
                "Python 3.11.2 (python3) cannot make a virtual environment: its part python3-venv is missing.\n"
                "Install it, then type make again. On Debian and Ubuntu: sudo apt install python3-venv\n"
            ),
        ),
        (
            {"VENV_ENDS": "1"},
            (
                "The set-up failed while making .venv (why stands above).\n"
                ".venv was removed: type make again, and it starts clean.\n"
            ),
        ),
        (
            {"PIP_FAILS": "nowhere"},
            (
                "The set-up failed while installing what pyproject.toml and constraints.txt name (why stands above).\n"
                ".venv was removed: type make again, and it starts clean.\n"
            ),
        ),
    ],
)
def test_a_set_up_that_fails_says_why_and_leaves_nothing(clone: Path, world: dict[str, str], words: str) -> None:
    """Whatever is missing or breaks is told with what to do, nothing half-made stays, and the next make succeeds."""
    failed = make(clone, **world)
    left = (clone / ".venv").exists()
    assert words in failed.stderr
    assert (failed.returncode, left) == (2, False)
    assert make(clone).returncode == 0


def test_a_set_up_that_was_killed_starts_clean(clone: Path) -> None:
    """What a killed set-up left is thrown away by the next one, not completed."""
    killed = make(clone, PIP_IS_KILLED="1")
    left = (clone / ".venv" / "half").exists()
    again = make(clone)
    assert (killed.returncode, left) == (2, True)
    assert "Setting up" in again.stdout
    assert not (clone / ".venv" / "half").exists()
    assert (clone / "made").read_text() == "made\nmade\n"


def test_an_update_that_fails_keeps_what_was_there(clone: Path) -> None:
    """Without a network a changed pyproject.toml costs nobody the .venv; no command runs before the update is done."""
    make(clone)
    os.utime(clone / ".venv" / ".ready", (0, 0))
    failed = make(clone, PIP_FAILS="nowhere")
    still = (clone / ".venv" / ".ready").exists()
    again = make(clone)
    assert ".venv is as it was. Type make again to go on, or make clean first to start anew." in failed.stderr
    assert (failed.returncode, still, again.returncode) == (2, True, 0)
    assert (clone / "made").read_text() == "made\n"
