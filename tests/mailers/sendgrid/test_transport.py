import json
import logging
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from newsletter.mailers.sendgrid.answers import Answer, Silence
from newsletter.mailers.sendgrid.transport import HOSTS, Transport
from tests.fakes.sendgrid import Fault, ScriptedSendGrid
from tests.mailers.sendgrid.service import API_KEY, a_fake

REQUEST = json.dumps(
    {
        "personalizations": [{"to": [{"email": "aino@yritys.example"}]}],
        "from": {"email": "uutiskirje@seutu.example"},
        "subject": "Hei",
        "content": [{"type": "text/plain", "value": "Hei"}],
    }
).encode()


@pytest.fixture
def fake() -> Iterator[ScriptedSendGrid]:
    """Serve a fake SendGrid."""
    with a_fake() as served:
        yield served


@pytest.fixture
def mute() -> Iterator[str]:
    """Give the address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize("host", HOSTS.values())
def test_the_time_out_holds_on_every_host(host: str) -> None:
    """The time-out is on what makes the requests, also after the choice of the EU."""
    transport = Transport(api_key=API_KEY, host=host, timeout_seconds=7)

    request = transport._request("mail", "send")

    assert (request.host, request.timeout) == (host, 7)


def test_an_answer_comes_with_lower_case_headers(fake: ScriptedSendGrid) -> None:
    """A request that is taken gives status, id and body as they came."""
    answer = Transport(api_key=API_KEY, host=fake.host).send_mail(REQUEST)

    assert isinstance(answer, Answer)
    assert (answer.status, answer.headers["x-message-id"], answer.body) == (202, fake.mails[0].request_id, b"")


def test_a_certificate_that_does_not_fit_is_no_passing_trouble(certificate: Path) -> None:
    """Somebody else answers, or the clock is wrong: nothing left, and trying again would change nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            taken, _ = listening.accept()
            with taken, suppress(OSError):
                context.wrap_socket(taken, server_side=True)

        threading.Thread(target=refuse, daemon=True).start()
        host = f"https://localhost:{listening.getsockname()[1]}"
        silence = Transport(api_key=API_KEY, host=host, timeout_seconds=5).send_mail(REQUEST)

    assert isinstance(silence, Silence)
    assert (silence.may_be_taken, silence.is_lasting) == (False, True)
    assert silence.reason.startswith("The certificate of SendGrid cannot be trusted: self")


@pytest.mark.parametrize("status", [400, 401, 403, 413, 418, 429, 500, 502, 503])
def test_a_refusal_is_an_answer_too(fake: ScriptedSendGrid, status: int) -> None:
    """Whatever the status, the answer comes back as a value with its headers and its body."""
    fake.script(Fault(status=status, headers={"X-RateLimit-Reset": "9"}, body=b"no"))

    answer = Transport(api_key=API_KEY, host=fake.host).send_mail(REQUEST)

    assert isinstance(answer, Answer)
    assert (answer.status, answer.headers["x-ratelimit-reset"], answer.body) == (status, "9", b"no")


def test_a_refused_connection_means_that_nothing_was_taken() -> None:
    """Where nobody listens, no byte has left."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    silence = Transport(api_key=API_KEY, host=f"http://127.0.0.1:{port}").send_mail(REQUEST)

    assert silence == Silence(may_be_taken=False, reason="SendGrid cannot be reached: Connection refused.")


def test_a_time_out_before_the_first_byte_means_that_nothing_was_taken(mute: str) -> None:
    """A TLS handshake that is never answered ends before any part of the request has left."""
    silence = Transport(api_key=API_KEY, host=f"https://{mute}", timeout_seconds=0.05).send_mail(REQUEST)

    assert silence == Silence(may_be_taken=False, reason="SendGrid cannot be reached: time-out.")


def test_a_time_out_after_the_first_byte_leaves_a_doubt(mute: str) -> None:
    """A request that is written and never answered may have been taken."""
    silence = Transport(api_key=API_KEY, host=f"http://{mute}", timeout_seconds=0.05).send_mail(REQUEST)

    assert silence == Silence(may_be_taken=True, reason="The answer of SendGrid was lost: time-out.")


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\n"])
def test_an_answer_that_trickles_is_not_waited_for_for_ever(beginning: bytes) -> None:
    """A byte now and then keeps each read alive; the call as a whole ends, and what it carried is in doubt."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def trickle() -> None:
            taken, _ = listening.accept()
            with taken, suppress(OSError):
                taken.sendall(beginning)
                while not ended.wait(0.01):
                    taken.sendall(b"H")

        thread = threading.Thread(target=trickle)
        thread.start()
        host = f"http://127.0.0.1:{listening.getsockname()[1]}"
        transport = Transport(api_key=API_KEY, host=host, timeout_seconds=5, call_seconds=0.2)
        silence = transport.send_mail(REQUEST)
        ended.set()
        thread.join()

    assert silence == Silence(may_be_taken=True, reason="The answer of SendGrid was lost: time-out.")


