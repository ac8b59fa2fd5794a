"""Run the preview: one process, one port, until somebody stops it.

Door: `Address` and `serve`.
"""

import asyncio
import secrets
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from newsletter.domain.hosts import is_loopback
from newsletter.web.port import take_port
from newsletter.web.preview.guards import access
from newsletter.web.preview.site import make_site
from newsletter.web.preview.studio import Studio
from newsletter.web.server_config import server_config
from newsletter.wiring import Newsletter, web_templates

LET_GO_SECONDS = 2
"""How long pages that are being answered may hold up the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the preview is to be reached.

    Attributes:
        port: Its port; 0 takes any free one.
        names: Further names by which other machines reach it.
    """

    host: str = "127.0.0.1"
    port: int = 8025
    names: tuple[str, ...] = ()

    @property
    def is_private(self) -> bool:
        """Tell whether only this machine can reach it."""
        return is_loopback(self.host)


class Preview:
    """The preview, ready to run: its port is taken, its address is known.

    `open_publication` is called again when the configuration is edited.

    Raises:
        UsageError: The port is taken, or the address is not one of this machine.
        ConfigurationError: newsletter.toml has mistakes.
    """

    def __init__(self, open_publication: Callable[[], Newsletter], address: Address) -> None:
        self.token = None if address.is_private else secrets.token_urlsafe(24)
        self._socket = take_port(address.host, address.port)
        self.port = int(self._socket.getsockname()[1])
        self.studio = Studio(open_publication)
        allowed = access(host=address.host, port=self.port, further_names=address.names, token=self.token)
        self._site = make_site(self.studio, web_templates(), allowed)
        self._server = _Server(self._site, self.studio)
        shown = address.names[0] if address.names else address.host
        self._origin = f"http://{f'[{shown}]' if ':' in shown else shown}:{self.port}"

    def url(self, label: str | None = None) -> str:
        """Give the address to open, with the token where one is needed."""
        path = f"/issues/{label}" if label else "/"
        return f"{self._origin}{path}" + (f"?token={self.token}" if self.token else "")

    def serve(self) -> None:
        """Answer until Ctrl-C, SIGTERM or `stop`."""
        # The server hands Ctrl-C on when it has ended; here it is the ordinary end and no accident.
        with closing(self), suppress(KeyboardInterrupt):
            asyncio.run(self._server.serve(sockets=[self._socket]))

    def close(self) -> None:
        """Give back port and publication."""
        self._socket.close()
        self.studio.close()

    def stop(self) -> None:
        """Have `serve` end, from another thread."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """A server that lets the open pages go before it waits for them."""

    def __init__(self, site: ASGIApp, studio: Studio) -> None:
        super().__init__(server_config(site, lifespan="on", let_go_seconds=LET_GO_SECONDS))
        self._studio = studio

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then everything else."""
        self._studio.stop()
        await super().shutdown(sockets)
