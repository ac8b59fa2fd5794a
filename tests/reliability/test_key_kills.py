"""Whoever changes the key and is killed leaves one readable state: real processes, a real database, a real file."""

import multiprocessing
import signal
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest
from sqlalchemy import select

from newsletter import open_newsletter
from newsletter.audience.key_file import read_key_file
from newsletter.storage.tables import subscriber
from tests.reliability.rotator import STEPS, broken, change_key, hashes, witness


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Give the way to start processes: from a server that has imported everything once, so that each takes little."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.reliability.rotator", "newsletter.storage.audience"])
    return context


@pytest.mark.parametrize("step", STEPS)
def test_a_change_of_the_key_may_die_at_any_step(step: str, drafted: Path, processes: ForkServerContext) -> None:
    """Afterwards everything is readable, links and who is gone are known, and the same command completes the change."""
    before, seen = read_key_file(drafted / "newsletter.key").first, witness(drafted)
    process = processes.Process(target=change_key, args=(drafted, step))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL

    assert broken(drafted, seen) == []
    with open_newsletter(drafted / "newsletter.toml") as newsletter:
        rotated = newsletter.keys.rotate(by="Aino")
        with newsletter.resources.database.read() as connection:
            stored = set(connection.execute(select(subscriber.c.address_hash)).scalars())

    after = read_key_file(drafted / "newsletter.key")
    assert rotated.is_resumed == (step == "committed")
    assert after.following is None
    assert [key for key, _ in after.kept] == [before]
    assert stored == hashes(drafted)
    assert broken(drafted, seen) == []
