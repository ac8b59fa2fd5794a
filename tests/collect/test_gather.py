import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from newsletter.collect import parse
from newsletter.collect.fetching.fetch import Fetcher, NotModified
from newsletter.collect.gather import CollectReport, OpenStore, SourceReport, gather
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import (
    Answer,
    Harvest,
    ItemCounts,
    Problem,
    ProblemGrade,
    SegmentId,
    Snapshot,
    Source,
    SourceId,
    SourceKind,
)
from newsletter.errors import SourceError
from newsletter.storage.content import ContentStore
from newsletter.storage.database import Database
from tests.collect.samples import ADDRESS, FETCHED, a_snapshot, a_source
from tests.fakes.network import FakeNetwork

PAGE = "17.11.2017\n\nEnsimmäinen\n\nTeksti.\n\n13.11.2017\n\nToinen\n\nTeksti.\n"
FEED = (
    "<rss version='2.0'><channel>"
    "<item><title>{}</title><guid>1</guid><pubDate>1.2.2017</pubDate></item></channel></rss>"
)
LATER = FETCHED + timedelta(days=3)


@pytest.fixture
def open_store(database: Database) -> OpenStore:
    """Give transactions on a real, empty database."""

    @contextmanager
    def opened() -> Iterator[ContentStore]:
        with database.write() as connection:
            yield ContentStore(connection)

    return opened


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Give a pasted page with two articles."""
    path = tmp_path / "sivu.txt"
    path.write_text(PAGE, encoding="utf-8")
    return path


def collect(sources: list[Source], open_store: OpenStore, *, now: datetime = FETCHED) -> CollectReport:
    """Collect local sources."""
    with Fetcher() as fetcher:
        return gather(sources, fetcher=fetcher, open_store=open_store, now=now)


def stored_titles(open_store: OpenStore) -> list[str]:
    """Give the titles of all items, sorted."""
    with open_store() as store:
        assert isinstance(store, ContentStore)
        return sorted(item.title for item in store.all_items())


def test_new_items_are_kept_and_counted(open_store: OpenStore, page: Path) -> None:
    """The first collecting keeps everything."""
    report = collect([a_source(SourceKind.TEXT, str(page))], open_store)
    assert report == CollectReport(
        sources=(
            SourceReport(source_id=SourceId("esimerkki"), found=2, counts=ItemCounts(new=2), content_age=timedelta()),
        )
    )
    assert stored_titles(open_store) == ["Ensimmäinen", "Toinen"]


def test_collecting_again_writes_nothing(open_store: OpenStore, page: Path, database: Database) -> None:
    """Whatever is unchanged leaves the database as it was, byte for byte, days later too."""
    source = a_source(SourceKind.TEXT, str(page))
    collect([source], open_store)
    assert database.path is not None
    before = database.path.read_bytes()
    report = collect([source], open_store, now=LATER)
    assert report.sources[0].counts == ItemCounts(unchanged=2)
    assert database.path.read_bytes() == before


def test_changed_and_new_items_are_written_and_nothing_else(open_store: OpenStore, page: Path) -> None:
    """A page that grew gives what is new, and what says something else now; what is gone from it stays kept."""
    source = a_source(SourceKind.TEXT, str(page))
    collect([source], open_store)
    page.write_text(PAGE.replace("Toinen\n\nTeksti.", "Toinen\n\nUusi teksti.").replace("Ensimmäinen", "Kolmas"))
    report = collect([source], open_store, now=LATER)
    assert report.sources[0].counts == ItemCounts(new=1, changed=1)
    assert stored_titles(open_store) == ["Ensimmäinen", "Kolmas", "Toinen"]


def test_change_of_the_configuration_reaches_items_of_an_unchanged_source(open_store: OpenStore, page: Path) -> None:
    """A segment added to a source is on its items after the next collecting."""
    source = a_source(SourceKind.TEXT, str(page))
    collect([source], open_store)
    report = collect([replace(source, segments=(SegmentId("managers"),))], open_store)
    assert report.sources[0].counts == ItemCounts(changed=2)
    with open_store() as store:
        assert isinstance(store, ContentStore)
        assert {item.segments for item in store.all_items()} == {("managers",)}


def test_disabled_source_is_left_alone(open_store: OpenStore, page: Path) -> None:
    """A source that is switched off is neither read nor reported."""
    source = replace(a_source(SourceKind.TEXT, str(page)), is_enabled=False)
    assert collect([source], open_store) == CollectReport(sources=())


def test_source_that_fails_costs_nothing_and_the_others_go_on(open_store: OpenStore, page: Path) -> None:
    """What was collected before stays, with a visible warning of its age."""
    good, bad = a_source(SourceKind.TEXT, str(page)), a_source(SourceKind.TEXT, str(page.parent / "toinen.txt"))
    bad = replace(bad, id=SourceId("toinen"))
    (page.parent / "toinen.txt").write_text("1.2.2017\n\nVanha\n\nTeksti.")
    collect([bad, good], open_store)
    (page.parent / "toinen.txt").unlink()
    seen: list[SourceReport] = []
    with Fetcher() as fetcher:
        report = gather([bad, good], fetcher=fetcher, open_store=open_store, now=LATER, on_progress=seen.append)
    failed, fine = report.sources
    assert report.failed == (failed,)
    assert sorted(seen, key=lambda one: one.source_id != "toinen") == [failed, fine]
    assert fine.counts == ItemCounts(unchanged=2)
    assert isinstance(failed.error, SourceError)
    assert failed.content_age == timedelta(days=3)
    assert [(problem.grade, problem.message) for problem in failed.problems] == [
        (ProblemGrade.FAILED, "Source 'toinen': there is no file 'toinen.txt'."),
        (ProblemGrade.WARNING, "What was collected on 2017-11-20 is used instead."),
    ]
    assert stored_titles(open_store) == ["Ensimmäinen", "Toinen", "Vanha"]


def test_source_that_never_worked_says_so(open_store: OpenStore, page: Path) -> None:
    """There is no last good copy to speak of, and every reason is told with its line."""
    page.write_text("---\nkind: event\nlink: täällä\n---\n")
    folder = page.rename(page.with_suffix(".md")).parent
    (report,) = collect([a_source(SourceKind.FOLDER, str(folder))], open_store).sources
    assert (report.content_age, report.rejected) == (None, 3)
    assert [(problem.item, problem.line, problem.message) for problem in report.problems] == [
        (None, None, "Source 'esimerkki' holds no item that can be used."),
        ("sivu.md", None, "The file has no title."),
        ("sivu.md", 3, "link: 'täällä' is no public web address."),
        ("sivu.md", None, "An event needs a start."),
    ]


def test_snapshot_that_gave_nothing_does_not_replace_the_last_good_one(open_store: OpenStore, page: Path) -> None:
    """A page emptied by mistake is not remembered as the source's content."""
    source = a_source(SourceKind.TEXT, str(page))
    collect([source], open_store)
    page.write_text("Sivu on tyhjä.")
    (report,) = collect([source], open_store, now=LATER).sources
    assert report.error is not None
    with open_store() as store:
        snapshot = store.latest_snapshot(source.id)
        assert snapshot is not None
        assert snapshot.body.decode() == PAGE


