import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import repeat
from pathlib import Path

import httpx
import pytest

from newsletter.collect.fetching.fetch import Fetcher, NotModified
from newsletter.collect.fetching.network import RefusedAddressError
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import Snapshot, SourceId, SourceKind
from newsletter.errors import SourceError
from tests.collect.samples import ADDRESS, FETCHED, a_source
from tests.fakes.clock import FakeClock
from tests.fakes.network import FakeNetwork

SOURCE = a_source(SourceKind.FEED)
ELSEWHERE = "https://muualla.example/syote"


@pytest.fixture
def network() -> FakeNetwork:
    """Give a network without answers."""
    return FakeNetwork()


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that stands still."""
    return FakeClock()


@pytest.fixture
def fetcher(network: FakeNetwork, clock: FakeClock) -> Iterator[Fetcher]:
    """Give a fetcher on that network and clock."""
    agent = "SEUTU-ohjelma (posti@ohjelma.example) ä"
    with Fetcher(user_agent=agent, transport=network, sleep=clock.sleep, monotonic=clock.monotonic) as opened:
        yield opened


def failure(fetcher: Fetcher) -> tuple[str, str | None]:
    """Fetch the sample source and give message and hint of the fault."""
    with pytest.raises(SourceError) as caught:
        fetcher.fetch(SOURCE, now=FETCHED)
    return caught.value.message, caught.value.hint


def test_answer_is_kept_as_a_snapshot(fetcher: Fetcher, network: FakeNetwork) -> None:
    """The bytes are kept as they came, with headers and time; cookies are not."""
    headers = {"Content-Type": "Application/RSS+xml; charset=utf-8", "ETag": '"1"', "Set-Cookie": "istunto=1"}
    network.answer(ADDRESS, b"<rss/>", headers=headers)
    assert fetcher.fetch(SOURCE, now=FETCHED) == Snapshot(
        source_id=SOURCE.id,
        fetched_at=FETCHED,
        location=ADDRESS,
        media_type="application/rss+xml",
        headers={"content-type": "Application/RSS+xml; charset=utf-8", "etag": '"1"'},
        body=b"<rss/>",
    )


def test_request_says_who_asks_and_nothing_else(fetcher: Fetcher, network: FakeNetwork) -> None:
    """A keeper can see the programme and a contact; no cookie and no referrer is sent."""
    network.answer(ADDRESS, b"x")
    fetcher.fetch(SOURCE, now=FETCHED)
    (request,) = network.requests
    assert request.method == "GET"
    assert dict(request.headers) == {
        "host": "uutiset.example",
        "user-agent": "SEUTU-ohjelma (posti@ohjelma.example) ?",
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
        "connection": "keep-alive",
    }


def test_unchanged_source_is_not_brought_again(fetcher: Fetcher, network: FakeNetwork) -> None:
    """The validators of the last snapshot let the server answer with nothing."""
    network.answer(ADDRESS, status=304)
    validators = {"etag": '"1"', "last-modified": "Fri, 17 Nov 2017 10:00:00 GMT", "content-type": "text/xml"}
    assert fetcher.fetch(SOURCE, now=FETCHED, validators=validators) == NotModified(source_id=SOURCE.id)
    (request,) = network.requests
    assert request.headers["if-none-match"] == '"1"'
    assert request.headers["if-modified-since"] == "Fri, 17 Nov 2017 10:00:00 GMT"
    assert "content-type" not in request.headers


def test_unasked_not_modified_is_a_fault(fetcher: Fetcher, network: FakeNetwork) -> None:
    """Without validators there is nothing to be unchanged from."""
    network.answer(ADDRESS, status=304)
    assert failure(fetcher)[0] == "Source 'esimerkki' cannot be fetched: its server answers 304."


@pytest.mark.parametrize(("status", "is_moved"), [(301, True), (308, True), (302, False), (303, False), (307, False)])
def test_redirect_is_followed_and_a_move_is_told(
    fetcher: Fetcher,
    network: FakeNetwork,
    status: int,
    is_moved: bool,  # noqa: FBT001 - a table
) -> None:
    """Content is taken where it ends; an address that has moved for good should be mended."""
    network.answer(ADDRESS, status=status, headers={"Location": ELSEWHERE})
    network.answer(ELSEWHERE, b"x")
    problems = ProblemLog(SOURCE.id)
    snapshot = fetcher.fetch(SOURCE, now=FETCHED, problems=problems)
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.location, snapshot.body) == (ELSEWHERE, b"x")
    told = [(problem.message, problem.hint) for problem in problems.found]
    assert told == ([("The source has moved for good.", f"Write its new address: {ELSEWHERE}")] if is_moved else [])


def test_relative_redirect_is_followed(fetcher: Fetcher, network: FakeNetwork) -> None:
    """Servers may answer with a path only."""
    network.answer(ADDRESS, status=302, headers={"Location": "../uusi"})
    network.answer("https://uutiset.example/uusi", b"x")
    snapshot = fetcher.fetch(SOURCE, now=FETCHED)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.location == "https://uutiset.example/uusi"


def test_endless_redirect_ends(fetcher: Fetcher, network: FakeNetwork) -> None:
    """Five redirects are enough for anybody."""
    network.answer(ADDRESS, status=302, headers={"Location": ADDRESS})
    assert failure(fetcher)[0] == "Source 'esimerkki' redirects more than 5 times."
    assert len(network.requests) == 6


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://localhost:8000/",
        "http://intra/",
    ],
)
def test_redirect_into_somebodys_own_network_is_refused(fetcher: Fetcher, network: FakeNetwork, target: str) -> None:
    """A source cannot make us ask hosts that only we can reach."""
    network.answer(ADDRESS, status=302, headers={"Location": target})
    assert failure(fetcher)[0] == "Source 'esimerkki' leads to an address that is not of the public internet."
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    "target",
    ["file:///etc/passwd", "ftp://a.example/", "https://a:b@a.example/", "https://[x/"],
)
def test_redirect_to_something_else_than_the_web_is_refused(
    fetcher: Fetcher, network: FakeNetwork, target: str
) -> None:
    """Only plain http and https addresses are opened."""
    network.answer(ADDRESS, status=302, headers={"Location": target})
    assert failure(fetcher)[0] == "Source 'esimerkki' leads to something that is no plain http or https address."


@pytest.mark.parametrize("location", ["https://a.example:x/", "https://a:b@a.example/", "http:///x"])
def test_source_with_an_impossible_address_is_refused(fetcher: Fetcher, network: FakeNetwork, location: str) -> None:
    """A slip in the configuration is told before anything is asked."""
    with pytest.raises(SourceError, match="no plain http or https address"):
        fetcher.fetch(a_source(SourceKind.FEED, location), now=FETCHED)
    assert network.requests == []


def test_refusal_at_the_connection_is_told_as_what_it_is(fetcher: Fetcher, network: FakeNetwork) -> None:
    """The guard's refusal is final and not tried again."""
    network.fail(ADDRESS, RefusedAddressError("no"))
    assert failure(fetcher)[0] == "Source 'esimerkki' leads to an address that is not of the public internet."
    assert len(network.requests) == 1


