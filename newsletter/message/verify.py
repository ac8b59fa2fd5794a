"""Reads a mail as it would go on the wire, by two parsers, and says where they see something else than was meant.

Mail programs are as different as Python's two parsers are: what both read alike, and as it was written, is on the safe
side. Door: `verify`, once per message before it is approved.
"""

import email
import email.policy
import re
from collections.abc import Iterator
from datetime import datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.message import Message as Parsed
from email.utils import getaddresses

from newsletter.domain.issue import EditionKey, Message
from newsletter.domain.mailing import Recipient
from newsletter.domain.publication import Sender
from newsletter.errors import ContentError, Fault
from newsletter.message.headers import LINE_LENGTH_MAX
from newsletter.message.mime import prepare
from newsletter.message.slots import fill_text

ONCE = ("Date", "From", "To", "Subject", "Message-ID", "List-Id", "List-Unsubscribe", "MIME-Version", "Content-Type")
"""Headers that stand exactly once in each of our mails."""

_POLICIES = {"modern": email.policy.default, "old": email.policy.compat32}
_LONE_BREAK = re.compile(rb"(?<!\r)\n|\r(?!\n)")


def verify(message: Message, *, sender: Sender, list_id: str, sent_at: datetime, recipient: Recipient) -> None:
    """Make one reader's mail of a message, read it back with two parsers, and compare.

    The harder to write the recipient's name and addresses, the better. `sent_at` is an aware moment.

    Raises:
        ContentError: A parser reads something else than was written: all differences, by name of header or part.
        UsageError: A slot of the message has no value.
    """
    wire = prepare(message, sender=sender, list_id=list_id, sent_at=sent_at).fill(recipient)
    found = list(faults_of(wire, message, sender=sender, list_id=list_id, recipient=recipient))
    if found:
        raise _unreadable(message.edition, found)


def faults_of(wire: bytes, message: Message, *, sender: Sender, list_id: str, recipient: Recipient) -> Iterator[Fault]:
    """Give what is wrong with the bytes of a mail; the arguments are what it was made of."""
    if _LONE_BREAK.search(wire):
        yield Fault(message="A line does not end in CRLF.")
    if max(map(len, wire.split(b"\r\n"))) > LINE_LENGTH_MAX:
        yield Fault(message=f"A line is longer than {LINE_LENGTH_MAX} characters.")
    if any(token.encode() in wire for token in message.slots.values()):
        yield Fault(message="A slot was left unfilled.")
    for name, policy in _POLICIES.items():
        # mypy knows one kind of parsed message for both; the modern one is the EmailMessage below.
        parsed: Parsed = email.message_from_bytes(wire, policy=policy)
        expected = {
            **_expected_headers(message, sender, list_id, recipient),
            **_expected_parts(message, recipient),
        }
        read = {**_headers(parsed), **_parts(parsed)}
        for key in expected.keys() | read.keys():
            if read.get(key) != expected.get(key):
                yield Fault(message=f"The {name} parser reads something else than was written.", key=key)
        if any(part.defects for part in parsed.walk()):
            yield Fault(message=f"The {name} parser finds the mail damaged.")


def _expected_headers(message: Message, sender: Sender, list_id: str, recipient: Recipient) -> dict[str, object]:
    ways_out = ", ".join(f"<{address}>" for address in recipient.unsubscribe)
    has_one_click = any(address.startswith("https://") for address in recipient.unsubscribe)
    return {
        "once": dict.fromkeys(ONCE, 1),
        "From": [sender.address],
        "Reply-To": [] if sender.reply_to is None else [sender.reply_to],
        "To": [recipient.address],
        "Subject": message.subject,
        "List-Id": list_id,
        # As raw bytes: an encoded address is none for a mail program.
        "List-Unsubscribe": ways_out,
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" if has_one_click else None,
    }


def _headers(parsed: Parsed) -> dict[str, object]:
    raw = {name.lower(): str(value) for name, value in parsed.raw_items()}
    return {
        "once": {name: len(parsed.get_all(name, [])) for name in ONCE},
        **{name: _addresses(parsed, name) for name in ("From", "Reply-To", "To")},
        "Subject": _text(parsed, "Subject"),
        **{name: _unfolded(raw.get(name.lower())) for name in ("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post")},
    }


def _addresses(parsed: Parsed, name: str) -> list[str]:
    return [address for _, address in getaddresses([str(value) for value in parsed.get_all(name, [])])]


def _text(parsed: Parsed, name: str) -> str:
    value = str(parsed.get(name, ""))
    return value if isinstance(parsed, EmailMessage) else str(make_header(decode_header(value)))


def _unfolded(value: str | None) -> str | None:
    return None if value is None else re.sub(r"\r?\n[ \t]*", " ", value).strip()


def _expected_parts(message: Message, recipient: Recipient) -> dict[str, object]:
    return {
        "text/plain": fill_text(message.text, message.slots, recipient.values, is_html=False),
        "text/html": fill_text(message.html, message.slots, recipient.values, is_html=True),
        **{f"<{picture.content_id}>": picture.content for picture in message.pictures},
    }


def _parts(parsed: Parsed) -> dict[str, object]:
    """Give what a parser makes of the parts: texts by their kind, pictures by their name."""
    parts: dict[str, object] = {}
    for part in parsed.walk():
        content = part.get_payload(decode=True)
        if not isinstance(content, bytes):
            continue
        if part.get_content_maintype() == "text":
            parts[part.get_content_type()] = content.decode().replace("\r\n", "\n")
        else:
            parts[str(part["Content-ID"])] = content
    return parts


def _unreadable(edition: EditionKey, faults: list[Fault]) -> ContentError:
    return ContentError(
        f"The mail of the edition {edition} would not be read as it was written.",
        hint="Nothing was approved. Take odd characters out of subject and names; if it stays, report it.",
        faults=sorted(faults, key=str),
    )
