"""Reports of mails that did not arrive: RFC 3464 and 5965, what flufl.bounce knows, and Exchange's words."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.message import Message
from email.utils import parseaddr

from newsletter.domain.delivery import DeliveryKey
from newsletter.domain.notification import NotificationKind, kind_of_status, status_in
from newsletter.domain.saved_mail import MailMeaning, SavedMail
from newsletter.message.privacy import without_private
from newsletter.track.mailbox.phrases import AWAY, NO_SUCH_READER, PASSING, UNDELIVERED
from newsletter.track.mailbox.structure import text_of

_KEY = re.compile(r"(?<![0-9a-z])([0-9a-f]{32})@[A-Za-z0-9.-]+")
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_ADDRESSES_MAX = 50
_POSTMASTERS = re.compile(r"mailer-daemon|postmaster|microsoftexchange|mail-daemon|mdaemon", re.IGNORECASE)
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")
_STATUS = "message/delivery-status", "message/global-delivery-status"
_COMPLAINT = "message/feedback-report"
_RECEIPT = "message/disposition-notification"
_MEANINGS = {
    NotificationKind.BOUNCED_HARD: MailMeaning.BOUNCED_HARD,
    NotificationKind.BOUNCED_SOFT: MailMeaning.BOUNCED_SOFT,
    NotificationKind.BLOCKED: MailMeaning.BLOCKED,
}
_ACTIONS = {"delayed": MailMeaning.DELAYED, "delivered": MailMeaning.DELIVERED}
_UNSPECIFIED = re.compile(r"[245]\.0\.0\Z|\Z")


def is_report(message: Message, parts: Sequence[Message], subject: str) -> bool:
    """Tell whether a mail server wrote, to say what became of a mail."""
    if any(part.get_content_type() in (*_STATUS, _COMPLAINT, _RECEIPT) for part in parts):
        return True
    if AWAY.match(subject):
        return False  # It has no sender to return to, as a report, and may say what is not there any more.
    sender = parseaddr(str(message.get("From", "")))[1] or str(message.get("From", ""))
    is_of_server = (
        _POSTMASTERS.search(sender.partition("@")[0]) is not None
        or str(message.get("Return-Path", "")).strip() == "<>"
        or "X-MS-Exchange-Message-Is-Ndr" in message
        or "X-Failed-Recipients" in message
    )
    return is_of_server and bool(UNDELIVERED.search(subject) or UNDELIVERED.search(text_of(parts)[:3_000]))


def read_report(
    raw: bytes, message: Message, parts: Sequence[Message], *, subject: str, at: datetime | None
) -> SavedMail:
    """Say what a report says, and about which delivery; one that names none, or several, is told as such."""
    if any(part.get_content_type() == _RECEIPT for part in parts):
        return SavedMail(subject=subject, meaning=MailMeaning.AWAY, reason="A receipt that a mail was read.", at=at)
    text = text_of(parts)
    keys = _keys(raw, parts, text)
    if len(keys) != 1:
        why = "names several mails of ours" if keys else "does not say about which mail of ours it is"
        reason = f"A report that {why}. {status_in(text)}".strip()
        return SavedMail(subject=subject, meaning=MailMeaning.NOT_UNDERSTOOD, reason=reason, at=at)
    meaning, status, words, addresses = (
        _complaint(parts, text) or _by_blocks(parts) or _by_detectors(message, text) or _by_words(text)
    )
    return SavedMail(
        subject=subject,
        meaning=meaning,
        reason=without_private(f"{status} {words}" if status and status not in words else words),
        at=at,
        delivery_key=DeliveryKey(keys.pop()),
        addresses=frozenset(addresses),
        status=status,
    )


Said = tuple[MailMeaning, str, str, set[str]]
"""What it means, the status, the words, and whose address it names."""


def _keys(raw: bytes, parts: Sequence[Message], text: str) -> set[str]:
    """Give the keys of the mails that a report is about: those of the returned mail, or else those named anywhere."""
    for part in parts:
        if part.get_content_type() in _RETURNED:
            payload = part.get_payload()
            returned = payload[0] if isinstance(payload, list) and payload else payload
            named = returned.get("Message-ID") if isinstance(returned, Message) else _line_of(part)
            if keys := set(_KEY.findall(str(named or ""))):
                return keys
    return set(_KEY.findall(raw.decode("ascii", "replace"))) | set(_KEY.findall(text))


def _line_of(part: Message) -> str:
    """Give the Message-ID among headers that came as text."""
    found = re.search(r"^message-id:\s*(\S+)", text_of([part]), re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


def _complaint(parts: Sequence[Message], text: str) -> Said | None:
    """Read a complaint (RFC 5965): its reader told the provider that our mail is junk."""
    for part in parts:
        if part.get_content_type() == _COMPLAINT:
            payload = part.get_payload()
            told = payload[0] if isinstance(payload, list) and payload else None
            if isinstance(told, Message) and str(told.get("Feedback-Type", "")).strip().casefold() == "abuse":
                recipients = " ".join(map(str, told.get_all("Original-Rcpt-To", [])))
                return MailMeaning.COMPLAINED, "", "", _addresses(recipients) | _addresses(text)
            return MailMeaning.NOT_UNDERSTOOD, "", "A report that is no complaint.", set()
    return None


def _by_blocks(parts: Sequence[Message]) -> Said | None:
    """Read what a server says of each recipient (RFC 3464): what failed comes before what is delayed."""
    said = [_said_of(block) for block in _blocks(parts)]
    return min(said, key=lambda one: one[0] in _ACTIONS.values(), default=None)


def _blocks(parts: Sequence[Message]) -> Iterator[Message]:
    for part in parts:
        payload = part.get_payload()
        if part.get_content_type() in _STATUS and isinstance(payload, list):
            yield from (block for block in payload if isinstance(block, Message) and block.get("Action"))


def _said_of(block: Message) -> Said:
    diagnosis = " ".join(str(block.get("Diagnostic-Code", "")).partition(";")[2].split())
    status = str(block.get("Status", "")).split(" ")[0].strip()
    if _UNSPECIFIED.match(status):
        status = status_in(diagnosis) or status
    names = [str(block.get(name, "")) for name in ("Original-Recipient", "Final-Recipient")]
    addresses = _addresses(" ".join(names))
    action = str(block.get("Action", "")).strip().casefold()
    if action in _ACTIONS:
        return _ACTIONS[action], status, diagnosis, addresses
    if action != "failed":
        return MailMeaning.NOT_UNDERSTOOD, status, f"The server says {action!r}.", addresses
    return _MEANINGS[kind_of_status(status)], status, diagnosis, addresses


def _by_detectors(message: Message, text: str) -> Said | None:
    """Have flufl.bounce look, which knows the forms of two dozen servers."""
    from flufl.bounce import all_failures  # noqa: PLC0415 - one command needs it

    passing, lasting = all_failures(message)
    found = {address.decode("ascii", "replace") for address in (*passing, *lasting)}
    if not found:
        return None
    status, words = status_in(text), _explanation(text)
    if status:
        return _MEANINGS[kind_of_status(status)], status, words, found
    is_hard = bool(lasting) and NO_SUCH_READER.search(text) and not PASSING.search(text)
    return MailMeaning.BOUNCED_HARD if is_hard else MailMeaning.BOUNCED_SOFT, "", words, found


def _by_words(text: str) -> Said:
    """Read what Exchange says to people: a status if it names one, or else its words; only proof is hard."""
    status, words = status_in(text), _explanation(text)
    if status:
        return _MEANINGS[kind_of_status(status)], status, words, _addresses(text)
    is_hard = NO_SUCH_READER.search(text) and not PASSING.search(text)
    return MailMeaning.BOUNCED_HARD if is_hard else MailMeaning.BOUNCED_SOFT, "", words, _addresses(text)


def _explanation(text: str) -> str:
    """Give the line that says why."""
    for pattern in (re.compile(r"\b[45]\d\d[ -]\D?[45]\.\d"), NO_SUCH_READER, PASSING, UNDELIVERED):
        for line in text.splitlines():
            if pattern.search(line):
                return " ".join(re.sub(r"<[^>@]*>", " ", line).split())
    return ""


def _addresses(text: str) -> set[str]:
    return {found.strip(".'").casefold() for found in _ADDRESS.findall(text)[:_ADDRESSES_MAX]}
