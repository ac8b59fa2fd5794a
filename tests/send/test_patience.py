"""Waiting when refused."""

import pytest

from newsletter.domain.delivery import BatchOutcome, DeliveryKey, Outcome, Verdict
from newsletter.send.patience import TRIES_MAX, Patience


def outcome(*verdicts: Verdict, retry_after_seconds: float | None = None) -> BatchOutcome:
    """Give an answer with these verdicts."""
    return BatchOutcome(
        outcomes=tuple(
            Outcome(delivery_key=DeliveryKey(str(number)), verdict=verdict, reason="try later")
            for number, verdict in enumerate(verdicts)
        ),
        retry_after_seconds=retry_after_seconds,
    )


REFUSED = outcome(Verdict.REFUSED, Verdict.REFUSED)


def test_the_wait_doubles_up_to_a_minute() -> None:
    """Without a word from the mailer the wait doubles from a second to a minute, and a taken mail begins it anew."""
    patience = Patience()
    waits = []
    for _ in range(8):
        patience.note(REFUSED, 0.0)
        waits.append(patience.wait_seconds(0.0))
    patience.note(outcome(Verdict.REFUSED, Verdict.ACCEPTED), 100.0)
    waits.append(patience.wait_seconds(100.0))
    patience.note(REFUSED, 200.0)
    waits.append(patience.wait_seconds(200.0))
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 0.0, 1.0]


@pytest.mark.parametrize("answer", [Verdict.REFUSED, Verdict.ACCEPTED])
def test_the_mailers_own_word_counts(answer: Verdict) -> None:
    """When the mailer says how long, that long it is, even after a call that was taken; shorter than ours too."""
    patience = Patience()
    waits = []
    for seconds in (300.0, 0.5):
        patience.note(outcome(answer, retry_after_seconds=seconds), 0.0)
        waits.append((patience.wait_seconds(0.0), patience.wait_seconds(299.0), patience.wait_seconds(301.0)))
    fresh = Patience()
    fresh.note(outcome(answer, retry_after_seconds=0.5), 0.0)
    assert waits == [(300.0, 1.0, 0.0)] * 2
    assert fresh.wait_seconds(0.0) == 0.5


def test_a_storm_of_ten_minutes_is_waited_out_in_twenty_calls() -> None:
    """The waits between the calls that are allowed are longer than ten minutes; then a person is asked."""
    patience, monotonic = Patience(), 0.0
    for _ in range(TRIES_MAX - 1):
        assert patience.note(REFUSED, monotonic) is None
        monotonic += patience.wait_seconds(monotonic)
    assert patience.note(REFUSED, monotonic) == "refused 20 times in a row; the last reason was: try later"
    assert monotonic > 600.0
