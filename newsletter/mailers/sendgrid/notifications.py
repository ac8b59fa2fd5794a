"""What SendGrid's event webhook brings, checked and put into our words.

The doors are `can_be_signed` (the headers, before a body is taken), `is_signed` (raw bytes first, before anything reads
them) and `read_notifications`, a pure function from raw bytes; `door` joins the three. The kinds are those of
SendGrid's event webhook reference; what is not in the table is kept raw, and what only says that somebody opened or
clicked is left out, for we do not measure people. It must not know states: that is `track.reduce`.
"""

import base64
import binascii
import hashlib
import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from newsletter.domain.audience import SuppressionReason
from newsletter.domain.delivery import DeliveryKey
from newsletter.domain.notification import (
    Notification,
    NotificationKind,
    NotificationReading,
    ProviderDoor,
    kind_of_status,
    status_in,
)
from newsletter.mailers.sendgrid.payload import DELIVERY_ARGUMENT
from newsletter.message.privacy import without_private

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"

_KINDS = {
    "processed": NotificationKind.PROCESSED,
    "received": NotificationKind.PROCESSED,
    "deferred": NotificationKind.DEFERRED,
    "delivered": NotificationKind.DELIVERED,
    "dropped": NotificationKind.DROPPED,
    "spamreport": NotificationKind.COMPLAINED,
    "unsubscribe": NotificationKind.UNSUBSCRIBED,
    "group_unsubscribe": NotificationKind.UNSUBSCRIBED,
    "group_resubscribe": NotificationKind.RESUBSCRIBED,
    "account_status_change": NotificationKind.ACCOUNT_CHANGED,
}
"""Without `bounce`, which needs a look at its details, and without `open` and `click`."""
_LEFT_OUT = frozenset({"open", "click"})
_SUPPRESSIONS = {
    NotificationKind.COMPLAINED: SuppressionReason.COMPLAINT,
    NotificationKind.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
    NotificationKind.BOUNCED_HARD: SuppressionReason.HARD_BOUNCE,
}
_DROP_SUPPRESSIONS = {
    "bounced address": SuppressionReason.HARD_BOUNCE,
    "invalid": SuppressionReason.HARD_BOUNCE,
    "spam reporting address": SuppressionReason.COMPLAINT,
    "unsubscribed address": SuppressionReason.UNSUBSCRIBED,
}
"""Why SendGrid drops what it had taken: its own list knows the address."""
_KEPT_RAW = frozenset({NotificationKind.ACCOUNT_CHANGED, NotificationKind.UNRECOGNISED})
_POLICY_CLASSIFICATIONS = frozenset({"reputation", "content", "frequency or volume too high"})
_DELIVERY_KEY = re.compile(r"[0-9a-f]{32}\Z")
_SIGNATURE_LENGTH_MAX = 200
"""In base64 an ECDSA signature of this curve is 96 characters long."""
_TIMESTAMP = re.compile(r"[0-9]{1,15}")
_AHEAD_MAX = timedelta(minutes=10)
"""Two clocks may differ by so much; what is signed for later was not signed by a provider."""
_EVENT_ID_LENGTH_MAX = 100
"""As SendGrid's reference says; a longer one is none, and the natural key knows the event all the same."""
_RAW_LENGTH_MAX = 4_000
"""Enough for a person to see what it is about."""


def door(public_keys: Collection[str], now: Callable[[], datetime]) -> ProviderDoor:
    """Give the door for notifications that are signed with one of these keys."""

    def told(headers: Mapping[str, str]) -> tuple[str | None, str | None]:
        return headers.get(SIGNATURE_HEADER), headers.get(TIMESTAMP_HEADER)

    def may_be(headers: Mapping[str, str]) -> bool:
        signature, timestamp = told(headers)
        return can_be_signed(signature=signature, timestamp=timestamp, now=now())

    def is_ours(raw: bytes, headers: Mapping[str, str]) -> bool:
        signature, timestamp = told(headers)
        return any(is_signed(raw, signature=signature, timestamp=timestamp, public_key=key) for key in public_keys)

    return ProviderDoor(name="sendgrid", can_be_signed=may_be, is_signed=is_ours, read=read_notifications)


def can_be_signed(*, signature: str | None, timestamp: str | None, now: datetime) -> bool:
    """Tell whether these headers can be those of a signed post, so that its body is worth taking.

    The age of the timestamp is not judged: SendGrid tries for 24 hours, and a replay changes nothing.

    Signature and timestamp (seconds since 1970) are the values of their headers, None where they are missing.
    """
    if not signature or not timestamp or len(signature) > _SIGNATURE_LENGTH_MAX:
        return False
    return _TIMESTAMP.fullmatch(timestamp) is not None and int(timestamp) <= (now + _AHEAD_MAX).timestamp()


