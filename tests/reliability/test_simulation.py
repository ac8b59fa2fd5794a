"""A few seeds of the simulation in every run, and what it is worth: rules left out are found."""

import pytest

from tests.reliability.history import judge
from tests.reliability.simulation.mutants import MUTANTS
from tests.reliability.simulation.run import Stage, set_stage, simulate

SEEDS = range(6)
SEEDS_FOR_A_MUTANT = 40
FOUND = {0, 1, 14}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Give what every seed begins with."""
    return set_stage(tmp_path_factory.mktemp("stage"))


def test_whatever_goes_wrong_the_promises_hold(stage: Stage) -> None:
    """Nobody lost, nobody twice without a word, accepted only if booked, and an end, whatever a seed decides."""
    told = [(seed, *simulate(stage, seed)) for seed in SEEDS]

    assert {seed: breaches for seed, breaches, _ in told if breaches} == {}
    happened = {event["what"] for _, _, history in told for event in history}
    assert happened == {"claim", "call", "booked", "record", "overtake", "told", "word", "left", "look"}


def test_a_seed_decides_everything(stage: Stage) -> None:
    """The same seed gives the same events in the same order, so that a failure can be had again."""
    first, again = ([event["what"] for event in simulate(stage, 3)[1]] for _ in range(2))

    assert first == again


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_rule_left_out_is_found(stage: Stage, mutant: str) -> None:
    """Each rule of the ledger that is left out breaks a promise within a few seeds."""
    # Begins with those that found one when this was written.
    seeds = sorted(range(SEEDS_FOR_A_MUTANT), key=lambda seed: seed not in FOUND)
    assert any(simulate(stage, seed, MUTANTS[mutant])[0] for seed in seeds)


LATE = "batch (1, 1): recorded after its claim was taken away"
CLAIM = {"what": "claim", "batch": 1, "attempt": 1, "owner": "a", "calls_max": 1, "keys": ["x", "y"]}
CALL = {"what": "call", "batch": 1, "attempt": 1, "keys": ["x", "y"]}
RECORD = {"what": "record", "batch": 1, "attempt": 1}
BOOKED = {"what": "booked", "key": "x"}
LOOK = {"what": "look", "state": "sending", "candidates": 1, "excluded": 0, "states": {"x": "queued"}}


@pytest.mark.parametrize(
    ("history", "breach"),
    [
        ([CALL], "batch (1, 1): called without its claim"),
        ([CLAIM, CALL, CALL], "batch (1, 1): called twice under one claim"),
        ([BOOKED, BOOKED], "x: mailed twice without a person's word"),
        ([BOOKED, {"what": "word", "keys": ["x"]}, BOOKED], None),
        ([{"what": "left", "key": "x"}, CLAIM], "batch (1, 1): claimed for people who had left"),
        ([CLAIM, {**CLAIM, "attempt": 2, "owner": "b"}, RECORD], "batch (1, 1): recorded over a later claim"),
        (
            [CLAIM, {"what": "overtake", "owners": ["a"]}, RECORD],
            "batch (1, 1): recorded after its claim was taken away",
        ),
        ([CLAIM, RECORD], None),
        ([CLAIM, {**CLAIM, "batch": 2}], "batch (2, 1): claimed beside 1 others of its sender"),
        ([{**CLAIM, "calls_max": 2}, {**CLAIM, "batch": 2, "calls_max": 2}], None),
        ([CLAIM, RECORD, {**CLAIM, "batch": 2}], None),
        ([CLAIM, {**RECORD, "what": "release"}, {**CLAIM, "batch": 2}], None),
        ([CLAIM, CALL, {**RECORD, "what": "release"}], "batch (1, 1): given back after its call"),
        ([{**LOOK, "candidates": 2}], "2 candidates, 0 excluded, 1 planned"),
        ([{**LOOK, "states": {"x": "accepted"}}], "x: accepted, and nobody booked it"),
        (
            [BOOKED, {"what": "told", "key": "x", "state": "delivered"}, {**LOOK, "states": {"x": "accepted"}}],
            "x: accepted after delivered was told",
        ),
        ([{**LOOK, "state": "finished"}], "x: queued though the sending is over"),
        ([LOOK], None),
    ],
)
def test_the_judge_sees_each_breach(history: list[dict[str, object]], breach: str | None) -> None:
    """Each promise has a history that breaks it and is called by its name, and none that keeps it is."""
    assert judge(history) == ([breach] if breach else [])
