"""Strangers send anything: whatever it is, the public side answers in its own words and stays up."""

import asyncio
import logging
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import Message, Scope

from newsletter.domain.clock import SystemClock
from newsletter.mailers.sendgrid.notifications import door
from newsletter.service.group_commit import GroupCommit
from newsletter.service.health import HealthService
from newsletter.web.public.clients import Clients
from newsletter.web.public.server import PublicServer
from newsletter.web.public.site import Site
from newsletter.web.public.watch import Watch
from newsletter.wiring import open_newsletter
from tests.fakes.provider import SigningProvider

_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "AINO", "G\u00c4T", ""]
_WORDS = ["leave", "proof", "webhooks", "health", "metrics", "sendgrid", "styles.css", "icon.svg", "", ".", "..", "%00"]
_LETTERS = "abcXYZ019_-.~%/\\?#&=+ '\"<>{}|\x00\r\n\tåäö€\u202e\U0001f600"
_HEADERS = [b"content-type", b"content-length", b"cookie", b"origin", b"x-forwarded-for", b"accept-language", b"range"]
_KINDS = [b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b"text/plain", b"", b"\xff\x00"]


@pytest.fixture
def site(publication: Path) -> Iterator[Site]:
    """Give all rooms at once."""
    path = publication / "newsletter.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[links]", '[links]\npublic_url = "https://a.example"', 1), encoding="utf-8")
    writer = GroupCommit(sleep=lambda _seconds: None)
    with open_newsletter(path) as newsletter:
        server = PublicServer(newsletter, host="127.0.0.1", port=0)
        health = HealthService(newsletter.resources, writer.waiting)
        watch = Watch(health, now=SystemClock().now)
        doors = [door([SigningProvider().public_key], SystemClock().now)]
        yield server.site(doors, writer, Clients([], time.monotonic), health, watch)
        writer.close()
        server.close()


def _anything(chance: random.Random, length_max: int) -> str:
    return "".join(chance.choices(_LETTERS, k=chance.randrange(length_max)))


def _request(chance: random.Random) -> tuple[Scope, bytes]:
    """Make a request that may be anything."""
    parts = [chance.choice([*_WORDS, _anything(chance, 12)]) for _ in range(chance.randrange(1, 4))]
    path = "/" + "/".join(parts) if chance.random() < 0.95 else _anything(chance, 2_000)
    headers = [(name, chance.choice(_KINDS) or _anything(chance, 30).encode()) for name in chance.sample(_HEADERS, 3)]
    host = b"a.example" if chance.random() < 0.95 else _anything(chance, 20).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": chance.choice(_METHODS),
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(errors="replace"),
        "query_string": _anything(chance, 20).encode(),
        "root_path": "",
        "headers": [(b"host", host), *headers],
        "client": (f"192.0.2.{chance.randrange(256)}", 1),
        "server": ("a.example", 80),
    }
    return scope, _anything(chance, chance.choice([1, 50, 20_000])).encode()


def _answer(site: Site, scope: Scope, body: bytes) -> tuple[int, bytes]:
    """Ask; give status and body."""
    said: list[Message] = []
    coming = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        said.append(message)

    asyncio.run(site(scope, receive, send))
    return said[0]["status"], b"".join(message.get("body", b"") for message in said[1:])


@pytest.mark.parametrize("requests", [150, pytest.param(10_000, marks=pytest.mark.long)])
def test_no_request_brings_about_a_failure(
    site: Site, requests: int, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    """No 5xx but 503, no traceback, nothing of the request in a refusal, and no unexpected line in the log."""
    seed = 2017 if requests < 1_000 else request.config.getoption("randomly_seed", 0)
    chance = random.Random(seed)  # noqa: S311 - no secret
    with caplog.at_level(logging.WARNING):
        answers = [(scope, *_answer(site, scope, body)) for scope, body in (_request(chance) for _ in range(requests))]

    wrong = [
        (scope["method"], scope["path"], status)
        for scope, status, body in answers
        if (status >= 500 and status != 503) or b"Traceback" in body
    ]
    assert wrong == []
    assert not any("unexpected" in record.getMessage() for record in caplog.records)
    assert {200, 404, 405, 421} <= {status for _, status, _ in answers}
