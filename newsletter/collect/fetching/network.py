"""Opens connections for `fetch`, and only to the public internet: the guard stands where the connection is made.

A check of the name alone can be cheated: it may answer a public address to the check and a private one to the
connection, or a page may redirect. Here the address that is connected to is the one that was checked. Every connection
also has a last moment, so that a server that trickles cannot hold us. The door is `GuardedTransport`, an httpx
transport.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

from newsletter.collect.identity import is_public_address

Resolve = Callable[[str, int], Sequence[str]]
"""Gives the IP addresses of a host and port."""


class RefusedAddressError(httpx.ConnectError):
    """A host has no address that we may connect to."""


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for a host's addresses, each once, in its order of preference.

    Raises:
        httpcore.ConnectError: The host has none.
    """
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as cause:
        raise httpcore.ConnectError("its name is not known") from cause
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


class GuardedTransport(httpx.BaseTransport):
    """Sends requests over connections of their own, to allowed addresses, for a limited time.

    Args:
        is_allowed: Tells whether an IP address may be connected to.
        connection_seconds: How long a connection may live, from its opening to its last byte.
        resolve: Gives a host's addresses.
        monotonic: Seconds that only go forward.
        ssl_context: Decides whom to trust; by default the certificates that httpx brings.
    """

    def __init__(
        self,
        *,
        is_allowed: Callable[[str], bool] = is_public_address,
        connection_seconds: float = 20.0,
        resolve: Resolve = resolve,
        monotonic: Callable[[], float] = time.monotonic,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or httpx.create_ssl_context(trust_env=False),
            max_keepalive_connections=0,
            network_backend=_GuardedBackend(is_allowed, connection_seconds, resolve, monotonic),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request.

        Raises:
            RefusedAddressError: The host has no allowed address.
            httpx.TimeoutException: A step, or the whole connection, took too long.
            httpx.TransportError: Anything else went wrong on the way.
        """
        assert isinstance(request.stream, httpx.SyncByteStream)
        url = request.url
        with _as_httpx():
            response = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response.stream))

    def close(self) -> None:
        """Close what is open."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """The body of a response, with httpx's errors."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._stream

    def close(self) -> None:
        """Give the connection back."""
        self._stream.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Turn the errors of httpcore into those of httpx."""
    try:
        yield
    except httpcore.TimeoutException as cause:
        raise httpx.TimeoutException(str(cause)) from cause
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as cause:
        raise httpx.TransportError(str(cause)) from cause


class _GuardedBackend(httpcore.NetworkBackend):
    """Connects to the address that it has checked."""

    def __init__(
        self,
        is_allowed: Callable[[str], bool],
        connection_seconds: float,
        resolve: Resolve,
        monotonic: Callable[[], float],
    ) -> None:
        self._is_allowed = is_allowed
        self._connection_seconds = connection_seconds
        self._resolve = resolve
        self._monotonic = monotonic

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first allowed address that answers."""
        until = self._monotonic() + self._connection_seconds
        allowed = [address for address in self._resolve(host, port) if self._is_allowed(address)]
        if not allowed:
            raise RefusedAddressError("its address is not one of the public internet")
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in allowed:
            try:
                stream = httpcore.SyncBackend().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as cause:
                failure = cause
            else:
                return _TimedStream(stream, until, self._monotonic)
        assert failure is not None
        raise failure


class _TimedStream(httpcore.NetworkStream):
    """A connection that ends at its last moment, however slowly bytes still come."""

    def __init__(self, stream: httpcore.NetworkStream, until: float, monotonic: Callable[[], float]) -> None:
        self._stream = stream
        self._until = until
        self._monotonic = monotonic

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has come."""
        return self._stream.read(max_bytes, self._within(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all."""
        self._stream.write(buffer, self._within(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Encrypt the connection, and keep its last moment."""
        within = self._within(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, within), self._until, self._monotonic)

    def get_extra_info(self, info: str) -> Any:
        """Tell about the connection."""
        return self._stream.get_extra_info(info)

    def _within(self, timeout: float | None, error: type[httpcore.TimeoutException]) -> float:
        """Give the time that is left for one step."""
        left = self._until - self._monotonic()
        if left <= 0:
            raise error("the connection took too long")
        return left if timeout is None else min(timeout, left)
