"""Run the internet's door: one process, one port, until somebody stops it.

Door: `PublicServer`. TLS is for a web server in front of it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from newsletter.domain.notification import ProviderDoor
from newsletter.errors import StorageError
from newsletter.service.forgotten_proxy import note_forgotten_proxy
from newsletter.service.group_commit import GroupCommit
from newsletter.service.health import HealthService
from newsletter.service.templates import brand_colours
from newsletter.web.port import take_port
from newsletter.web.public.clients import Clients
from newsletter.web.public.leaving import make_leaving, make_proof
from newsletter.web.public.pages import PublicPages
from newsletter.web.public.site import Room, Site, make_site
from newsletter.web.public.watch import Watch, make_health
from newsletter.web.public.webhooks import make_webhooks
from newsletter.web.server_config import ServerProtocol, server_config
from newsletter.wiring import Newsletter, web_templates

CALLERS_MAX = 500
"""More connections at the same time, idle ones too, are told to come again; a provider does."""
CALLERS_OF_A_PEER_MAX = 100
"""Of one address that is no proxy: who opens more keeps the others out on purpose."""
KEEP_ALIVE_SECONDS = 75
"""A connection that is closed just when its caller goes on looks like a failure: let the other side close it first."""
HEAD_SECONDS_MAX = 10.0
"""How long a caller may take to say what it wants: a few hundred slow ones would keep everybody else out."""
LET_GO_SECONDS = 10
"""How long answers that are under way may hold up the end."""


class PublicServer:
    """The service, ready to run: its port is taken, its address is known.

    Port 0 takes any free one; `head_seconds_max` is how long a caller may take over the head of a request.

    Raises:
        UsageError: The port is taken, or the address is not one of this machine.
    """

    def __init__(
        self, newsletter: Newsletter, *, host: str, port: int, head_seconds_max: float = HEAD_SECONDS_MAX
    ) -> None:
        self._newsletter = newsletter
        self._socket = take_port(host, port)
        shown = f"[{host}]" if ":" in host else host
        self._origin = f"http://{shown}:{self._socket.getsockname()[1]}"
        self._head_seconds_max = head_seconds_max
        self._server: uvicorn.Server | None = None

    @property
    def leaving(self) -> str | None:
        """Give the address below which readers leave, or None where mails name no page of ours."""
        return None if self._newsletter.settings.publication.links.public_url is None else f"{self._origin}/leave/"

    def webhook(self, provider: str) -> str:
        """Give the address at which a provider's notifications come in."""
        return f"{self._origin}/webhooks/{provider}"

    def serve(self, doors: Iterable[ProviderDoor]) -> None:
        """Answer until Ctrl-C, SIGTERM or `stop`; what was handed in is kept before it returns."""
        settings, writer = self._newsletter.settings, GroupCommit()
        health = HealthService(self._newsletter.resources, writer.waiting)
        watch = Watch(health, log_path=self._log_path(), now=self._newsletter.resources.clock.now)
        clients = Clients(settings.serve.trusted_proxies, time.monotonic, note=self._note_proxy)
        site = self.site(doors, writer, clients, health, watch)
        self._server = uvicorn.Server(
            server_config(
                site,
                lifespan="off",
                let_go_seconds=LET_GO_SECONDS,
                protocol=partial(_Impatient, head_seconds_max=self._head_seconds_max, crowd=_Crowd(clients)),
                callers_max=CALLERS_MAX,
                keep_alive_seconds=KEEP_ALIVE_SECONDS,
            )
        )
        with ExitStack() as stack:
            stack.callback(self.close)
            stack.callback(watch.close)
            stack.callback(writer.close)
            if settings.serve.metrics_port is not None:
                metrics = stack.enter_context(watch.serve_metrics(settings.serve.metrics_port))
                stack.callback(metrics.shutdown)
            asyncio.run(self._server.serve(sockets=[self._socket]))

    def site(
        self, doors: Iterable[ProviderDoor], writer: GroupCommit, clients: Clients, health: HealthService, watch: Watch
    ) -> Site:
        """Give the application of all rooms that are configured."""
        settings = self._newsletter.settings
        pages = PublicPages(web_templates(), settings.publication, brand_colours(settings.templates_path))
        rooms = [*self._rooms(list(doors), writer, pages), _health_room(health)]
        return make_site(rooms, hosts=self._hosts(), clients=clients, explain=pages.explain, watch=watch)

    def _log_path(self) -> Path | None:
        """Give the file of the log that was asked for."""
        settings = self._newsletter.settings
        return None if settings.serve.access_log is None else settings.root / settings.serve.access_log

    def _note_proxy(self, address: str) -> None:
        """Let `status` and `doctor` remind of a proxy that the configuration does not name."""
        resources = self._newsletter.resources
        with suppress(StorageError):  # `serve` has said so itself; a full disk keeps nobody from an answer
            note_forgotten_proxy(resources.settings.key_path, address, resources.clock.now())

    def _rooms(self, doors: Sequence[ProviderDoor], writer: GroupCommit, pages: PublicPages) -> list[Room]:
        """Make the rooms that the configuration asks for; what a reader wants is written first."""
        rooms = []
        if self.leaving is not None:
            leaving = self._newsletter.leaving
            rooms += [
                Room(
                    name="leave",
                    application=make_leaving(leaving, pages, writer.lane(leaving.leave)),
                    in_flight_max=200,
                    seconds_max=30,
                    client_per_minute=600,
                ),
                Room(
                    name="proof",
                    application=make_proof(leaving),
                    in_flight_max=20,
                    seconds_max=10,
                    client_per_minute=60,
                ),
            ]
        if doors:
            told = writer.lane(self._newsletter.notifications.take)
            rooms.append(
                Room(
                    name="webhooks",
                    application=make_webhooks(doors, told.submit),
                    in_flight_max=200,
                    seconds_max=60,
                    client_per_minute=None,
                )
            )
        return rooms

    def _hosts(self) -> set[str]:
        """Name every Host that is ours; none where no address of ours is known."""
        public_url = self._newsletter.settings.publication.links.public_url
        return set() if public_url is None else {urlsplit(public_url).netloc.lower(), urlsplit(self._origin).netloc}

    def stop(self) -> None:
        """Have `serve` end, from another thread."""
        if self._server is not None:
            self._server.should_exit = True

    def close(self) -> None:
        """Give back the port."""
        self._socket.close()


