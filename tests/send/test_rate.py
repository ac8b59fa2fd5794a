"""The pace."""

import pytest

from newsletter.send.rate import Rate


def test_batches_begin_no_faster_than_the_limit() -> None:
    """At ten a second, a batch of twenty keeps the next one waiting for two seconds, less what has passed."""
    rate = Rate(10)
    waits = [rate.wait_seconds(100.0)]
    rate.spend(20, 100.0)
    waits += [rate.wait_seconds(100.0), rate.wait_seconds(101.5)]
    rate.spend(5, 101.5)
    waits += [rate.wait_seconds(101.5), rate.wait_seconds(110.0)]
    assert waits == [0.0, 2.0, 0.5, 1.0, 0.0]


def test_a_pause_saves_nothing_up() -> None:
    """After an hour of silence the pace is the same: no burst makes up for it."""
    rate = Rate(10)
    rate.spend(10, 0.0)
    rate.spend(10, 3600.0)
    assert rate.wait_seconds(3600.0) == 1.0


@pytest.mark.parametrize("per_second", [0, -1])
def test_a_rate_of_nothing_is_refused(per_second: float) -> None:
    """A pace at which nobody ever goes is a mistake."""
    with pytest.raises(ValueError, match="must be above 0"):
        Rate(per_second)
