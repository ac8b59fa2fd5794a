from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.collect.dates import ReadDate, is_month_name, read_date, settle
from tests.collect.samples import HELSINKI


@pytest.mark.parametrize(
    "written",
    [
        "2017-10-13",
        "13.10.2017",
        "13. 10. 2017",
        "pe 13.10.2017",
        "pe, 13 loka 2017",
        "13. lokakuuta 2017",
        "13 oktober 2017",
        "fre 13 okt. 2017",
        "Fri, 13 October 2017",
    ],
)
def test_day_is_read_in_three_languages(written: str) -> None:
    """A date without a time is a day, in whichever of our languages it is written."""
    assert read_date(written, HELSINKI) == ReadDate(when=date(2017, 10, 13))


@pytest.mark.parametrize(
    ("written", "in_utc"),
    [
        ("2017-11-17T10:00:00Z", (2017, 11, 17, 10, 0)),
        ("2017-11-17 10:00:00.5 +02:00", (2017, 11, 17, 8, 0)),
        ("Fri, 17 Nov 2017 10:00:00 GMT", (2017, 11, 17, 10, 0)),
        ("Fri, 17 Nov 2017 10:00:00 +0200", (2017, 11, 17, 8, 0)),
        ("Fri, 17 Nov 2017 10:00 -0000", (2017, 11, 17, 10, 0)),
        ("17 Nov 2017 10:00:00 +0200 (EET)", (2017, 11, 17, 8, 0)),
        ("Fri, 17 Nov 2017 10:00:00 EET", (2017, 11, 17, 8, 0)),
        ("Thu, 17 Aug 2017 10:00:00 EEST", (2017, 8, 17, 7, 0)),
    ],
)
def test_moment_with_a_zone_is_that_moment(written: str, in_utc: tuple[int, ...]) -> None:
    """A zone that is written counts, Finland's own names included."""
    read = read_date(written, HELSINKI)
    assert read is not None
    assert isinstance(read.when, datetime)
    assert read.when.replace(microsecond=0) == datetime(*in_utc, tzinfo=UTC)  # type: ignore[misc, arg-type]
    assert not read.is_zone_assumed


@pytest.mark.parametrize(
    "written",
    [
        "2017-11-17T09:30",
        "2017-11-17 9:30",
        "Fri, 17 Nov 2017 09:30:00",
        "Fri, 17 Nov 2017 09:30:00 XYZ",
        "17.11.2017 klo 9.30",
        "17.11.2017, kello 9:30",
        "17.11.2017 9.30",
        "17 november 2017 kl. 9.30",
    ],
)
def test_moment_without_a_known_zone_is_one_of_the_source_and_says_so(written: str) -> None:
    """Silent UTC would move a Finnish morning by two hours."""
    moment = datetime(2017, 11, 17, 9, 30, tzinfo=HELSINKI)
    assert read_date(written, HELSINKI) == ReadDate(when=moment, is_zone_assumed=True)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "eilen",
        "31.2.2017",
        "2017-13-01",
        "17/11/2017",
        "17.11.2017 9",
        "17.11.2017 klo 25",
        "3 ma 2017",
        "3 foo 2017",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Fri, 17 Foo 2017 10:00:00 GMT",
        "9999-12-31T23:59:59Z",
        "0000-00-00",
        "2017-11-17T10:00:00EETX",
        "99.99.9999",
    ],
)
def test_what_is_no_sensible_date_is_none(written: str) -> None:
    """A date is read or left open, never guessed and never 1970."""
    assert read_date(written, HELSINKI) is None


def test_last_evening_of_october_in_utc_is_the_first_of_november_here() -> None:
    """The month is the one on the wall in Finland."""
    read = read_date("Tue, 31 Oct 2017 22:30:00 GMT", HELSINKI)
    assert read is not None
    assert read.when.isoformat() == "2017-11-01T00:30:00+02:00"


def test_clock_time_that_summer_time_skips_moves_on() -> None:
    """03.30 does not exist on 25.3.2018; it is shown as 04.30."""
    assert settle(datetime(2018, 3, 25, 3, 30, tzinfo=HELSINKI), HELSINKI).isoformat() == "2018-03-25T04:30:00+03:00"


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2200, 12, 31)))
def test_every_day_is_read_as_people_and_machines_write_it(day: date) -> None:
    """d.m.yyyy and ISO give the same day back."""
    finnish = f"{day.day}.{day.month}.{day.year}"
    assert read_date(finnish, HELSINKI) == read_date(day.isoformat(), HELSINKI) == ReadDate(when=day)


@given(st.text())
def test_no_text_breaks_the_reader(written: str) -> None:
    """Whatever a feed puts into a date, it is a sensible date or none."""
    read = read_date(written, HELSINKI)
    assert read is None or 1990 <= read.when.year <= 2200


@pytest.mark.parametrize(
    ("word", "is_month"),
    [("marraskuuta", True), ("Marraskuu", True), ("november", True), ("marras", False), ("x", False)],
)
def test_only_full_names_are_names_of_months(word: str, is_month: bool) -> None:  # noqa: FBT001 - a table
    """A list item may begin with "Marras" without being a date."""
    assert is_month_name(word) == is_month
