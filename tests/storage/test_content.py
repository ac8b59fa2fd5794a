from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from newsletter.domain.content import (
    Answer,
    Article,
    Event,
    EventStatus,
    Item,
    ItemCounts,
    ItemKey,
    Language,
    LastSeen,
    Precision,
    Problem,
    ProblemGrade,
    Reading,
    SegmentId,
    Snapshot,
    SourceId,
    TopicId,
)
from newsletter.domain.told import Kept
from newsletter.storage.content import ContentStore, SourceStatus
from newsletter.storage.database import Database
from newsletter.storage.item_rows import columns_of, item_of
from newsletter.storage.tables import item as item_table

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2017, 11, 20, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SOURCE = SourceId("sivu")
FI = Language("fi")
ARTICLE = Article(
    key=ItemKey("kyla-kasvaa-1"),
    source_id=SOURCE,
    identity="1",
    title="Kylä kasvaa",
    url="https://kunta.example/1",
    published=date(2017, 11, 17),
    updated=datetime(2017, 11, 18, 9, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2))),
    author="Aino Kallio",
    language=FI,
    summary="Lyhyesti.",
    body_html="<p>Teksti.</p>",
    links=("https://a.example/", "https://b.example/"),
    tags=("kokeilut",),
    segments=(SegmentId("managers"),),
    topics=(TopicId("hankinnat"),),
    alternates=("https://kunta.example/sv/1",),
)
EVENT = Event(
    key=ItemKey("pajapaiva-2"),
    source_id=SOURCE,
    identity="2",
    title="Pajapäivä",
    start=datetime(2017, 12, 5, 9, 0, tzinfo=HELSINKI),
    end=datetime(2017, 12, 5, 15, 0, tzinfo=HELSINKI),
    precision=Precision.TIME,
    status=EventStatus.TENTATIVE,
    place="Salo",
    url="https://kunta.example/2",
    organiser="Verkosto",
    language=FI,
    summary="Tervetuloa.",
)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """Give an open transaction."""
    with database.write() as opened:
        yield opened


@pytest.fixture
def store(connection: Connection) -> ContentStore:
    """Give a store in it."""
    return ContentStore(connection)


def save(store: ContentStore, *items: Item, now: datetime = NOW) -> ItemCounts:
    """Keep items of the sample source."""
    return store.save_items(SOURCE, items, now=now)


def test_snapshot_comes_back_as_it_was(store: ContentStore) -> None:
    """Bytes, headers and time of a snapshot are kept, and the last one is given."""
    first = Snapshot(
        source_id=SOURCE,
        fetched_at=NOW,
        location="https://kunta.example/",
        media_type="text/xml",
        headers={"etag": '"1"'},
        body=b"\x00\xff",
    )
    last = replace(first, fetched_at=LATER, body=b"x", headers={})
    assert store.latest_snapshot(SOURCE) is None
    store.save_snapshot(last)
    store.save_snapshot(first)
    store.save_snapshot(replace(last, source_id=SourceId("muu")))
    assert store.latest_snapshot(SOURCE) == first


def test_items_come_back_as_they_were(store: ContentStore) -> None:
    """An article and an event keep every field, days stay days and moments keep their offset."""
    assert save(store, ARTICLE, EVENT) == ItemCounts(new=2)
    assert store.all_items() == (ARTICLE, EVENT)
    kept = store.kept([ARTICLE.key, EVENT.key])
    assert kept[ARTICLE.key] == Kept(item=ARTICLE, first_seen=NOW, changed_at=NOW)
    stored = kept[EVENT.key].item
    assert isinstance(stored, Event)
    assert stored.start.isoformat() == "2017-12-05T09:00:00+02:00"


def test_unknown_key_gives_nothing(store: ContentStore) -> None:
    """An item that was never collected is none."""
    assert store.kept([ItemKey("x")]) == {}


