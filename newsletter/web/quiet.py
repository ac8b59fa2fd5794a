"""What every server of ours has in common: it keeps no log, says nothing of itself and believes no header.

Door: `quiet_config`. It must not know which door it opens.
"""

import asyncio
from collections.abc import Callable
from typing import Literal

import uvicorn
from starlette.types import ASGIApp


def quiet_config(
    application: ASGIApp,
    *,
    lifespan: Literal["on", "off"],
    let_go_seconds: int,
    protocol: Callable[..., asyncio.Protocol] | None = None,
    callers_max: int | None = None,
    keep_alive_seconds: int = 5,
) -> uvicorn.Config:
    """Set a server up.

    Args:
        application: What answers.
        lifespan: Whether it is told of the beginning and the end.
        let_go_seconds: How long answers that are under way may hold up the end.
        protocol: What speaks HTTP; the server's own by default.
        callers_max: More connections than that are told to come again; None lets everybody in.
        keep_alive_seconds: How long a silent connection is kept.
    """
    return uvicorn.Config(
        application,
        http="auto" if protocol is None else protocol,  # type: ignore[arg-type]  # whatever makes one will do
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
