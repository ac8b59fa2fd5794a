"""What decides whether the mail arrives whole, in the inbox, and lets its reader go.

Size, headers, the way out, who sends, and a plain text part worth the name. Its door is `CHECKS`.
"""

import re
from collections.abc import Iterator

from newsletter.check.page.html import plain, shown_address
from newsletter.check.page.reading import Reading
from newsletter.check.page.rules import Hit, check, checks_of
from newsletter.domain.issue import GMAIL_CUTS_AT_BYTES, Severity, Slot
from newsletter.language.catalogue import MessageId

SIZE_COMFORTABLE_BYTES = 80_000
TEXT_LINE_LONGEST_BYTES = 998
"""RFC 5322 section 2.1.1: must not be passed."""
TEXT_LINE_AIM_CHARACTERS = 78
"""The same: should not be passed."""
TEXT_SHARE_LEAST = 0.5
"""Of the HTML's words that the text part must have: below it, filters take the text for a decoy."""

_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"(?<!\S)\S+(?:://|@)\S+|mailto:\S+")
_AROUND_WORDS = "<>()[]\"'“”.,;:!?"
_LINE_BREAK = re.compile(r"[\r\n]")


@check(
    code="html-too-large",
    severity=Severity.ERROR,
    message=MessageId("The mail is {size} kB; Gmail cuts it off at {limit} kB and hides the unsubscribe link."),
    fix=MessageId("Take out items, or shorten texts that have a page to link to."),
    basis=f"Gmail clips at {GMAIL_CUTS_AT_BYTES:,} bytes of HTML; comments count",
)
def html_too_large(reading: Reading) -> Iterator[Hit]:
    """Find HTML that Gmail would cut off."""
    size = len(reading.message.html.encode())
    if size >= GMAIL_CUTS_AT_BYTES:
        yield Hit(facts={"size": _kilobytes(size), "limit": _kilobytes(GMAIL_CUTS_AT_BYTES)})


@check(
    code="html-large",
    severity=Severity.WARNING,
    message=MessageId("The mail is {size} kB, close to the {limit} kB at which Gmail cuts it off."),
    fix=MessageId("Take out an item or two, or shorten texts that have a page to link to."),
    basis=f"House: from {SIZE_COMFORTABLE_BYTES:,} bytes",
)
def html_large(reading: Reading) -> Iterator[Hit]:
    """Find HTML that comes close to being cut off."""
    size = len(reading.message.html.encode())
    if SIZE_COMFORTABLE_BYTES <= size < GMAIL_CUTS_AT_BYTES:
        yield Hit(facts={"size": _kilobytes(size), "limit": _kilobytes(GMAIL_CUTS_AT_BYTES)})


