"""The internet's door, really served on this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from newsletter import open_newsletter
from newsletter.domain.clock import SystemClock
from newsletter.errors import UsageError
from newsletter.mailers.sendgrid.notifications import door
from newsletter.web.port import take_port
from newsletter.web.public.server import CALLERS_MAX, PublicServer
from newsletter.wiring import Newsletter
from tests.fakes.provider import SigningProvider, a_body, an_event

PROVIDER = SigningProvider()


@pytest.fixture
def newsletter(laid_out: Path) -> Iterator[Newsletter]:
    """Open a publication that nobody changes but the test."""
    with open_newsletter(laid_out / "newsletter.toml") as opened:
        yield opened


def test_what_comes_in_is_kept_and_the_end_is_clean(publication: Path) -> None:
    """A signed post is on the disk when it is answered; `stop` ends the service and gives back its port."""
    with open_newsletter(publication / "newsletter.toml") as newsletter:
        outside = PublicServer(newsletter, host="127.0.0.1", port=0)
        address = outside.webhook("sendgrid")
        serving = threading.Thread(target=outside.serve, args=([door([PROVIDER.public_key], SystemClock().now)],))
        serving.start()
        body = a_body([an_event(1), an_event(2, event="bounce", status="5.1.1")])

        answer = httpx.post(address, content=body, headers=PROVIDER.headers(body), timeout=60)
        counts = newsletter.notifications.counts()
        outside.stop()
        serving.join(timeout=20)

        assert (answer.status_code, dict(counts)) == (204, {"delivered": 1, "bounced hard": 1})
        assert not serving.is_alive()
        assert {"server", "date"}.isdisjoint(answer.headers)
    take_port("127.0.0.1", httpx.URL(address).port or 0).close()


def test_slow_callers_do_not_keep_others_out(publication: Path) -> None:
    """A connection on which the head of a request does not end is ended, the first request or a later one."""
    with open_newsletter(publication / "newsletter.toml") as newsletter:
        outside = PublicServer(newsletter, host="127.0.0.1", port=0, head_seconds_max=0.3)
        port = httpx.URL(outside.webhook("sendgrid")).port or 0
        serving = threading.Thread(target=outside.serve, args=([door([PROVIDER.public_key], SystemClock().now)],))
        serving.start()
        whole = b"GET /webhooks/sendgrid HTTP/1.1\r\nHost: a\r\n\r\n"
        ends = [_said_until_the_end(port, begun) for begun in (b"", b"POST / HTTP/1.1\r\nX: ", whole + b"POST /")]
        outside.stop()
        serving.join(timeout=20)

    assert [said.split(b"\r\n")[0] for said in ends] == [b"", b"", b"HTTP/1.1 405 Method Not Allowed"]


def test_what_is_no_http_is_answered_once_and_without_a_traceback(
    newsletter: Newsletter, caplog: pytest.LogCaptureFixture
) -> None:
    """Chunks that are none, before, within or after an answer, cost one line of the log and no more."""
    outside = PublicServer(newsletter, host="127.0.0.1", port=0)
    port = httpx.URL(outside.webhook("sendgrid")).port or 0
    serving = threading.Thread(target=outside.serve, args=([door([PROVIDER.public_key], SystemClock().now)],))
    serving.start()
    signed = "".join(f"{name}: {value}\r\n" for name, value in PROVIDER.headers(b"[]").items())
    heads = [
        f"POST /webhooks/{name} HTTP/1.1\r\nHost: a\r\n{more}Transfer-Encoding: chunked\r\n\r\n".encode()
        for name, more in (("none", ""), ("sendgrid", ""), ("sendgrid", signed))
    ]
    too_much = b"100001\r\n" + b" " * 0x100001

    said = [_said_until_the_end(port, begun) for begun in (b"\xff\xfe\r\n\r\n", *(head + b"zz\r\n" for head in heads))]
    later = _said_until_the_end(port, heads[0], b"zz\r\n")
    _said_until_the_end(port, heads[2] + too_much, b"XX\r\n")
    outside.stop()
    serving.join(timeout=20)

    assert [one.split(b" ")[1] for one in said] == [b"400"] * 4
    assert (later.split(b" ")[1], later.count(b"HTTP/1.1")) == (b"404", 1)
    assert {record.getMessage() for record in caplog.records} == {"Invalid HTTP request received."}


def _said_until_the_end(port: int, begun: bytes, later: bytes = b"") -> bytes:
    """Give what the service says to a caller that goes on only after the first word, until it hangs up."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, suppress(ConnectionError):
        connection.sendall(begun)
        if later:
            said = connection.recv(65536)
            connection.sendall(later)
        while more := connection.recv(65536):
            said += more
    return said


def test_stopping_what_never_ran_does_nothing(newsletter: Newsletter) -> None:
    """A door that was never opened closes."""
    outside = PublicServer(newsletter, host="::1", port=0)

    outside.stop()
    outside.close()

    assert outside.webhook("sendgrid").startswith("http://[::1]:")


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_a_port_that_cannot_be_used_is_told(newsletter: Newsletter, host: str) -> None:
    """A taken port, or an address of another machine, is a sentence with what to do."""
    taken = take_port("127.0.0.1", 0)
    port = taken.getsockname()[1]

    with taken, pytest.raises(UsageError, match=f"{host}:{port} cannot be used") as caught:
        PublicServer(newsletter, host=host, port=port)

    assert "--port" in (caught.value.hint or "")


def test_half_open_connections_of_one_keep_nobody_else_out(newsletter: Newsletter) -> None:
    """Of more connections of one address than there is room for a hundred are kept, and another gets its answer."""
    outside = PublicServer(newsletter, host="127.0.0.1", port=0)
    port = httpx.URL(outside.webhook("sendgrid")).port or 0
    serving = threading.Thread(target=outside.serve, args=([door([PROVIDER.public_key], SystemClock().now)],))
    serving.start()
    half_open = [socket.create_connection(("127.0.0.1", port)) for _ in range(CALLERS_MAX + 20)]
    other = httpx.HTTPTransport(local_address="127.0.0.2")

    with httpx.Client(transport=other, timeout=5) as client:
        answer = client.get(f"http://127.0.0.1:{port}/webhooks/none")
    for one in half_open:
        one.close()
    outside.stop()
    serving.join(timeout=20)

    assert answer.status_code == 405