def test_own_network_can_be_allowed_for_one_source(network: FakeNetwork) -> None:
    """An office may have its calendar on its own network, also behind a redirect; others keep the rules."""
    network.answer("http://intra/kalenteri.ics", status=302, headers={"Location": "http://10.0.0.7/k.ics"})
    network.answer("http://10.0.0.7/k.ics", b"x")
    own = replace(a_source(SourceKind.CALENDAR, "http://intra/kalenteri.ics"), allow_private_hosts=True)
    with Fetcher(transport=network) as fetcher:
        snapshot = fetcher.fetch(own, now=FETCHED)
        assert isinstance(snapshot, Snapshot)
        assert snapshot.body == b"x"
        with pytest.raises(SourceError, match="not of the public internet") as caught:
            fetcher.fetch(replace(own, allow_private_hosts=False), now=FETCHED)
    assert "allow_private_hosts = true" in str(caught.value.hint)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_passing_fault_is_tried_again(fetcher: Fetcher, network: FakeNetwork, clock: FakeClock, status: int) -> None:
    """A server that is busy for a moment costs a moment."""
    network.answer(ADDRESS, status=status)
    network.answer(ADDRESS, status=status)
    network.answer(ADDRESS, b"x")
    snapshot = fetcher.fetch(SOURCE, now=FETCHED)
    assert isinstance(snapshot, Snapshot)
    assert clock.naps == [1.0, 2.0]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (httpx.ReadTimeout("x"), "it does not answer in time"),
        (httpx.ConnectError("x"), "the connection failed"),
        (httpx.RemoteProtocolError("x"), "the connection failed"),
    ],
)
def test_fault_that_stays_is_given_up_after_three_tries(
    fetcher: Fetcher, network: FakeNetwork, clock: FakeClock, error: Exception, message: str
) -> None:
    """A dead server is reported, and the other sources go on."""
    network.fail(ADDRESS, error)
    assert failure(fetcher) == (
        f"Source 'esimerkki' cannot be fetched now: {message}.",
        "What was collected before is kept. Collect again later.",
    )
    assert (len(network.requests), clock.naps) == (3, [1.0, 2.0])


