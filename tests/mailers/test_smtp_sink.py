"""The SMTP mailer against Postfix's own test server: what our fake believes, a foreign program confirms."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from newsletter.domain.mailing import BatchOutcome
from newsletter.mailers.smtp import SmtpTable
from newsletter.mailers.smtp.connection import Access
from newsletter.mailers.smtp.mailer import Smtp
from tests.mailers.samples import a_batch, a_recipient

SINK = shutil.which("smtp-sink") or "/usr/sbin/smtp-sink"
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not os.access(SINK, os.X_OK), reason="smtp-sink (package postfix) is not installed"),
]

Serve = Callable[..., int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Give a starter of smtp-sink with some options; it gives the port."""
    with ExitStack() as running:

        def start(*options: str) -> int:
            with socket.create_server(("127.0.0.1", 0)) as free:
                port = int(free.getsockname()[1])
            who = ["-u", "nobody"] if os.geteuid() == 0 else []
            process = running.enter_context(subprocess.Popen([SINK, *who, *options, f"127.0.0.1:{port}", "50"]))
            running.callback(process.kill)
            while process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                except ConnectionRefusedError:
                    continue
                return port
            pytest.fail("smtp-sink did not start")

        yield start


def send(port: int, *, timeout_seconds: float = 5, connections: int = 1, count: int = 3) -> BatchOutcome:
    """Hand some mails over to a port."""
    settings = Access(
        server=SmtpTable(host="127.0.0.1", port=port, security="none", connections=connections),
        timeout_seconds=timeout_seconds,
        verdict_seconds=timeout_seconds,
    )
    return Smtp(settings).submit(a_batch(*(a_recipient(number) for number in range(1, count + 1))))


@pytest.mark.parametrize(
    ("options", "verdicts"),
    [
        ((), ["accepted", "accepted", "accepted"]),
        (("-p",), ["accepted", "accepted", "accepted"]),
        (("-r", "RCPT"), ["refused", "refused", "refused"]),
        (("-f", "RCPT"), ["rejected", "rejected", "rejected"]),
        (("-r", "."), ["refused", "refused", "refused"]),
        (("-f", "."), ["rejected", "rejected", "rejected"]),
        (("-Q", "."), ["refused", "refused", "refused"]),
        (("-q", "DATA"), ["refused", "refused", "refused"]),
        (("-q", "."), ["unknown", "refused", "refused"]),
        (("-W", ".:5"), ["unknown", "refused", "refused"]),
    ],
)
def test_a_foreign_server_agrees(serve: Serve, options: tuple[str, ...], verdicts: list[str]) -> None:
    """Refusals, lost connections and silence mean the same from a server that we have not written."""
    answer = send(serve(*options), timeout_seconds=0.5)

    assert [str(outcome.verdict) for outcome in answer.outcomes] == verdicts


def test_hundreds_of_mails_over_several_connections(serve: Serve) -> None:
    """Two hundred mails over four connections are all taken."""
    answer = send(serve(), connections=4, count=200)

    assert {str(outcome.verdict) for outcome in answer.outcomes} == {"accepted"}
