import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci.pins import REPOSITORY


@pytest.mark.server
def test_on_a_bare_machine_only_the_commands_speak(tmp_path: Path) -> None:
    """Without libvoikko, Chromium and Postfix, `make run` says on standard error nothing that `-q` cannot silence."""
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "libvoikko.so.1").touch()  # found first, and no library
    command = hidden / "newsletter"
    command.write_text(f'#!/bin/sh\nexec {Path(sys.executable).with_name("newsletter")} -q "$@"\n', encoding="utf-8")
    command.chmod(0o755)

    done = subprocess.run(
        ["/bin/sh", str(REPOSITORY / "docs" / "run-sample.sh")],
        env={"PATH": str(hidden), "LD_LIBRARY_PATH": str(hidden), "LABEL": "2017-11", "SAMPLE": "run"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stderr, done.returncode) == ("", 0)
    assert "Done. Look at:" in done.stdout
    assert list((tmp_path / "run" / "outbox").iterdir())