def test_an_answer_without_end_does_not_fill_the_memory() -> None:
    """More than any answer is, is none."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def pour() -> None:
            taken, _ = listening.accept()
            with taken, suppress(OSError):
                taken.sendall(b"HTTP/1.1 202 Accepted\r\n\r\n")
                while True:
                    taken.sendall(b"H" * 1_000_000)

        thread = threading.Thread(target=pour)
        thread.start()
        host = f"http://127.0.0.1:{listening.getsockname()[1]}"
        silence = Transport(api_key=API_KEY, host=host).send_mail(REQUEST)
        thread.join()

    assert silence == Silence(may_be_taken=True, reason="The answer of SendGrid was lost: it has no end.")


def test_a_server_that_takes_a_byte_now_and_then_is_not_fed_for_ever() -> None:
    """A request that is read in drops ends too, and nobody knows how much of it was taken."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def sip() -> None:
            taken, _ = listening.accept()
            with taken:
                while not ended.wait(0.01):
                    taken.recv(2_000)

        thread = threading.Thread(target=sip)
        thread.start()
        host = f"http://127.0.0.1:{listening.getsockname()[1]}"
        transport = Transport(api_key=API_KEY, host=host, timeout_seconds=5, call_seconds=0.2)
        silence = transport.send_mail(b"x" * 20_000_000)
        ended.set()
        thread.join()

    assert silence == Silence(may_be_taken=True, reason="The answer of SendGrid was lost: time-out.")


def test_a_connection_lost_while_the_body_goes_out_leaves_a_doubt() -> None:
    """Once the body has begun nobody knows how much of it arrived."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hanging_up = threading.Thread(target=lambda: _hang_up(listening.accept()[0]))
        hanging_up.start()
        host = f"http://127.0.0.1:{listening.getsockname()[1]}"
        silence = Transport(api_key=API_KEY, host=host).send_mail(b"x" * 20_000_000)
        hanging_up.join()

    assert isinstance(silence, Silence)
    assert (silence.may_be_taken, silence.reason.startswith("The answer of SendGrid was lost: ")) == (True, True)


def _hang_up(connection: socket.socket) -> None:
    """Read the headers and no more, and break off."""
    connection.recv(100)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_the_offices_proxy_is_gone_through(fake: ScriptedSendGrid, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment is asked for a host that this machine cannot reach by itself."""
    monkeypatch.setenv("http_proxy", fake.host)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    answer = Transport(api_key=API_KEY, host="http://api.sendgrid.example").send_mail(REQUEST)

    assert isinstance(answer, Answer)
    assert (answer.status, len(fake.requests)) == (404, 0)


def test_a_connection_lost_after_the_last_byte_leaves_a_doubt(fake: ScriptedSendGrid) -> None:
    """The service read everything and hung up: it may have taken it, as here it has."""
    fake.script(Fault(is_booked=True))

    silence = Transport(api_key=API_KEY, host=fake.host).send_mail(REQUEST)

    assert (silence, len(fake.mails)) == (
        Silence(may_be_taken=True, reason="The answer of SendGrid was lost: RemoteDisconnected."),
        1,
    )


def test_an_answer_cut_in_its_middle_leaves_a_doubt(fake: ScriptedSendGrid) -> None:
    """A status line alone is no answer."""
    fake.script(Fault(status=202, headers={"Transfer-Encoding": "chunked"}))

    silence = Transport(api_key=API_KEY, host=fake.host).send_mail(REQUEST)

    assert silence == Silence(may_be_taken=True, reason="The answer of SendGrid was lost: IncompleteRead.")


class _Redirecting(BaseHTTPRequestHandler):
    """A server that sends everybody to another place and keeps what it was asked."""

    status: int
    asked: list[str]

    def do_POST(self) -> None:
        """Redirect a post."""
        self.asked.append(self.path)
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        """Note that the redirect was followed."""
        self.do_POST()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name in Python's class
        """Say nothing."""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """The key goes to the host it was meant for and nowhere else."""
    asked: list[str] = []
    handler = type("Handler", (_Redirecting,), {"asked": asked, "status": status})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        answer = Transport(api_key=API_KEY, host=f"http://127.0.0.1:{server.server_address[1]}").send_mail(REQUEST)
        server.shutdown()

    assert isinstance(answer, Answer)
    assert (answer.status, asked) == (status, ["/v3/mail/send"])


def test_no_log_at_any_level_holds_key_or_address(fake: ScriptedSendGrid, caplog: pytest.LogCaptureFixture) -> None:
    """The package would write key and payload at DEBUG; its logger is silent whatever others configure."""
    fake.script(None, Fault(status=500, body=json.dumps({"errors": [{"message": "aino@yritys.example"}]}).encode()))
    transport = Transport(api_key=API_KEY, host=fake.host)
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="python_http_client.client"):
        transport.send_mail(REQUEST)
        transport.send_mail(REQUEST)

    assert caplog.text == ""