def test_known_item_is_left_alone(store: ContentStore, connection: Connection) -> None:
    """The same item again writes nothing, whatever the day."""
    save(store, ARTICLE, EVENT)
    before = connection.execute(select(item_table)).all()
    assert save(store, ARTICLE, EVENT, now=LATER) == ItemCounts(unchanged=2)
    assert connection.execute(select(item_table)).all() == before


def test_moment_in_the_hour_that_comes_twice_is_no_change(store: ContentStore) -> None:
    """Python calls two such moments of different zones unequal; the store does not."""
    twice = replace(EVENT, start=datetime(2017, 10, 29, 3, 30, tzinfo=HELSINKI, fold=1), end=None)
    save(store, twice)
    assert save(store, twice) == ItemCounts(unchanged=1)


def test_item_keeps_its_first_key_when_its_title_changes(store: ContentStore) -> None:
    """An issue that names an item still finds it."""
    save(store, ARTICLE)
    renamed = replace(ARTICLE, key=ItemKey("toinen-nimi-1"), title="Toinen nimi")
    assert save(store, renamed, now=LATER) == ItemCounts(changed=1)
    assert store.all_items() == (replace(renamed, key=ARTICLE.key),)
    assert store.kept([ARTICLE.key])[ARTICLE.key].first_seen == NOW


def test_time_of_change_is_when_the_words_changed(store: ContentStore, connection: Connection) -> None:
    """A new segment is kept, but is no change of what an item says."""
    save(store, ARTICLE)
    save(store, replace(ARTICLE, segments=()), now=LATER)
    changed_at = select(item_table.c.changed_at)
    assert connection.execute(changed_at).scalar_one() == NOW
    assert store.all_items() == (replace(ARTICLE, segments=()),)
    save(store, replace(ARTICLE, segments=(), summary="Toisin."), now=LATER)
    assert connection.execute(changed_at).scalar_one() == LATER


def test_what_a_source_no_longer_has_is_kept_and_marked(store: ContentStore) -> None:
    """A missed item keeps its words, says when it was there last, and is as before once its source has it again."""
    save(store, ARTICLE, EVENT)
    gone = NOW + timedelta(days=2)

    store.mark_missed(SOURCE, [EVENT.identity], last_seen=LATER, now=gone)
    missed, standing = store.kept([EVENT.key])[EVENT.key], store.standing(SOURCE)
    back = save(store, ARTICLE, EVENT, now=gone)

    assert missed == Kept(item=EVENT, first_seen=NOW, changed_at=NOW, last_seen=LATER, missed_at=gone)
    assert standing == (LastSeen(identity=ARTICLE.identity, title=ARTICLE.title, starts_at=None),)
    assert back == ItemCounts(changed=1, unchanged=1)
    assert store.kept([EVENT.key])[EVENT.key] == Kept(item=EVENT, first_seen=NOW, changed_at=NOW)


def test_same_identity_in_two_sources_is_two_items(store: ContentStore) -> None:
    """An identity is a name inside its source."""
    other = replace(ARTICLE, key=ItemKey("kyla-kasvaa-9"), source_id=SourceId("muu"))
    save(store, ARTICLE)
    assert store.save_items(other.source_id, [other], now=NOW) == ItemCounts(new=1)
    assert store.count() == len(store.all_items())
    assert store.all_items() == (ARTICLE, other)


def test_article_that_becomes_an_event_stays_one_item(store: ContentStore) -> None:
    """A file whose `kind` was mended keeps its key."""
    save(store, ARTICLE)
    event = replace(EVENT, identity=ARTICLE.identity)
    assert save(store, event) == ItemCounts(changed=1)
    assert store.all_items() == (replace(event, key=ARTICLE.key),)


def an_article(published: date | datetime | None) -> Article:
    """Give an article of a day."""
    return replace(ARTICLE, published=published)


def an_event(start: date | datetime, end: date | datetime | None = None) -> Event:
    """Give an event of a time."""
    return replace(EVENT, start=start, end=end)