def test_bad_item_is_counted_and_the_others_are_kept(open_store: OpenStore, page: Path) -> None:
    """One bad item never loses its source."""
    page.write_text(PAGE + "\n1.1.2017\n")
    (report,) = collect([a_source(SourceKind.TEXT, str(page))], open_store).sources
    assert (report.found, report.rejected, report.counts) == (2, 1, ItemCounts(new=2))
    assert [problem.message for problem in report.problems] == ["An article has a date but no title."]


def test_how_sources_fared_is_kept_for_the_list_of_sources(open_store: OpenStore, page: Path) -> None:
    """The last result of every source can be looked up later."""
    collect([a_source(SourceKind.TEXT, str(page))], open_store)
    with open_store() as store:
        assert isinstance(store, ContentStore)
        (status,) = store.source_status()
    assert (status.items, status.reading.found, status.reading.rejected, status.content_from) == (2, 2, 0, FETCHED)


def test_remote_source_is_asked_whether_it_changed(open_store: OpenStore, database: Database) -> None:
    """The second time the server says "unchanged", and nothing is brought or written."""
    network = FakeNetwork()
    network.answer(ADDRESS, FEED.format("Kylä").encode(), headers={"ETag": '"1"'})
    network.answer(ADDRESS, status=304)
    source = a_source(SourceKind.FEED)
    with Fetcher(transport=network) as fetcher:
        gather([source], fetcher=fetcher, open_store=open_store, now=FETCHED)
        assert database.path is not None
        before = database.path.read_bytes()
        report = gather([source], fetcher=fetcher, open_store=open_store, now=LATER)
    assert [request.headers.get("if-none-match") for request in network.requests] == [None, '"1"']
    assert report.sources[0].counts == ItemCounts(unchanged=1)
    assert report.sources[0].content_age == timedelta()
    assert database.path.read_bytes() == before


