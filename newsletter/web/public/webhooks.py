"""Where providers tell what became of our mails: one address each, `/webhooks/NAME`.

Door: `make_webhooks`. What carries no signature is refused before its body is taken, and the raw bytes are checked
before anything reads them; an address without a key is not there at all. A 2xx is a promise: it is given only after
everything is on the disk, and a database that cannot take it now gives a 503, so that the provider tries again. It must
not know what follows from a notification.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.domain.notification import Notification, ProviderDoor
from newsletter.errors import StorageError
from newsletter.web.public.body import read_body

BODY_BYTES_MAX = 1024 * 1024
"""SendGrid posts at most 768 kB at once."""
BODY_SECONDS_MAX = 10.0
"""A body that takes longer is no provider's."""

_GOODBYE = {"Connection": "close"}
"""The rest of such a body is not read, so nothing else can come over its connection."""

log = logging.getLogger(__name__)


def make_webhooks(
    doors: Iterable[ProviderDoor],
    hand_in: "Callable[[Sequence[Notification]], Future[None]]",
    *,
    body_seconds_max: float = BODY_SECONDS_MAX,
) -> Starlette:
    """Give the application that takes notifications.

    The future that `hand_in` gives is done when the notifications are on the disk.
    """
    by_name = {door.name: door for door in doors}

    async def take(request: Request) -> Response:
        door = by_name.get(request.path_params["provider"])
        if door is None:
            return Response(status_code=404)
        if not door.can_be_signed(request.headers):
            return Response(status_code=403, headers=_GOODBYE)
        try:
            async with asyncio.timeout(body_seconds_max):
                raw = await read_body(request, BODY_BYTES_MAX)
        except (TimeoutError, ClientDisconnect):
            return Response(status_code=408, headers=_GOODBYE)
        if raw is None:
            return Response(status_code=413, headers=_GOODBYE)
        return Response(status_code=await _taken(door, raw, request, hand_in))

    return Starlette(routes=[Route("/webhooks/{provider}", take, methods=["POST"])])


async def _taken(
    door: ProviderDoor, raw: bytes, request: Request, hand_in: "Callable[[Sequence[Notification]], Future[None]]"
) -> int:
    """Check, read and keep what came; give the status of the answer."""
    if not await run_in_threadpool(door.is_signed, raw, request.headers):
        return 403
    reading = await run_in_threadpool(door.read, raw)
    for fault in reading.faults:
        log.warning("A notification of %s cannot be used: %s", door.name, fault)
    if not reading.notifications:
        return 400 if reading.faults else 204
    try:
        await asyncio.wrap_future(hand_in(reading.notifications))
    except StorageError as error:
        log.warning("Notifications of %s are asked for again: %s", door.name, error)
        return 503
    except Exception as error:  # noqa: BLE001 - its words may hold what nobody should read; the provider tries again
        log.error("Notifications of %s were not kept: unexpected %s.", door.name, type(error).__name__)  # noqa: TRY400 - as above
        return 500
    return 204
