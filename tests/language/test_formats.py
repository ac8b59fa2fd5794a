from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.content import Language
from newsletter.language.formats import (
    DateBlock,
    clock,
    clock_of,
    date_block,
    day,
    day_short,
    days,
    month_heading,
    month_short,
    one_after_another,
    weekday,
    when,
)

HELSINKI = ZoneInfo("Europe/Helsinki")
FI, SV, EN = Language("fi"), Language("sv"), Language("en")


def visible(written: str) -> str:
    """Show no-break spaces as a mark that can be read in a table."""
    return written.replace("\u00a0", "~")


def moment(day_number: int, hour: int, minute: int = 0) -> datetime:
    """Give a moment of October 2017 in Helsinki."""
    return datetime(2017, 10, day_number, hour, minute, tzinfo=HELSINKI)


@pytest.mark.parametrize(
    ("language", "written"),
    [(FI, "11.10.2017"), (SV, "11.10.2017"), (EN, "11~October~2017"), ("de", "11~October~2017")],
)
def test_one_day(language: Language, written: str) -> None:
    """A date holds together, in the order and with the marks of its language; an unknown language reads English."""
    assert visible(day(date(2017, 10, 11), language)) == written


@pytest.mark.parametrize(
    ("language", "first", "last", "written"),
    [
        (FI, date(2017, 10, 11), date(2017, 10, 12), "11.–12.10.2017"),
        (FI, date(2017, 11, 30), date(2017, 12, 1), "30.11.–1.12.2017"),
        (FI, date(2017, 12, 29), date(2018, 1, 3), "29.12.2017–3.1.2018"),
        (FI, date(2017, 10, 11), date(2017, 10, 11), "11.10.2017"),
        (SV, date(2017, 10, 11), date(2017, 10, 12), "11–12.10.2017"),
        (SV, date(2017, 11, 30), date(2017, 12, 1), "30.11–1.12.2017"),
        (SV, date(2017, 12, 29), date(2018, 1, 3), "29.12.2017–3.1.2018"),
        (EN, date(2017, 10, 11), date(2017, 10, 12), "11–12~October~2017"),
        (EN, date(2017, 11, 30), date(2017, 12, 1), "30~November – 1~December~2017"),
        (EN, date(2017, 12, 29), date(2018, 1, 3), "29~December~2017 – 3~January~2018"),
    ],
)
def test_stretch_of_days(language: Language, first: date, last: date, written: str) -> None:
    """A stretch of days names month and year once where both ends share them."""
    assert visible(days(first, last, language)) == written


@pytest.mark.parametrize(
    ("language", "start", "end", "written"),
    [
        (FI, moment(11, 9), moment(11, 15), "klo~9–15"),
        (FI, moment(11, 9), moment(11, 15, 30), "klo~9.00–15.30"),
        (FI, moment(11, 9), None, "klo~9"),
        (FI, moment(11, 9), moment(11, 9), "klo~9"),
        (SV, moment(11, 9), moment(11, 15), "kl.~9–15"),
        (SV, moment(11, 8, 30), moment(11, 12), "kl.~8.30–12.00"),
        (EN, moment(11, 9), moment(11, 15), "9:00–15:00"),
        (FI, moment(11, 18), moment(12, 0), "klo~18–24"),
        (FI, moment(11, 0), moment(11, 1), "klo~0–1"),
    ],
)
def test_time_of_day(language: Language, start: datetime, end: datetime | None, written: str) -> None:
    """Full hours stand without minutes in Finnish and Swedish, and the word before them is not torn off."""
    assert visible(clock(start, end, language)) == written