def _health_room(health: HealthService) -> Room:
    """Make the room that says how it is."""
    return Room(name="health", application=make_health(health), in_flight_max=20, seconds_max=20, client_per_minute=120)


class _Crowd:
    """How many connections each address has open."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._open: Counter[str] = Counter()

    def may_enter(self, peer: str) -> bool:
        """Count a connection; False when it is one too many, and then it is not counted."""
        if self._open[peer] >= CALLERS_OF_A_PEER_MAX and not self._clients.is_proxy(peer):
            return False
        self._open[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        """Forget a connection that was counted."""
        self._open[peer] -= 1
        if not self._open[peer]:
            del self._open[peer]


class _Impatient(ServerProtocol):
    """HTTP that ends a connection whose head of a request does not come to its end, or of somebody with too many.

    The server by itself only ends connections that are silent between two requests; one on which half a head has come
    would stay for ever.
    """

    def __init__(self, *arguments: Any, head_seconds_max: float, crowd: _Crowd, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_seconds_max = head_seconds_max
        self._crowd = crowd
        self._peer: str | None = None
        self._giving_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base says
        """Begin to wait for the first head."""
        super().connection_made(transport)
        peer = str(transport.get_extra_info("peername")[0])
        if self._crowd.may_enter(peer):
            self._peer = peer
            self._wait_for_head()
        else:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take what came, and see whether a head is complete."""
        super().data_received(data)
        self._wait_for_head()

    def on_response_complete(self) -> None:
        """Go on, and see whether a part of the next head has come already."""
        super().on_response_complete()
        if self.conn.trailing_data[0]:
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        if self._peer is not None:
            self._crowd.leave(self._peer)
            self._peer = None
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        """Wait while no request is under way; a head that trickles in does not make the wait longer."""
        # Before the first request there is no cycle yet, whatever its annotation says.
        if not getattr(self.cycle, "response_complete", True):
            self._stop_waiting()
        elif self._giving_up is None:
            self._giving_up = self.loop.call_later(self._head_seconds_max, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
