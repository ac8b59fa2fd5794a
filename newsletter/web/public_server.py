"""Run the internet's door: one process, one port, until somebody stops it.

Door: `PublicServer`. TLS is for a web server in front of it.
"""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

import uvicorn

from newsletter.domain.notification import ProviderDoor
from newsletter.service.notifications.group_commit import GroupCommit
from newsletter.service.notifications.service import NotificationService
from newsletter.web.port import take_port
from newsletter.web.server_config import ServerProtocol, server_config
from newsletter.web.webhooks import make_webhooks

CALLERS_MAX = 500
"""More connections at the same time, idle ones too, are told to come again; a provider does."""
KEEP_ALIVE_SECONDS = 75
"""A connection that is closed just when its caller goes on looks like a failure: let the other side close it first."""
HEAD_SECONDS_MAX = 10.0
"""How long a caller may take to say what it wants: a few hundred slow ones would keep everybody else out."""
LET_GO_SECONDS = 10
"""How long answers that are under way may hold up the end."""


class PublicServer:
    """The service, ready to run: its port is taken, its address is known.

    Args:
        notifications: Where what comes in is kept.
        host: The address it listens on.
        port: Its port; 0 takes any free one.
        head_seconds_max: How long a caller may take over the head of a request.

    Raises:
        UsageError: The port is taken, or the address is not one of this machine.
    """

    def __init__(
        self, notifications: NotificationService, *, host: str, port: int, head_seconds_max: float = HEAD_SECONDS_MAX
    ) -> None:
        self._notifications = notifications
        self._socket = take_port(host, port)
        shown = f"[{host}]" if ":" in host else host
        self._origin = f"http://{shown}:{self._socket.getsockname()[1]}"
        self._head_seconds_max = head_seconds_max
        self._server: uvicorn.Server | None = None

    def webhook(self, provider: str) -> str:
        """Give the address at which a provider's notifications come in."""
        return f"{self._origin}/webhooks/{provider}"

    def serve(self, doors: Iterable[ProviderDoor]) -> None:
        """Answer until Ctrl-C, SIGTERM or `stop`; what was handed in is kept before it returns."""
        writer = GroupCommit(self._notifications.take)
        self._server = uvicorn.Server(
            server_config(
                make_webhooks(doors, writer.submit),
                lifespan="off",
                let_go_seconds=LET_GO_SECONDS,
                protocol=partial(_Impatient, head_seconds_max=self._head_seconds_max),
                callers_max=CALLERS_MAX,
                keep_alive_seconds=KEEP_ALIVE_SECONDS,
            )
        )
        try:
            asyncio.run(self._server.serve(sockets=[self._socket]))
        finally:
            writer.close()
            self.close()

    def stop(self) -> None:
        """Have `serve` end, from another thread."""
        if self._server is not None:
            self._server.should_exit = True

    def close(self) -> None:
        """Give back the port."""
        self._socket.close()


class _Impatient(ServerProtocol):
    """HTTP that ends a connection on which the head of a request does not come to its end.

    The server by itself only ends connections that are silent between two requests; one on which half a head has come
    would stay for ever.
    """

    def __init__(self, *arguments: Any, head_seconds_max: float, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_seconds_max = head_seconds_max
        self._giving_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the base says
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait_for_head()

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
