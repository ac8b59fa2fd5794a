"""`newsletter preview`, as a person starts and stops it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from newsletter.wiring import lay_out_publication
from tests.cli.conftest import Run


@pytest.fixture
def publication(tmp_path: Path) -> Path:
    """Give a publication without an issue."""
    folder = tmp_path / "publication"
    lay_out_publication(folder)
    return folder


def _started(publication: Path, *words: str) -> subprocess.Popen[str]:
    """Start the preview on a free port."""
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("newsletter")), "preview", "--port", "0", *words],
        cwd=publication,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_the_preview_prints_its_address_and_ends_with_ctrl_c(publication: Path) -> None:
    """The address is the answer; Ctrl-C is the ordinary end."""
    with _started(publication) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        answer = httpx.get(address)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
    assert (answer.status_code, "newsletter issue new LABEL" in answer.text) == (200, True)
    assert (process.returncode, "Traceback" in said, "Ctrl-C ends the preview." in said) == (0, False, True)


def test_beyond_this_machine_it_warns_and_needs_a_token(publication: Path) -> None:
    """Whoever opens the port to others is told what they see (P6)."""
    with _started(publication, "--host", "0.0.0.0", "--name", "127.0.0.1") as process:  # noqa: S104 - what is tested
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        stranger = httpx.get(address.partition("?")[0])
        with httpx.Client(follow_redirects=True) as client:
            guest = client.get(address)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)

    assert (stranger.status_code, stranger.content, guest.status_code) == (403, b"", 200)
    assert "Warning: everybody who can reach 0.0.0.0" in said


def test_an_unknown_issue_is_told_before_anything_starts(publication: Path, run: Run) -> None:
    """A label that has no file is a mistake of the call."""
    ran = run("-c", str(publication / "newsletter.toml"), "preview", "2017-11")

    assert (ran.code, ran.out) == (2, "")
    assert "2017-11" in ran.first_error