@pytest.mark.parametrize(
    ("item", "is_inside"),
    [
        (an_article(date(2017, 10, 31)), False),
        (an_article(date(2017, 11, 1)), True),
        (an_article(date(2017, 11, 30)), True),
        (an_article(date(2017, 12, 1)), False),
        (an_article(datetime(2017, 10, 31, 21, 59, tzinfo=UTC)), False),
        (an_article(datetime(2017, 10, 31, 22, 30, tzinfo=UTC)), True),
        (an_article(datetime(2017, 11, 30, 22, 0, tzinfo=UTC)), False),
        (an_article(None), True),
        (an_event(date(2017, 10, 30), date(2017, 10, 31)), False),
        (an_event(date(2017, 10, 30), date(2017, 11, 1)), True),
        (an_event(date(2016, 1, 1), date(2018, 1, 1)), True),
        (an_event(date(2017, 11, 30)), True),
        (an_event(date(2017, 12, 1)), False),
        (an_event(datetime(2017, 11, 30, 21, 59, tzinfo=UTC)), True),
        (an_event(datetime(2017, 11, 30, 22, 0, tzinfo=UTC)), False),
    ],
)
def test_items_of_a_time_are_those_of_the_wall_calendar(store: ContentStore, item: Item, is_inside: bool) -> None:  # noqa: FBT001 - a table
    """November is November in Helsinki; events count with any part of them, undated articles always."""
    save(store, item)
    start, end = datetime(2017, 11, 1, tzinfo=HELSINKI), datetime(2017, 12, 1, tzinfo=HELSINKI)
    assert store.items_between(start, end, zone=HELSINKI) == ((item,) if is_inside else ())


DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))
ZONES = st.sampled_from([UTC, HELSINKI, ZoneInfo("America/St_Johns"), timezone(timedelta(hours=-3))])
MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - as above
    timezones=ZONES,
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@given(title=TEXTS, published=DAYS | MOMENTS | st.none(), tags=st.lists(TEXTS, max_size=3), url=st.none() | TEXTS)
def test_every_article_survives_its_row(
    title: str, published: date | datetime | None, tags: list[str], url: str | None
) -> None:
    """What goes into the database comes out of it."""
    article = replace(ARTICLE, title=title, published=published, tags=tuple(tags), url=url)
    row = type("Row", (), columns_of(article))
    back = item_of(row)  # type: ignore[arg-type]
    assert isinstance(back, Article)
    assert replace(back, published=None) == replace(article, published=None)
    assert str(back.published) == str(published)


def test_report_of_a_source_is_kept_and_written_only_when_it_differs(store: ContentStore) -> None:
    """How a source fared, and since when, can be looked up; the same result again is no news."""
    problem = Problem(
        source_id=SOURCE, grade=ProblemGrade.FAILED, message="Ei aihetta.", item="a", line=3, hint="Katso."
    )
    save(store, ARTICLE, EVENT)
    snapshot = Snapshot(source_id=SOURCE, fetched_at=NOW, location="/x", media_type="", body=b"x")
    store.save_snapshot(snapshot)
    store.save_snapshot(replace(snapshot, fetched_at=LATER))
    reading = Reading(found=2, rejected=1, problems=(problem,), answer=Answer.CUT, mark="a")
    store.save_reading(SOURCE, reading, now=NOW)
    store.save_reading(SOURCE, reading, now=LATER)
    failed = Reading(answer=Answer.FAILED)
    store.save_reading(SourceId("muu"), failed, now=NOW)
    muu = SourceStatus(
        source_id=SourceId("muu"), items=0, first_seen=None, content_from=None, reading=failed, reported_at=NOW
    )
    sivu = SourceStatus(source_id=SOURCE, items=2, first_seen=NOW, content_from=LATER, reading=reading, reported_at=NOW)
    assert store.source_status() == (muu, sivu)
    whole = Reading(found=3, answer=Answer.WHOLE)
    store.save_reading(SOURCE, whole, now=LATER)
    assert store.source_status() == (muu, replace(sivu, reading=whole, reported_at=LATER))
    assert store.reading(SOURCE) == whole
