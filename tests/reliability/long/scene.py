"""A publication whose sender is about to suffer, a SendGrid that makes it suffer, and the census afterwards."""

import random
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from newsletter.domain.delivery import ACCEPTED_AND_LATER, DeliveryState, SendingState
from newsletter.mailers.sendgrid.fake import Mail
from newsletter.mailers.sendgrid.payload import DELIVERY_ARGUMENT
from newsletter.storage.database import LOCK_WAIT_SECONDS, Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.migrate import migrate
from tests.fakes.sendgrid import Fault, ScriptedSendGrid
from tests.mailers.sendgrid.service import API_KEY
from tests.reliability.witness import Tell
from tests.send.samples import LABEL, NOW, add_people, addresses, an_approval, keep_approval

BATCH_SIZE = 5
PEOPLE = addresses(50)

HARSH: Sequence[tuple[Fault | None, int]] = (
    (None, 70),
    (Fault(), 4),
    (Fault(is_booked=True), 6),
    (Fault(status=500), 2),
    (Fault(status=503, is_booked=True), 4),
    (Fault(status=429), 5),
    (Fault(status=429, headers={"Retry-After": "7"}), 5),
    (Fault(hangs=True, is_booked=True), 2),
    (Fault(hangs=True), 2),
)
"""How a request may go, and how often in a hundred: drops, lost answers, errors with and without the mails taken."""

LATE_SECONDS_MAX = 0.03
"""A SendGrid that books late takes the mails of a sender that is dead by then."""


def chances(seed: int) -> random.Random:
    """Give chances that can be had again by their seed."""
    return random.Random(seed)  # noqa: S311 - no secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What many trials of one kind showed.

    Attributes:
        name: What was done to the sender.
        promise: What must be so afterwards.
        trials: How often.
        unit: Of what.
        broken: Each breach of the promise, in words; empty when it is kept.
        seen: Whatever else was counted.
        seconds: How long it took.
    """

    name: str
    promise: str
    trials: int
    unit: str
    broken: tuple[str, ...]
    seen: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0


class _Noted(list[Mail]):
    """What was booked, telling of each mail before its sender is answered."""

    def __init__(self, tell: Tell) -> None:
        super().__init__()
        self._tell = tell

    def __iadd__(self, mails: Iterable[Mail]) -> Self:  # type: ignore[override,misc]
        """Book."""
        for mail in mails:
            self._tell({"what": "booked", "key": mail.custom_args[DELIVERY_ARGUMENT]})
            self.append(mail)
        return self


class HarshSendGrid(ScriptedSendGrid):
    """A SendGrid that books late and goes wrong as scripted."""

    def __init__(self, chance: random.Random, *, is_harsh: bool = True, tell: Tell = lambda _event: None) -> None:
        self._late_seconds = LATE_SECONDS_MAX if is_harsh else 0.0
        super().__init__(
            api_key=API_KEY, clock=lambda: NOW, book_after=lambda: time.sleep(chance.uniform(0, self._late_seconds))
        )
        self.mails = _Noted(tell)
        kinds, weights = zip(*HARSH, strict=True)
        self.plan = chance.choices(kinds, weights, k=3_000) if is_harsh else []
        self.script(*self.plan)

    def arrived(self) -> Counter[str]:
        """Count the mails of each address, once whatever is booked late is booked."""
        time.sleep(self._late_seconds * 2)
        return Counter(mail.address for mail in list(self.mails))

    @property
    def doubts(self) -> int:
        """Count the requests so far whose sender could not know what became of them."""
        done = self.plan[: len(self.requests)]
        return sum(fault is not None and fault.status in (None, 500, 503) for fault in done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """How everybody fared.

    Attributes:
        unknown: In doubt.
        unknown_arrived: Of those, how many had got the mail.
        unknown_batches: Calls in doubt.
        rejected: Turned down; nobody should be.
        breaches: Whatever is not as promised, in words.
    """

    unknown: int
    unknown_arrived: int
    unknown_batches: int
    rejected: int
    breaches: tuple[str, ...]


class Ground:
    """Where scenes are set: a folder, and an approved issue with its readers to copy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._template = folder / "template.db"
        database = Database(f"sqlite:///{self._template}")
        migrate(database)
        add_people(database, PEOPLE)
        keep_approval(database, an_approval())
        database.close()

    def a_database(self) -> Path:
        """Give a database of its own, in a folder of its own."""
        self._count += 1
        folder = self._folder / f"scene {self._count}"
        folder.mkdir()
        return shutil.copyfile(self._template, folder / "newsletter.db")


