"""What every server of ours has in common: it keeps no log, says nothing of itself and believes no header.

Doors: `server_config`, and `ServerProtocol` for whoever has more to say about a connection.
"""

import asyncio
from collections.abc import Callable
from typing import Literal

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol


class ServerProtocol(H11Protocol):
    """HTTP that answers what is none once, and writes no traceback about it.

    The server by itself answers 400 also when a body turns out to be none in the midst of an answer, and lets the
    answer go on after a 400: both are against its own rules of the wire.
    """

    def send_400_response(self, msg: str) -> None:
        """Answer where nothing was answered yet, and let nobody go on with the request."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:
            self.transport.close()
        # Before the first request there is no cycle yet, whatever its annotation says.
        if cycle := getattr(self, "cycle", None):
            cycle.disconnected = True
            cycle.message_event.set()


def server_config(
    application: ASGIApp,
    *,
    lifespan: Literal["on", "off"],
    let_go_seconds: int,
    protocol: Callable[..., asyncio.Protocol] = ServerProtocol,
    callers_max: int | None = None,
    keep_alive_seconds: int = 5,
) -> uvicorn.Config:
    """Set a server up.

    `let_go_seconds` is how long answers under way may hold up the end, `keep_alive_seconds` how long a silent
    connection is kept. More than `callers_max` connections are told to come again; None lets everybody in.
    """
    return uvicorn.Config(
        application,
        http=protocol,  # type: ignore[arg-type]  # whatever makes one will do
        log_config=None,
        # Addresses of pages tell nothing secret, but a log nobody reads is a log too many.
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        lifespan=lifespan,
        limit_concurrency=callers_max,
        timeout_keep_alive=keep_alive_seconds,
        timeout_graceful_shutdown=let_go_seconds,
    )
