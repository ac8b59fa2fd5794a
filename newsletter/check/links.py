"""Where the links of a mail lead: whole addresses, safe schemes, hosts that will still be there, nothing disguised.

Judges addresses by their looks; whether they answer is for a check with a network. Its door is `CHECKS`.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from newsletter.check.page.html import excerpt, shown_address
from newsletter.check.page.reading import Reading
from newsletter.check.page.rules import Hit, check, checks_of
from newsletter.domain.issue import Severity
from newsletter.domain.publication import Publication
from newsletter.language.catalogue import MessageId

WEB_SCHEMES = frozenset({"http", "https"})
SCHEMES = WEB_SCHEMES | {"mailto", "tel"}
"""What a link in a mail may do: open a page, write a mail, call somebody."""

SHORTENERS = frozenset(
    {
        *("bit.ly", "buff.ly", "cutt.ly", "fb.me", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy", "rebrand.ly"),
        *("shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "urly.fi", "v.gd"),
    }
)
"""Hosts that hide where a link leads; filters distrust them, and readers cannot judge them."""

_EXAMPLE_HOST = re.compile(r"(?:.*\.)?(?:example|example\.(?:com|net|org))\Z")
_TEST_HOST = re.compile(r"(?s)(?:.*\.)?(?:localhost|local|test|invalid|internal|lan)\Z|(?:.*[.-])?staging(?:[.-].*)?\Z")
_HOST_LABEL = re.compile(r"(?!-)[^\W_](?:[\w-]*[^\W_])?\Z")
_MAILBOX = re.compile(r"[^\s@<>(),;:\"\[\]\\]+@(?:(?!-)[\w-]+(?<!-)\.)+(?!-)[\w-]{2,}(?<!-)\Z")
_TRACKER = re.compile(
    r"(?:utm_\w+|fbclid|gclid|gbraid|wbraid|dclid|msclkid|yclid|twclid|ttclid|li_fat_id|igshid|igsh|mc_[ce]id|"
    r"_hs(?:enc|mi)|mkt_tok|vero_id|oly_(?:anon|enc)_id|_openstat|wt_mc)\Z",
    re.IGNORECASE,
)
_LOOKS_LIKE_ADDRESS = re.compile(r"(?:(?:https?://)|(?=www\.))([\w-]+(?:\.[\w-]+)+)(?:[:/?#]\S*)?\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """Where a link leads, taken apart."""

    address: str
    parts: SplitResult

    @property
    def host(self) -> str:
        """Give the host of a page, in lower case; empty for a mailbox, a telephone and a page without host."""
        return (self.parts.hostname or "").rstrip(".") if self.parts.scheme in WEB_SCHEMES else ""


def is_tracker(parameter: str) -> bool:
    """Tell whether an address's parameter only says where a visitor came from."""
    return _TRACKER.match(parameter) is not None


def is_own(host: str, publication: Publication) -> bool:
    """Tell whether a host is the publication's own, or below one that is."""
    own = {*publication.links.own_hosts, urlsplit(publication.links.site).hostname}
    return any(host == name or host.endswith(f".{name}") for name in own)


def _addresses(reading: Reading) -> dict[str, None]:
    """Give the address of each link, each once; per-person links are the program's own and left out."""
    return dict.fromkeys(link.address for link in reading.page.links if not reading.holds_slot(link.address))


def _targets(reading: Reading) -> Iterator[_Target]:
    """Give where each link leads whose address can be taken apart."""
    for address in _addresses(reading):
        parts = _take_apart(address)
        if parts is not None:
            yield _Target(address=address, parts=parts)


