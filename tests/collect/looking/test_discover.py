"""What could be a source of an address."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from newsletter.collect import parse
from newsletter.collect.fetching.fetch import Fetcher
from newsletter.collect.looking.discover import Discoverer, Found
from newsletter.collect.looking.recognise import is_page, kind_of, named_on
from newsletter.domain.content import SourceKind
from newsletter.errors import SourceError
from tests.collect.samples import FETCHED, a_source
from tests.fakes.network import FakeNetwork

SITE = "https://kunta.example/"
FEED = (
    b"<rss><channel><item><title>Haku on auki ja se on kaikille</title><guid>1</guid><pubDate>2017-11-17</pubDate>"
    b"</item><item><title>Vanha</title><guid>2</guid></item></channel></rss>"
)
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Paja\r\nDTSTART:20171205T070000Z\r\nEND:VEVENT\r\n"
    b"BEGIN:VEVENT\r\nUID:2\r\nSUMMARY:Mennyt\r\nDTSTART:20171005T070000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
PAGE = b"<!DOCTYPE html>\n<html><head>%b</head><body>Uutiset</body></html>"
LINK = b'<link rel="Alternate home" type="application/rss+xml; charset=utf-8" href="syote.xml">'


def discover(network: FakeNetwork, place: str = SITE) -> tuple[Found, ...]:
    """Look at a place of a network."""
    with Fetcher(transport=network, sleep=lambda _: None) as fetcher:
        seer = Discoverer(fetcher, now=FETCHED, parse=parse, named_on=named_on)
        return seer.discover(a_source(SourceKind.FEED, place))


def test_feed_says_how_much_it_holds_and_since_when() -> None:
    """Number, newest, language and what is in doubt are told before anything is kept."""
    network = FakeNetwork()
    network.answer(SITE, FEED)
    (found,) = discover(network)
    assert found.newest_at is not None
    assert (found.items, found.coming, found.newest) == (2, 0, "Haku on auki ja se on kaikille")
    assert (found.newest_at.date().isoformat(), found.is_language_known) == ("2017-11-17", True)
    assert [problem.message for problem in found.problems] == ["The entry has no date."]


def test_page_is_followed_to_all_that_it_names() -> None:
    """A feed and a calendar of one page are two proposals; a link that leads nowhere costs only itself."""
    network = FakeNetwork()
    network.answer(SITE, PAGE % (LINK + LINK + b'<link rel=alternate type=text/calendar href="/k.ics">' + b"<link>"))
    network.answer(SITE + "syote.xml", FEED)
    network.answer(SITE + "k.ics", CALENDAR)
    feed, calendar = discover(network)
    assert (feed.source.location, feed.source.kind) == (SITE + "syote.xml", SourceKind.FEED)
    assert (calendar.source.kind, calendar.coming, calendar.newest) == (SourceKind.CALENDAR, 1, "Paja")
    assert calendar.notes == (f"{SITE} names it.",)


def test_page_that_names_nothing_readable_says_what_it_named() -> None:
    """The person learns that there is no feed, or why it cannot be read."""
    network = FakeNetwork()
    network.answer(SITE, PAGE % b"")
    network.answer(SITE, PAGE % LINK)
    network.answer(SITE + "syote.xml", status=404)
    with pytest.raises(SourceError, match="names no feed or calendar"):
        discover(network)
    with pytest.raises(SourceError, match="of which none can be read") as caught:
        discover(network)
    assert [fault.key for fault in caught.value.faults] == [SITE + "syote.xml"]


def test_https_is_written_where_it_answers_and_a_move_is_followed() -> None:
    """An address without it is tried with it; where it does not answer that is told."""
    network = FakeNetwork()
    network.answer(SITE, status=301, headers={"Location": "https://uusi.example/feed"})
    network.answer("https://uusi.example/feed", FEED)
    network.fail("https://vanha.example/", httpx.ConnectError("x"))
    network.answer("http://vanha.example/", FEED)
    (moved,), (open_one,) = discover(network, "http://kunta.example/"), discover(network, "http://vanha.example/")
    assert moved.source.location == "https://uusi.example/feed"
    assert moved.notes == (
        "It answers by https too, which is written.",
        "It has moved for good to https://uusi.example/feed, which is written.",
    )
    assert open_one.source.location == "http://vanha.example/"
    assert open_one.notes == ("It does not answer by https: anybody on the way can read and change it.",)


def test_what_stands_on_this_machine_is_known_by_what_it_holds(tmp_path: Path) -> None:
    """A folder, a calendar, a feed and a pasted page need no name for their kind; a saved web page is refused."""
    (tmp_path / "a.md").write_text("---\ntitle: A\npublished: 1.2.2017\n---\n")
    (tmp_path / "k").write_bytes(CALENDAR)
    (tmp_path / "f").write_bytes(FEED)
    (tmp_path / "t").write_text("17.11.2017\n\nA\n\nTeksti.\n")
    (tmp_path / "s").write_bytes(PAGE % b"")
    kinds = [discover(FakeNetwork(), str(tmp_path / name))[0].source.kind for name in ("", "k", "f", "t")]
    assert kinds == ["folder", "calendar", "feed", "text"]
    with pytest.raises(SourceError, match="source code"):
        discover(FakeNetwork(), str(tmp_path / "s"))


def test_picture_is_no_source() -> None:
    """What is neither feed, calendar nor page is named as that."""
    network = FakeNetwork()
    network.answer(SITE, b"\x89PNG\r\n\x1a\n\x00")
    with pytest.raises(SourceError, match="neither a feed nor a calendar"):
        discover(network)


@pytest.mark.parametrize(
    ("body", "kind", "page"),
    [
        (b'\xef\xbb\xbf<?xml version="1.0"?><!-- a -->\n<feed xmlns="x">', SourceKind.FEED, False),
        (b'<!DOCTYPE rss [<!ENTITY a "b">]><rss>', SourceKind.FEED, False),
        (b"<rdf:RDF>", SourceKind.FEED, False),
        ("<rss>".encode("utf-16"), SourceKind.FEED, False),
        (b"begin:vcalendar\n", SourceKind.CALENDAR, False),
        (b"<!doctype HTML><rss>", None, True),
        (b"<!-- x --><html lang=fi>", None, True),
        (b"<opml>", None, False),
        (b"<!-- -->" * 500 + b"<", None, False),
    ],
)
def test_bytes_say_what_they_are(body: bytes, kind: SourceKind | None, page: bool) -> None:  # noqa: FBT001 - a table
    """What a server calls them is often wrong."""
    assert (kind_of(body), is_page(body)) == (kind, page)


def test_ordinary_links_count_where_the_head_names_nothing() -> None:
    """A calendar that is only linked, also by webcal, is found."""
    body = (
        b'<base href="https://b.example/"><a href="k.ics?x=1">a</a><a href="webcal://c.example/c.ics"></a><a href="/u">'
    )
    assert named_on(body, SITE) == ("https://b.example/k.ics?x=1", "https://c.example/c.ics")
    assert named_on(b'<a href="http://[">x</a>', SITE) == ()


def test_key_is_kept(tmp_path: Path) -> None:
    """What a person said of the source stays."""
    (tmp_path / "f").write_bytes(FEED)
    draft = replace(a_source(SourceKind.FEED, str(tmp_path / "f")), allow_private_hosts=True)
    with Fetcher() as fetcher:
        (found,) = Discoverer(fetcher, now=FETCHED, parse=parse).discover(draft)
    assert (found.source.id, found.source.allow_private_hosts) == (draft.id, True)
