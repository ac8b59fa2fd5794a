"""Senders that are killed, and senders that meet: real processes, real locks, a real database."""

import multiprocessing
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest
from sqlalchemy import text

from newsletter.domain.delivery import ACCEPTED_AND_LATER, Checkpoint, DeliveryState, SendingState
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from tests.reliability.sender import REFUSED_EXIT_CODE, Scene, run_freezer, run_sender
from tests.send.samples import LABEL, add_people, addresses, an_approval, keep_approval

PEOPLE = addresses(8)
BATCH_SIZE = 2
KILLS = 3
ACCEPTED, UNKNOWN = DeliveryState.ACCEPTED, DeliveryState.UNKNOWN


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Give the way to start processes: from a server that has imported everything once, so that each takes little."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.reliability.sender"])
    return context


@pytest.fixture
def a_scene(database_template: Path, tmp_path: Path) -> Callable[[str, bool], Scene]:
    """Give a way to set a scene: a database with people and an approved issue, and a world where mails arrive."""

    def make(name: str, is_idempotent: bool) -> Scene:  # noqa: FBT001 - a table's column
        scene = Scene(database=tmp_path / f"{name}.db", world=tmp_path / f"{name} world", is_idempotent=is_idempotent)
        shutil.copyfile(database_template, scene.database)
        database = Database(f"sqlite:///{scene.database}")
        add_people(database, PEOPLE)
        keep_approval(database, an_approval())
        database.close()
        return scene

    return make


def end_of(process: ForkServerProcess) -> int | None:
    """Wait for a process and give how it ended."""
    process.join(30)
    return process.exitcode


def run(processes: ForkServerContext, *arguments: object) -> int | None:
    """Run a sender to its end, whichever that is."""
    process = processes.Process(target=run_sender, args=arguments)
    process.start()
    return end_of(process)


def check(scene: Scene, *, unknown_max: int) -> tuple[int, int]:
    """Check that nobody was lost or mailed twice; give how many are in doubt and how many of those had arrived.

    Nobody lost: whoever did not get the mail is in doubt. Nobody twice: each address arrived once at most. The ledger
    says "accepted" of nobody who did not get it.
    """
    database = Database(f"sqlite:///{scene.database}")
    ledger = DeliveryLedger(database)
    (sending,) = ledger.sendings(LABEL)
    balance = ledger.balance(sending.id)
    with database.read() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        states = {
            row.address: DeliveryState(row.state)
            for row in connection.execute(
                text(
                    "SELECT s.address, coalesce(d.state, b.state) AS state FROM delivery d"
                    " JOIN batch b ON b.id = d.batch_id JOIN subscriber s USING (address_hash)"
                )
            )
        }
    database.close()
    arrived = scene.mailer().arrived()
    doubtful = {address for address, state in states.items() if state is UNKNOWN}
    accepted = {address for address, state in states.items() if state in ACCEPTED_AND_LATER}
    assert balance.holds
    assert sorted(states) == sorted(PEOPLE)
    assert accepted | doubtful == set(PEOPLE)
    assert accepted <= set(arrived)
    assert set(arrived.values()) == {1}
    assert len(doubtful) <= unknown_max
    expected = SendingState.RUNNING if doubtful else SendingState.FINISHED
    assert sending.state is expected
    return len(doubtful), len(doubtful & set(arrived))


IN_DOUBT = KILLS * BATCH_SIZE
EXPECTED_DOUBT = {
    Checkpoint.BEFORE_FREEZE_COMMIT: (0, 0),
    Checkpoint.BEFORE_CLAIM_COMMIT: (0, 0),
    Checkpoint.AFTER_CLAIM_COMMIT: (IN_DOUBT, 0),
    Checkpoint.BEFORE_HAND_OVER: (IN_DOUBT, 0),
    Checkpoint.AFTER_HAND_OVER: (IN_DOUBT, IN_DOUBT),
    Checkpoint.BEFORE_RECORD_COMMIT: (IN_DOUBT, IN_DOUBT),
    Checkpoint.AFTER_RECORD_COMMIT: (0, 0),
}
"""How many are in doubt after three kills without an idempotent mailer, and how many of those had got the mail."""


@pytest.mark.parametrize("fatal", EXPECTED_DOUBT)
def test_a_killed_sender_leaves_at_most_what_was_on_its_way_in_doubt(
    processes: ForkServerContext, a_scene: Callable[[str, bool], Scene], fatal: Checkpoint
) -> None:
    """Killed three times at a named moment and started again: 0 lost, 0 twice, doubt only over what was in flight."""
    scene = a_scene("plain", False)
    ends = [run(processes, scene, fatal, 1) for _ in range(KILLS)]
    last = run(processes, scene)
    assert ends == [-signal.SIGKILL] * KILLS
    assert last == 0
    assert check(scene, unknown_max=KILLS * BATCH_SIZE) == EXPECTED_DOUBT[fatal]


