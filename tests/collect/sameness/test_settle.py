"""One thing in several sources, and in several collects: through gather, over a real database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from newsletter.collect.fetching.fetch import Fetcher
from newsletter.collect.gather import CollectReport, OpenStore, gather
from newsletter.domain.content import SourceId, SourceKind
from newsletter.domain.sameness import Look, Verdict
from newsletter.storage.content import ContentStore
from newsletter.storage.database import Database
from tests.collect.samples import ADDRESS, FETCHED, a_source
from tests.fakes.network import FakeNetwork

PAGE = "https://kunta.example/uutinen"
LATER = FETCHED + timedelta(days=7)
TEXT = "Kunta palkkasi uuden asiantuntijan, joka aloittaa ensi viikolla ja palvelee kaikkia alueen yrityksiä."


@pytest.fixture
def open_store(database: Database) -> OpenStore:
    """Give transactions on a real, empty database."""

    @contextmanager
    def opened() -> Iterator[ContentStore]:
        with database.write() as connection:
            yield ContentStore(connection)

    return opened


def feed(*items: tuple[str, str, str]) -> bytes:
    """Write a feed of guid, title and address."""
    written = (
        f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title><link>{address}</link>"
        f"<pubDate>Fri, 17 Nov 2017 09:00:00 +0200</pubDate><description>{TEXT}</description></item>"
        for guid, title, address in items
    )
    return f"<rss version='2.0'><channel>{''.join(written)}</channel></rss>".encode()


def collected(
    network: FakeNetwork, open_store: OpenStore, *, now: datetime, others: tuple[str, ...] = ()
) -> CollectReport:
    """Collect one feed, and others at addresses below it."""
    sources = [a_source(SourceKind.FEED)]
    sources += [replace(a_source(SourceKind.FEED, ADDRESS + name), id=SourceId(name)) for name in others]
    with Fetcher(transport=network, sleep=lambda _: None) as fetcher:
        return gather(sources, fetcher=fetcher, open_store=open_store, now=now)


def test_two_sources_give_one_item_and_a_second_collect_writes_nothing(
    open_store: OpenStore, database: Database
) -> None:
    """One page behind two trackers is one item of both sources, which is told once and kept."""
    network = FakeNetwork()
    network.answer(ADDRESS, feed(("1", "Uusi asiantuntija", PAGE + "?utm_source=rss")))
    network.answer(ADDRESS + "muu", feed(("9", "Asiantuntija kuntaan", PAGE + "?fbclid=x")))
    first = collected(network, open_store, now=FETCHED, others=("muu",))
    assert [(match.pair.verdict, match.pair.because) for match in first.matches] == [(Verdict.SAME, "the same address")]
    with open_store() as store:
        assert isinstance(store, ContentStore)
        (item,) = store.all_items()
        kept = store.kept([record.key for record in store.kept([item.key])[item.key].records])
    assert {one.item.url for one in kept.values()} == {PAGE}
    assert {key: one.item.key for key, one in kept.items()} == {key: key for key in kept}
    assert len(kept) == 2

    assert database.path is not None
    before = database.path.read_bytes()
    assert collected(network, open_store, now=LATER, others=("muu",)).matches == ()
    assert database.path.read_bytes() == before


@pytest.mark.parametrize(
    ("status", "headers", "verdicts", "items"),
    [
        (301, {"location": PAGE + "-korjattu"}, [Verdict.SAME], 1),
        (404, {}, [Verdict.OFFERED], 2),
        (503, {}, [Verdict.OFFERED], 2),
        (200, {}, [], 2),
    ],
)
def test_corrected_article_is_the_old_one_when_its_address_leads_on(
    open_store: OpenStore, status: int, headers: dict[str, str], verdicts: list[Verdict], items: int
) -> None:
    """A new guid, title and address with the old words: one by the redirect, two by two answers, else offered."""
    network = FakeNetwork()
    network.answer(ADDRESS, feed(("1", "Uusi asiantuntija", PAGE)))
    network.answer(ADDRESS, feed(("2", "Oikaisu: hankintajohtaja", PAGE + "-korjattu")))
    network.answer(PAGE, status=status, headers=headers)
    network.answer(PAGE + "-korjattu")
    collected(network, open_store, now=FETCHED)
    report = collected(network, open_store, now=LATER)
    assert [match.pair.verdict for match in report.matches] == verdicts
    with open_store() as store:
        assert isinstance(store, ContentStore)
        assert len(store.all_items()) == items
        assert (PAGE in store.looks()) == (status != 503)


def test_address_inside_the_office_is_not_asked() -> None:
    """An article that leads into somebody's own network settles nothing."""
    with Fetcher(transport=FakeNetwork()) as fetcher:
        assert fetcher.look("http://127.0.0.1/uutinen") is None


def test_address_that_goes_round_says_nothing() -> None:
    """A page that leads to itself is neither there nor gone."""
    network = FakeNetwork()
    network.answer(PAGE, status=302, headers={"location": PAGE})
    network.answer(PAGE + "-2", status=302, headers={"location": "/uutinen-3"})
    network.answer(PAGE + "-3")
    with Fetcher(transport=network) as fetcher:
        assert fetcher.look(PAGE) is None
        assert fetcher.look(PAGE + "-2") == Look(address=PAGE + "-2", leads_to=PAGE + "-3")
