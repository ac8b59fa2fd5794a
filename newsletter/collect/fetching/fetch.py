"""Brings the bytes of a source: the only code that opens an address or a source's file.

The door is `Fetcher.fetch`. Parsers get bytes, never names, because some of them open what they are given. From the
network it takes http and https, from public hosts only, at most 10 MB unpacked, 20 s and 5 redirects; a passing fault
is tried again, and a source that did not change is not brought twice. Time, sleep and network come in from outside.
"""

import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Final, Self
from urllib.parse import urljoin

import httpx

from newsletter.collect.fetching.local import snapshot_of_file, snapshot_of_folder
from newsletter.collect.fetching.network import GuardedTransport, RefusedAddressError
from newsletter.collect.identity import canonical_url, is_own_or_public_address, is_public_address, is_public_host
from newsletter.collect.limits import MAXIMUM_BODY_BYTES
from newsletter.collect.problems import ProblemLog
from newsletter.domain.content import Snapshot, Source, SourceId, SourceKind
from newsletter.domain.publication import Publication
from newsletter.domain.sameness import Look
from newsletter.errors import SourceError

_STEP_SECONDS = 5.0
"""Of connecting, and of waiting for the next bytes."""

_TOTAL_SECONDS = 20.0
_MOST_REDIRECTS = 5
_MOST_TRIES = 3
_LONGEST_WAIT_SECONDS = 60.0
_STATUS_HINTS: Final = {
    401: "It asks for a login; use an address that anybody can open.",
    403: "Its server refuses programs; ask its keeper.",
    404: "Has its address changed?",
    410: "It is gone for good: remove the source.",
}
_PIECE_BYTES = 65_536
_ANY_HEADER = 32
"""Added to zlib's window bits: take gzip's header or zlib's, whichever comes."""

_VALIDATORS: Final = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
_REDIRECTS: Final = {301, 302, 303, 307, 308}
_PERMANENT: Final = {301, 308}
_GONE: Final = {404, 410}


