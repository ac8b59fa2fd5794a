"""The model of the ledger (`ledger.pml`), searched by Spin: its promises hold, and each rule left out shows."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).with_name("ledger.pml")
SPIN, COMPILER = shutil.which("spin"), shutil.which("cc")

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(
        SPIN is None or COMPILER is None, reason="needs spin and a C compiler (Debian: spin gcc libc6-dev)"
    ),
]

LOST_LOCK = ("-DLOCK_MAY_BE_LOST", "-DDEATHS=1")


def _check(folder: Path, *options: str) -> str:
    """Search every state of the model; give Spin's report."""
    assert SPIN is not None
    assert COMPILER is not None
    shutil.copy(MODEL, folder)
    for command in (
        [SPIN, "-a", *options, MODEL.name],
        [COMPILER, "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=2000", "-o", "pan", "pan.c"],
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    searched = subprocess.run(["./pan", "-m10000"], cwd=folder, check=True, capture_output=True, text=True, timeout=120)
    return searched.stdout


@pytest.mark.parametrize("options", [(), LOST_LOCK], ids=["as built", "the lock is lost while its holder lives"])
def test_every_order_of_steps_keeps_the_promises(options: tuple[str, ...], tmp_path: Path) -> None:
    """Nobody is mailed twice without a word, lost, or called accepted unbooked, and every state has a way out."""
    report = _check(tmp_path, *options)

    assert "errors: 0" in report
    assert "max search depth too small" not in report
    assert "Search not completed" not in report
    assert int(re.findall(r"(\d+) states, stored", report)[0]) > 100_000


@pytest.mark.parametrize(
    ("options", "broken"),
    [
        (("-DMUTANT_CLAIMS_WITH_THE_RECORD",), "booked["),
        (("-DMUTANT_RECONCILES_INTO_THE_QUEUE",), "booked["),
        (("-DMUTANT_NO_FENCE", *LOST_LOCK), "attempt==my_attempt"),
        (("-DMUTANT_SETTLES_WITHOUT_GUARD",), "told["),
        (("-DMUTANT_DOUBT_CANNOT_BE_LEFT",), "is_finished"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_a_rule_left_out_breaks_its_promise(options: tuple[str, ...], broken: str, tmp_path: Path) -> None:
    """Each rule of the ledger is needed: without it Spin finds the order of steps that breaks a promise."""
    report = _check(tmp_path, *options)

    violated = re.search(r"assertion violated (.*) \(at depth", report)
    assert violated is not None
    assert broken in violated[1]
