"""What every answer of ours carries, and an answer without content. Doors: `with_headers`, `answer_nothing`."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Nothing is kept, nothing is told to the next page, and no page of others gets hold of ours."""


def with_headers(send: Send, safe: Mapping[str, str]) -> Send:
    """Put headers on the answer, where it does not say otherwise itself."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in safe.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


async def answer_nothing(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    """Answer without any content: a stranger learns nothing, not even who answers."""
    start = {"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0"), *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": b""})
