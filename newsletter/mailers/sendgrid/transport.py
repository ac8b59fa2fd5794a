"""Requests to SendGrid through the sendgrid package, and how far each one got.

The door is `Transport`. It answers with values: an `Answer` of the service, or a `Silence` that says whether anything
may have been taken. What the package lacks is added here: a time-out that survives every choice of host, the point of
failure (a connection that never stood is safe to repeat, a lost answer is not), no redirects (they would carry the key
to another host), and a logger that never speaks: at DEBUG it would write the key and every address. It must not know
what is in a request.
"""

import http.client
import logging
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Never, Self
from urllib.error import HTTPError, URLError

from python_http_client import Client
from python_http_client.exceptions import HTTPError as AnsweredError
from sendgrid import SendGridAPIClient

GLOBAL_HOST = "https://api.sendgrid.com"
EU_HOST = "https://api.eu.sendgrid.com"
"""For subusers that are pinned to the European Union (SendGrid Pro plan or above)."""

_CONTENT_TYPE = "application/json; charset=utf-8"
"""With its parameter, so that the package leaves the writing of the body to us."""

# A filter, for a level or a handler may be set by whoever configures logging after us; nothing takes a filter away.
logging.getLogger("python_http_client.client").addFilter(lambda _record: False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the service said.

    Attributes:
        status: HTTP status code.
        headers: With lower-case names.
        body: As it came.
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
    """

    may_be_taken: bool
    reason: str


class Transport:
    """Speak to one SendGrid host with one key; safe to use from several threads."""

    def __init__(self, *, api_key: str, host: str = GLOBAL_HOST, timeout_seconds: float = 30) -> None:
        package = SendGridAPIClient(api_key, host=host)
        headers = {**package.client.request_headers, "Content-Type": _CONTENT_TYPE}
        # The package's own client has no time-out and is rebuilt by its switch to the EU, which loses one set on it.
        package.client = _WatchedClient(host=host, request_headers=headers, version=3, timeout=timeout_seconds)
        self._package = package

    def send_mail(self, request: bytes) -> Answer | Silence:
        """Post one request, already written as JSON, to /v3/mail/send."""
        return _ask(partial(self._package.client.mail.send.post, request_body=_Body(request)))

    def read_suppressions(self, name: str, parameters: Mapping[str, int]) -> Answer | Silence:
        """Get one page of /v3/suppression/`name`."""
        address = self._package.client.suppression._(name)
        return _ask(partial(address.get, query_params=parameters))


class _NeverConnectedError(Exception):
    """No connection stood, so no byte of the request left."""


def _ask(request: partial[object]) -> Answer | Silence:
    """Make one request, and turn whatever happens into a value."""
    try:
        response = request()
    except AnsweredError as error:
        return _answer(error.status_code, error.headers, error.body)
    except _NeverConnectedError as error:
        return Silence(may_be_taken=False, reason=f"SendGrid cannot be reached: {_describe(error.__cause__)}.")
    except (OSError, http.client.HTTPException) as error:
        return Silence(may_be_taken=True, reason=f"The answer of SendGrid was lost: {_describe(error)}.")
    return _answer(response.status_code, response.headers, response.body)  # type: ignore[attr-defined]  # untyped package


def _answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Give an answer with the header names in lower case."""
    return Answer(status=status, headers={name.lower(): value for name, value in headers.items()}, body=body)


def _describe(error: BaseException | None) -> str:
    """Name a failure of the connection; the operating system's words hold no address of a person."""
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return "time-out"
    return cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__


class _Body(bytes):
    """A body that is written already, in the shape that the package takes for a content type it does not know."""

    __slots__ = ()

    def encode(self, _encoding: str) -> Self:
        """Give itself: the package asks for an encoding."""
        return self

    def __format__(self, _specification: str) -> str:
        """Give nothing: the package formats every body for its log, read or not, and that is 4 ms for each megabyte."""
        return ""


class _Journey:
    """How far a request got."""

    is_connected = False


class _WatchedConnection(http.client.HTTPConnection):
    """A connection that notes when it stands."""

    def __init__(self, journey: _Journey, host: str, **options: object) -> None:
        super().__init__(host, **options)  # type: ignore[arg-type]  # handed through from urllib
        self._journey = journey

    def connect(self) -> None:
        """Connect, and note it."""
        super().connect()
        self._journey.is_connected = True


class _WatchedSecureConnection(_WatchedConnection, http.client.HTTPSConnection):
    """The same over TLS: it stands after the handshake, before which no byte of a request leaves."""


class _WatchedHandler(urllib.request.AbstractHTTPHandler):
    """Open watched connections; asked before urllib's own handlers, whose order is 500."""

    handler_order = 100

    def __init__(self, journey: _Journey) -> None:
        super().__init__()
        self._journey = journey

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        """Send over plain HTTP (the fake on this machine)."""
        return self.do_open(partial(_WatchedConnection, self._journey), request)

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        """Send over TLS, with certificate and host name checked as Python does by default."""
        return self.do_open(partial(_WatchedSecureConnection, self._journey), request)

    def http_error_302(
        self,
        request: urllib.request.Request,
        file: IO[bytes],
        code: int,
        message: str,
        headers: http.client.HTTPMessage,
    ) -> Never:
        """Take a redirect for the answer that it is, and do not follow it: the key would go along."""
        raise HTTPError(request.full_url, code, message, headers, file)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class _WatchedClient(Client):  # type: ignore[misc]  # untyped package
    """The package's client, but it tells a connection that never stood from an answer that was lost."""

    def _build_client(self, name: str | None = None) -> "_WatchedClient":
        """Give the client for the next part of the address: the same kind, where the package would give its own."""
        client = super()._build_client(name)
        client.__class__ = type(self)
        return client  # type: ignore[no-any-return]

    def _make_request(
        self, opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout: float | None = None
    ) -> object:
        """Make the request over a watched connection.

        Raises:
            _NeverConnectedError: No connection stood.
        """
        journey = _Journey()
        opener.add_handler(_WatchedHandler(journey))
        try:
            return super()._make_request(opener, request, timeout=timeout)
        except OSError as error:
            if journey.is_connected:
                raise
            raise _NeverConnectedError from error
