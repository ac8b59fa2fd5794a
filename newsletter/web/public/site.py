"""One application of rooms. Doors: `Room`, `make_site`.

A room has a first word of the path, an application and limits of its own, so that a flood in one keeps nobody out of
another. Whoever is refused is told by status and in a sentence; nothing that a stranger sends stands in an answer. A
stranger's request writes at most one line into the log, and none more than once a second of a kind.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.web.headers import SAFE_HEADERS, with_headers
from newsletter.web.public.clients import Clients, Pace
from newsletter.web.public.watch import Answered, Watch

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No script, nothing inline, nothing from elsewhere, no frame of anybody."""

HEADERS = {"Content-Security-Policy": PAGE_POLICY, "X-Robots-Tag": "noindex, nofollow", **SAFE_HEADERS}
COME_AGAIN_SECONDS = 5

log = logging.getLogger(__name__)

Explain = Callable[[int, str], bytes]
"""Makes the page for a status, in a language of an Accept-Language header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A part of the site.

    Attributes:
        name: First word of its paths: `leave`.
        in_flight_max: Requests at the same time.
        seconds_max: For one answer, with all that is read for it.
        client_per_minute: Requests of one client, or None where each is signed.
    """

    name: str
    application: ASGIApp
    in_flight_max: int
    seconds_max: float
    client_per_minute: int | None


@dataclass(slots=True)
class _Door:
    """A room and who is in it."""

    room: Room
    pace: Pace | None
    inside: int = 0


@dataclass(slots=True)
class _Answer:
    """What has been said of one request."""

    send: Send
    is_begun: bool = field(default=False)
    status: int = field(default=0)

    async def __call__(self, message: Message) -> None:
        """Say it."""
        self.is_begun = True
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self.send(message)


class SparingLog:
    """A log that strangers cannot fill: one line of a kind a second."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._said_at: dict[str, float] = {}

    def say(self, kind: str) -> None:
        """Say what happened, if nothing of its kind was said within a second."""
        now = self._monotonic()
        if now - self._said_at.get(kind, -1.0) >= 1.0:
            self._said_at[kind] = now
            log.warning("%s", kind)


class Site:
    """Leads each request to its room. Made by `make_site`."""

    def __init__(
        self,
        rooms: Sequence[Room],
        *,
        hosts: Collection[str],
        clients: Clients,
        explain: Explain,
        monotonic: Callable[[], float],
        watch: Watch | None,
    ) -> None:
        self._monotonic = monotonic
        self._watch = watch
        self._doors = {
            room.name: _Door(room, Pace(room.client_per_minute, monotonic) if room.client_per_minute else None)
            for room in rooms
        }
        self._hosts = frozenset(hosts)
        self._clients = clients
        self._explain = explain
        self._log = SparingLog(monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        door = self._doors.get(scope["path"].split("/")[1] if scope["path"].startswith("/") else "")
        answer = _Answer(with_headers(send, HEADERS))
        if self._watch is None:
            await self._lead(door, scope, receive, answer)
            return
        begun, room = self._monotonic(), "-" if door is None else door.room.name
        self._watch.came(room)
        try:
            await self._lead(door, scope, receive, answer)
        finally:
            self._watch.left(room)
            self._watch.answered(
                Answered(
                    room=room,
                    method=scope["method"],
                    status=answer.status,
                    seconds=self._monotonic() - begun,
                    peer=self._clients.client_of(scope) or "-",
                )
            )

    async def _lead(self, door: _Door | None, scope: Scope, receive: Receive, answer: _Answer) -> None:
        """Let a request into its room, or say why not."""
        headers = Headers(scope=scope)
        if (status := self._refusal(door, scope, headers)) is not None or door is None:
            await self._refuse(answer, status or 404, headers, scope["method"])
            return
        door.inside += 1
        try:
            async with asyncio.timeout(door.room.seconds_max):
                await door.room.application(scope, receive, answer)
        except TimeoutError:
            await self._refuse(answer, 408, headers, scope["method"])
        except Exception as error:  # noqa: BLE001 - whatever a stranger brings about must not end the server
            self._log.say(f"/{door.room.name}: unexpected {type(error).__name__}.")
            await self._refuse(answer, 500, headers, scope["method"])
        finally:
            door.inside -= 1

    def _refusal(self, door: _Door | None, scope: Scope, headers: Headers) -> int | None:
        """Give the status with which a request may not come in, or None."""
        hosts = headers.getlist("host")
        if self._hosts and (len(hosts) != 1 or hosts[0].lower() not in self._hosts):
            return 421
        if door is None:
            return 404
        if door.inside >= door.room.in_flight_max:
            return 503
        if door.pace is not None:
            client = self._clients.client_of(scope)
            if client is not None and not door.pace.may_come(client):
                return 429
        return None

    async def _refuse(self, answer: _Answer, status: int, headers: Headers, method: str) -> None:
        """Answer with a page that says it; nothing where the answer has begun."""
        if answer.is_begun:
            return
        page = self._explain(status, headers.get("accept-language", ""))
        again = [(b"retry-after", str(COME_AGAIN_SECONDS).encode())] if status in (429, 503) else []
        # What comes after a refused head is not read, so nothing else can come over its connection.
        start_headers = [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(page)).encode()),
            (b"connection", b"close"),
            *again,
        ]
        await answer({"type": "http.response.start", "status": status, "headers": start_headers})
        await answer({"type": "http.response.body", "body": b"" if method == "HEAD" else page})


def make_site(
    rooms: Sequence[Room],
    *,
    hosts: Collection[str],
    clients: Clients,
    explain: Explain,
    monotonic: Callable[[], float] = time.monotonic,
    watch: Watch | None = None,
) -> Site:
    """Put rooms together.

    `hosts` holds every Host that is ours, in lower case; it is empty where any will do.
    """
    return Site(rooms, hosts=hosts, clients=clients, explain=explain, monotonic=monotonic, watch=watch)
