"""Read what a stranger sends, up to a limit. Door: `read_body`."""

from starlette.requests import Request


async def read_body(request: Request, bytes_max: int) -> bytes | None:
    """Read the body; None when it is too large, whatever its length was said to be.

    Raises:
        ClientDisconnect: Whoever sent it is gone.
    """
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > bytes_max:
            return None
    return bytes(raw)
