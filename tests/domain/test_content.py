from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from newsletter.domain.content import (
    Article,
    Event,
    Harvest,
    ItemKey,
    Language,
    Snapshot,
    Source,
    SourceId,
    SourceKind,
    fingerprint,
    overlaps,
    published_day,
)

ZONE = ZoneInfo("Europe/Helsinki")
WINDOW = (datetime(2017, 11, 24, tzinfo=ZONE), datetime(2018, 1, 23, tzinfo=ZONE))


def _event(start: date | datetime, end: date | datetime | None = None) -> Event:
    return Event(
        key=ItemKey("k"),
        source_id=SourceId("s"),
        identity="i",
        title="T",
        start=start,
        end=end,
        language=Language("fi"),
    )


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (date(2017, 11, 23), None, False),
        (date(2017, 11, 24), None, True),
        (date(2017, 11, 22), date(2017, 11, 24), True),
        (date(2017, 11, 22), date(2017, 11, 23), False),
        (date(2018, 1, 22), None, True),
        (date(2018, 1, 23), None, False),
        (date(2018, 1, 22), date(2018, 2, 3), True),
        (datetime(2017, 11, 23, 23, 59, tzinfo=ZONE), None, False),
        (datetime(2017, 11, 24, 0, 0, tzinfo=ZONE), None, True),
        (datetime(2017, 11, 23, 20, 0, tzinfo=ZONE), datetime(2017, 11, 24, 2, 0, tzinfo=ZONE), True),
        (datetime(2017, 11, 23, 20, 0, tzinfo=ZONE), datetime(2017, 11, 24, 0, 0, tzinfo=ZONE), False),
        (datetime(2018, 1, 23, 0, 0, tzinfo=ZONE), None, False),
    ],
)
def test_an_event_is_coming_when_any_part_of_it_is(
    start: date | datetime,
    end: date | datetime | None,
    expected: bool,  # noqa: FBT001 - a table's column
) -> None:
    """Overlap counts, the window's end does not, and an event of one moment counts at that moment."""
    assert overlaps(_event(start, end), *WINDOW, ZONE) is expected


def test_a_fingerprint_follows_the_words_and_nothing_else() -> None:
    """The same words under another key or source are the same; one changed word is not."""
    article = Article(
        key=ItemKey("k"),
        source_id=SourceId("s"),
        identity="i",
        title="Otsikko",
        published=date(2017, 11, 17),
        language=Language("fi"),
        body_html="<p>Teksti.</p>",
    )

    assert fingerprint(article) == fingerprint(replace(article, key=ItemKey("other"), source_id=SourceId("t")))
    assert fingerprint(article) != fingerprint(replace(article, body_html="<p>Tekstit.</p>"))
    assert fingerprint(_event(date(2017, 12, 1))) != fingerprint(_event(date(2017, 12, 2)))


def test_the_day_of_an_article_is_the_publications() -> None:
    """A moment is turned into the zone's day, a date stays, and nothing is made up where the source says nothing."""
    article = Article(key=ItemKey("k"), source_id=SourceId("s"), identity="i", title="T", language=Language("fi"))
    late = datetime(2017, 10, 31, 22, 30, tzinfo=ZoneInfo("UTC"))

    assert published_day(article, ZONE) is None
    assert published_day(replace(article, published=date(2017, 10, 31)), ZONE) == date(2017, 10, 31)
    assert published_day(replace(article, published=late), ZONE) == date(2017, 11, 1)


def test_small_facts_are_read_off_the_values() -> None:
    """A source knows whether it is remote, a snapshot its digest, a harvest its items together."""
    source = Source(id=SourceId("s"), kind=SourceKind.FEED, location="/a/feed.xml", language=Language("fi"), zone=ZONE)
    snapshot = Snapshot(
        source_id=SourceId("s"), fetched_at=WINDOW[0], location="/a/feed.xml", media_type="", body=b"abc"
    )
    event = _event(date(2017, 12, 1))

    assert (source.is_remote, replace(source, location="https://example.org").is_remote) == (False, True)
    assert snapshot.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert Harvest(source_id=SourceId("s"), events=(event,)).items == (event,)