def _take_apart(address: str) -> SplitResult | None:
    """Take an address apart, its port too, which Python looks at only when asked; None when it cannot be done."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _hit(reading: Reading, address: str) -> Hit:
    """Name a link by its address, and trace it to whoever wrote it."""
    return Hit(facts={"address": shown_address(address)}, place=reading.place_of_address(address))


@check(
    code="link-not-absolute",
    severity=Severity.ERROR,
    message=MessageId("The link “{address}” is no complete address; it leads nowhere from a mail."),
    fix=MessageId("Write the whole address, beginning with https://."),
    basis="Mail has no page that a relative address could start from",
)
def link_not_absolute(reading: Reading) -> Iterator[Hit]:
    """Find addresses without a scheme, also those that begin with `//`, and jumps to what is not in the mail."""
    aims = {element.get("id") for element in reading.page.elements}
    for jump in dict.fromkeys(reading.page.jumps):
        if not jump or jump not in aims:
            yield _hit(reading, f"#{jump}")
    for target in _targets(reading):
        if not target.parts.scheme:
            yield _hit(reading, target.address)


@check(
    code="link-scheme",
    severity=Severity.ERROR,
    message=MessageId("The link “{address}” does something that a link in a mail must not do."),
    fix=MessageId("Only https, http, mailto and tel links may stand in a mail: replace or remove it."),
    basis="House; mail programs block other schemes",
)
def link_scheme(reading: Reading) -> Iterator[Hit]:
    """Find schemes other than those of pages, mail and telephone."""
    for target in _targets(reading):
        if target.parts.scheme not in {"", *SCHEMES}:
            yield _hit(reading, target.address)


@check(
    code="link-malformed",
    severity=Severity.ERROR,
    message=MessageId("The link “{address}” cannot be a working address."),
    fix=MessageId("Copy the address from the browser once more."),
    basis="RFC 3986; a name before @ in a web address is a trick of fraudsters",
)
def link_malformed(reading: Reading) -> Iterator[Hit]:
    """Find addresses that cannot be taken apart, lack a host or reader, hold spaces, or carry a name and password."""
    for address in _addresses(reading):
        parts = _take_apart(address)
        if parts is None or _is_malformed(_Target(address=address, parts=parts)):
            yield _hit(reading, address)


def _is_malformed(target: _Target) -> bool:
    parts = target.parts
    if parts.scheme not in SCHEMES:
        return False
    if re.search(r"\s", target.address):
        return True
    if parts.scheme == "mailto":
        return False
    if parts.scheme == "tel":
        return not any(figure.isdigit() for figure in parts.path)
    return "@" in parts.netloc or not _is_host(target.host)


def _is_host(host: str) -> bool:
    """Tell whether a host is a name of labels, one of the machine alone, or an IP address."""
    return _is_ip_address(host) or all(_HOST_LABEL.match(label) for label in host.split("."))


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@check(
    code="link-to-no-mailbox",
    severity=Severity.ERROR,
    message=MessageId("The link “{address}” opens a mail to nobody."),
    fix=MessageId("Write a whole mail address after mailto:, such as mailto:name@city.fi."),
    basis="RFC 6068 section 2; RFC 5321 section 4.1.2",
)
def link_to_no_mailbox(reading: Reading) -> Iterator[Hit]:
    """Find mail links without a receiver, and those with one that is no mail address."""
    for target in _targets(reading):
        if target.parts.scheme == "mailto":
            named = [one for key, one in parse_qsl(target.parts.query) if key.lower() in ("to", "cc", "bcc")]
            mailboxes = [one for part in (unquote(target.parts.path), *named) for one in part.split(",") if one]
            if not mailboxes or not all(_MAILBOX.match(one.strip()) for one in mailboxes):
                yield _hit(reading, target.address)


@check(
    code="link-tracks",
    severity=Severity.WARNING,
    message=MessageId("The link {address} carries marks that follow readers ({found})."),
    fix=MessageId("Delete these from the address, with the & before them: the page opens without."),
    basis="House: nobody is followed; the marks of Google, Facebook, Microsoft, Mailchimp and others",
)
def link_tracks(reading: Reading) -> Iterator[Hit]:
    """Find parameters whose only use is to tell where a visitor came from."""
    for target in _targets(reading):
        named = [key for key, _ in parse_qsl(target.parts.query, keep_blank_values=True) if is_tracker(key)]
        if named:
            facts = {"address": shown_address(target.address), "found": ", ".join(dict.fromkeys(named))}
            yield Hit(facts=facts, place=reading.place_of_address(target.address))


@check(
    code="own-link-not-https",
    severity=Severity.ERROR,
    message=MessageId("The link {address} leads to one of our own pages without https."),
    fix=MessageId("Write https:// instead of http://."),
    basis="House; `links.own_hosts` in newsletter.toml",
)
def own_link_not_https(reading: Reading) -> Iterator[Hit]:
    """Find plain http to the publication's own hosts."""
    for target in _targets(reading):
        if target.parts.scheme == "http" and is_own(target.host, reading.publication):
            yield _hit(reading, target.address)