def _kilobytes(size_bytes: int) -> str:
    """Write a size as Gmail's limit is known: 102 400 bytes are "102"."""
    return str(size_bytes // 1000)


@check(
    code="header-line-break",
    severity=Severity.ERROR,
    message=MessageId("The header {name} contains a line break, which would corrupt the mail."),
    fix=MessageId("Write the subject, and every other value of a header, on one line."),
    basis="RFC 5322 section 2.2",
)
def header_line_break(reading: Reading) -> Iterator[Hit]:
    """Find line breaks in the subject and in any header."""
    for name, value in (("Subject", reading.message.subject), *reading.message.headers):
        if _LINE_BREAK.search(name + value):
            place = reading.words_place if name == "Subject" else None
            yield Hit(facts={"name": plain(name)}, place=place)


@check(
    code="unsubscribe-link-missing",
    severity=Severity.ERROR,
    message=MessageId("The mail has no visible link for unsubscribing."),
    fix=MessageId("The template must show the unsubscribe slot as a link."),
    basis="RFC 8058, the mail providers' rules for senders, and the law",
)
def unsubscribe_link_missing(reading: Reading) -> Iterator[Hit]:
    """Find HTML without a link to the unsubscribe slot that can be seen and read."""
    token = reading.slot_address(Slot.UNSUBSCRIBE)
    ways = (link for link in reading.page.links if token is not None and token in link.address)
    if not any(link.name and not link.is_hidden for link in ways):
        yield Hit()


@check(
    code="unsubscribe-missing-in-text",
    severity=Severity.ERROR,
    message=MessageId("The plain text of the mail does not say how to unsubscribe."),
    fix=MessageId("The text template must show the unsubscribe slot."),
    basis="RFC 8058, the mail providers' rules for senders, and the law",
)
def unsubscribe_missing_in_text(reading: Reading) -> Iterator[Hit]:
    """Find a text part without the unsubscribe slot; a missing text part is a finding of its own."""
    token = reading.slot_address(Slot.UNSUBSCRIBE)
    if reading.message.text.strip() and (token is None or token not in reading.message.text):
        yield Hit()


@check(
    code="public-address-not-https",
    severity=Severity.ERROR,
    message=MessageId("The public pages' address {address} does not begin with https://."),
    fix=MessageId("Correct links.public_url in newsletter.toml: one-click unsubscribing works over https only."),
    basis="RFC 8058 section 3.1",
)
def public_address_not_https(reading: Reading) -> Iterator[Hit]:
    """Find public pages without encryption."""
    address = reading.publication.links.public_url
    if address is not None and not address.lower().startswith("https://"):
        yield Hit(facts={"address": address})


@check(
    code="sender-missing",
    severity=Severity.ERROR,
    message=MessageId("The mail does not say who sends it: “{organisation}” stands nowhere in it."),
    fix=MessageId("The template's footer must name the sender's organisation."),
    basis="The law on electronic communication services; providers' rules",
)
def sender_missing(reading: Reading) -> Iterator[Hit]:
    """Find HTML that does not name the organisation."""
    organisation = reading.publication.sender.organisation
    if not _says(reading.page.seen_text, organisation):
        yield Hit(facts={"organisation": organisation})


@check(
    code="sender-missing-in-text",
    severity=Severity.ERROR,
    message=MessageId("The plain text of the mail does not say who sends it: “{organisation}” stands nowhere in it."),
    fix=MessageId("The text template's footer must name the sender's organisation."),
    basis="The law on electronic communication services; providers' rules",
)
def sender_missing_in_text(reading: Reading) -> Iterator[Hit]:
    """Find a text part that does not name the organisation."""
    organisation = reading.publication.sender.organisation
    if reading.message.text.strip() and not _says(reading.message.text, organisation):
        yield Hit(facts={"organisation": organisation})


@check(
    code="postal-address-missing",
    severity=Severity.ERROR,
    message=MessageId("The sender's postal address “{address}” does not stand in the mail."),
    fix=MessageId("The template's footer must show the postal address of newsletter.toml."),
    basis="CAN-SPAM and providers' rules; house",
)
def postal_address_missing(reading: Reading) -> Iterator[Hit]:
    """Find HTML without the postal address."""
    address = reading.publication.sender.postal_address
    if not _says(reading.page.seen_text, address):
        yield Hit(facts={"address": address})


@check(
    code="postal-address-missing-in-text",
    severity=Severity.ERROR,
    message=MessageId("The sender's postal address “{address}” does not stand in the plain text of the mail."),
    fix=MessageId("The text template's footer must show the postal address of newsletter.toml."),
    basis="CAN-SPAM and providers' rules; house",
)
def postal_address_missing_in_text(reading: Reading) -> Iterator[Hit]:
    """Find a text part without the postal address."""
    address = reading.publication.sender.postal_address
    if reading.message.text.strip() and not _says(reading.message.text, address):
        yield Hit(facts={"address": address})


def _says(text: str, wanted: str) -> bool:
    """Tell whether words stand in a text one after the other, however they are broken into lines and punctuated."""
    words = " ".join(_WORD.findall(plain(wanted).casefold()))
    return f" {words} " in f" {' '.join(_WORD.findall(plain(text).casefold()))} "


@check(
    code="text-part-missing",
    severity=Severity.ERROR,
    message=MessageId("The mail has no plain text for those who read without HTML."),
    fix=MessageId("The text template must say what the mail says."),
    basis="RFC 2046 section 5.1.4; SpamAssassin MIME_HTML_ONLY",
)
def text_part_missing(reading: Reading) -> Iterator[Hit]:
    """Find an empty text part."""
    if not reading.message.text.strip():
        yield Hit()


@check(
    code="text-part-short",
    severity=Severity.ERROR,
    message=MessageId("The plain text has {count} words where the mail itself has {expected}: much is missing."),
    fix=MessageId("The text template must show every item that the mail shows."),
    basis=f"SpamAssassin MPART_ALT_DIFF: at least {TEXT_SHARE_LEAST:.0%} of the words",
)
def text_part_short(reading: Reading) -> Iterator[Hit]:
    """Find a text part with fewer than half the words that are seen in the HTML; addresses do not count."""
    said = len(_WORD.findall(_ADDRESS.sub("", reading.message.text)))
    seen = len(_WORD.findall(_ADDRESS.sub("", reading.page.seen_text)))
    if said and said < seen * TEXT_SHARE_LEAST:
        yield Hit(facts={"count": str(said), "expected": str(seen)})


@check(
    code="text-lacks-link",
    severity=Severity.ERROR,
    message=MessageId("The link {address} is missing from the plain text of the mail."),
    fix=MessageId("The text template must write out every address that the mail links to."),
    basis="House: the text says what the HTML says",
)
def text_lacks_link(reading: Reading) -> Iterator[Hit]:
    """Find addresses of the HTML that the text part does not spell out; per-person ones count as well."""
    if reading.message.text.strip():
        words = frozenset(form for word in reading.message.text.split() for form in (word, word.strip(_AROUND_WORDS)))
        for address in dict.fromkeys(link.address for link in reading.page.links if link.address):
            if not _is_spelled_out(address, words, reading):
                yield Hit(facts={"address": shown_address(address)}, place=reading.place_of_address(address))


def _is_spelled_out(address: str, words: frozenset[str], reading: Reading) -> bool:
    """Tell whether a reader of the text finds the address there: a mailbox or number without its scheme will do."""
    text = reading.message.text
    if reading.holds_slot(address):
        return any(token in address and token in text for token in reading.message.slots.values())
    scheme, _, rest = address.partition(":")
    spelled = rest.partition("?")[0]
    if scheme == "tel":
        return spelled in "".join(text.split())
    return address in words or (scheme == "mailto" and spelled in words)


@check(
    code="text-line-too-long",
    severity=Severity.ERROR,
    message=MessageId("A line of the plain text is {size} bytes long; mail servers break lines at {limit}."),
    fix=MessageId("The text template must wrap its lines."),
    basis=f"RFC 5322 section 2.1.1: {TEXT_LINE_LONGEST_BYTES} bytes",
)
def text_line_too_long(reading: Reading) -> Iterator[Hit]:
    """Find the longest line of the text part, when it is longer than mail allows."""
    longest = max((len(line.encode()) for line in reading.message.text.splitlines()), default=0)
    if longest > TEXT_LINE_LONGEST_BYTES:
        yield Hit(facts={"size": str(longest), "limit": str(TEXT_LINE_LONGEST_BYTES)})


@check(
    code="text-line-wide",
    severity=Severity.NOTE,
    message=MessageId("{count} line of the plain text is wider than {limit} characters."),
    fix=MessageId("The text template should wrap its lines at 72 characters."),
    basis=f"RFC 5322 section 2.1.1: {TEXT_LINE_AIM_CHARACTERS} characters",
)
def text_line_wide(reading: Reading) -> Iterator[Hit]:
    """Count lines that some programs show badly; a line that is one address cannot be wrapped."""
    lines = reading.without_slots(reading.message.text).splitlines()
    wide = [line for line in lines if len(line) > TEXT_LINE_AIM_CHARACTERS and " " in line.strip()]
    count = sum(len(line.encode()) <= TEXT_LINE_LONGEST_BYTES for line in wide)
    if count:
        yield Hit(facts={"count": str(count), "limit": str(TEXT_LINE_AIM_CHARACTERS)})


CHECKS = checks_of(globals())
"""In the order of the documentation."""