def test_source_that_is_as_it_was_is_not_read_again(open_store: OpenStore, database: Database, page: Path) -> None:
    """Neither a reader nor the disk works for what is known; another setting, and what depends on the day, is read."""
    source = a_source(SourceKind.TEXT, str(page))
    page.write_text(PAGE + "\n1.1.2017\n")
    read: list[SegmentId] = []

    def parsed(snapshot: Snapshot, source: Source) -> Harvest:
        read.extend(source.segments or [SegmentId("-")])
        return parse(snapshot, source)

    def collected(source: Source, now: datetime = LATER) -> SourceReport:
        with Fetcher() as fetcher:
            return gather([source], fetcher=fetcher, open_store=open_store, now=now, parse=parsed).sources[0]

    first = collected(source, FETCHED)
    assert database.path is not None
    before = database.path.read_bytes()
    assert collected(source) == replace(first, counts=ItemCounts(unchanged=2))
    assert (read, database.path.read_bytes()) == (["-"], before)
    advisers = replace(source, segments=(SegmentId("advisers"),))
    assert collected(advisers).counts == ItemCounts(changed=2)
    page.write_text("24.12.2017\n\nJoulu\n\nTeksti.")
    assert [collected(advisers).counts.unchanged for _ in range(2)] == [0, 1]
    assert read == ["-", *["advisers"] * 3]


CALENDAR = (
    "BEGIN:VCALENDAR\r\n"
    + "".join(
        f"BEGIN:VEVENT\r\nUID:{number}\r\nSUMMARY:Paja {number}\r\nDTSTART:201712{number:02}T090000Z\r\nEND:VEVENT\r\n"
        for number in range(1, 5)
    )
    + "END:VCALENDAR\r\n"
)


def calendar_of(*numbers: int) -> str:
    """Give the calendar with some of its four events."""
    head, *events = CALENDAR.removesuffix("END:VCALENDAR\r\n").split("BEGIN:VEVENT")
    return head + "".join(f"BEGIN:VEVENT{events[number - 1]}" for number in numbers) + "END:VCALENDAR\r\n"


@pytest.mark.parametrize(
    ("answer", "missed", "kept_as"),
    [
        (calendar_of(1, 2, 4), ["Paja 3"], Answer.WHOLE),
        (calendar_of(1, 2), ["Paja 3", "Paja 4"], Answer.WHOLE),
        (calendar_of(1), [], Answer.SHRUNK),
        (calendar_of(1, 2, 4).removesuffix("END:VCALENDAR\r\n"), [], Answer.CUT),
        (CALENDAR.replace("DTSTART:20171203T090000Z", "DTSTART:aamulla"), [], Answer.WHOLE),
        ("Ei kalenteria", [], Answer.FAILED),
    ],
)
def test_only_a_complete_answer_makes_an_event_gone(
    open_store: OpenStore, answer: str, missed: list[str], kept_as: Answer
) -> None:
    """An answer that failed, was cut or lost over half of what is coming makes nothing gone, and says so instead."""
    source = a_source(SourceKind.CALENDAR, "/pajat.ics")
    for body, now in ((CALENDAR, FETCHED), (answer, LATER)):
        gather([source], fetcher=OneAnswer(a_snapshot(body, fetched_at=now)), open_store=open_store, now=now)
    with open_store() as store:
        assert isinstance(store, ContentStore)
        (status,) = store.source_status()
        kept = store.kept([item.key for item in store.all_items()]).values()
    gone = [(one.item.title, one.last_seen, one.missed_at) for one in kept if one.missed_at]
    assert gone == [(title, FETCHED, LATER) for title in missed]
    assert (len(kept), status.reading.answer) == (4, kept_as)
    assert any("None of them is taken for gone" in problem.message for problem in status.reading.problems) == (
        kept_as in (Answer.CUT, Answer.SHRUNK)
    )


def test_source_with_a_new_address_is_not_asked_about_the_old_content(open_store: OpenStore) -> None:
    """Another server's "unchanged" would be about other content."""
    network = FakeNetwork()
    network.answer(ADDRESS, FEED.format("Vanha").encode(), headers={"ETag": '"1"'})
    network.answer("https://uusi.example/", FEED.format("Uusi").encode())
    with Fetcher(transport=network) as fetcher:
        for location in (ADDRESS, "https://uusi.example/"):
            source = a_source(SourceKind.FEED, location)
            gather([source], fetcher=fetcher, open_store=open_store, now=FETCHED)
    assert "if-none-match" not in network.requests[1].headers
    assert stored_titles(open_store) == ["Uusi"]