def is_signed(raw: bytes, *, signature: str | None, timestamp: str | None, public_key: str) -> bool:
    """Tell whether SendGrid signed these very bytes (ECDSA over P-256 and SHA-256 of timestamp and body).

    The body is as it came, neither decoded nor parsed. Without a usable key nothing is signed.
    """
    if not signature or not timestamp or not timestamp.isascii():
        return False
    try:
        key = load_der_public_key(base64.b64decode(public_key, validate=True))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(base64.b64decode(signature, validate=True), timestamp.encode() + raw, ec.ECDSA(SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, binascii.Error):
        return False
    return True


def read_notifications(raw: bytes) -> NotificationReading:
    """Read one payload; an entry that cannot be used is a fault of its own and the others count."""
    try:
        entries = json.loads(raw)
    except (ValueError, RecursionError):
        return NotificationReading(notifications=(), faults=("The payload is not JSON.",))
    if not isinstance(entries, list):
        return NotificationReading(notifications=(), faults=("The payload is not a list of events.",))
    notifications: list[Notification] = []
    faults: list[str] = []
    left_out = 0
    for position, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            faults.append(f"Event {position} is not an object.")
        elif _text(entry, "event") in _LEFT_OUT:
            left_out += 1
        else:
            try:
                notifications.append(_read(entry))
            except ValueError as error:
                faults.append(f"Event {position} {error}")
    return NotificationReading(notifications=tuple(notifications), left_out=left_out, faults=tuple(faults))


def _read(entry: Mapping[str, object]) -> Notification:
    """Put one event into our words.

    Raises:
        ValueError: It has no moment, or no kind; the message goes on from "Event 3 ".
    """
    event = _text(entry, "event")
    if not event:
        raise ValueError("does not say what happened.")
    kind = _kind_of_bounce(entry) if event == "bounce" else _KINDS.get(event, NotificationKind.UNRECOGNISED)
    reason = without_private(_text(entry, "reason") or _text(entry, "response"))
    suppression = _SUPPRESSIONS.get(kind)
    if kind is NotificationKind.DROPPED:
        suppression = _DROP_SUPPRESSIONS.get(reason.casefold())
    delivery_key = _text(entry, DELIVERY_ARGUMENT)
    event_id, message_id = _text(entry, "sg_event_id"), _text(entry, "sg_message_id")
    return Notification(
        provider="sendgrid",
        event_id=event_id if 0 < len(event_id) <= _EVENT_ID_LENGTH_MAX else None,
        natural_key=_natural_key(entry),
        kind=kind,
        at=_moment(entry.get("timestamp")),
        delivery_key=DeliveryKey(delivery_key) if _DELIVERY_KEY.match(delivery_key) else None,
        address=_text(entry, "email"),
        provider_id=message_id.partition(".")[0] or None,
        reason=reason,
        suppression=suppression,
        raw=_raw(entry) if kind in _KEPT_RAW else "",
    )


def _kind_of_bounce(entry: Mapping[str, object]) -> NotificationKind:
    """Tell a dead address from a passing trouble and from a block of ours.

    Only proof makes a bounce hard, for a hard one suppresses at once: SendGrid's own `type` calls a full mailbox a
    bounce too.
    """
    kind = kind_of_status(_text(entry, "status").strip() or status_in(_text(entry, "reason")))
    classification = _text(entry, "bounce_classification").casefold()
    if classification in _POLICY_CLASSIFICATIONS or kind is NotificationKind.BLOCKED:
        return NotificationKind.BLOCKED
    is_blocked = _text(entry, "type").casefold() == "blocked"
    if not is_blocked and (classification == "invalid address" or kind is NotificationKind.BOUNCED_HARD):
        return NotificationKind.BOUNCED_HARD
    return NotificationKind.BOUNCED_SOFT


def _natural_key(entry: Mapping[str, object]) -> str:
    """Give a digest of what happened, when and to which message, as a retry under a new event id repeats it.

    The address is no part of it: `sg_message_id` already ends in the recipient's place in the request.
    """
    names = ("sg_message_id", DELIVERY_ARGUMENT, "event", "timestamp", "attempt", "type", "url", "asm_group_id")
    said = [str(entry.get(name, "")) for name in names]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _moment(timestamp: object) -> datetime:
    """Read the moment of an event, in UTC.

    Raises:
        ValueError: It is missing, or no moment of this age.
    """
    is_number = isinstance(timestamp, int | float | str) and not isinstance(timestamp, bool)
    try:
        return datetime.fromtimestamp(float(str(timestamp)) if is_number else math.nan, tz=UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError("has no usable timestamp.") from None


def _raw(entry: Mapping[str, object]) -> str:
    """Write an event for a person to read, without its address; of one that is too long, what it is and how long."""
    kept = {name: value for name, value in entry.items() if name != "email"}
    written = json.dumps(kept, sort_keys=True)
    if len(written) > _RAW_LENGTH_MAX:
        return json.dumps({"event": _text(entry, "event")[:100], "characters, too many to keep": len(written)})
    address = json.dumps(str(entry.get("email", "")))[1:-1]
    return (
        re.sub(re.escape(address), "(hidden)", written, flags=re.IGNORECASE)
        if 0 < len(address) <= len(written)
        else written
    )


def _text(entry: Mapping[str, object], name: str) -> str:
    """Give a field as text; a missing one, or one of another kind, says nothing."""
    value = entry.get(name)
    if not isinstance(value, str):
        return ""
    # JSON can write half a letter (a lone surrogate) and a NUL, which no database keeps: the others must not suffer.
    is_plain = value.isascii() and "\0" not in value
    return value if is_plain else value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
