"""When the sender stops by itself."""

import pytest

from newsletter.domain.delivery import DeliveryKey
from newsletter.domain.mailing import BatchOutcome, Outcome, Verdict
from newsletter.send.stop_rules import StopRules

TAKEN, TURNED_DOWN, DOUBT, LATER = Verdict.ACCEPTED, Verdict.REJECTED, Verdict.UNKNOWN, Verdict.REFUSED


def outcome(*counts: tuple[Verdict, int], stop_reason: str | None = None) -> BatchOutcome:
    """Give an answer with so many of each verdict."""
    verdicts = [verdict for verdict, number in counts for _ in range(number)]
    return BatchOutcome(
        outcomes=tuple(
            Outcome(delivery_key=DeliveryKey(str(number)), verdict=verdict) for number, verdict in enumerate(verdicts)
        ),
        stop_reason=stop_reason,
    )


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([outcome((TAKEN, 500))], None),
        ([outcome((TURNED_DOWN, 9))], None),
        ([outcome((TURNED_DOWN, 10), (TAKEN, 190))], None),
        ([outcome((TURNED_DOWN, 10), (TAKEN, 189))], "10 of 199 deliveries were rejected for good"),
        (
            [outcome((TURNED_DOWN, 6), (LATER, 500)), outcome((TURNED_DOWN, 6))],
            "12 of 12 deliveries were rejected for good",
        ),
        ([outcome((DOUBT, 1), (TAKEN, 99))] * 2, None),
        ([outcome((DOUBT, 1), (TAKEN, 99))] * 3, "3 calls in a row ended without a clear answer"),
        ([outcome((DOUBT, 5))] * 2 + [outcome((TAKEN, 5))] + [outcome((DOUBT, 5))] * 2, None),
        ([outcome((TAKEN, 5), stop_reason="the key was revoked")], "the key was revoked"),
    ],
)
def test_the_sender_stops_for_a_reason(answers: list[BatchOutcome], expected: str | None) -> None:
    """More than 5 % turned down for good (ten at least), three doubts in a row, or the mailer's word: stop."""
    rules = StopRules()
    reasons = [rules.note(answer) for answer in answers]
    assert reasons == [None] * (len(answers) - 1) + [expected]
