"""What sending costs: CPU, memory and claims on the way to SendGrid, pace on the way to a mail server.

The other side is always another process: a service that takes everything at once, Postfix's smtp-sink.
"""

import contextlib
import functools
import http.server
import json
import os
import shutil
import smtplib
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from benchmarks.harness import PYTHON, Line
from benchmarks.sending import MAIL_BYTES, a_message

FEW, MANY, MILLION = 10_000, 100_000, 1_000_000
LATENCY_SECONDS = 0.2
SMTP_MAILS = 2_000
BUILT_MAILS = 300
SESSIONS = 10
ROUNDS = 5
ROOT = Path(__file__).parent.parent


class TakesEverything(http.server.BaseHTTPRequestHandler):
    """A SendGrid that reads and says yes."""

    protocol_version = "HTTP/1.1"
    latency_seconds = 0.0

    def do_POST(self) -> None:
        """Take a request."""
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.latency_seconds)
        self.send_response(202)
        self.send_header("X-Message-Id", "taken")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name in Python's class
        """Say nothing."""


def serve(latency_seconds: float = 0.0) -> None:
    """Be that SendGrid: print the port, serve until killed."""
    TakesEverything.latency_seconds = latency_seconds
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TakesEverything)
    print(server.server_address[1], flush=True)
    server.serve_forever()


@contextlib.contextmanager
def _service(latency_seconds: float = 0.0) -> Iterator[str]:
    """Run it in a process of its own and give its address."""
    command = [PYTHON, "-c", f"from benchmarks.send import serve; serve({latency_seconds})"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def run_step(order: dict[str, object]) -> dict[str, Any]:
    """Run one step of a sending in a process of its own."""
    command = [PYTHON, "-m", "benchmarks.sending", json.dumps(order)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout) if done.stdout else {}


def _send(people: int, **where: object) -> dict[str, Any]:
    """Make a ledger with so many readers, send to all of them, and give what the sending took."""
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder) / "newsletter.db")
        run_step({"database": database, "people": people})
        taken = run_step({"database": database, **where})
    assert taken["accepted"] == people, taken["accepted"]
    return taken


@functools.cache
def _to_sendgrid(people: int, turn: int = 0) -> dict[str, Any]:
    """Send to so many over SendGrid; each turn is measured once for all lines."""
    assert turn >= 0
    with _service() as host:
        return _send(people, host=host)


def cpu_of_a_sending() -> Line:
    """CPU time of the sender for each 1,000 recipients, over SendGrid, ledger on."""
    taken = _to_sendgrid(MANY)
    each = taken["cpu_milliseconds"] * 1000 / MANY
    return Line(
        name=f"send to {MANY:,} over SendGrid, ledger on ({taken['wall_milliseconds'] / 1000:.1f} s)",
        milliseconds=taken["cpu_milliseconds"],
        bound=25,
        unit="ms CPU for 1,000 recipients",
        measured=each,
    )


def calls_in_flight() -> Line:
    """A SendGrid that is 200 ms away: one call after another beside four in flight."""
    with _service(LATENCY_SECONDS) as host:
        one, four = (_send(FEW, host=host, calls=calls) for calls in (1, 4))
    return Line(
        name=f"send to {FEW:,} with four calls in flight, each 200 ms away",
        milliseconds=four["wall_milliseconds"],
        against="with one",
        against_milliseconds=one["wall_milliseconds"],
        bound=2,
        unit="x as fast",
        measured=one["wall_milliseconds"] / four["wall_milliseconds"],
        at_least=True,
    )


def memory_of_a_sending() -> Line:
    """Peak memory of the sender at a million recipients beside that at ten thousand."""
    large, small = _to_sendgrid(MILLION), _to_sendgrid(FEW)
    mebibytes = f"{large['peak_kibibytes'] / 1024:.0f} MiB, at {FEW:,} {small['peak_kibibytes'] / 1024:.0f} MiB"
    return Line(
        name=f"peak memory of a sending to {MILLION:,} ({mebibytes})",
        milliseconds=large["wall_milliseconds"],
        bound=1.2,
        unit="x",
        measured=large["peak_kibibytes"] / small["peak_kibibytes"],
    )