def user_agent_of(publication: Publication) -> str:
    """Say to the servers of sources who asks, and whom their keepers can write to."""
    contact = publication.sender.reply_to or publication.sender.address
    return f"newsletter/{version('uutiskirje')} ({publication.id}; +{publication.links.site}; {contact})"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The source says that it has not changed since the last snapshot."""

    source_id: SourceId


class _PassingError(Exception):
    """Something that may be gone in a moment.

    Attributes:
        wait_seconds: What the server asks to wait, or None.
    """

    def __init__(self, message: str, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class Fetcher:
    """Fetches sources, one at a time. Close it in the end, or use it as a context manager.

    Args:
        user_agent: Names the programme and a way to reach its people, as servers' keepers like to know.
        transport: Carries requests; by default real connections through the guard of `network`.
        sleep: Waits a number of seconds.
        monotonic: Seconds that only go forward.
    """

    def __init__(
        self,
        *,
        user_agent: str = "newsletter",
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._user_agent = user_agent.encode("ascii", "replace").decode()
        self._transport = transport
        self._sleep = sleep
        self._monotonic = monotonic
        self._clients: dict[bool, httpx.Client] = {}
        self._opening = threading.Lock()

    def __enter__(self) -> Self:
        """Give the fetcher."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close connections."""
        self.close()

    def close(self) -> None:
        """Close connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def fetch(
        self,
        source: Source,
        *,
        now: datetime,
        validators: Mapping[str, str] | None = None,
        problems: ProblemLog | None = None,
    ) -> Snapshot | NotModified:
        """Bring what a source holds now.

        Args:
            source: An address, a file or a folder.
            now: Aware moment, written into the snapshot.
            validators: Headers of the last snapshot; its `etag` and `last-modified` let the server say "unchanged".
            problems: Takes a note when the address has moved for good.

        Raises:
            SourceError: The source cannot be read: no such file or host, an error of the server, too large, too slow,
                an address that is not of the public internet. The hint says what to do.
        """
        if source.kind is SourceKind.FOLDER:
            return snapshot_of_folder(source, now)
        if not source.is_remote:
            return snapshot_of_file(source, now)
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._try(source, now, validators or {}, problems)
            except _PassingError as fault:
                wait_seconds = float(attempt) if fault.wait_seconds is None else fault.wait_seconds
                if attempt == _MOST_TRIES or wait_seconds > _LONGEST_WAIT_SECONDS:
                    raise SourceError(
                        f"Source {source.id!r} cannot be fetched now: {fault}.",
                        hint="What was collected before is kept. Collect again later.",
                    ) from fault
            self._sleep(wait_seconds)

    def look(self, address: str) -> Look | None:
        """Say where an address leads, without reading what stands there; None when that cannot be known now."""
        url = httpx.URL(address)
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                if url.scheme not in {"http", "https"} or not is_public_host(url.host):
                    return None
                client = self._connected(allow_private_hosts=False)
                response = client.send(client.build_request("GET", url), stream=True)
                response.close()
                target = response.headers.get("location")
                if response.status_code not in _REDIRECTS or not target:
                    return _answered(address, url, response.status_code)
                url = httpx.URL(urljoin(str(url), target))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return None
        return None

    def _try(
        self, source: Source, now: datetime, validators: Mapping[str, str], problems: ProblemLog | None
    ) -> Snapshot | NotModified:
        """Follow an address to its content, once."""
        until = self._monotonic() + _TOTAL_SECONDS
        known = {header: validators[name] for name, header in _VALIDATORS.items() if name in validators}
        url = self._checked(source.location, "", source)
        is_moved = True
        for hops in range(_MOST_REDIRECTS + 1):
            with self._opened(url, known, source) as response:
                target = response.headers.get("location")
                if response.status_code in _REDIRECTS and target:
                    is_moved = is_moved and response.status_code in _PERMANENT
                    url = self._checked(str(url), target, source)
                    continue
                if hops and is_moved and problems is not None:
                    problems.breach("The source has moved for good.", hint=f"Write its new address: {url}")
                if response.status_code == httpx.codes.NOT_MODIFIED and known:
                    return NotModified(source_id=source.id)
                _refuse_failure(response, source, now)
                return _snapshot(response, self._body(response, source, until), url, source, now)
        raise SourceError(
            f"Source {source.id!r} redirects more than {_MOST_REDIRECTS} times.",
            hint="Open its address in a browser and use the one where it ends.",
        )

    def _checked(self, base: str, target: str, source: Source) -> httpx.URL:
        """Refuse an address that is none of the public web; the guard checks again where the connection is made."""
        try:
            url = httpx.URL(urljoin(base, target))
        except (httpx.InvalidURL, ValueError):
            url = httpx.URL()
        if url.scheme not in {"http", "https"} or url.userinfo or not url.host:
            raise SourceError(
                f"Source {source.id!r} leads to something that is no plain http or https address.",
                hint="Use an address without a user name in it.",
            )
        if not source.allow_private_hosts and not is_public_host(url.host):
            raise _not_public(source)
        return url

    @contextmanager
    def _opened(self, url: httpx.URL, headers: Mapping[str, str], source: Source) -> Iterator[httpx.Response]:
        """Give a response whose body is still on the way, and sort what goes wrong until it is read."""
        try:
            client = self._connected(allow_private_hosts=source.allow_private_hosts)
            response = client.send(client.build_request("GET", url, headers=headers), stream=True)
            try:
                yield response
            finally:
                response.close()
        except RefusedAddressError as cause:
            raise _not_public(source) from cause
        except httpx.TimeoutException as cause:
            raise _PassingError("it does not answer in time") from cause
        except httpx.TransportError as cause:
            if "CERTIFICATE" in str(cause).upper():
                raise SourceError(
                    f"Source {source.id!r} has a certificate that is not valid.", hint="Tell the keeper of the site."
                ) from cause
            raise _PassingError("the connection failed") from cause

    def _connected(self, *, allow_private_hosts: bool) -> httpx.Client:
        """Give the client; it is made when it is first needed, because reading certificates takes time."""
        with self._opening:
            if allow_private_hosts not in self._clients:
                self._clients[allow_private_hosts] = self._opened_client(allow_private_hosts=allow_private_hosts)
            return self._clients[allow_private_hosts]

    def _opened_client(self, *, allow_private_hosts: bool) -> httpx.Client:
        """Open a client whose connections go through the guard."""
        return httpx.Client(
            transport=self._transport
            or GuardedTransport(
                is_allowed=is_own_or_public_address if allow_private_hosts else is_public_address,
                connection_seconds=_TOTAL_SECONDS,
            ),
            timeout=httpx.Timeout(_STEP_SECONDS),
            headers={"User-Agent": self._user_agent, "Accept": "*/*", "Accept-Encoding": "gzip, deflate"},
            follow_redirects=False,
            trust_env=False,
        )

    def _body(self, response: httpx.Response, source: Source, until: float) -> bytes:
        """Read and unpack a body, up to the limits of size and time."""
        body = bytearray()
        for piece in _unpacked(response.iter_raw(), response.headers.get("content-encoding", ""), source):
            body += piece
            if len(body) > MAXIMUM_BODY_BYTES:
                raise SourceError(
                    f"Source {source.id!r} is larger than {MAXIMUM_BODY_BYTES // 1_000_000} MB.",
                    hint="Look for a feed with fewer items.",
                )
            if self._monotonic() > until:
                raise _PassingError(f"it takes longer than {_TOTAL_SECONDS:.0f} s")
        return bytes(body)


def _answered(address: str, url: httpx.URL, status: int) -> Look | None:
    """Give what a status says of an address; a fault of its server says nothing."""
    if status in _GONE:
        return Look(address=address, leads_to=None)
    end = canonical_url(str(url)) if status == httpx.codes.OK else None
    return None if end is None else Look(address=address, leads_to=end)


def _unpacked(pieces: Iterable[bytes], encoding: str, source: Source) -> Iterator[bytes]:
    """Unpack gzip and deflate in pieces of limited size: 65 kB of gzip can hold 65 MB."""
    if encoding.lower() in {"", "identity"}:
        yield from pieces
        return
    if encoding.lower() not in {"gzip", "x-gzip", "deflate"}:
        raise SourceError(f"Source {source.id!r} is packed in a way we did not ask for.", hint="Tell its keeper.")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | _ANY_HEADER)
    try:
        for piece in pieces:
            rest = piece
            while rest and not unpacker.eof:
                yield unpacker.decompress(rest, _PIECE_BYTES)
                rest = unpacker.unconsumed_tail
    except zlib.error as cause:
        raise _PassingError("what it sends cannot be unpacked") from cause
    if not unpacker.eof:
        raise _PassingError("what it sends ends too early")


def _snapshot(response: httpx.Response, body: bytes, url: httpx.URL, source: Source, now: datetime) -> Snapshot:
    """Keep a response. Cookies are not content."""
    headers = {name.lower(): value for name, value in response.headers.items() if name.lower() != "set-cookie"}
    return Snapshot(
        source_id=source.id,
        fetched_at=now,
        location=str(url),
        media_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
        headers=headers,
        body=body,
    )


def _refuse_failure(response: httpx.Response, source: Source, now: datetime) -> None:
    """Say what a status means, if it is no success."""
    status = response.status_code
    if status == httpx.codes.OK:
        return
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise _PassingError(f"its server answers {status}", _wait_seconds(response.headers.get("retry-after"), now))
    raise SourceError(
        f"Source {source.id!r} cannot be fetched: its server answers {status}.",
        hint=_STATUS_HINTS.get(status, "Open its address in a browser: what does it say?"),
    )


def _wait_seconds(retry_after: str | None, now: datetime) -> float | None:
    """Read Retry-After: seconds, or a moment (RFC 9110 section 10.2.3)."""
    if retry_after is None:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max((moment - now).total_seconds(), 0.0)


def _not_public(source: Source) -> SourceError:
    if source.allow_private_hosts:
        return SourceError(f"Source {source.id!r} leads to an address where no server can stand.", hint="Check it.")
    return SourceError(
        f"Source {source.id!r} leads to an address that is not of the public internet.",
        hint="Use its public address. If it stands in your own network, write `allow_private_hosts = true` into its"
        " [[source]] (`newsletter source add` takes --allow-private-hosts).",
    )
