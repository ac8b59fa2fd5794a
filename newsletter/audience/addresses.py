"""Judge and normalise one e-mail address: the same verdict for an import, a form and the command line.

Its doors are `parse_address`, `most_alike` for misspelt ones, and `is_role_address`. It asks no name server and knows
no person. What it accepts is stored, compared and mailed to in exactly the form it gives back; what only looks like
ASCII is refused and not turned into somebody else's address (Auth.js mailed a reset link to an attacker in 2026 because
its two forms differed).
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from newsletter.domain.audience import normal_address
from newsletter.errors import UsageError

_TOTAL_LENGTH_MAX = 254
"""Octets of a whole address: RFC 5321, section 4.5.3.1.3, less the angle brackets."""
_LOCAL_LENGTH_MAX = 64
"""Octets before the @: RFC 5321, section 4.5.3.1.1."""
_TEXT_LENGTH_MAX = 1_000
"""Characters that are looked at; a pasted page is refused before any slow step."""

_PLAIN = re.compile(
    r"[A-Za-z0-9]{1,20}(?:[._+-][A-Za-z0-9]{1,20}){0,2}@(?:[a-z0-9]{1,20}(?:-[a-z0-9]{1,20})?\.){1,4}"
    r"(?:fi|se|ax|no|dk|ee|de|fr|uk|eu|com|org|net|edu|gov|info)"
)
"""What nearly every address of a list is made of; every check below lets it through (a test walks random ones)."""

_ALIKE = 0.75
"""Of 1 for the same letters in the same order; first and last name that changed places come to 0.76 and more."""

_SURROUNDING = " \t\u00a0\u200b\u200c\u200d\u2060\ufeff"
"""What copying from a page or a spreadsheet leaves around an address: spaces, no-break and zero-width ones, a BOM."""


def parse_address(text: str) -> str:
    """Give the form of an address that is stored and mailed to: the local part as written, the domain in ASCII.

    Surrounding spaces are dropped; an international domain becomes its `xn--` form in lower case.

    Raises:
        UsageError: The text is not exactly one address that every mail server takes; the message says why, without
            repeating the text.
    """
    if _PLAIN.fullmatch(text):
        # Half of what an import costs is looking for what these letters cannot hold.
        return text
    return _parse_unusual(text)


def _parse_unusual(text: str) -> str:
    """Give the stored form of an address that may hold anything.

    Raises:
        UsageError: As `parse_address`.
    """
    if len(text) > _TEXT_LENGTH_MAX:
        raise _error(f"it is longer than {_TOTAL_LENGTH_MAX} characters")
    address = text.strip(_SURROUNDING)
    if reason := _refusal(address):
        raise _error(reason)
    address = unicodedata.normalize("NFC", address)
    try:
        valid = validate_email(
            address,
            check_deliverability=False,
            allow_smtputf8=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
        )
    except EmailNotValidError:
        # The package's sentences quote parts of the address, so they stay here.
        raise _error("it is not written as mail servers require") from None
    if not _means_what_it_says(address, valid):
        raise _error("its domain has characters that only look like others")
    return f"{valid.local_part}@{valid.ascii_domain}"


_ROLE = re.compile(
    r"(?:info|kirjaamo|toimisto|asiakaspalvelu|neuvonta|viestinta|tiedotus|posti|sahkoposti|hallinto|palaute|myynti"
    r"|registrator|registratur|kansli|kundtjanst|kundservice|informationen|forsaljning|office|admin|administration"
    r"|contact|hello|mail|sales|support|service|team|newsletter|press|webmaster|postmaster|no-?reply)@",
    re.IGNORECASE,
)
"""What stands before the @ where several people read, or nobody: registries, offices, machines."""


def is_role_address(address: str) -> bool:
    """Tell whether an address is a role's and not a person's: a consent of one of its readers is none of the others."""
    return _ROLE.match(address) is not None


def most_alike(address: str, known: Iterable[str]) -> tuple[str, ...]:
    """Give up to three of the known addresses that a misspelt one may stand for, the nearest first."""
    written = {normal_address(one): one for one in known}
    return tuple(written[form] for form in difflib.get_close_matches(normal_address(address), written, cutoff=_ALIKE))


def _refusal(address: str) -> str | None:
    """Give the first reason why a text cannot be one address, or None when it may be."""
    local_part, at, domain = address.rpartition("@")
    checks = (
        (not address, "it is empty"),
        (len(address) > _TOTAL_LENGTH_MAX, f"it is longer than {_TOTAL_LENGTH_MAX} characters"),
        (
            any(unicodedata.category(character)[0] in "CZ" for character in address),
            "there is a space, a line break or an invisible character in it",
        ),
        (not at, "it has no @"),
        ("@" in local_part or any(sign in address for sign in ",;<>"), "it must be one bare address"),
        # SMTPUTF8 (RFC 6531) must be offered by every server on the way; until a mailer can say so, this is refused.
        (not local_part.isascii(), "letters beyond a-z before the @ are not supported yet"),
        (len(local_part) > _LOCAL_LENGTH_MAX, f"it has more than {_LOCAL_LENGTH_MAX} characters before the @"),
        (any(map(_is_replaced_by_nfc, domain)), "its domain has characters that only look like others"),
    )
    return next((reason for is_so, reason in checks if is_so), None)


def _is_replaced_by_nfc(character: str) -> bool:
    """Tell whether NFC alone turns a character into another one, as it does the Kelvin sign into K."""
    return unicodedata.normalize("NFC", character) != character


def _means_what_it_says(address: str, valid: ValidatedEmail) -> bool:
    """Tell whether the domain reads the same before and after IDNA's mapping, which drops and replaces characters."""
    asked = address.rpartition("@")[2].lower()
    return asked in {valid.domain, valid.ascii_domain}


def _error(reason: str) -> UsageError:
    """Say that an address cannot be used, without repeating it."""
    return UsageError(f"This is no usable e-mail address: {reason}.", hint="Write one address like name@example.com.")


def masked(address: str) -> str:
    """Give as much of an address as its holder knows it by and nobody else can use: `a…@e….fi`."""
    local, _, domain = address.rpartition("@")
    name, _, ending = domain.rpartition(".")
    return f"{local[:1]}…@{name[:1]}….{ending}"