def test_move_of_a_source_is_among_its_problems(open_store: OpenStore) -> None:
    """The project manager learns the new address."""
    network = FakeNetwork()
    network.answer(ADDRESS, status=301, headers={"Location": "https://uusi.example/"})
    network.answer("https://uusi.example/", FEED.format("Kylä").encode())
    with Fetcher(transport=network) as fetcher:
        report = gather([a_source(SourceKind.FEED)], fetcher=fetcher, open_store=open_store, now=FETCHED)
    assert report.sources[0].problems == (
        Problem(
            source_id=SourceId("esimerkki"),
            grade=ProblemGrade.WARNING,
            message="The source has moved for good.",
            hint="Write its new address: https://uusi.example/",
            breaks_contract=True,
        ),
    )


def test_dead_server_costs_one_source(open_store: OpenStore, page: Path) -> None:
    """The sources after it are collected."""
    network = FakeNetwork()
    network.fail(ADDRESS, httpx.ReadTimeout("x"))
    dead = replace(a_source(SourceKind.FEED), id=SourceId("kuollut"))
    with Fetcher(transport=network, sleep=lambda _: None) as fetcher:
        sources = [dead, a_source(SourceKind.TEXT, str(page))]
        report = gather(sources, fetcher=fetcher, open_store=open_store, now=FETCHED)
    assert [source.found for source in report.sources] == [0, 2]


class EightHang(httpx.BaseTransport):
    """Gives a feed, but for eight hosts that give nothing until all eight are asked."""

    def __init__(self) -> None:
        self._meeting = threading.Barrier(8, timeout=20)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or time out with the other seven."""
        if request.url.host.startswith("hidas"):
            self._meeting.wait()
            raise httpx.ReadTimeout("x")
        return httpx.Response(200, stream=httpx.ByteStream(FEED.format(request.url.host).encode()))


def test_eight_dead_servers_of_thirty_cost_the_time_of_one(open_store: OpenStore) -> None:
    """Sources are fetched side by side: the eight time out together, and the others are there before."""
    names = [f"{'hidas' if number < 8 else 'nopea'}{number}" for number in range(30)]
    sources = [
        replace(a_source(SourceKind.FEED, f"https://{name}.example/"), id=SourceId(name)) for name in reversed(names)
    ]
    seen: list[str] = []
    with Fetcher(transport=EightHang(), sleep=lambda _: None) as fetcher:
        report = gather(
            sources,
            fetcher=fetcher,
            open_store=open_store,
            now=FETCHED,
            on_progress=lambda one: seen.append(one.source_id),
        )
    assert [one.source_id for one in report.sources] == list(reversed(names))
    assert {one.source_id for one in report.failed} == set(names[:8])
    assert sorted(seen) == sorted(names)
    assert len(stored_titles(open_store)) == 22


class OneAnswer:
    """Fetches nothing: gives what it was made with."""

    def __init__(self, answer: Snapshot | NotModified) -> None:
        self._answer = answer

    def fetch(
        self,
        source: Source,  # noqa: ARG002 - one answer for all
        *,
        now: datetime,  # noqa: ARG002 - as above
        validators: Mapping[str, str] | None = None,  # noqa: ARG002 - as above
        problems: ProblemLog | None = None,  # noqa: ARG002 - as above
    ) -> Snapshot | NotModified:
        """Give the answer."""
        return self._answer

    def look(self, address: str) -> None:
        """Reach nothing."""


def test_reader_that_stumbles_costs_one_source(open_store: OpenStore) -> None:
    """An error that nobody expected is reported with its name, and collecting goes on."""
    broken = a_source("no such kind", "/x")  # type: ignore[arg-type]
    fetcher = OneAnswer(a_snapshot("x"))
    (report,) = gather([broken], fetcher=fetcher, open_store=open_store, now=FETCHED).sources
    assert (
        report.problems[0].message == "Source 'esimerkki' cannot be read: it breaks the reader (ModuleNotFoundError)."
    )


def test_endless_series_goes_on_though_its_calendar_is_unchanged(open_store: OpenStore) -> None:
    """A series is shown around today's collecting, not around the day its calendar last changed."""
    calendar = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Kerho\r\nDTSTART:20171106T090000Z\r\n"
        "RRULE:FREQ=MONTHLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    source = a_source(SourceKind.CALENDAR, "/kerho.ics")
    snapshot = a_snapshot(calendar, location="/kerho.ics")
    gather([source], fetcher=OneAnswer(snapshot), open_store=open_store, now=FETCHED)
    later = FETCHED + timedelta(days=92)
    unchanged = OneAnswer(NotModified(source_id=source.id))
    (report,) = gather([source], fetcher=unchanged, open_store=open_store, now=later).sources
    assert report.counts == ItemCounts(new=3, unchanged=14)
