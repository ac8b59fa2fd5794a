"""Judge what happened to a sending from its history alone; no code here is the sender's.

A history is a list of events, each a dict that JSON can carry: what was claimed, called, booked by the provider,
recorded, told later, said by a person, and how the ledger looked now and then. Whoever makes a sender suffer writes it
(`simulation`, and the kills of `long` as lines of a file), and `judge` gives each breach in words.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

Event = Mapping[str, Any]

REACHED: Final = {"accepted", "deferred", "delivered", "bounced soft", "bounced hard", "complained"}
SETTLED_OTHERWISE: Final = {"rejected", "skipped", "unknown"}

_STATES = """
    SELECT delivery.key, coalesce(delivery.state, batch.state)
    FROM delivery JOIN batch ON batch.id = delivery.batch_id
    WHERE delivery.sending_id = ?"""
_SUMS = """
    SELECT state, candidates, (SELECT count(*) FROM exclusion WHERE sending_id = sending.id)
    FROM sending WHERE id = ?"""


def look(database: Path, sending_id: int = 1) -> Event:
    """Give how the ledger looks now, by plain SQL."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        found = connection.execute(_SUMS, (sending_id,)).fetchone()
        if found is None:
            return {"what": "look", "state": "none", "candidates": 0, "excluded": 0, "states": {}}
        state, candidates, excluded = found
        states = dict(connection.execute(_STATES, (sending_id,)).fetchall())
    return {"what": "look", "state": state, "candidates": candidates, "excluded": excluded, "states": states}


def write_line(file: Path, event: Event) -> None:
    """Add an event to a file that outlives a killed process: one write, at the end."""
    with file.open("ab", buffering=0) as lines:
        lines.write(json.dumps(dict(event)).encode() + b"\n")


def read_lines(file: Path) -> list[Event]:
    """Give the events of a file in their order."""
    return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


def judge(history: Iterable[Event]) -> Sequence[str]:
    """Give every breach of a promise, in words and in order; nothing when all were kept."""
    judgement = _Judgement()
    for event in history:
        getattr(judgement, f"on_{event['what']}")(event)
    return list(dict.fromkeys(judgement.breaches))


class _Judgement:
    """What is known so far of each delivery, by its key, and of each batch."""

    def __init__(self) -> None:
        self.breaches: list[str] = []
        self.booked: Counter[str] = Counter()
        self.words: Counter[str] = Counter()
        self.told: dict[str, str] = {}
        self.left: set[str] = set()
        self.owners: dict[tuple[int, int], str] = {}
        self.overtaken: set[tuple[int, int]] = set()
        self.claimed: dict[tuple[int, int], set[str]] = {}
        self.latest: dict[int, int] = {}
        self.called: set[tuple[int, int]] = set()
        self.open: set[tuple[int, int]] = set()

    def on_claim(self, event: Event) -> None:
        """A claim was kept."""
        claim = (event["batch"], event["attempt"])
        self.claimed[claim] = set(event["keys"])
        self.owners[claim] = event["owner"]
        self.latest[event["batch"]] = event["attempt"]
        self._expect(not self.left & set(event["keys"]), f"batch {claim}: claimed for people who had left")
        self.open.add(claim)
        theirs = sum(self.owners[one] == event["owner"] for one in self.open)
        self._expect(theirs <= event["calls_max"], f"batch {claim}: claimed beside {theirs - 1} others of its sender")

    def on_call(self, event: Event) -> None:
        """The mailer was called: once for each claim, and for nobody else."""
        claim = (event["batch"], event["attempt"])
        self._expect(claim not in self.called, f"batch {claim}: called twice under one claim")
        self._expect(set(event["keys"]) <= self.claimed.get(claim, set()), f"batch {claim}: called without its claim")
        self.called.add(claim)

    def on_overtake(self, event: Event) -> None:
        """A sender took all that others had on their way for a dead one's."""
        self.overtaken |= {claim for claim, owner in self.owners.items() if owner in event["owners"]}
        self.open -= self.overtaken

    def on_release(self, event: Event) -> None:
        """A claim was given back: its call was never begun."""
        claim = (event["batch"], event["attempt"])
        self._expect(claim not in self.called, f"batch {claim}: given back after its call")
        self.open.discard(claim)

    def on_booked(self, event: Event) -> None:
        """The provider took a mail: once, and once more for each word of a person."""
        key = event["key"]
        self.booked[key] += 1
        self._expect(self.booked[key] <= 1 + self.words[key], f"{key}: mailed twice without a person's word")

    def on_record(self, event: Event) -> None:
        """An answer was kept: of the latest claim of its batch."""
        claim = (event["batch"], event["attempt"])
        is_latest = self.latest.get(event["batch"]) == event["attempt"]
        self._expect(is_latest, f"batch {claim}: recorded over a later claim")
        self._expect(claim not in self.overtaken, f"batch {claim}: recorded after its claim was taken away")
        self.overtaken.add(claim)
        self.open.discard(claim)

    def on_told(self, event: Event) -> None:
        """The provider told what became of a mail, and it was kept."""
        self.told[event["key"]] = event["state"]

    def on_word(self, event: Event) -> None:
        """A person said: once more."""
        self.words.update(event["keys"])

    def on_left(self, event: Event) -> None:
        """A reader left, and it was kept."""
        self.left.add(event["key"])

    def on_look(self, event: Event) -> None:
        """The ledger says what can be true, and everybody is in it."""
        states = event["states"]
        self._expect(
            event["candidates"] == event["excluded"] + len(states),
            f"{event['candidates']} candidates, {event['excluded']} excluded, {len(states)} planned",
        )
        for key, state in states.items():
            self._expect(state not in REACHED or self.booked[key] > 0, f"{key}: {state}, and nobody booked it")
            self._expect(self.told.get(key, state) == state, f"{key}: {state} after {self.told.get(key)} was told")
        if event["state"] == "finished":
            for key, state in states.items():
                self._expect(state in REACHED | SETTLED_OTHERWISE, f"{key}: {state} though the sending is over")

    def _expect(self, is_kept: bool, breach: str) -> None:  # noqa: FBT001 - a claim
        """Note a breach."""
        if not is_kept:
            self.breaches.append(breach)
