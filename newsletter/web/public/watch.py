"""Watch the public side: numbers for Prometheus, a log without personal data, a page for whoever asks how it is.

Doors: `Watch`, which hears of every answer, and `make_health`. No address, path or token is in any of it.
"""

import ipaddress
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.errors import UsageError
from newsletter.service.health import HealthService

log = logging.getLogger(__name__)

METRICS_HOST = "127.0.0.1"
"""Numbers are for the operator of this machine alone."""
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0)
_IPV4_BITS, _IPV6_BITS = 24, 48
"""What of a client's address is kept: the network of a street or an office, never one home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One request, when it has its answer.

    Attributes:
        room: First word of the path where there is such a room, else `-`.
        peer: Address of the client as far as it is known, else `-`.
    """

    room: str
    method: str
    status: int
    seconds: float
    peer: str


class Watch:
    """Counts answers, and writes them down where a file is named.

    Args:
        health: What else the numbers tell.
        log_path: A file that gets a line for each answer; None for none.
        now: Gives the aware moment.

    Raises:
        UsageError: The log cannot be opened.
    """

    def __init__(self, health: HealthService, *, log_path: Path | None = None, now: Callable[[], datetime]) -> None:
        self._now = now
        self._writing = threading.Lock()
        self._log = None if log_path is None else _opened(log_path)
        self._is_log_full = False
        self.registry = CollectorRegistry()
        labels = ["room"]
        self._answers = Counter(
            "newsletter_answers", "Answers to requests.", [*labels, "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "newsletter_answer_seconds", "Time to an answer.", labels, buckets=_SECONDS, registry=self.registry
        )
        self._inside = Gauge("newsletter_requests_under_way", "Requests under way.", labels, registry=self.registry)
        ProcessCollector(registry=self.registry)
        self.registry.register(_HealthNumbers(health))

    def came(self, room: str) -> None:
        """Hear that a request begins."""
        self._inside.labels(room).inc()

    def left(self, room: str) -> None:
        """Hear that it is over."""
        self._inside.labels(room).dec()

    def answered(self, answer: Answered) -> None:
        """Hear of an answer."""
        self._answers.labels(answer.room, str(answer.status)).inc()
        self._seconds.labels(answer.room).observe(answer.seconds)
        if self._log is not None:
            line = (
                f"{self._now().isoformat(timespec='seconds')} {shortened(answer.peer)} {_word(answer.method)}"
                f" /{answer.room} {answer.status} {answer.seconds * 1000:.0f}ms\n"
            )
            self._write(self._log, line)

    def _write(self, file: FileIO, line: str) -> None:
        """Write a line; where that cannot be it is lost, which is said once, for an answer matters more."""
        with self._writing:
            try:
                file.write(line.encode())
            except OSError as error:
                if not self._is_log_full:
                    log.warning("The access log cannot be written: %s. Answers go on without it.", error.strerror)
                self._is_log_full = True
            else:
                self._is_log_full = False

    def serve_metrics(self, port: int) -> WSGIServer:
        """Answer `/metrics` on a port of its own, in a thread of its own; shut the server down in the end.

        Raises:
            UsageError: The port is taken.
        """
        try:
            server, _thread = start_http_server(port, METRICS_HOST, self.registry)
        except OSError as error:
            raise UsageError(
                f"Port {port} cannot be used for metrics: {error.strerror}.", hint="Change metrics_port in [serve]."
            ) from error
        return server

    def close(self) -> None:
        """Close the log."""
        if self._log is not None:
            self._log.close()


def _opened(path: Path) -> FileIO:
    """Open a log so that each line is written by itself, and one that failed is not tried again with the next.

    Raises:
        UsageError: It cannot be opened.
    """
    try:
        return path.open("ab", buffering=0)
    except OSError as error:
        raise UsageError(
            f"{path.name} cannot be written: {error.strerror}.",
            hint="Make its folder, or change access_log in [serve].",
        ) from error


class _HealthNumbers:
    """What is measured when somebody asks."""

    def __init__(self, health: HealthService) -> None:
        self._health = health

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Give the numbers of this moment."""
        seen = self._health.look()
        for name, what, value in (
            ("newsletter_waiting", "Requests that wait to be written.", seen.waiting),
            ("newsletter_oldest_waiting_seconds", "How long the oldest of them has.", seen.oldest_waiting_seconds),
            ("newsletter_database_writable", "1 where the database can be written.", seen.is_database_writable),
            ("newsletter_disk_free_bytes", "Free space where the publication lies.", seen.disk_free_bytes),
        ):
            yield GaugeMetricFamily(name, what, value=float(value))


def shortened(peer: str) -> str:
    """Give the network of an address, from which nobody can tell whose it is; `-` for what is none."""
    try:
        read = ipaddress.ip_address(peer.split("/", maxsplit=1)[0])
    except ValueError:
        return "-"
    bits = _IPV4_BITS if isinstance(read, ipaddress.IPv4Address) else _IPV6_BITS
    return str(ipaddress.ip_network((read, bits), strict=False))


def _word(method: str) -> str:
    """Give a method of HTTP; what a stranger makes up stands in no log."""
    return method if method in ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH") else "?"


def make_health(health: HealthService) -> Starlette:
    """Give the application at `/health`: 200 and `ok`, or 503 and what is not well."""

    async def show(_request: Request) -> Response:
        faults = (await run_in_threadpool(health.look)).faults
        if faults:
            return PlainTextResponse("".join(f"{fault}\n" for fault in faults), status_code=503)
        return PlainTextResponse("ok\n")

    return Starlette(routes=[Route("/health", show, methods=["GET", "HEAD"])])
