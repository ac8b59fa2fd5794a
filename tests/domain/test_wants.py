"""What a reader wants."""

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.domain.wants import Wants, turns

NOW = datetime(2017, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("counted", "due"),
    [
        ([], (0, 1, 2)),
        ([1], (1, 2)),
        ([1, 2], (2,)),
        ([1, 2, 3], (0,)),
        ([1, 2, 3, 4], (1,)),
        ([3, 4, 9], (0, 1, 2)),
    ],
)
def test_every_third_is_the_next_issue_and_every_third_after_it(counted: list[int], due: tuple[int, ...]) -> None:
    """Counted from the last sending that had begun when the reader said so, whatever numbers came between."""
    assert turns(counted, [0, 1, 2]) == due


def test_a_pause_ends_with_its_first_moment() -> None:
    """Paused until a day means that mail comes again on that day."""
    wants = Wants(paused_until=NOW)
    assert [wants.is_paused(NOW - timedelta(microseconds=1)), wants.is_paused(NOW), Wants().is_paused(NOW)] == [
        True,
        False,
        False,
    ]
