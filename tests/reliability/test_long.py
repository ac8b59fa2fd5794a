"""A few of each long trial in every run; `make reliability` does hundreds."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.reliability.long import disks, kills, meetings, storms, tidings
from tests.reliability.long.scene import Ground

SEED = 11


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """Give a place for scenes."""
    return Ground(tmp_path)


def test_a_killed_sender_loses_nobody_and_repeats_nobody(ground: Ground) -> None:
    """Killed at any moment against a SendGrid that drops, delays and refuses: 0 lost, 0 twice, doubt in bounds."""
    figure = kills.killed_at_random(ground, kills=2, seed=SEED)
    assert (figure.trials, figure.broken) == (2, ())
    assert figure.seen["events judged"] > figure.seen["mails"]


def test_two_senders_at_once(ground: Ground) -> None:
    """One sends, the other is refused, before and after the audience is fixed."""
    figure = meetings.races(ground, count=2, seed=SEED)
    assert (figure.trials, figure.broken) == (2, ())


def test_a_stopped_sender_goes_on(ground: Ground) -> None:
    """Stopped for twice the time-out of a call, a sender keeps its place, and goes on without repeating itself."""
    figure = meetings.stopped_senders(ground, count=1, stopped_seconds=0.6, seed=SEED)
    assert (figure.trials, figure.broken) == (1, ())


def test_a_storm_of_refusals(ground: Ground) -> None:
    """Ten minutes of 429 cost at most twenty calls a thread, and nobody the mail."""
    figure = storms.refused_for_ten_minutes(ground, rounds=1, threads=[1])
    assert figure.broken == ()
    assert figure.seen["calls during the storm, at most"] > 0


@pytest.mark.skipif(disks.COMPILER is None, reason="the failing disk needs a C compiler (package gcc)")
def test_a_disk_that_fails(ground: Ground, tmp_path: Path) -> None:
    """An I/O error in the middle of a run, alone and for good: the sender says so, and the next one goes on."""
    figure = disks.each_write_fails(ground, tmp_path, every=480, seed=SEED)
    assert (figure.trials, figure.broken) == (2, ())


def test_a_full_disk(ground: Ground) -> None:
    """A limit on the size of files: the sender says that it cannot write, and the next one goes on."""
    figure = disks.file_size_limits(ground, every=40, seed=SEED)
    assert figure.broken == ()
    assert figure.trials > 1


def test_a_full_database(ground: Ground) -> None:
    """A limit on the pages of the database: likewise, and nothing that was kept is lost."""
    figure = disks.page_limits(ground, every=2, seed=SEED)
    assert figure.broken == ()
    assert figure.trials > 1


def test_a_read_only_folder() -> None:
    """A sender that cannot write calls nobody."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # pytest's own folders are closed to the trial's sender, who is nobody
        figure = disks.read_only_folder(Ground(folder), seed=SEED)
    assert figure.broken == ()


def test_notifications_while_a_sending_runs(tmp_path: Path) -> None:
    """Told twice and shuffled over ten connections, each is applied once, and no call is refused."""
    figure = tidings.told_twice_in_any_order(tmp_path / "told", notifications=100, connections=10, seed=SEED)
    assert (figure.trials, figure.broken) == (100, ())