def test_certificate_that_is_not_valid_is_final(fetcher: Fetcher, network: FakeNetwork) -> None:
    """Nobody is asked three times whether a stranger may stand in."""
    network.fail(ADDRESS, httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired"))
    assert failure(fetcher)[0] == "Source 'esimerkki' has a certificate that is not valid."
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    ("retry_after", "naps"),
    [
        ("7", [7.0]),
        ((FETCHED + timedelta(seconds=9)).strftime("%a, %d %b %Y %H:%M:%S GMT"), [9.0]),
        ((FETCHED - timedelta(seconds=9)).strftime("%a, %d %b %Y %H:%M:%S -0000"), [0.0]),
        ("pian", [1.0]),
    ],
)
def test_server_that_says_when_to_come_again_is_obeyed(
    fetcher: Fetcher, network: FakeNetwork, clock: FakeClock, retry_after: str, naps: list[float]
) -> None:
    """Retry-After may be seconds or a moment."""
    network.answer(ADDRESS, status=503, headers={"Retry-After": retry_after})
    network.answer(ADDRESS, b"x")
    fetcher.fetch(SOURCE, now=FETCHED)
    assert clock.naps == naps


def test_server_that_wants_a_long_pause_is_left_alone(fetcher: Fetcher, network: FakeNetwork, clock: FakeClock) -> None:
    """Collecting does not wait an hour for one source."""
    network.answer(ADDRESS, status=429, headers={"Retry-After": "3600"})
    assert failure(fetcher)[0] == "Source 'esimerkki' cannot be fetched now: its server answers 429."
    assert clock.naps == []


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (401, "It asks for a login; use an address that anybody can open."),
        (403, "Its server refuses programs; ask its keeper."),
        (404, "Has its address changed?"),
        (410, "It is gone for good: remove the source."),
        (418, "Open its address in a browser: what does it say?"),
        (204, "Open its address in a browser: what does it say?"),
        (302, "Open its address in a browser: what does it say?"),
    ],
)
def test_answer_that_is_no_content_says_what_to_do(
    fetcher: Fetcher, network: FakeNetwork, status: int, hint: str
) -> None:
    """Each answer of a server has its meaning for the project manager."""
    network.answer(ADDRESS, b"<html>", status=status)
    assert failure(fetcher) == (f"Source 'esimerkki' cannot be fetched: its server answers {status}.", hint)
    assert len(network.requests) == 1


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"sana " * 1_000, mtime=0)),
        ("GZIP", gzip.compress(b"sana " * 1_000, mtime=0)),
        ("deflate", zlib.compress(b"sana " * 1_000)),
        ("identity", b"sana " * 1_000),
    ],
)
def test_packed_content_is_unpacked(fetcher: Fetcher, network: FakeNetwork, encoding: str, packed: bytes) -> None:
    """What is kept is the content, however it travelled."""
    pieces = [packed[start : start + 7] for start in range(0, len(packed), 7)]
    network.answer(ADDRESS, pieces, headers={"Content-Encoding": encoding})
    snapshot = fetcher.fetch(SOURCE, now=FETCHED)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.body == b"sana " * 1_000