@contextmanager
def open_ledger(
    path: Path, *, lock_wait_seconds: float = LOCK_WAIT_SECONDS
) -> Iterator[tuple[Database, DeliveryLedger]]:
    """Open a scene's ledger for a look."""
    database = Database(f"sqlite:///{path}", lock_wait_seconds=lock_wait_seconds)
    try:
        yield database, DeliveryLedger(database)
    finally:
        database.close()


def is_over(path: Path, *, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> bool:
    """Tell whether nobody is queued or on the way any more."""
    with open_ledger(path, lock_wait_seconds=lock_wait_seconds) as (_, ledger):
        sendings = ledger.sendings(LABEL)
        if not sendings:
            return False
        states = ledger.balance(sendings[0].id).states
    return not {DeliveryState.QUEUED, DeliveryState.SENDING}.intersection(states)


def adds_up(path: Path) -> bool:
    """Tell whether the database is whole and both sums are right, as a killed sender left it."""
    with open_ledger(path) as (_, ledger):
        sums = [ledger.balance(sending.id).holds for sending in ledger.sendings(LABEL)]
    connection = sqlite3.connect(path)
    try:
        return all(sums) and connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


def history_of(path: Path) -> Path:
    """Name the file in which everybody writes what they do to a scene's sending, where somebody made one."""
    return path.with_suffix(".history")


def claims_in(path: Path) -> int:
    """Count the claims that are kept on disk."""
    connection = sqlite3.connect(path)
    try:
        (count,) = connection.execute("SELECT coalesce(sum(attempt), 0) FROM batch").fetchone()
    finally:
        connection.close()
    return int(count)


def count_everybody(path: Path, arrived: Counter[str]) -> Census:
    """Compare what the ledger says with what arrived, person by person.

    Nobody lost: whoever did not get the mail is in doubt. Nobody twice: each mail arrived once at most. And the ledger
    says "accepted" of nobody who did not get it.
    """
    with open_ledger(path) as (_, ledger):
        sendings = ledger.sendings(LABEL)
        batches = ledger.unknown_batches(sendings[0].id)
    states = _states(path)
    unknown = {address for address, state in states.items() if state is DeliveryState.UNKNOWN}
    accepted = {address for address, state in states.items() if state in ACCEPTED_AND_LATER}
    found = {
        "the sums are wrong or the database is damaged": () if adds_up(path) else ("everybody",),
        "there is not exactly one sending": () if len(sendings) == 1 else ("everybody",),
        "not planned": set(PEOPLE) - set(states),
        "lost: neither there nor in doubt": set(PEOPLE) - set(arrived) - unknown,
        "twice": {address for address, times in arrived.items() if times > 1},
        "called accepted, and not there": accepted - set(arrived),
        "there, and neither accepted nor in doubt": set(arrived) - accepted - unknown,
        "finished with people in doubt": unknown if sendings[0].state is SendingState.FINISHED else (),
    }
    return Census(
        unknown=len(unknown),
        unknown_arrived=len(unknown & set(arrived)),
        unknown_batches=len(batches),
        rejected=sum(state is DeliveryState.REJECTED for state in states.values()),
        breaches=tuple(f"{what}: {len(people)}" for what, people in found.items() if people),
    )


def _states(path: Path) -> dict[str, DeliveryState]:
    """Read the state of everybody, past all of our code."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(
            "SELECT s.address, coalesce(d.state, b.state) FROM delivery d"
            " JOIN batch b ON b.id = d.batch_id JOIN subscriber s USING (address_hash)"
        ).fetchall()
    finally:
        connection.close()
    return {address: DeliveryState(state) for address, state in rows}
