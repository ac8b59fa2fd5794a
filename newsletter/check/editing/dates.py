"""Days that contradict one another, the day of sending, or the month the issue is about.

All is judged from the issue's planned day of sending, never from today. Its door is `CHECKS`.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from newsletter.check.editing.months import (
    DATES,
    MONTHS_BEHIND_MOST,
    OPENINGS,
    SUBJECTS,
    Named,
    month_number,
    names_issue,
    weekday_number,
)
from newsletter.check.page.html import excerpt, plain
from newsletter.check.page.reading import Reading
from newsletter.check.page.rules import Hit, check, checks_of
from newsletter.domain.content import Language
from newsletter.domain.issue import ItemKind, Severity
from newsletter.domain.period import day_of, midnight, moment_after, parse_period
from newsletter.language.catalogue import MessageId
from newsletter.language.formats import day_with_weekday

FURTHEST = timedelta(days=731)
"""How far from the day of sending an item's days may lie: two years."""


@check(
    code="event-over",
    severity=Severity.ERROR,
    message=MessageId("The event “{title}” is over by the day this issue is sent."),
    fix=MessageId("Take it out of the issue, or correct its date."),
    basis="House; judged from the issue's planned day of sending",
)
def event_over(reading: Reading) -> Iterator[Hit]:
    """Find events that end before the planned day of sending begins."""
    zone = reading.publication.zone
    sending_begins = midnight(reading.edition.issue.date, zone)
    for item in reading.edition.items:
        last = item.end or item.start
        if item.kind is ItemKind.EVENT and last is not None and moment_after(last, zone) <= sending_begins:
            yield Hit(facts={"title": plain(item.title)}, place=reading.place_of_item(item))


@check(
    code="date-far",
    severity=Severity.WARNING,
    message=MessageId("“{title}” is dated {date}, years away from this issue."),
    fix=MessageId("Correct the year in issue.toml."),
    basis="House: 731 days before or after the planned day of sending",
)
def date_far(reading: Reading) -> Iterator[Hit]:
    """Find items whose own days lie years away; years that a text speaks of are its own affair."""
    zone, sent = reading.publication.zone, reading.edition.issue.date
    for item in reading.edition.items:
        days = [day_of(when, zone) for when in (item.published, item.start, item.end) if when is not None]
        if far := next((day for day in days if abs(day - sent) > FURTHEST), None):
            facts = {"title": plain(item.title), "date": far.isoformat()}
            yield Hit(facts=facts, place=reading.place_of_item(item))


@check(
    code="published-after-issue",
    severity=Severity.WARNING,
    message=MessageId("The article “{title}” was published on {date}, after the day this issue is sent ({sent})."),
    fix=MessageId("Correct one of the two dates in issue.toml, or keep the article for the next issue."),
    basis="House; judged from the issue's planned day of sending",
)
def published_after_issue(reading: Reading) -> Iterator[Hit]:
    """Find articles that are not published yet on the planned day of sending."""
    sent = reading.edition.issue.date
    for item in reading.edition.items:
        if item.kind is ItemKind.ARTICLE and item.published is not None and item.published > sent:
            facts = {"title": plain(item.title), "date": item.published.isoformat(), "sent": sent.isoformat()}
            yield Hit(facts=facts, place=reading.place_of_item(item))


@check(
    code="weekday-differs",
    severity=Severity.WARNING,
    message=MessageId("“{found}” names the wrong day of the week: that day is {day}."),
    fix=MessageId("Correct the weekday or the date."),
    basis="House; without a year, that date which is nearest to the planned day of sending",
)
def weekday_differs(reading: Reading) -> Iterator[Hit]:
    """Find dates that are written with a weekday which is not theirs."""
    sent, edition = reading.edition.issue.date, reading.edition.key.language
    words = reading.edition.words
    texts = [(edition, said, reading.words_place) for said in (words.subject, words.preheader, words.greeting)]
    for item in reading.edition.items:
        place = reading.place_of_item(item)
        texts += [(item.language, said, place) for said in (item.title, item.lead, item.body, item.place or "")]
    for language, said, place in texts:
        for match in (match for pattern in DATES.get(language, ()) for match in pattern.finditer(said)):
            when = _day_meant(match, language, sent)
            if when is not None and when.weekday() != weekday_number(match["weekday"], language):
                facts = {"found": excerpt(match[0]), "day": day_with_weekday(when, language)}
                yield Hit(facts=facts, place=place)


def _day_meant(match: re.Match[str], language: Language, sent: date) -> date | None:
    """Give the day that is written; the nearest one where no year is; None where there is no such day."""
    named = match.groupdict()
    month = int(named["month"]) if named.get("month") else month_number(named.get("name") or "", language)
    year = named.get("year") or named.get("year_after")
    years = [int(year)] if year else [sent.year - 1, sent.year, sent.year + 1]
    days = [day for year in years if (day := _day(year, month, int(named["day"]))) is not None]
    return min(days, key=lambda day: abs(day - sent), default=None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@check(
    code="month-of-other-issue",
    severity=Severity.WARNING,
    message=MessageId("“{found}” seems to be left from an earlier issue: this one is {label}, sent on {sent}."),
    fix=MessageId("Correct the month or the year in issue.toml; if it is meant so, waive this finding."),
    basis="House; only where a month or year names the issue itself, as beside the newsletter's name",
)
def month_of_other_issue(reading: Reading) -> Iterator[Hit]:
    """Find a subject or greeting that names the issue by a month or year gone by."""
    issue, words, language = reading.edition.issue, reading.edition.words, reading.edition.key.language
    period = parse_period(issue.label, reading.publication.zone)
    days = [period.start, period.end - timedelta(days=1), midnight(issue.date, reading.publication.zone)]
    names = tuple(name for known, name in reading.publication.names.items() if known == language)
    for said, patterns in ((words.subject, SUBJECTS), (words.greeting, OPENINGS)):
        for found in names_issue(said, patterns, language, names):
            if _is_behind(found, days):
                facts = {"found": excerpt(found.text), "label": issue.label, "sent": issue.date.isoformat()}
                yield Hit(facts=facts, place=reading.words_place)


def _is_behind(named: Named, days: Sequence[datetime]) -> bool:
    """Tell whether a month or year is gone by for an issue about the first two days, sent on the third."""
    first, last = min(days), max(days)
    if named.month is None:
        return named.year is not None and named.year < first.year
    if named.year is not None:
        is_same = (first.year, first.month) <= (named.year, named.month) <= (last.year, last.month)
        is_typing_error = named.month in (first.month, last.month)
        return not is_same and ((named.year, named.month) < (first.year, first.month) or is_typing_error)
    months = (last.year - first.year) * 12 + last.month - first.month
    is_touched = (named.month - first.month) % 12 <= months
    return not is_touched and 1 <= (first.month - named.month) % 12 <= MONTHS_BEHIND_MOST


CHECKS = checks_of(globals())
"""In the order of the documentation."""
