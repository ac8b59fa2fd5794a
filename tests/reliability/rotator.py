"""Somebody who changes the key, as a process of its own that can die at a named step or at any moment."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from newsletter import open_newsletter
from newsletter.audience.key_file import read_key_file
from newsletter.audience.tokens import unsubscribe_token
from newsletter.domain.audience import AddressHash, hash_address
from newsletter.service.keys.service import KeyService

STEPS = ("drawn", "rehashed", "committed")
"""The new key is in the file; everybody is under it, not committed yet; committed, the file has the old first."""


def change_key(folder: Path, fatal: str | None = None, times: int = 1) -> None:
    """Change the key so many times; die at a step of the first time."""

    def look(step: str) -> None:
        if step == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_newsletter(folder / "newsletter.toml") as newsletter:
        for _ in range(times):
            KeyService(newsletter.resources, checkpoint=look).rotate(by="trial")


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What must be true after any death: made before it.

    Attributes:
        address: A person who is stored.
        token: Of a link in a mail to that person, signed with the key of then.
        gone: An address that is barred, of nobody who is stored.
        people: How many are stored.
    """

    address: str
    token: str
    gone: str
    people: int


def witness(folder: Path) -> Witness:
    """Bar somebody who is gone, and remember the rest."""
    key, gone = read_key_file(folder / "newsletter.key").first, "poissa@esimerkki.example"
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        people = list(newsletter.people.everybody())
        newsletter.suppressions.suppress(gone, note="asked for it")
    token = unsubscribe_token(hash_address(people[0].address, key), key)
    return Witness(address=people[0].address, token=token, gone=gone, people=len(people))


def broken(folder: Path, seen: Witness) -> list[str]:
    """Say what is not as it must be: everything readable, everybody once, links and the barred recognised."""
    faults = []
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        newsletter.status.status()
        people = list(newsletter.people.everybody())
        if len(people) != seen.people:
            faults.append(f"{len(people)} people instead of {seen.people}")
        if any(newsletter.people.find(one.address) is None for one in people):
            faults.append("somebody is stored under another key")
        if newsletter.suppressions.suppress(seen.gone, note="again"):
            faults.append("who was gone was not recognised")
        newsletter.leaving.leave([seen.token])
        if newsletter.people.person(seen.address).suppression is None:
            faults.append("a link of before did not find its person")
    return faults


def hashes(folder: Path) -> set[AddressHash]:
    """Give the hashes of everybody under the first key of the file."""
    key = read_key_file(folder / "newsletter.key").first
    with open_newsletter(folder / "newsletter.toml") as newsletter:
        return {hash_address(one.address, key) for one in newsletter.people.everybody()}
