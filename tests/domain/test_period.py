from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.period import day_of, first_moment, is_special, label_after, moment_after, parse_period
from newsletter.errors import UsageError

HELSINKI = ZoneInfo("Europe/Helsinki")


@pytest.mark.parametrize(
    ("label", "start", "end"),
    [
        ("2017-11", date(2017, 11, 1), date(2017, 12, 1)),
        ("2017-12", date(2017, 12, 1), date(2018, 1, 1)),
        ("2017-W46", date(2017, 11, 13), date(2017, 11, 20)),
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 4)),
        ("2017-Q1", date(2017, 1, 1), date(2017, 4, 1)),
        ("2017-Q4", date(2017, 10, 1), date(2018, 1, 1)),
    ],
)
def test_a_label_names_a_half_open_stretch_of_days(label: str, start: date, end: date) -> None:
    """Months, ISO weeks and quarters begin and end at midnight of the publication's zone."""
    period = parse_period(label, HELSINKI)

    assert (period.label, period.start, period.end) == (
        label,
        datetime(start.year, start.month, start.day, tzinfo=HELSINKI),
        datetime(end.year, end.month, end.day, tzinfo=HELSINKI),
    )
    assert period.start in period
    assert period.end not in period


def test_a_special_issue_has_the_period_of_its_label_and_a_word() -> None:
    """It stands beside the period's own issue, and the next one is that of the next period."""
    special, own = parse_period("2017-11-w-kutsu", HELSINKI), parse_period("2017-11", HELSINKI)

    assert (special.start, special.end, special.word, special.base) == (own.start, own.end, "w-kutsu", "2017-11")
    assert (is_special(special.label), is_special(own.label), own.word) == (True, False, None)
    assert label_after(special) == "2017-12"


@pytest.mark.parametrize(
    "label",
    [
        "2017-11-",
        "2017-11-Kutsu",
        "2017-13-kutsu",
        "2017-11-1",
        "",
        "2017",
        "2017-13",
        "2017-00",
        "2017-W54",
        "2019-W53",
        "2017-Q5",
        "17-11",
        "2017-11\n",
    ],
)
def test_a_label_that_names_nothing_is_refused_with_the_forms(label: str) -> None:
    """A month or week that does not exist is no period, and the message shows how to write one."""
    with pytest.raises(UsageError) as caught:
        parse_period(label, HELSINKI)

    assert caught.value.hint == "Write 2017-11 (a month), 2017-W46 (an ISO week) or 2017-Q4 (a quarter)."


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("2017-11", "2017-12"),
        ("2017-12", "2018-01"),
        ("2017-W52", "2018-W01"),
        ("2020-W53", "2021-W01"),
        ("2017-Q3", "2017-Q4"),
        ("2017-Q4", "2018-Q1"),
    ],
)
def test_every_period_has_a_next_one(label: str, expected: str) -> None:
    """The next month, week or quarter has a label of the same form."""
    assert label_after(parse_period(label, HELSINKI)) == expected


def test_a_late_evening_in_utc_belongs_to_the_next_month_in_helsinki() -> None:
    """The publication's zone decides which month a moment belongs to."""
    moment = datetime(2017, 10, 31, 22, 30, tzinfo=UTC)

    assert day_of(moment, HELSINKI) == date(2017, 11, 1)
    assert moment in parse_period("2017-11", HELSINKI)


def test_a_bare_date_lasts_from_midnight_to_midnight_also_when_clocks_change() -> None:
    """The day clocks go back has 25 hours, and a date covers all of them."""
    day = date(2017, 10, 29)

    length = moment_after(day, HELSINKI).astimezone(UTC) - first_moment(day, HELSINKI).astimezone(UTC)

    assert length == timedelta(hours=25)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds
def test_every_moment_is_in_exactly_one_month(moment: datetime) -> None:
    """Months neither overlap nor leave a gap."""
    day = day_of(moment, HELSINKI)
    near = {(day + timedelta(days=offset)).strftime("%Y-%m") for offset in (-40, -1, 0, 1, 40)}

    assert [label for label in sorted(near) if moment in parse_period(label, HELSINKI)] == [day.strftime("%Y-%m")]
