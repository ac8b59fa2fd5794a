"""Sign and read the tokens in the links of a mail: who may do what, proved without a session or a password.

Its door is `make_token` and `read_token`; `unsubscribe_token` and `read_unsubscribe_token` are the same for the one
purpose that every mail needs. A token names its purpose, its key and its subject, and carries an HMAC-SHA-256 over the
three, so that one made for leaving opens nothing else. It has no date: an old mail must still let its reader leave. It
knows no store: whoever reads one looks its subject up.

    u.Q3kZ.<subject, 43 characters>.<signature, 22 characters>       73 characters for an unsubscribe token
"""

import base64
import binascii
import functools
import hashlib
import hmac
import re
from collections.abc import Sequence
from enum import StrEnum

from newsletter.domain.audience import AddressHash
from newsletter.domain.keys import key_digest
from newsletter.errors import UsageError

_SUBJECT = re.compile(r"[A-Za-z0-9_-]{1,100}")
_TOKEN_LENGTH_MAX = 200
_KEY_ID_LENGTH = 4
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_SIGNATURE_BYTES = 16
"""Half an HMAC-SHA-256: 128 bits cannot be guessed (RFC 2104, section 5), and the link stays short."""


class TokenPurpose(StrEnum):
    """What the holder of a token may do; the value stands in the token."""

    UNSUBSCRIBE = "u"
    PREFERENCES = "p"
    CONFIRM = "c"
    """That the request to join is the address's own."""
    PROOF = "n"
    """That pages which answer at an address are this publication's."""


def make_token(purpose: TokenPurpose, subject: str, key: bytes) -> str:
    """Sign a subject for one purpose; the token is safe in a URL, a header and a mailto address as it is.

    Args:
        purpose: What its holder may do.
        subject: Whom or what it is about: 1 to 100 ASCII letters, digits, `_` and `-`.
        key: The publication's key.
    """
    assert _SUBJECT.fullmatch(subject), "a token's subject is opaque: letters, digits, _ and -"
    return _signed(purpose, subject, key)


def read_token(token: str, purpose: TokenPurpose, keys: Sequence[bytes]) -> str:
    """Give the subject of a token that was made for this purpose with one of the keys.

    Surrounding space and a line break inside (a mail program may have folded it) do no harm.

    Args:
        token: As it arrived.
        purpose: What its holder asks for.
        keys: The key in use and older ones that still count; a removed key's tokens are refused.

    Raises:
        UsageError: It is changed, cut, made for something else, or signed with another key; the message is the same
            for all of these, and says nothing of the token.
    """
    token = "".join(token[: _TOKEN_LENGTH_MAX * 2].split())
    parts = token.split(".")
    if len(token) > _TOKEN_LENGTH_MAX or len(parts) != _PARTS or not token.isascii():
        raise _error()
    said_purpose, key_id, subject, signature = parts
    for key in keys:
        expected = _signature(purpose, subject, key)
        is_right = hmac.compare_digest(expected, signature)
        is_named = hmac.compare_digest(f"{purpose}.{_key_id(key)}", f"{said_purpose}.{key_id}")
        if is_right and is_named and _SUBJECT.fullmatch(subject):
            return subject
    raise _error()


def unsubscribe_token(address_hash: AddressHash, key: bytes) -> str:
    """Sign the token with which a person leaves; it works for ever, also when the person's record is gone."""
    # The digits of a hash cannot be anything else than opaque, so nobody looks at a million of them.
    return _signed(TokenPurpose.UNSUBSCRIBE, _text(bytes.fromhex(address_hash)), key)


def read_unsubscribe_token(token: str, keys: Sequence[bytes]) -> AddressHash:
    """Give the keyed hash of the address whose holder asks to leave.

    Raises:
        UsageError: As `read_token`.
    """
    subject = read_token(token, TokenPurpose.UNSUBSCRIBE, keys)
    return AddressHash(base64.urlsafe_b64decode(subject + "=" * (-len(subject) % 4)).hex())


_PARTS = 4


def _key_id(key: bytes) -> str:
    """Name a key without giving anything of it away."""
    return _text(key_digest(key))[:_KEY_ID_LENGTH]


@functools.lru_cache(maxsize=16)
def _opening(purpose: TokenPurpose, key: bytes) -> str:
    """Give how every token of a purpose and a key begins; made once, for a million readers share it."""
    return f"{purpose}.{_key_id(key)}."


@functools.lru_cache(maxsize=16)
def _begun(purpose: TokenPurpose, key: bytes) -> hmac.HMAC:
    """Give an HMAC that is begun, up to the subject; copying it costs two thirds of beginning it for each of a million.

    What stands before the subject keeps tokens apart from what else the key makes (address hashes).
    """
    return hmac.new(key, f"newsletter token\0{purpose}\0{_key_id(key)}\0".encode(), hashlib.sha256)


def _signed(purpose: TokenPurpose, subject: str, key: bytes) -> str:
    """Put a token together."""
    return f"{_opening(purpose, key)}{subject}.{_signature(purpose, subject, key)}"


def _signature(purpose: TokenPurpose, subject: str, key: bytes) -> str:
    """Give the signature of a subject."""
    signed = _begun(purpose, key).copy()
    signed.update(subject.encode())
    return _text(signed.digest()[:_SIGNATURE_BYTES])


def _text(octets: bytes) -> str:
    """Write octets in the URL-safe alphabet, without padding."""
    return binascii.b2a_base64(octets, newline=False).translate(_URL_SAFE, b"=").decode("ascii")


def _error() -> UsageError:
    """Refuse a token, saying nothing about why."""
    return UsageError(
        "This is not a valid token of this publication.",
        hint="Copy the whole token from the mail, or use the person's address instead.",
    )
