"""Reads one date as feeds and people write it: ISO 8601, RFC 822, `17.11.2017 klo 9.00`, `pe, 13 loka 2017`.

Its doors are `read_date` and `is_month_name`. It reads a value that is meant to be a date; dates inside prose are
another matter (`language.prose_dates`). It never guesses: what it cannot read is None, and the caller says so.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from email.utils import parsedate_tz
from functools import cache
from zoneinfo import ZoneInfo

from newsletter.language.names import FI, MONTHS

FIRST_YEAR_WRITTEN = 1900
"""A person may date a text before the web; no reader of ours was there before."""
_FIRST_YEAR, _LAST_YEAR = 1990, 2200
"""Outside these a machine wrote the date, not a person (1970, 0001, 9999)."""

_LENGTH_MAX = 200
"""What is longer is no date but a text."""

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_ISO_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}):(\d{2})(.*)\Z", re.DOTALL)
_RFC_822 = re.compile(r"(?:[A-Za-z]{3,9},?\s+)?\d{1,2}\s+[A-Z][a-z]{2,8}\s+[12]\d{3}\s+\d{1,2}:\d{2}")
_CLOCK = r"(?:,?\s++(?P<word>klo|kello|kl\.?|at)?\s*+(?P<hour>\d{1,2})(?:[.:](?P<minute>\d{2}))?)?"
_DAY_FIRST = re.compile(
    r"(?:\w{2,12},?\s+)?(?P<day>\d{1,2})\.?\s*(?:(?P<month>\d{1,2})\.|(?P<name>[^\W\d]+)\.?)\s*(?P<year>\d{4})"
    rf"{_CLOCK}\Z"
)
# Python's reader knows the American names only, and takes any other, and none, for UTC.
_NAMED_ZONES = {"EET": "+0200", "EEST": "+0300", "CET": "+0100", "CEST": "+0200", "WET": "+0000", "WEST": "+0100"}
_NAMED_ZONE = re.compile(rf"\b({'|'.join(_NAMED_ZONES)})\b")
_KNOWN_ZONE = re.compile(r"(?:[+-]\d{4}|\b(?:GMT|UTC?|Z|[ECMP][SD]T))(?: \(.*\))?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDate:
    """What a written date says.

    Attributes:
        when: A day, or an aware moment.
        is_zone_assumed: True for a moment that was written without a zone.
    """

    when: date | datetime
    is_zone_assumed: bool = False


def read_date(written: str, zone: ZoneInfo, *, first_year: int = _FIRST_YEAR) -> ReadDate | None:
    """Read a date, or give None when this is none, or of a year before the first or after 2200.

    A moment without a zone, or with a zone nobody knows, is one of `zone`. Names of months may be Finnish, Swedish or
    English.
    """
    written = " ".join(written.split())
    if len(written) > _LENGTH_MAX:
        return None
    try:
        read = _iso(written, zone) or _rfc_822(written, zone) or _day_first(written, zone)
    except (ValueError, OverflowError):
        return None
    return read if read is not None and first_year <= read.when.year <= _LAST_YEAR else None


def settle(moment: datetime, zone: ZoneInfo) -> datetime:
    """Give an aware moment on the clock of a zone.

    A clock time that the change to summer time skips is moved on by the hour that was skipped.
    """
    return moment.astimezone(UTC).astimezone(zone)


def _local(moment: datetime, zone: ZoneInfo) -> ReadDate:
    """Put a moment without a zone into the zone."""
    return ReadDate(when=settle(moment.replace(tzinfo=zone), zone), is_zone_assumed=True)


def _iso(written: str, zone: ZoneInfo) -> ReadDate | None:
    """Read ISO 8601, also with a space for the T and one digit for the hour."""
    if _ISO_DAY.match(written):
        return ReadDate(when=date.fromisoformat(written))
    if not (match := _ISO_MOMENT.match(written)):
        return None
    moment = datetime.fromisoformat(f"{match[1]}T{match[2]:0>2}:{match[3]}{match[4].replace(' ', '')}")
    return _local(moment, zone) if moment.tzinfo is None else ReadDate(when=settle(moment, zone))


def _rfc_822(written: str, zone: ZoneInfo) -> ReadDate | None:
    """Read the dates of RSS and of mail (RFC 822, RFC 5322 section 3.3)."""
    if not _RFC_822.match(written):
        return None
    written = _NAMED_ZONE.sub(lambda name: _NAMED_ZONES[name[1]], written)
    parts = parsedate_tz(written)
    if parts is None:
        return None
    moment = datetime(*parts[:6])  # noqa: DTZ001 - the zone comes next
    if not _KNOWN_ZONE.search(written):
        return _local(moment, zone)
    return ReadDate(when=settle(moment.replace(tzinfo=timezone(timedelta(seconds=parts[9] or 0))), zone))


def _day_first(written: str, zone: ZoneInfo) -> ReadDate | None:
    """Read `17.11.2017`, `pe 13. lokakuuta 2017`, `17 november 2017`, each perhaps with a time."""
    if not (match := _DAY_FIRST.match(written)):
        return None
    month = int(match["month"]) if match["month"] else _month(match["name"])
    if month is None or (match["hour"] and not (match["word"] or match["minute"])):
        return None
    day = date(int(match["year"]), month, int(match["day"]))
    if match["hour"] is None:
        return ReadDate(when=day)
    clock = time(int(match["hour"]), int(match["minute"] or 0))
    return _local(datetime.combine(day, clock), zone)


def is_month_name(word: str) -> bool:
    """Tell whether a word is the full name of a month, as dates have it, in Finnish, Swedish or English."""
    return word.casefold() in {name for name, _ in _months()}


def _month(name: str) -> int | None:
    """Give the number of a month by its name or an abbreviation of at least three letters."""
    name = name.casefold()
    for full, number in _months():
        if full.startswith(name) and len(name) >= len("maj"):
            return number
    return None


@cache
def _months() -> tuple[tuple[str, int], ...]:
    """Give the names of months in the house's three languages, in every case that stands in a date."""
    in_dates = tuple(f"{name}ta" for name in MONTHS[FI])
    return tuple(
        (name.casefold(), number)
        for names in (in_dates, *MONTHS.values())
        for number, name in enumerate(names, start=1)
    )