def claims_of_a_sending() -> Line:
    """Median of a claim of 500 among a million rows beside one among ten thousand."""
    large = _to_sendgrid(MILLION)["claims_milliseconds"]
    small = [claim for turn in range(ROUNDS) for claim in _to_sendgrid(FEW, turn)["claims_milliseconds"]]
    ours, against = statistics.median(large), statistics.median(small)
    return Line(
        name=f"claim 500 of {MILLION:,} ({len(large):,} claims)",
        milliseconds=ours,
        against=f"of {FEW:,} ({len(small)} claims)",
        against_milliseconds=against,
        bound=1.5,
        unit="x",
        measured=ours / against,
    )


def _tool(name: str) -> str:
    """Find one of Postfix's programs."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise SystemExit(f"{name} (package postfix) is not installed")
    return found


@contextlib.contextmanager
def _sink() -> Iterator[int]:
    """Run smtp-sink and give its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    who = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen([_tool("smtp-sink"), *who, f"127.0.0.1:{port}", "100"]) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    """Wait until somebody listens."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        time.sleep(0.01)
    raise SystemExit("smtp-sink did not start")


@functools.cache
def _to_a_mail_server(turn: int) -> tuple[float, float, float]:
    """Send to one sink in turns: ours, smtp-source, smtplib with a mail built for each; give mails a second."""
    assert turn >= 0
    with _sink() as port:
        ours = _send(SMTP_MAILS, port=port, connections=SESSIONS)
        began = time.perf_counter()
        options = ["-s", str(SESSIONS), "-m", str(SMTP_MAILS), "-l", str(MAIL_BYTES)]
        subprocess.run([_tool("smtp-source"), *options, f"127.0.0.1:{port}"], check=True)
        source = SMTP_MAILS / (time.perf_counter() - began)
        began = time.perf_counter()
        _send_built(port)
        built = BUILT_MAILS / (time.perf_counter() - began)
    return SMTP_MAILS * 1000 / ours["wall_milliseconds"], source, built


def _send_built(port: int) -> None:
    """Send as Python's manual shows it: a message built for each reader, over one connection."""
    message = a_message()
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(BUILT_MAILS):
            mail = EmailMessage()
            mail["From"], mail["To"] = "kirje@mitta.example", f"lukija{number}@yritys.example"
            mail["Subject"] = message.subject
            mail.set_content(message.text.replace("@@n@@", f" Lukija {number}"))
            mail.add_alternative(message.html.replace("@@n@@", f" Lukija {number}"), subtype="html")
            server.send_message(mail)


def pace_beside_smtp_source() -> Line:
    """Mails a second to smtp-sink, ledger on, beside Postfix's own smtp-source."""
    turns = [_to_a_mail_server(turn) for turn in range(ROUNDS)]
    ours, source = statistics.median(turn[0] for turn in turns), statistics.median(turn[1] for turn in turns)
    return Line(
        name=f"a mail of 51 KB to smtp-sink, ledger on ({ours:,.0f} a second)",
        milliseconds=1000 / ours,
        against=f"smtp-source, {SESSIONS} sessions ({source:,.0f} a second)",
        against_milliseconds=1000 / source,
        bound=0.8,
        unit="x as many a second",
        measured=ours / source,
        at_least=True,
    )


def pace_beside_smtplib() -> Line:
    """Mails a second to smtp-sink, ledger on, beside smtplib with an EmailMessage built for each."""
    turns = [_to_a_mail_server(turn) for turn in range(ROUNDS)]
    ours, built = statistics.median(turn[0] for turn in turns), statistics.median(turn[2] for turn in turns)
    return Line(
        name=f"a mail of 51 KB to smtp-sink, ledger on ({ours:,.0f} a second)",
        milliseconds=1000 / ours,
        against=f"smtplib with a mail built for each ({built:,.0f} a second)",
        against_milliseconds=1000 / built,
        bound=8,
        unit="x as many a second",
        measured=ours / built,
        at_least=True,
    )
