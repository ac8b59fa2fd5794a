"""The parts of a mail, and its text, whatever a stranger nested or mislabelled."""

from collections.abc import Sequence
from email.message import Message

PARTS_MAX = 100
TEXT_LENGTH_MAX = 100_000


def parts_of(message: Message) -> tuple[Message, ...]:
    """Give a mail and all its parts, in their order; of thousands the first PARTS_MAX."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < PARTS_MAX:
        part = waiting.pop(0)
        found.append(part)
        payload = part.get_payload()
        if isinstance(payload, list):
            waiting[:0] = [one for one in payload if isinstance(one, Message)]
    return tuple(found)


def text_of(parts: Sequence[Message]) -> str:
    """Give what stands in the parts of text, one below the other; markup and all."""
    texts = [_decoded(part) for part in parts if part.get_content_maintype() == "text"]
    return "\n".join(texts)[:TEXT_LENGTH_MAX]


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    try:
        return raw.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")
