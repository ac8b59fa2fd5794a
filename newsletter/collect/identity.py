"""Gives items their stable names: keys from what the source calls them, addresses without trackers.

Its doors are `key_for` and `canonical_url`; both are pure, so that the same source gives the same names on every
machine and in every year.
"""

import hashlib
import ipaddress
import re
import unicodedata
from functools import lru_cache
from urllib.parse import urljoin

import httpx

from newsletter.domain.content import ItemKey, SourceId

_SLUG_CHARACTERS = 48
_HASH_CHARACTERS = 8
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
_TRACKERS = re.compile(
    r"(?:utm_\w+|pk_\w+|mtm_\w+|piwik_\w+|hsa_\w+|_hsenc|_hsmi|mc_cid|mc_eid|fbclid|gclid|gclsrc|gbraid|wbraid|dclid|"
    r"msclkid|yclid|twclid|ttclid|li_fat_id|igshid|igsh|mkt_tok|oly_anon_id|oly_enc_id|vero_id|_openstat|_ga|_gl)\Z",
    re.IGNORECASE,
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# What Unicode does not take apart into a letter and an accent.
_LETTERS = str.maketrans({"ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ß": "ss", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L"})


def key_for(source_id: SourceId, identity: str, title: str) -> ItemKey:
    """Make the key of an item that is seen for the first time: `mikroyritykset-kasvuun-1f2e3d4c`.

    The readable part is the title, for the person who edits issue.toml; the hash is of source and identity, so that two
    items with one title stay two. The store keeps the first key of an item for ever, also when its title changes.
    """
    digest = hashlib.sha256(f"{source_id}\n{identity}".encode()).hexdigest()[:_HASH_CHARACTERS]
    return ItemKey(f"{slug(title) or 'item'}-{digest}")


def slug(text: str) -> str:
    """Turn words into lower-case ASCII letters, digits and hyphens, whole words only, at most 48 characters."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))
    if len(words) <= _SLUG_CHARACTERS:
        return words
    whole, _, _ = words[: _SLUG_CHARACTERS + 1].rpartition("-")
    return whole or words[:_SLUG_CHARACTERS]


@lru_cache(maxsize=4_096)
def canonical_url(address: str, *, base: str | None = None) -> str | None:
    """Give an address in the one form we keep, or None when no reader of a mail should be sent there.

    Trackers go (`utm_*`, `fbclid`, `gclid` and their kin); what chooses the page stays (`?p=`, `sivu=`, the fragment).
    Only absolute http and https addresses of public hosts without a user name in them are kept; a relative one is
    resolved when `base` is given.
    """
    address = address.strip()
    if not address or _CONTROL.search(address):
        return None
    try:
        url = httpx.URL(urljoin(base, address) if base else address)
    except (httpx.InvalidURL, ValueError):
        return None
    if url.scheme not in {"http", "https"} or url.userinfo or not is_public_host(url.host):
        return None
    written = url.query.decode()
    kept = "&".join(part for part in written.split("&") if not _TRACKERS.match(part.partition("=")[0]))
    # A copy costs as much as the reading.
    if kept != written or not kept:
        url = url.copy_with(query=kept.encode() or None) if "?" in str(url) else url
    return str(url.copy_with(path="/") if url.path == "/" else url)


def is_public_host(host: str) -> bool:
    """Tell whether a host name or literal address can be one of the public internet, without asking the network."""
    host = host.strip("[]").rstrip(".").lower()
    try:
        return is_public_address(host)
    except ValueError:
        return "." in host and not host.endswith(_PRIVATE_SUFFIXES)


def is_own_or_public_address(address: str) -> bool:
    """Tell whether a web server can stand at an IP address: on the internet, this machine or the office's network.

    None stands at the link's own addresses (169.254.0.0/16, fe80::/10), where clouds tell a machine's secrets.
    """
    ip = _plain_ip(address)
    return ip.is_loopback or not (ip.is_link_local or ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def is_public_address(address: str) -> bool:
    """Tell whether an IP address is one of the public internet.

    Addresses that carry an IPv4 address inside (mapped, 6to4, NAT64) are judged by that one.

    Raises:
        ValueError: This is no IP address.
    """
    ip = _plain_ip(address)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _plain_ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Give an IP address, or the IPv4 address inside it."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return inner
    return ip
