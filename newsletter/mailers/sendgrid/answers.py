"""What an answer of SendGrid means for the recipients of a request.

The door is `understand`, a pure function. 202 is taken and 4xx is surely not (SendGrid takes a request whole or not at
all); whatever may have been taken is unknown, for SendGrid has no idempotency key. It must not know what is done about
it: that is `mailer`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus

from newsletter.message.privacy import without_private

RETRY_AFTER_SECONDS_MAX = 86_400.0
"""A longer wait is a mistake of somebody's clock; asking again costs one request."""

_RECIPIENT_FIELD = re.compile(r"personalizations\.(\d+)(?:\.|\Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the service said.

    Attributes:
        headers: With lower-case names.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """That the service said nothing we could read.

    Attributes:
        may_be_taken: False when the connection never stood, so that surely nothing was.
        reason: In words, without address or key.
        is_lasting: It will not pass before a person has looked.
    """

    may_be_taken: bool
    reason: str
    is_lasting: bool = False


class Meaning(StrEnum):
    """What to make of an answer."""

    TAKEN = "taken"
    SOME_AT_FAULT = "some at fault"
    """Nothing was taken because of the recipients named in `culprits`."""
    ONE_AT_FAULT = "one at fault"
    """Nothing was taken, and the answer does not say because of whom."""
    TOO_LARGE = "too large"
    LATER = "later"
    """Nothing was taken; the same request may be made again."""
    STOP = "stop"
    """Nothing was taken, and no further request makes sense before a person has looked."""
    UNKNOWN = "unknown"
    """The request may have been taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """An answer, understood.

    Attributes:
        reason: In words, without any address; empty when taken.
        culprits: Position in the request -> reason, for SOME_AT_FAULT.
        retry_after_seconds: How long SendGrid asks to wait, when it says so.
    """

    meaning: Meaning
    reason: str = ""
    provider_id: str | None = None
    culprits: Mapping[int, str] = field(default_factory=dict)
    retry_after_seconds: float | None = None


def understand(answer: Answer | Silence, *, is_sandbox: bool) -> Understood:
    """Say what an answer to /v3/mail/send means.

    A request to be checked only is answered by 200.
    """
    if isinstance(answer, Silence):
        meaning = Meaning.STOP if answer.is_lasting else Meaning.LATER
        return Understood(meaning=Meaning.UNKNOWN if answer.may_be_taken else meaning, reason=answer.reason)
    status = answer.status
    if status == (HTTPStatus.OK if is_sandbox else HTTPStatus.ACCEPTED):
        number = answer.headers.get("x-message-id")
        if number or is_sandbox:
            return Understood(meaning=Meaning.TAKEN, provider_id=number)
        reason = (
            "An answer (202) came without SendGrid's number of the request: something between us may have given it."
        )
        return Understood(meaning=Meaning.UNKNOWN, reason=reason)
    if (
        HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        and status != HTTPStatus.REQUEST_TIMEOUT
    ):
        return _understand_refusal(answer)
    return Understood(
        meaning=Meaning.UNKNOWN, reason=f"SendGrid answered {status}: the request may have been taken{_said(answer)}"
    )


def _understand_refusal(answer: Answer) -> Understood:
    """Say what to make of an answer with which surely nothing was taken."""
    match answer.status:
        case HTTPStatus.BAD_REQUEST:
            return _understand_bad_request(answer)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return Understood(meaning=Meaning.TOO_LARGE, reason="SendGrid says that the request is too large (413).")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Understood(
                meaning=Meaning.LATER,
                reason="SendGrid asks for fewer requests (429).",
                retry_after_seconds=_retry_after_seconds(answer.headers),
            )
    return Understood(meaning=Meaning.STOP, reason=f"SendGrid refuses our requests ({answer.status}){_said(answer)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    """One entry of an answer's `errors`."""

    message: str
    field: str | None


def _understand_bad_request(answer: Answer) -> Understood:
    """Find out whom a 400 is about: named recipients, the message itself, or nobody says."""
    faults = _faults(answer.body)
    culprits: dict[int, str] = {}
    for fault in faults:
        if fault.field is None:
            continue
        named = _RECIPIENT_FIELD.match(fault.field)
        if named is None:
            reason = f"SendGrid refuses the message itself (400, {without_private(fault.field)}): {fault.message}"
            return Understood(meaning=Meaning.STOP, reason=reason)
        culprits.setdefault(int(named[1]), f"SendGrid refuses this recipient: {fault.message}")
    if culprits:
        return Understood(
            meaning=Meaning.SOME_AT_FAULT, culprits=culprits, reason="Others in the request were refused."
        )
    return Understood(meaning=Meaning.ONE_AT_FAULT, reason=f"SendGrid refuses the request (400){_said(answer)}")


def _faults(body: bytes) -> list[_Fault]:
    """Read `{"errors": [{"message", "field"}]}`; whatever has another shape says nothing."""
    try:
        entries = json.loads(body)["errors"]
        return [
            _Fault(
                message=without_private(str(entry.get("message"))),
                field=entry["field"] if isinstance(entry.get("field"), str) and entry["field"] else None,
            )
            for entry in entries
        ]
    except (ValueError, LookupError, TypeError, AttributeError):
        return []


def _said(answer: Answer) -> str:
    """Give the service's own words as the end of a sentence."""
    said = "; ".join(fault.message for fault in _faults(answer.body))
    return f": {said}" if said else "."


def _retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Read how long to wait from Retry-After, or from X-RateLimit-Reset (an epoch) against the answer's own Date.

    The service's clock is compared with itself, so a wrong clock of ours changes nothing.
    """
    try:
        if "retry-after" in headers:
            waited = float(headers["retry-after"])
        else:
            answered_at = parsedate_to_datetime(headers["date"]).timestamp()
            waited = float(headers["x-ratelimit-reset"]) - answered_at
    except (LookupError, ValueError, TypeError):
        return None
    # A wait of nothing would be no wait; `min` and `max` also turn nan and infinity into bounds.
    return max(1.0, min(waited, RETRY_AFTER_SECONDS_MAX))
