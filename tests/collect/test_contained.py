from collections.abc import Iterator

import pytest

from newsletter.collect import contained, parse
from newsletter.collect.contained import _taken
from newsletter.contained import Contained
from newsletter.domain.content import SourceKind
from newsletter.errors import Fault, SourceError
from tests.collect.samples import a_snapshot, a_source

SOURCE = a_source(SourceKind.FEED)
FEED = "<rss version='2.0'><channel><item><title>{}</title><author>{}</author></item></channel></rss>"


@pytest.fixture
def hasty() -> Iterator[Contained]:
    """Give a process that may take a second, and end it."""
    process = Contained(preload=(), limit_seconds=1, growth_bytes=contained.GROWTH_BYTES)
    yield process
    process.close()


def test_child_gives_what_we_would_have_read() -> None:
    """A process of its own changes nothing about the harvest."""
    snapshot = a_snapshot(FEED.format("Kylä kasvaa", "Aino Kallio"))
    assert contained.parse(snapshot, SOURCE) == parse(snapshot, SOURCE)


@pytest.mark.parametrize("body", ["<html>", "[1]"])
def test_refusal_comes_back_whole(body: str) -> None:
    """Message and hint of a refusal survive the way from the child."""
    with pytest.raises(SourceError) as here:
        parse(a_snapshot(body), SOURCE)
    with pytest.raises(SourceError) as there:
        contained.parse(a_snapshot(body), SOURCE)
    assert (there.value.message, there.value.hint) == (here.value.message, here.value.hint)


def test_content_that_holds_up_its_reader_costs_one_source(hasty: Contained) -> None:
    """A child that does not finish is killed, the source is named, and the next one is read."""
    text = f"<description>{'&lt;p&gt;a&lt;/p&gt;' * 90_000}</description>" * 4
    with pytest.raises(SourceError, match="'esimerkki' cannot be read: reading it took longer than 1 s"):
        contained.parse(a_snapshot(FEED.format("x", f"y</author>{text}<author>")), SOURCE, process=hasty)
    assert contained.parse(a_snapshot(FEED.format("x", "y")), SOURCE).articles


def test_content_that_breaks_the_reader_costs_one_source() -> None:
    """What no reader of ours expects is a fault of the source."""
    with pytest.raises(SourceError, match=r"'esimerkki' cannot be read: it breaks the reader \(\w+\)"):
        contained.parse(a_snapshot(FEED.format("x", "y")), a_source("no such kind"))  # type: ignore[arg-type]


def test_faults_travel_with_the_error() -> None:
    """Every single reason comes back from the child."""
    with pytest.raises(SourceError) as caught:
        contained.parse(a_snapshot(FEED.format("", "")), SOURCE)
    assert caught.value.faults == (Fault(message="An entry has neither a title nor text."),)


def test_large_source_is_read_by_whichever_child_is_free() -> None:
    """None waits for one child while the other has nothing to do; a small source starts no second one."""
    with _taken(is_large=True) as first:
        with _taken(is_large=True) as second:
            assert second is not first
        with _taken(is_large=True) as again:
            assert again is second
    with _taken(is_large=False) as small:
        assert small is first
