"""What SendGrid refuses in a request to /v3/mail/send, as a pure function: the strict half of the fake.

The door is `problems_of`. The shape is SendGrid's OpenAPI description; the rest is what that description does not say
and the service refuses all the same: empty lists, more than 1,000 recipients, repeated addresses, reserved headers,
values that are no strings, line breaks, text after HTML, pairs of more than 10,000 bytes, `;` and `,` in names, unknown
keys. It must not know our payloads, so that it cannot be wrong in the same way.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

Problem = dict[str, str | None]
"""One entry of an answer's `errors`: message, field, help."""

_PAIRS_BYTES_MAX = 10_000
_RECIPIENTS_MAX = 1000
_RESERVED_HEADER = re.compile(r"(?i)x-sg-id|x-sg-eid|received|dkim-signature|content-.*|to|from|subject|reply-to|b?cc")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def _on_one_line(text: str) -> str:
    """Refuse line breaks and controls.

    Raises:
        ValueError: There is one.
    """
    if _UNPRINTABLE.search(text):
        raise ValueError("It must not hold line breaks or control characters.")
    return text


def _plain_headers(headers: dict[str, str]) -> dict[str, str]:
    """Refuse headers that SendGrid writes itself, and any that is not one line.

    Raises:
        ValueError: There is one.
    """
    for name, value in headers.items():
        _on_one_line(name + value)
        if _RESERVED_HEADER.fullmatch(name):
            raise ValueError(f"The header {name} is reserved.")
    return headers


def _small_pairs(pairs: dict[str, str]) -> dict[str, str]:
    """Refuse more than 10,000 bytes.

    Raises:
        ValueError: They are too large.
    """
    if sum(len((name + value).encode()) for name, value in pairs.items()) > _PAIRS_BYTES_MAX:
        raise ValueError(f"It is limited to {_PAIRS_BYTES_MAX} bytes.")
    return pairs


def _unique(names: list[str]) -> list[str]:
    """Refuse repetitions.

    Raises:
        ValueError: There is one.
    """
    if len(set(names)) < len(names):
        raise ValueError("They must be unique.")
    return names


_Line = Annotated[str, AfterValidator(_on_one_line)]
_LOCAL = r"[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]"
_Email = Annotated[str, Field(pattern=rf"^{_LOCAL}{{1,64}}(\.{_LOCAL}+)*@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$")]
_Headers = Annotated[dict[str, str], AfterValidator(_plain_headers)]
_Pairs = Annotated[dict[str, str], AfterValidator(_small_pairs)]
_Category = Annotated[str, Field(max_length=255)]


class _Strict(BaseModel):
    """An object of the request: no conversion of types, no unknown key."""

    model_config = ConfigDict(strict=True, extra="forbid")


class _Person(_Strict):
    email: _Email
    name: _Line = ""


class _Reader(_Strict):
    email: _Email
    name: Annotated[_Line, Field(pattern="^[^;,]*$")] = ""


class _Personalization(_Strict):
    to: Annotated[list[_Reader], Field(min_length=1)]
    cc: list[_Reader] = []
    bcc: list[_Reader] = []
    sender: Annotated[_Person | None, Field(alias="from")] = None
    subject: _Line | None = None
    headers: _Headers = {}
    substitutions: _Pairs = {}
    custom_args: _Pairs = {}
    send_at: int | None = None


class _Content(_Strict):
    type: str
    value: Annotated[str, Field(min_length=1)]


class _Switch(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")
    enable: bool = False
    enable_text: bool = False


class _Request(_Strict):
    personalizations: Annotated[list[_Personalization], Field(min_length=1, max_length=_RECIPIENTS_MAX)]
    sender: Annotated[_Person, Field(alias="from")]
    reply_to: _Person | None = None
    reply_to_list: list[_Person] | None = None
    subject: Annotated[_Line, Field(min_length=1)]
    content: Annotated[list[_Content], Field(min_length=1)]
    attachments: list[dict[str, Any]] = []
    template_id: str = ""
    headers: _Headers = {}
    categories: Annotated[list[_Category], Field(max_length=10), AfterValidator(_unique)] = []
    custom_args: _Pairs = {}
    send_at: int | None = None
    batch_id: str | None = None
    asm: dict[str, Any] | None = None
    ip_pool_name: str | None = None
    mail_settings: dict[str, _Switch] = {}
    tracking_settings: dict[str, _Switch] = {}


def problems_of(body: bytes) -> list[Problem]:
    """Find what SendGrid would refuse in a request to /v3/mail/send; nothing means that it would take it."""
    try:
        request = _Request.model_validate_json(body)
    except ValidationError as error:
        return [problem(each["msg"], ".".join(map(str, each["loc"])) or None) for each in error.errors()]
    return [*_problems_of_whole(request), *_problems_of_readers(request)]


def _problems_of_whole(request: _Request) -> Iterator[Problem]:
    """Find what does not go together."""
    kinds = [part.type for part in request.content]
    if kinds[:2] not in (["text/plain"], ["text/html"], ["text/plain", "text/html"]):
        yield problem("If present, text/plain must be first, followed by text/html.", "content")
    if request.reply_to is not None and request.reply_to_list is not None:
        yield problem("Only one of reply_to and reply_to_list is allowed.", "reply_to_list")
    if request.template_id.startswith("d-") and any(part.substitutions for part in request.personalizations):
        yield problem("Substitutions may not be used with dynamic templating.", "personalizations.0.substitutions")


def _problems_of_readers(request: _Request) -> Iterator[Problem]:
    """Find repeated addresses, and too many of them; upper and lower case are the same."""
    seen: set[str] = set()
    count = 0
    for position, part in enumerate(request.personalizations):
        for reader in (*part.to, *part.cc, *part.bcc):
            count += 1
            if reader.email.lower() in seen:
                message = f"Each email address should be unique. We found a duplicate instance of [{reader.email}]."
                yield problem(message, f"personalizations.{position}")
            seen.add(reader.email.lower())
    if count > _RECIPIENTS_MAX:
        yield problem(f"There is a limit of {_RECIPIENTS_MAX} total recipients per request.", "personalizations")


def problem(message: str, at: str | None) -> Problem:
    """Give one entry of an answer's `errors`."""
    return {"message": message, "field": at, "help": None}
