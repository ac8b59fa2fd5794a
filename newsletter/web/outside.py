"""Run the internet's door: one process, one port, until somebody stops it.

Door: `Outside`. It must not know what a notification means. TLS is for a web server in front of it.
"""

import asyncio
from collections.abc import Iterable

import uvicorn
from starlette.types import ASGIApp

from newsletter.service.group_commit import GroupCommit
from newsletter.service.notifications import NotificationService, ProviderDoor
from newsletter.web.port import take_port
from newsletter.web.webhooks import make_webhooks

CALLERS_MAX = 500
"""More connections at the same time, idle ones too, are told to come again; a provider does."""
KEEP_ALIVE_SECONDS = 75
"""A connection that is closed just when its caller goes on looks like a failure: let the other side close it first."""
LET_GO_SECONDS = 10
"""How long answers that are under way may hold up the end."""


class Outside:
    """The service, ready to run: its port is taken, its address is known.

    Args:
        notifications: Where what comes in is kept.
        host: The address it listens on.
        port: Its port; 0 takes any free one.

    Raises:
        UsageError: The port is taken, or the address is not one of this machine.
    """

    def __init__(self, notifications: NotificationService, *, host: str, port: int) -> None:
        self._notifications = notifications
        self._socket = take_port(host, port)
        shown = f"[{host}]" if ":" in host else host
        self._origin = f"http://{shown}:{self._socket.getsockname()[1]}"
        self._server: uvicorn.Server | None = None

    def webhook(self, provider: str) -> str:
        """Give the address at which a provider's notifications come in."""
        return f"{self._origin}/webhooks/{provider}"

    def serve(self, doors: Iterable[ProviderDoor]) -> None:
        """Answer until Ctrl-C, SIGTERM or `stop`; what was handed in is kept before it returns."""
        writer = GroupCommit(self._notifications.take)
        self._server = _server(make_webhooks(doors, writer.submit))
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


def _server(application: ASGIApp) -> uvicorn.Server:
    """Set the server up: no log of visitors, nothing that says who we are, nothing believed from a header."""
    return uvicorn.Server(
        uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="off",
            limit_concurrency=CALLERS_MAX,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=LET_GO_SECONDS,
        )
    )