@pytest.mark.parametrize(
    ("encoding", "body", "message"),
    [
        ("gzip", gzip.compress(b"sana " * 1_000, mtime=0)[:-9], "cannot be fetched now: what it sends ends too early."),
        ("gzip", b"ei mitenkaan pakattu", "cannot be fetched now: what it sends cannot be unpacked."),
        ("br", b"x", "is packed in a way we did not ask for."),
        ("gzip, gzip", b"x", "is packed in a way we did not ask for."),
    ],
)
def test_content_that_cannot_be_unpacked_is_a_fault(
    fetcher: Fetcher, network: FakeNetwork, encoding: str, body: bytes, message: str
) -> None:
    """Half a feed is not taken for a feed."""
    network.answer(ADDRESS, body, headers={"Content-Encoding": encoding})
    assert failure(fetcher)[0] == f"Source 'esimerkki' {message}"


@pytest.mark.parametrize("is_packed", [True, False])
def test_endless_content_ends_at_ten_megabytes(
    fetcher: Fetcher,
    network: FakeNetwork,
    is_packed: bool,  # noqa: FBT001 - a table
) -> None:
    """0.2 MB of gzip that unpacks to 200 MB, and a body without end, are both stopped at 10 MB."""
    packer = zlib.compressobj(wbits=31)
    first, again = (packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    bomb = first + again * 199  # each piece stands for itself, so that one is made for all
    assert len(bomb) < 210_000
    assert len(zlib.decompressobj(wbits=31).decompress(first + again * 2)) == 3_000_000
    headers = {"Content-Encoding": "gzip"} if is_packed else {}
    network.answer(ADDRESS, [bomb] if is_packed else repeat(b"x" * 100_000), headers=headers)
    assert failure(fetcher)[0] == "Source 'esimerkki' is larger than 10 MB."


def test_slow_trickle_ends_after_twenty_seconds(fetcher: Fetcher, network: FakeNetwork, clock: FakeClock) -> None:
    """A server that sends a byte a second holds up nobody."""

    def trickle() -> Iterator[bytes]:
        while True:
            clock.pass_seconds(1)
            yield b"x"

    class Trickle:
        def __iter__(self) -> Iterator[bytes]:
            return trickle()

    network.answer(ADDRESS, Trickle())
    assert failure(fetcher)[0] == "Source 'esimerkki' cannot be fetched now: it takes longer than 20 s."
    assert clock.monotonic() < 1000 + 3 * 25


def test_local_sources_need_no_network(fetcher: Fetcher, network: FakeNetwork, tmp_path: Path) -> None:
    """Files and folders of this machine are read as they are."""
    (tmp_path / "a.md").write_text("---\ntitle: A\n---\n")
    file = fetcher.fetch(a_source(SourceKind.TEXT, str(tmp_path / "a.md")), now=FETCHED)
    folder = fetcher.fetch(a_source(SourceKind.FOLDER, str(tmp_path)), now=FETCHED)
    assert isinstance(file, Snapshot)
    assert isinstance(folder, Snapshot)
    assert (file.body, folder.media_type) == (b"---\ntitle: A\n---\n", "application/x-tar")
    assert network.requests == []


def test_real_transport_is_made_when_it_is_needed_and_guards() -> None:
    """Without a transport of the test's, connections are real; one source's own network opens it for no other."""
    source = a_source(SourceKind.FEED, "http://127.0.0.1:9/")
    own = replace(source, allow_private_hosts=True)
    with Fetcher(sleep=lambda _: None) as fetcher:
        for one, told in ((own, "the connection failed"), (source, "not of the public internet")):
            with pytest.raises(SourceError, match=told):
                fetcher.fetch(one, now=FETCHED)
        with pytest.raises(SourceError, match="where no server can stand"):
            fetcher.fetch(replace(own, location="http://169.254.169.254/latest/meta-data"), now=FETCHED)


def test_not_modified_names_its_source() -> None:
    """Whoever gets it knows whose content is unchanged."""
    assert NotModified(source_id=SourceId("a")) != NotModified(source_id=SourceId("b"))
