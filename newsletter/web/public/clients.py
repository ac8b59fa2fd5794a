"""Who asks, and how often: the limits of one client, behind a proxy too. Doors: `Clients`, `Pace`."""

import ipaddress
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

_FORWARDED = "x-forwarded-for"
_FORWARDED_MARKS = (_FORWARDED, "forwarded", "x-real-ip")
CLIENTS_MAX = 20_000
"""A flood from many addresses must not fill the memory."""
_WARN_EVERY_SECONDS = 3_600.0
_IPV6_BITS_OF_A_CLIENT = 64
"""One home has a whole network of them."""

log = logging.getLogger(__name__)


class Clients:
    """Tells who asks.

    A proxy of ours says who its client is; a header that anybody else sends is not believed. Where one comes all the
    same, a proxy was forgotten in the configuration: that is told, to `note` with its address too, and no limit of one
    client falls on it, for everybody behind it would be one.
    """

    def __init__(
        self,
        trusted_proxies: Collection[str],
        monotonic: Callable[[], float],
        *,
        note: Callable[[str], None] = lambda _address: None,
    ) -> None:
        self._trusted = frozenset(map(ipaddress.ip_address, trusted_proxies))
        self._forgotten: set[str] = set()
        self._monotonic = monotonic
        self._note_it = note
        self._warn_at = 0.0

    def client_of(self, scope: Scope) -> str | None:
        """Name whoever asks, as limits count them; None where nobody can be told apart."""
        peer, headers = scope["client"][0], Headers(scope=scope)
        if self._is_trusted(peer):
            return self._told(headers)
        if any(mark in headers for mark in _FORWARDED_MARKS):
            self._note(peer)
        return None if peer in self._forgotten else _network(peer)

    def is_proxy(self, peer: str) -> bool:
        """Tell whether many come through this address."""
        return peer in self._forgotten or self._is_trusted(peer)

    def _is_trusted(self, peer: str) -> bool:
        try:
            return ipaddress.ip_address(peer) in self._trusted
        except ValueError:
            return False

    def _told(self, headers: Headers) -> str | None:
        """Give the last address in what was handed on that is no proxy of ours: anybody may have written the others."""
        named = [part.strip() for line in headers.getlist(_FORWARDED) for part in line.split(",")]
        for one in reversed(named):
            if not self._is_trusted(one):
                return _network(one)
        return None

    def _note(self, peer: str) -> None:
        """Remember a forgotten proxy, and say so now and then."""
        if len(self._forgotten) < CLIENTS_MAX:
            self._forgotten.add(peer)
        if self._monotonic() >= self._warn_at:
            self._warn_at = self._monotonic() + _WARN_EVERY_SECONDS
            log.warning(
                "A proxy that is not in [serve] trusted_proxies hands requests on: no limit of one client is kept."
            )
            self._note_it(peer)


def _network(address: str) -> str | None:
    """Give an address as limits count it; None for what is none."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(read, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((read, _IPV6_BITS_OF_A_CLIENT), strict=False))
    return str(read)


@dataclass(slots=True)
class _Purse:
    left: float
    at: float


class Pace:
    """So many requests a minute for each client, and as many at once after a rest.

    Of more than `clients_max`, whoever came longest ago is forgotten.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float], *, clients_max: int = CLIENTS_MAX) -> None:
        self._per_minute = per_minute
        self._clients_max = clients_max
        self._monotonic = monotonic
        self._purses: OrderedDict[str, _Purse] = OrderedDict()

    def may_come(self, client: str) -> bool:
        """Count a request; False when it is one too many."""
        now = self._monotonic()
        purse = self._purses.pop(client, None) or _Purse(self._per_minute, now)
        purse.left = min(self._per_minute, purse.left + (now - purse.at) * self._per_minute / 60)
        purse.at = now
        self._purses[client] = purse
        if len(self._purses) > self._clients_max:
            self._purses.popitem(last=False)
        if purse.left < 1:
            return False
        purse.left -= 1
        return True