@check(
    code="foreign-link-not-https",
    severity=Severity.WARNING,
    message=MessageId("The link {address} is not encrypted (http)."),
    fix=MessageId("See whether the page also answers under https:// and use that address."),
    basis="House",
)
def foreign_link_not_https(reading: Reading) -> Iterator[Hit]:
    """Find plain http to other hosts."""
    for target in _targets(reading):
        if target.host and target.parts.scheme == "http" and not is_own(target.host, reading.publication):
            yield _hit(reading, target.address)


@check(
    code="link-to-test-host",
    severity=Severity.ERROR,
    message=MessageId("The link {address} leads to a test machine that readers cannot reach."),
    fix=MessageId("Replace it by the address of the published page."),
    basis="RFC 6761 (localhost, test, invalid), RFC 6762 (local); staging by habit",
)
def link_to_test_host(reading: Reading) -> Iterator[Hit]:
    """Find hosts that exist for developers only."""
    for target in _targets(reading):
        if _TEST_HOST.match(target.host):
            yield _hit(reading, target.address)


@check(
    code="link-to-example-host",
    severity=Severity.WARNING,
    message=MessageId("The link {address} leads to an example address where nobody lives."),
    fix=MessageId("Replace it by the real address."),
    basis="RFC 2606 and 6761 (example, example.com, example.net, example.org)",
)
def link_to_example_host(reading: Reading) -> Iterator[Hit]:
    """Find hosts that are reserved for examples."""
    for target in _targets(reading):
        if _EXAMPLE_HOST.match(target.host):
            yield _hit(reading, target.address)


@check(
    code="link-to-ip-address",
    severity=Severity.ERROR,
    message=MessageId("The link {address} leads to a number instead of a name; spam filters punish that."),
    fix=MessageId("Use the address with the site's name."),
    basis="SpamAssassin NORMAL_HTTP_TO_IP",
)
def link_to_ip_address(reading: Reading) -> Iterator[Hit]:
    """Find hosts that are IP addresses."""
    for target in _targets(reading):
        if _is_ip_address(target.host):
            yield _hit(reading, target.address)


@check(
    code="link-shortened",
    severity=Severity.ERROR,
    message=MessageId("The short link {address} hides where it leads; spam filters distrust such links."),
    fix=MessageId("Open it, and use the full address it leads to."),
    basis="House; blocklists list shorteners",
)
def link_shortened(reading: Reading) -> Iterator[Hit]:
    """Find links through a shortener."""
    for target in _targets(reading):
        if target.host.removeprefix("www.") in SHORTENERS:
            yield _hit(reading, target.address)


@check(
    code="link-text-names-other-host",
    severity=Severity.ERROR,
    message=MessageId("The link's text says {shown}, but it leads to {host}. That looks like fraud."),
    fix=MessageId("Let the text name the host it leads to, or write a title instead of an address."),
    basis="Phishing rule of mail filters",
)
def link_text_names_other_host(reading: Reading) -> Iterator[Hit]:
    """Find links whose text is an address of another host than their own."""
    hosts = {target.address: target.host for target in _targets(reading)}
    for link in reading.page.links:
        shown = _LOOKS_LIKE_ADDRESS.match(link.text)
        host = hosts.get(link.address, "")
        if shown and host and _bare(shown[1]) != _bare(host):
            facts = {"shown": excerpt(shown[1]), "host": host}
            yield Hit(facts=facts, place=reading.place_of_address(link.address))


def _bare(host: str) -> str:
    """Give a host in lower case without the www that people leave out."""
    return host.lower().removeprefix("www.")


CHECKS = checks_of(globals())
"""In the order of the documentation."""
