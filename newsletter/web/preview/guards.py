"""Who may ask the preview anything at all, and what every answer carries.

A page on the internet that is open in the same browser can send requests to this machine, and can make its own name
point here (DNS rebinding). So the Host must be one of our own names to the message, whatever changes or streams must
come from our own pages, and beyond loopback a token is needed too. Door: `Guard`, an ASGI application around another.
It must not know what is behind it: the decision is made on the request alone, before any route is looked up, so that
no spelling of a path gets round it.
"""

import hmac
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.web.headers import SAFE_HEADERS, answer_nothing, with_headers

TOKEN_COOKIE = "newsletter-preview"  # noqa: S105 - the name of the cookie, not what is in it
TOKEN_PARAMETER = "token"  # noqa: S105 - as above

_PLAIN_METHODS = frozenset({"GET", "HEAD"})
_HTTP_PORT = "80"

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""For our own pages: nothing inline, nothing from elsewhere, nobody may frame them."""

_HEADERS = {"Content-Security-Policy": PAGE_POLICY, **SAFE_HEADERS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the preview listens, and to whom.

    Attributes:
        names: Every value of Host that is ours, with the port: `127.0.0.1:8025`.
        token: What a browser must know, or None on loopback.
    """

    names: frozenset[str]
    token: str | None = None

    def is_ours(self, origin: str) -> bool:
        """Tell whether an Origin is one of our own pages."""
        return origin.removeprefix("http://") in self.names and origin.startswith("http://")


def access(*, host: str, port: int, further_names: Sequence[str] = (), token: str | None = None) -> Access:
    """Name every Host under which the preview may be asked: loopback always, and what the operator says.

    A wildcard as host adds no name of its own; other machines reach it by `further_names`, and must know the token.
    """
    hosts = {"127.0.0.1", "localhost", "[::1]", *further_names}
    if not _is_wildcard(host):
        hosts.add(f"[{host}]" if ":" in host else host)
    names = {f"{name}:{port}" for name in hosts}
    # A browser leaves the port of its scheme out.
    return Access(names=frozenset(names | hosts if str(port) == _HTTP_PORT else names), token=token)


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def refusal(method: str, headers: Headers, allowed: Access) -> int | None:
    """Decide on a request without its token: None lets it pass, a number is the status of the refusal.

    421 for a Host that is not ours, 405 for a method we do not have, 403 for whatever another site sent: a stream, a
    part of a page or a change. Only a plain page may be opened from a link elsewhere; nobody can frame it.
    """
    hosts = headers.getlist("host")
    if len(hosts) != 1 or hosts[0] not in allowed.names:
        return 421
    if method not in (*_PLAIN_METHODS, "POST"):
        return 405
    origins = headers.getlist("origin")
    if any(not allowed.is_ours(origin) for origin in origins):
        return 403
    if method == "POST":
        is_json = headers.get("content-type", "").partition(";")[0].strip() == "application/json"
        return None if origins and is_json else 403
    is_foreign = headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    is_page = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return 403 if is_foreign and not is_page else None


class Guard:
    """Lets only our own pages through to an application, and puts the safe headers on every answer."""

    def __init__(self, application: ASGIApp, allowed: Access) -> None:
        self._application = application
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it through."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":
            # A socket has no status to refuse with: it is closed before it opens.
            await send({"type": "websocket.close", "code": 1008})
            return
        headers, send = Headers(scope=scope), with_headers(send, _HEADERS)
        status = refusal(scope["method"], headers, self._allowed)
        if status is None and self._allowed.token is not None:
            given = _token_in_query(scope)
            if given is not None and scope["method"] == "GET" and _is_same(given, self._allowed.token):
                await answer_nothing(send, 303, [*_cookie(given), (b"location", _without_token(scope))])
                return
            if not _is_same(_token_in_cookie(headers), self._allowed.token):
                status = 403
        if status is not None:
            await answer_nothing(send, status, [])
            return
        await self._application(scope, receive, send)


def _is_same(given: str | None, token: str) -> bool:
    """Compare in a time that tells nothing."""
    return given is not None and hmac.compare_digest(given.encode(), token.encode())


def _token_in_query(scope: Scope) -> str | None:
    given = parse_qs(scope["query_string"].decode("latin-1")).get(TOKEN_PARAMETER)
    return given[0] if given else None


def _token_in_cookie(headers: Headers) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(TOKEN_COOKIE)
    except CookieError:
        return None
    return None if morsel is None else morsel.value


def _cookie(token: str) -> list[tuple[bytes, bytes]]:
    """Have the browser keep the token, for our own pages only and until it is closed."""
    return [(b"set-cookie", f"{TOKEN_COOKIE}={token}; HttpOnly; Path=/; SameSite=Strict".encode())]


def _without_token(scope: Scope) -> bytes:
    """Give the same address without the token, so that it stands in no address bar and no history."""
    kept = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    kept.pop(TOKEN_PARAMETER, None)
    query = urlencode(kept, doseq=True)
    # One leading slash only: `//other.example/` would lead away.
    path = "/" + scope["raw_path"].decode("latin-1").lstrip("/")
    return f"{path}?{query}".encode() if query else path.encode()