def test_a_sender_killed_with_two_calls_in_flight_leaves_at_most_these_in_doubt(
    processes: ForkServerContext, a_scene: Callable[[str, bool], Scene]
) -> None:
    """Whoever makes two calls side by side has two to lose, and no more: nobody lost, nobody twice."""
    scene = replace(a_scene("two", False), calls=2)
    ends = [run(processes, scene, Checkpoint.BEFORE_RECORD_COMMIT, 1) for _ in range(2)]
    last = run(processes, scene)
    assert (ends, last) == ([-signal.SIGKILL] * 2, 0)
    doubtful, arrived = check(scene, unknown_max=2 * 2 * BATCH_SIZE)
    assert doubtful >= arrived >= 2 * BATCH_SIZE


@pytest.mark.parametrize("fatal", EXPECTED_DOUBT)
def test_a_killed_sender_with_an_idempotent_mailer_leaves_no_doubt(
    processes: ForkServerContext, a_scene: Callable[[str, bool], Scene], fatal: Checkpoint
) -> None:
    """Where the same delivery twice does no harm, everybody has the mail once in the end, and nobody is in doubt."""
    scene = a_scene("idempotent", True)
    ends = [run(processes, scene, fatal, 1) for _ in range(KILLS)]
    last = run(processes, scene)
    assert ends == [-signal.SIGKILL] * KILLS
    assert last == 0
    assert check(scene, unknown_max=0) == (0, 0)
    assert len(scene.mailer().keys()) == len(PEOPLE)


@pytest.mark.parametrize("is_idempotent", [False, True])
def test_a_sender_killed_after_the_freeze_goes_on_with_the_same_audience(
    processes: ForkServerContext,
    a_scene: Callable[[str, bool], Scene],
    is_idempotent: bool,  # noqa: FBT001 - a table's column
) -> None:
    """Once the audience is fixed, starting again goes on with it; three publications, killed once each."""
    scenes = [a_scene(str(number), is_idempotent) for number in range(KILLS)]
    ends = [run(processes, scene, Checkpoint.AFTER_FREEZE_COMMIT, 1) for scene in scenes]
    lasts = [run(processes, scene) for scene in scenes]
    assert ends == [-signal.SIGKILL] * KILLS
    assert lasts == [0] * KILLS
    assert [check(scene, unknown_max=0) for scene in scenes] == [(0, 0)] * KILLS


def test_every_checkpoint_is_a_place_to_die() -> None:
    """A checkpoint added later is killed at too."""
    assert {*EXPECTED_DOUBT, Checkpoint.AFTER_FREEZE_COMMIT} == set(Checkpoint)


@pytest.mark.parametrize("race", range(3))
@pytest.mark.parametrize("is_begun", [False, True])
def test_two_senders_at_once_mail_everybody_once(
    processes: ForkServerContext,
    a_scene: Callable[[str, bool], Scene],
    is_begun: bool,  # noqa: FBT001 - a table's column
    race: int,
) -> None:
    """Two senders started at the same moment, before or after the freeze: one sends, the other is refused."""
    scene = a_scene(f"race {race}", False)
    if is_begun:
        assert run(processes, scene, Checkpoint.AFTER_FREEZE_COMMIT, 1) == -signal.SIGKILL
    start = processes.Barrier(2)
    senders = [processes.Process(target=run_sender, args=(scene, None, 1, start)) for _ in range(2)]
    for sender in senders:
        sender.start()
    assert sorted(end or 0 for end in map(end_of, senders)) == [0, REFUSED_EXIT_CODE]
    assert check(scene, unknown_max=0) == (0, 0)


def test_two_audiences_cannot_be_fixed_at_once(
    processes: ForkServerContext, a_scene: Callable[[str, bool], Scene]
) -> None:
    """Even without the lock there is one real sending: the database itself lets only one begin."""
    scene = a_scene("freeze", False)
    start = processes.Barrier(2)
    freezers = [processes.Process(target=run_freezer, args=(scene, start)) for _ in range(2)]
    for freezer in freezers:
        freezer.start()
    assert sorted(end or 0 for end in map(end_of, freezers)) == [0, REFUSED_EXIT_CODE]
    database = Database(f"sqlite:///{scene.database}")
    ledger = DeliveryLedger(database)
    (sending,) = ledger.sendings(LABEL)
    balance = ledger.balance(sending.id)
    database.close()
    assert balance.holds
    assert balance.states == {DeliveryState.QUEUED: len(PEOPLE)}
