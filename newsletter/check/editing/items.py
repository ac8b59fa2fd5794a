"""Items that lack something readers need, or stand twice.

Its door is `CHECKS`.
"""

import re
from collections.abc import Iterator
from itertools import combinations
from urllib.parse import parse_qsl, urlsplit

from newsletter.check.links import is_tracker
from newsletter.check.page.html import plain
from newsletter.check.page.reading import Reading
from newsletter.check.page.rules import Hit, check, checks_of
from newsletter.domain.issue import IssueItem, ItemKind, Severity
from newsletter.domain.period import day_of
from newsletter.language.catalogue import MessageId

_ONLINE = re.compile(
    r"\b(?:web+inaari|webb?inari|webinar|verkossa|verkko(?:tapahtu|tilais|seminaar|koulutu|kurss|luen|työpaj|infot)|"
    r"etä(?:tapahtu|tilais|yhtey|osallis|koulutu|kokou|tapaam|luen|työpaj|ohjel)|etänä|teams|zoom|skype|google meet|"
    r"online|striim|suora lähety|suoran lähety|livelähety|live ?stream|strömm|direktsän|(?:på|via) (?:webben|nätet)|"
    r"nät(?:kurs|möt|evenemang|utbildning|träff|verkstad)|distans|virtua)",
    re.IGNORECASE,
)
"""Words that say that there is no place to go to."""


@check(
    code="duplicate-item",
    severity=Severity.WARNING,
    message=MessageId("“{title}” seems to stand twice: “{other}” (line {line}) has the same address or title."),
    fix=MessageId("Take the key of one of them out of [order] in issue.toml."),
    basis="House; events on different days are none",
)
def duplicate_item(reading: Reading) -> Iterator[Hit]:
    """Find items of an edition with the same address or title. A site's front page is nobody's own address."""
    told: set[str] = set()
    for first, second in combinations(reading.edition.items, 2):
        if second.key not in told and _is_same(first, second, reading):
            told.add(second.key)
            facts = {"title": plain(second.title), "other": plain(first.title), "line": str(first.line or "?")}
            yield Hit(facts=facts, place=reading.place_of_item(second))


def _is_same(first: IssueItem, second: IssueItem, reading: Reading) -> bool:
    zone = reading.publication.zone
    days = {day_of(item.start, zone) for item in (first, second) if item.start is not None}
    if first.kind is second.kind is ItemKind.EVENT and len(days) > 1:
        return False
    address, title = _page_of(first.link), plain(first.title).casefold()
    return (address is not None and address == _page_of(second.link)) or title == plain(second.title).casefold()


def _page_of(link: str | None) -> tuple[object, ...] | None:
    """Give what tells a page apart from others; None for no address and for a front page."""
    try:
        parts = urlsplit(link or "")
    except ValueError:
        return None
    path = parts.path.rstrip("/")
    asked = [one for one in parse_qsl(parts.query, keep_blank_values=True) if not is_tracker(one[0])]
    return (parts.netloc.lower().removeprefix("www."), path, asked) if path or asked else None


@check(
    code="lead-missing",
    severity=Severity.WARNING,
    message=MessageId("The article “{title}” has no lead: nothing under its title says why to read it."),
    fix=MessageId("Write one or two sentences as its lead in issue.toml."),
    basis="House",
)
def lead_missing(reading: Reading) -> Iterator[Hit]:
    """Find articles whose lead says nothing; an event's title, time and place may be enough."""
    for item in reading.edition.items:
        if item.kind is ItemKind.ARTICLE and not plain(item.lead):
            yield Hit(facts={"title": plain(item.title)}, place=reading.place_of_item(item))


@check(
    code="event-without-place",
    severity=Severity.WARNING,
    message=MessageId("The event “{title}” does not say where it is held."),
    fix=MessageId("Write its place in issue.toml; for one on the web, write so."),
    basis="House",
)
def event_without_place(reading: Reading) -> Iterator[Hit]:
    """Find events with neither a place nor a word that says they are held on the web."""
    for item in reading.edition.items:
        is_online = _ONLINE.search(f"{item.title} {item.lead} {item.body}") is not None
        if item.kind is ItemKind.EVENT and not plain(item.place or "") and not is_online:
            yield Hit(facts={"title": plain(item.title)}, place=reading.place_of_item(item))


CHECKS = checks_of(globals())
"""In the order of the documentation."""
