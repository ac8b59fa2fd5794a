"""Requests to SendGrid through the sendgrid package, and how far each one got.

The door is `Transport`. It answers with values: an `Answer` of the service, or a `Silence` that says whether anything
may have been taken. The package makes key, headers, address and request; its HTTP client has one method to override,
`_make_request`, and what it lacks is added there: a body written already, a time-out, no redirects (they would carry
the key to another host), and the point of failure (a request whose body never began is safe to repeat, a lost answer is
not). Its logger never speaks: at DEBUG it would write the key and every address.
"""

import http.client
import logging
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from urllib.error import URLError

from python_http_client import Client
from python_http_client.exceptions import HTTPError as AnsweredError
from sendgrid import SendGridAPIClient
from sendgrid.base_interface import region_host_dict

from newsletter.mailers.sendgrid.answers import Answer, Silence

HOSTS: Mapping[str, str] = region_host_dict
"""By region; `eu` is for subusers that are pinned to the European Union (SendGrid Pro plan or above)."""

# A filter, for a level or a handler may be set by whoever configures logging after us; nothing takes a filter away.
logging.getLogger("python_http_client.client").addFilter(lambda _record: False)


class Transport:
    """Speak to one SendGrid host with one key; safe to use from several threads."""

    def __init__(self, *, api_key: str, host: str, timeout_seconds: float = 30) -> None:
        headers = SendGridAPIClient(api_key, host=host).client.request_headers
        self._facts = {
            "host": host,
            "request_headers": {**headers, "Content-Type": "application/json; charset=utf-8"},
            "version": 3,
            "timeout": timeout_seconds,
        }

    def send_mail(self, request: bytes) -> Answer | Silence:
        """Post one request, already written as JSON, to /v3/mail/send."""
        return self._request("mail", "send", body=request).ask("post")

    def read_suppressions(self, name: str, parameters: Mapping[str, int]) -> Answer | Silence:
        """Get one page of /v3/suppression/`name`."""
        return self._request("suppression", name).ask("get", query_params=parameters)

    def _request(self, *path: str, body: bytes | None = None) -> "_Request":
        return _Request(body, url_path=[*path], **self._facts)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Take a redirect for the answer that it is."""

    def redirect_request(self, *_request: object) -> None:
        """Make no further request."""


class _Request(Client):  # type: ignore[misc]  # untyped package
    """The package's client for one address and one request; it knows whether any of the body may have left."""

    def __init__(self, body: bytes | None, **facts: object) -> None:
        super().__init__(**facts)
        self._body = body
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
        return super()._make_request(urllib.request.build_opener(_NoRedirects), request, timeout=timeout)

    def _chunks(self, body: bytes) -> Iterator[bytes]:
        """Give the body when it is asked for: once the connection stands and the headers are sent."""
        self._is_begun = True
        yield body


def _answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Give an answer with the header names in lower case."""
    return Answer(status=status, headers={name.lower(): value for name, value in headers.items()}, body=body)


def _describe(error: BaseException) -> str:
    """Name a failure of the connection; the operating system's words hold no address of a person."""
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return "time-out"
    return cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
