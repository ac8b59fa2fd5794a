"""Requests to SendGrid through the sendgrid package, and how far each one got.

The door is `Transport`. It answers with values: an `Answer` of the service, or a `Silence` that says whether anything
may have been taken. The package makes key, headers, address and request; its HTTP client has one method to override,
`_make_request`, and what it lacks is added there: a body written already, an end to every wait and to the whole of a
call, no redirects (they would carry the key to another host), and the point of failure (a request whose body never
began is safe to repeat, a lost answer is not). Its logger never speaks: at DEBUG it would write the key and every
address.
"""

import http.client
import io
import logging
import socket
import ssl
import time
import urllib.request
from collections.abc import Iterator, Mapping
from functools import partial
from urllib.error import URLError

from python_http_client import Client
from python_http_client.exceptions import HTTPError as AnsweredError
from sendgrid import SendGridAPIClient
from sendgrid.base_interface import region_host_dict

from newsletter.mailers.sendgrid.answers import Answer, Silence
from newsletter.mailers.timed import TimedReader, send_whole

HOSTS: Mapping[str, str] = region_host_dict
"""By region; `eu` is for subusers that are pinned to the European Union (SendGrid Pro plan or above)."""

CALL_SECONDS = 120.0
"""A request of 500 readers takes one or two; SendGrid itself gives up after sixty."""

_PIECE_BYTES = 65_536
"""Of a body: each has the time-out for itself."""

# A filter, for a level or a handler may be set by whoever configures logging after us; nothing takes a filter away.
logging.getLogger("python_http_client.client").addFilter(lambda _record: False)


class Transport:
    """Speak to one SendGrid host with one key; safe to use from several threads."""

    def __init__(
        self, *, api_key: str, host: str, timeout_seconds: float = 30, call_seconds: float = CALL_SECONDS
    ) -> None:
        headers = SendGridAPIClient(api_key, host=host).client.request_headers
        self._facts = {
            "host": host,
            "request_headers": {**headers, "Content-Type": "application/json; charset=utf-8"},
            "version": 3,
            "timeout": timeout_seconds,
        }
        self._call_seconds = call_seconds

    def send_mail(self, request: bytes) -> Answer | Silence:
        """Post one request, already written as JSON, to /v3/mail/send."""
        return self._request("mail", "send", body=request).ask("post")

    def read_suppressions(self, name: str, parameters: Mapping[str, int]) -> Answer | Silence:
        """Get one page of /v3/suppression/`name`."""
        return self._request("suppression", name).ask("get", query_params=parameters)

    def _request(self, *path: str, body: bytes | None = None) -> "_Request":
        return _Request(body, self._call_seconds, url_path=[*path], **self._facts)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Take a redirect for the answer that it is."""

    def redirect_request(self, *_request: object) -> None:
        """Make no further request."""


class _Connection(http.client.HTTPConnection):
    """A connection that is over at a moment, however slowly the other side takes and gives."""

    def __init__(self, host: str, *, ends_at: float, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._wait_seconds, self._ends_at = timeout, ends_at
        # No method of ours: connection and answer would hold each other.
        self.response_class = partial(_response, ends_at=ends_at, wait_seconds=timeout)  # type: ignore[assignment]  # only ever called

    def send(self, data: bytes) -> None:  # type: ignore[override]  # nothing else is ever sent here
        """Write a piece of the request."""
        if self.sock is None:
            self.connect()
        assert self.sock is not None
        send_whole(self.sock, data, ends_at=min(self._ends_at, time.monotonic() + self._wait_seconds))


def _response(
    sock: socket.socket, *arguments: object, ends_at: float, wait_seconds: float, **options: object
) -> http.client.HTTPResponse:
    """Read the answer as the connection writes the request."""
    response = http.client.HTTPResponse(sock, *arguments, **options)  # type: ignore[arg-type]  # passed on
    timed: io.BufferedReader = io.BufferedReader(TimedReader(sock, ends_at=ends_at, wait_seconds=wait_seconds))
    response.fp.close()
    response.fp = timed
    return response


class _OverTls(_Connection, http.client.HTTPSConnection):
    """The same over TLS."""


class _Timed(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Make every connection one that ends."""

    def __init__(self, ends_at: float) -> None:
        super().__init__()
        self._ends_at = ends_at

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        """Ask in the open: our own service on this machine, or a proxy."""
        return self.do_open(partial(_Connection, ends_at=self._ends_at), request)

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        """Ask over TLS."""
        return self.do_open(partial(_OverTls, ends_at=self._ends_at), request)


class _Request(Client):  # type: ignore[misc]  # untyped package
    """The package's client for one address and one request; it knows whether any of the body may have left."""

    def __init__(self, body: bytes | None, call_seconds: float, **facts: object) -> None:
        super().__init__(**facts)
        self._body = body
        self._call_seconds = call_seconds
        self._is_begun = False

    def ask(self, method: str, **options: object) -> Answer | Silence:
        """Make the request, and turn whatever happens into a value."""
        try:
            answer = getattr(self, method)(**options)
        except AnsweredError as error:
            return _answer(error.status_code, error.headers, error.body)
        except (OSError, http.client.HTTPException) as error:
            # urllib gives a URLError for what went wrong up to the end of the request, and nothing else one.
            if self._is_begun or not isinstance(error, URLError):
                return Silence(may_be_taken=True, reason=f"The answer of SendGrid was lost: {_describe(error)}.")
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                said = f"The certificate of SendGrid cannot be trusted: {error.reason.verify_message}."
                return Silence(may_be_taken=False, reason=said, is_lasting=True)
            return Silence(may_be_taken=False, reason=f"SendGrid cannot be reached: {_describe(error)}.")
        return _answer(answer.status_code, answer.headers, answer.body)

    def _make_request(
        self, _opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout: float | None = None
    ) -> object:
        """Make the request: the seam of the package's client."""
        if self._body is not None:
            request.data = self._chunks(self._body)
            request.add_header("Content-Length", str(len(self._body)))
        timed = _Timed(time.monotonic() + self._call_seconds)
        return super()._make_request(urllib.request.build_opener(_NoRedirects, timed), request, timeout=timeout)

    def _chunks(self, body: bytes) -> Iterator[bytes]:
        """Give the body when it is asked for: once the connection stands and the headers are sent."""
        self._is_begun = True
        for start in range(0, len(body), _PIECE_BYTES):
            yield body[start : start + _PIECE_BYTES]


def _answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Give an answer with the header names in lower case."""
    return Answer(status=status, headers={name.lower(): value for name, value in headers.items()}, body=body)


def _describe(error: BaseException) -> str:
    """Name a failure of the connection; the operating system's words hold no address of a person."""
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return "time-out"
    return cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