@pytest.mark.parametrize(
    ("language", "start", "end", "written"),
    [
        (FI, date(2017, 10, 11), None, "ke~11.10.2017"),
        (FI, date(2017, 10, 11), date(2017, 10, 12), "11.–12.10.2017"),
        (FI, moment(11, 9), moment(11, 15), "ke~11.10.2017 klo~9–15"),
        (FI, moment(11, 18), moment(12, 0), "ke~11.10.2017 klo~18–24"),
        (FI, moment(11, 9), date(2017, 10, 12), "11.–12.10.2017 klo~9"),
        (FI, moment(11, 9), moment(12, 15, 30), "ke~11.10.2017 klo~9 – to~12.10.2017 klo~15.30"),
        (FI, moment(11, 9), date(2017, 10, 1), "ke~11.10.2017 klo~9"),
        (SV, moment(11, 9), moment(11, 15), "ons~11.10.2017 kl.~9–15"),
        (EN, moment(11, 9), moment(11, 15), "Wed~11~October~2017, 9:00–15:00"),
        (EN, date(2017, 10, 11), None, "Wed~11~October~2017"),
    ],
)
def test_when_something_happens(
    language: Language, start: date | datetime, end: date | datetime | None, written: str
) -> None:
    """Days, times and both ends stand as a native would write them in an announcement."""
    assert visible(when(start, end, language, HELSINKI)) == written


@pytest.mark.parametrize(
    ("language", "start", "end", "block", "times"),
    [
        (FI, date(2017, 10, 11), None, ("ke", "11", "loka", 2017), ""),
        (FI, date(2017, 10, 11), date(2017, 10, 12), ("ke–to", "11–12", "loka", 2017), ""),
        (SV, date(2017, 12, 31), date(2018, 1, 7), ("sön", "31–7", "dec–jan", 2018), ""),
        (FI, moment(11, 18), moment(12, 0), ("ke", "11", "loka", 2017), "klo~18–24"),
        (EN, moment(11, 9), moment(12, 15), ("Wed–Thu", "11–12", "Oct", 2017), "Wed~9:00 – Thu~15:00"),
        (FI, moment(11, 9), date(2017, 10, 12), ("ke–to", "11–12", "loka", 2017), "klo~9"),
    ],
)
def test_block_and_line_share_the_telling(
    language: Language,
    start: date | datetime,
    end: date | datetime | None,
    block: tuple[str, str, str, int],
    times: str,
) -> None:
    """The block has the days, first and last, and the line the times; over several days each with its weekday."""
    assert date_block(start, end, language, HELSINKI) == DateBlock(*block)
    assert visible(clock_of(start, end, language, HELSINKI)) == times


@pytest.mark.parametrize(
    ("language", "short", "row"),
    [(FI, "28.11.", "a, b ja c"), (SV, "28.11.", "a, b och c"), (EN, "28~Nov", "a, b and c")],
)
def test_short_days_and_rows_of_words(language: Language, short: str, row: str) -> None:
    """A day among others needs no year, and the last word of a row has its own link."""
    assert visible(day_short(date(2017, 11, 28), language)) == short
    assert [one_after_another(words, language) for words in (["a", "b", "c"], ["a"], [])] == [row, "a", ""]


def test_moment_is_told_in_the_zone() -> None:
    """A late evening in London is the next day in Helsinki."""
    start = datetime(2017, 10, 10, 22, 30, tzinfo=ZoneInfo("Europe/London"))

    assert visible(when(start, None, FI, HELSINKI)) == "ke~11.10.2017 klo~0.30"


@pytest.mark.parametrize(
    ("language", "heading", "short", "day_name"),
    [
        (FI, "Marraskuu~2017", "marras", "ke"),
        (SV, "November~2017", "nov", "ons"),
        (EN, "November~2017", "Nov", "Wed"),
    ],
)
def test_names_stand_alone(language: Language, heading: str, short: str, day_name: str) -> None:
    """A heading has the month's own name, not its partitive, and short names have no full stop."""
    the_day = date(2017, 11, 15)

    assert visible(month_heading(the_day, language)) == heading
    assert (month_short(the_day, language), weekday(the_day, language)) == (short, day_name)
