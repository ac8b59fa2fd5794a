"""Every fault of a server, met over a real connection to this machine."""

import gzip
from collections.abc import Iterator
from dataclasses import replace

import pytest

from newsletter.collect.fetching.fetch import Fetcher
from newsletter.domain.content import Snapshot, SourceKind
from newsletter.errors import SourceError
from tests.collect.samples import FETCHED, a_source
from tests.fakes.web_server import serving, whole

PASSING = "cannot be fetched now"
PACKED = gzip.compress(b"<rss/>" * 100, mtime=0)


@pytest.fixture(scope="module")
def fetcher() -> Iterator[Fetcher]:
    """Give a fetcher that waits for nothing."""
    with Fetcher(sleep=lambda _: None) as opened:
        yield opened


@pytest.mark.parametrize(
    ("answer", "told", "tries"),
    [
        (b"", f"{PASSING}: the connection failed", 3),
        (b"SSH-2.0-OpenSSH_9.2\r\n", f"{PASSING}: the connection failed", 3),
        (b"HTTP/1.1 200 OK\r\nContent-Le", f"{PASSING}: the connection failed", 3),
        (whole(b"<rss/>")[:-2], f"{PASSING}: the connection failed", 3),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", f"{PASSING}: the connection failed", 3),
        (whole(b"", status="500 Oh"), f"{PASSING}: its server answers 500", 3),
        (whole(b"", "Retry-After: 3600", status="429 Slow"), f"{PASSING}: its server answers 429", 1),
        (whole(PACKED, "Content-Encoding: gzip")[:-1], f"{PASSING}: the connection failed", 3),
        (whole(PACKED[:-9], "Content-Encoding: gzip"), f"{PASSING}: what it sends ends too early", 3),
        (whole(b"<rss/>", "Content-Encoding: gzip"), f"{PASSING}: what it sends cannot be unpacked", 3),
        (whole(b"x", "Content-Encoding: br"), "is packed in a way we did not ask for", 1),
        (whole(b"", status="404 Gone"), "its server answers 404", 1),
        (whole(b"", status="304 Same"), "its server answers 304", 1),
        (whole(b"", "Location: /", status="302 Round"), "redirects more than 5 times", 6),
        (whole(b"", "Location: file:///etc/passwd", status="302 In"), "no plain http or https address", 1),
        (whole(b"", "Location: http://169.254.169.254/", status="302 In"), "where no server can stand", 1),
        (whole(gzip.compress(b"x" * 10_000_001, mtime=0), "Content-Encoding: gzip"), "is larger than 10 MB", 1),
    ],
)
def test_fault_of_a_server_costs_its_source_and_says_which(
    fetcher: Fetcher, answer: bytes, told: str, tries: int
) -> None:
    """What may be gone in a moment is tried three times; each is told in words, with what to do."""
    with serving(answer) as server:
        own = replace(a_source(SourceKind.FEED, f"http://127.0.0.1:{server.port}/"), allow_private_hosts=True)
        with pytest.raises(SourceError, match=told) as caught:
            fetcher.fetch(own, now=FETCHED)
    assert len(server.heard) == tries
    assert caught.value.hint


def test_server_that_recovers_is_read(fetcher: Fetcher) -> None:
    """Two faults and an answer are an answer."""
    answers = iter([b"", whole(b"", status="503 Busy"), whole(b"<rss/>")])
    with serving(lambda _request: next(answers)) as server:
        own = replace(a_source(SourceKind.FEED, f"http://127.0.0.1:{server.port}/"), allow_private_hosts=True)
        fetched = fetcher.fetch(own, now=FETCHED)
    assert isinstance(fetched, Snapshot)
    assert fetched.body == b"<rss/>"
