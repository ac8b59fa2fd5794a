"""Dates, times and stretches of time as Finns, Swedish-speaking Finns and readers of English write them.

Door: `when` for events, `day` and `days` for dates, `clock`, `month_heading`. The order and the marks are our own,
because the general patterns write ISO dates in Swedish, repeat what two English dates share and drop the days of a
clock interval. Whatever must not be torn apart at a line's end is held by no-break spaces.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from newsletter.domain.content import Language
from newsletter.domain.period import day_of
from newsletter.language.catalogue import MessageId
from newsletter.language.names import AND, EN, FI, MONTHS, MONTHS_SHORT, SV, WEEKDAYS_SHORT

NO_BREAK_SPACE = "\u00a0"
EN_DASH = "–"
IN_LANGUAGES = {
    FI: MessageId("in Finnish"),
    SV: MessageId("in Swedish"),
    EN: MessageId("in English"),
}
"""What is said of a text in another language than its surroundings."""


class DateBlock(NamedTuple):
    """A day, or a first and a last one, for a narrow block: `ti–ke`, `12–13`, `joulu`."""

    weekday: str
    day: str
    month: str
    year: int


def day(when: date, language: Language) -> str:
    """Write one day: `11.10.2017` in Finnish and Swedish, `11 October 2017` in English."""
    return _joined(_day_number(when, language), _month_and_year(when, language), language)


def day_with_weekday(when: date, language: Language) -> str:
    """Write one day with its short weekday: `ke 11.10.2017`, `ons 11.10.2017`, `Wed 11 October 2017`."""
    return f"{weekday(when, language)}{NO_BREAK_SPACE}{day(when, language)}"


def day_short(when: date, language: Language) -> str:
    """Write one day without its year: `28.11.` in Finnish and Swedish, `28 Nov` in English."""
    if language in ("fi", "sv"):
        return f"{when.day}.{when.month}."
    return f"{when.day}{NO_BREAK_SPACE}{month_short(when, language)}"


def days(first: date, last: date, language: Language) -> str:
    """Write a stretch of days, both included, naming month and year once where they are the same.

    `11.–12.10.2017`, `30.11.–1.12.2017`, `29.12.2017–3.1.2018`; Swedish has no full stop before the dash; English
    writes `11–12 October 2017`.
    """
    if last <= first:
        return day(first, language)
    if first.year != last.year:
        return f"{day(first, language)}{_dash(language, is_spaced=True)}{day(last, language)}"
    start = _day_number(first, language, is_before_dash=first.month == last.month)
    if first.month == last.month:
        return f"{start}{EN_DASH}{day(last, language)}"
    month = _month(first, language, is_before_dash=True)
    return f"{_joined(start, month, language)}{_dash(language, is_spaced=True)}{day(last, language)}"


def clock(start: datetime, end: datetime | None, language: Language) -> str:
    """Write a time of day, or from when to when: `klo 9–15`, `klo 9.00–15.30`, `kl. 9–15`, `9:00–15:00`.

    Finnish and Swedish leave the minutes out where no time has any. A midnight that ends something is 24.
    """
    moments = [start] if end is None or end <= start else [start, end]
    has_minutes = any(moment.minute for moment in moments)
    times = [_time(moment, language, has_minutes=has_minutes, is_end=moment is not start) for moment in moments]
    return _clock_word(language) + EN_DASH.join(times)


def when(start: date | datetime, end: date | datetime | None, language: Language, zone: ZoneInfo) -> str:
    """Write when something happens, in the zone's days and times.

    One day: `ke 11.10.2017`, with times `ke 11.10.2017 klo 9–15`. Several days: `11.–12.10.2017`, with times each end
    in full. An end at midnight belongs to the day that it closes.
    """
    begins = start.astimezone(zone) if isinstance(start, datetime) else None
    ends = end.astimezone(zone) if isinstance(end, datetime) else None
    first = day_of(start, zone)
    last = max(first, first if end is None else _last_day(end, zone))
    if begins is None:
        return day_with_weekday(first, language) if first == last else days(first, last, language)
    if first == last:
        return _with_clock(day_with_weekday(first, language), clock(begins, ends, language), language)
    if ends is None:
        return _with_clock(days(first, last, language), clock(begins, None, language), language)
    return f" {EN_DASH} ".join(
        _with_clock(day_with_weekday(moment.date(), language), clock(moment, None, language), language)
        for moment in (begins, ends)
    )


def clock_of(start: date | datetime, end: date | datetime | None, language: Language, zone: ZoneInfo) -> str:
    """Write the times of something whose days are told beside it: `klo 9–15`, or nothing for whole days.

    Over several days each end has its weekday: `ti klo 12 – ke klo 16`.
    """
    if not isinstance(start, datetime):
        return ""
    begins, ends = start.astimezone(zone), end.astimezone(zone) if isinstance(end, datetime) else None
    if ends is None or _last_day(ends, zone) <= begins.date():
        return clock(begins, ends, language)
    return f" {EN_DASH} ".join(
        f"{weekday(moment.date(), language)}{NO_BREAK_SPACE}{clock(moment, None, language)}"
        for moment in (begins, ends)
    )


def date_block(start: date | datetime, end: date | datetime | None, language: Language, zone: ZoneInfo) -> DateBlock:
    """Write the days of something for a narrow block, the first and the last where they differ."""
    first = day_of(start, zone)
    last = max(first, first if end is None else _last_day(end, zone))
    return DateBlock(
        weekday=_spanned(weekday(first, language), weekday(last, language), is_one=first == last),
        day=_spanned(str(first.day), str(last.day), is_one=first == last),
        month=_spanned(month_short(first, language), month_short(last, language)),
        year=last.year,
    )


def _spanned(first: str, last: str, *, is_one: bool = False) -> str:
    """Put a dash between two words, unless one says it all."""
    return first if is_one or first == last else f"{first}{EN_DASH}{last}"


def month_heading(when: date, language: Language) -> str:
    """Write month and year as a heading, with a capital: `Marraskuu 2017`, `November 2017`."""
    return f"{MONTHS[_known(language)][when.month - 1].capitalize()}{NO_BREAK_SPACE}{when.year}"


def weekday(when: date, language: Language) -> str:
    """Write the short name of the weekday, without a full stop: `ke`, `ons`, `Wed`."""
    return WEEKDAYS_SHORT[_known(language)][when.weekday()]


def month_short(when: date, language: Language) -> str:
    """Write the month for a narrow date block: `marras`, `nov`, `Nov`, as it stands alone."""
    return MONTHS_SHORT[_known(language)][when.month - 1]


def one_after_another(words: Sequence[str], language: Language) -> str:
    """Write several things in a row: `a, b ja c`, `a, b och c`, `a, b and c`."""
    *first, last = words or ("",)
    return f"{', '.join(first)} {AND[_known(language)]} {last}" if first else last


def _known(language: Language) -> Language:
    """Give the language; an unknown one is read as English."""
    return language if language in MONTHS else EN


def _day_number(when: date, language: Language, *, is_before_dash: bool = False) -> str:
    """Give the day of the month with the mark that follows it: none in Swedish right before a dash."""
    if language == "fi" or (language == "sv" and not is_before_dash):
        return f"{when.day}."
    return str(when.day)


def _month(when: date, language: Language, *, is_before_dash: bool = False) -> str:
    """Give the month as it stands in a date: a number with its full stop, or the English name."""
    if language not in ("fi", "sv"):
        return MONTHS[EN][when.month - 1]
    return str(when.month) if language == "sv" and is_before_dash else f"{when.month}."


def _month_and_year(when: date, language: Language) -> str:
    return _joined(_month(when, language), str(when.year), language)


def _joined(left: str, right: str, language: Language) -> str:
    """Put two parts of a date together: close in Finnish and Swedish, held by a no-break space in English."""
    return f"{left}{right}" if language in ("fi", "sv") else f"{left}{NO_BREAK_SPACE}{right}"


def _dash(language: Language, *, is_spaced: bool) -> str:
    """Give the dash between two dates; English sets spaces around it when the dates themselves have spaces."""
    return f" {EN_DASH} " if is_spaced and language not in ("fi", "sv") else EN_DASH


def _clock_word(language: Language) -> str:
    """Give the word before a time of day, with its no-break space."""
    return {"fi": f"klo{NO_BREAK_SPACE}", "sv": f"kl.{NO_BREAK_SPACE}"}.get(language, "")


def _last_day(end: date | datetime, zone: ZoneInfo) -> date:
    return day_of(end - timedelta(microseconds=1), zone) if isinstance(end, datetime) else end


def _with_clock(days_written: str, clock_written: str, language: Language) -> str:
    """Put the time behind the day; English, which has no word for the clock, sets a comma."""
    return f"{days_written} {clock_written}" if _clock_word(language) else f"{days_written}, {clock_written}"


def _time(moment: datetime, language: Language, *, has_minutes: bool, is_end: bool) -> str:
    """Give a time of day: `9`, `9.00`, in English always `9:00`."""
    hour = 24 if is_end and (moment.hour, moment.minute) == (0, 0) else moment.hour
    if language not in ("fi", "sv"):
        return f"{hour}:{moment.minute:02}"
    return f"{hour}.{moment.minute:02}" if has_minutes else str(hour)
