"""How long a source may be silent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.domain.content import SourceKind
from newsletter.domain.contract import silence
from tests.collect.samples import FETCHED, a_source

SOURCE = a_source(SourceKind.FEED)


def spoke(*days_ago: int) -> list[datetime]:
    """Give moments so many days before the look."""
    return [FETCHED - timedelta(days=days) for days in days_ago]


@pytest.mark.parametrize(
    ("days_ago", "told"),
    [
        ((61, 91, 121, 151), "for 61 days; its longest pause before was 30 days."),
        ((60, 90, 120, 150), None),
        ((15, 16, 17, 18), "for 15 days; its longest pause before was 1 days."),
        ((14, 15, 16, 17), None),
        ((300, 301, 302), None),
        ((300, 300, 301, 302), None),
        ((), None),
        ((-3, 61, 91, 121, 151), "for 61 days"),
        ((40, *range(50, 170, 10), 900), "for 40 days; its longest pause before was 10 days."),
    ],
)
def test_silence_is_told_when_it_is_twice_the_longest_pause(days_ago: tuple[int, ...], told: str | None) -> None:
    """Its history says how often a source speaks; a short one says nothing, and what is dated ahead is no word yet."""
    problem = silence(SOURCE, spoke(*days_ago), looked_at=FETCHED)
    assert (problem is None) == (told is None)
    assert problem is None or (told or "") in problem.message


def test_setting_wins_over_history() -> None:
    """Who knows the source better writes it down; a file of one's own is judged by that alone."""
    patient, strict = replace(SOURCE, speaks_every=90), replace(SOURCE, speaks_every=5)
    own = replace(SOURCE, location="/kansio")
    often, once = spoke(61, 62, 63, 64), spoke(6)
    assert silence(patient, often, looked_at=FETCHED) is None
    assert silence(own, often, looked_at=FETCHED) is None
    told = silence(replace(own, speaks_every=5), once, looked_at=FETCHED)
    assert told is not None
    assert (told.message, told.breaks_contract) == (
        "It has said nothing new since 2017-11-14, for 6 days; it should speak every 5 days.",
        True,
    )
    assert silence(strict, [datetime(2017, 11, 15, 22, 30, tzinfo=UTC)], looked_at=FETCHED) is None
