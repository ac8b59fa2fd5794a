import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.audience import addresses
from newsletter.audience.addresses import parse_address
from newsletter.errors import UsageError

KELVIN = "\u212a"
LONG_S = "\u017f"
SOFT_HYPHEN = "\u00ad"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("aino@example.com", "aino@example.com"),
        ("Aino.Salmela@Example.COM", "Aino.Salmela@example.com"),
        (" \u00a0aino@example.com\u200b\t", "aino@example.com"),
        ("\ufeffaino@example.com", "aino@example.com"),
        ("aino@mäntylä.example", "aino@xn--mntyl-grae.example"),
        ("aino@MÄNTYLÄ.example", "aino@xn--mntyl-grae.example"),
        ("aino@ma\u0308ntyla\u0308.example", "aino@xn--mntyl-grae.example"),
        ("aino@XN--MNTYL-GRAE.example", "aino@xn--mntyl-grae.example"),
        ("aino@straße.example", "aino@xn--strae-oqa.example"),
        ("aino+seutu@example.com", "aino+seutu@example.com"),
        ("-aino@example.com", "-aino@example.com"),
        ("=1+1@example.com", "=1+1@example.com"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
    ],
)
def test_an_address_has_one_stored_form(written: str, expected: str) -> None:
    """Space around it is dropped and the domain becomes ASCII in lower case; the local part stays as written."""
    assert parse_address(written) == expected


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "it is empty"),
        (" \u200b ", "it is empty"),
        ("aino.example.com", "it has no @"),
        ("aino\uff20example.com", "it has no @"),
        ("aino\uff20evil.example@example.com", "letters beyond a-z before the @ are not supported yet"),
        ("äino@example.com", "letters beyond a-z before the @ are not supported yet"),
        (f"{KELVIN}alle@example.com", "letters beyond a-z before the @ are not supported yet"),
        ("\u0131lmari@example.com", "letters beyond a-z before the @ are not supported yet"),
        (f"{LONG_S}eppo@example.com", "letters beyond a-z before the @ are not supported yet"),
        (f"aino@{KELVIN}emi.example", "its domain has characters that only look like others"),
        (f"aino@{LONG_S}alo.example", "its domain has characters that only look like others"),
        ("aino@of\ufb01ce.example", "its domain has characters that only look like others"),
        ("aino@\uff45xample.com", "its domain has characters that only look like others"),
        ("aino@example\u3002com", "its domain has characters that only look like others"),
        ("aino@example\uff0ecom", "its domain has characters that only look like others"),
        ("aino@ex\ufe0fample.com", "its domain has characters that only look like others"),
        (f"aino@exam{SOFT_HYPHEN}ple.com", "there is a space, a line break or an invisible character in it"),
        ("aino@\u202eexample.com", "there is a space, a line break or an invisible character in it"),
        ("aino@exam\u200bple.com", "there is a space, a line break or an invisible character in it"),
        ("aino @example.com", "there is a space, a line break or an invisible character in it"),
        ("aino@example.com\r\nBcc: eero@example.com", "there is a space, a line break or an invisible character in it"),
        ("aino@example.com\n", "there is a space, a line break or an invisible character in it"),
        ("aino\0@example.com", "there is a space, a line break or an invisible character in it"),
        ("aino\u2028@example.com", "there is a space, a line break or an invisible character in it"),
        ("aino@example.com,eero@example.com", "it must be one bare address"),
        ("aino@example.com;eero@example.com", "it must be one bare address"),
        ("<aino@example.com>", "it must be one bare address"),
        ("@example.org,@example.net:aino@example.com", "it must be one bare address"),
        ('"aino@evil.example"@example.com', "it must be one bare address"),
        ("=?utf-8?q?aino?=@evil.example@example.com", "it must be one bare address"),
        ('"aino"@example.com', "it is not written as mail servers require"),
        ("aino..salmela@example.com", "it is not written as mail servers require"),
        ("aino@localhost", "it is not written as mail servers require"),
        ("aino@[127.0.0.1]", "it is not written as mail servers require"),
        ("aino@-example.com", "it is not written as mail servers require"),
        ("aino@example.com.", "it is not written as mail servers require"),
        ("@example.com", "it is not written as mail servers require"),
        ("a" * 65 + "@example.com", "it has more than 64 characters before the @"),
        ("aino@" + "a." * 124 + "com", "it is longer than 254 characters"),
        ("aino@" + "ä." * 60 + "com", "it is not written as mail servers require"),
    ],
)
def test_what_is_not_exactly_one_address_is_refused_with_its_reason(written: str, reason: str) -> None:
    """Look-alikes, several addresses, control characters and over-long ones never become somebody's address."""
    with pytest.raises(UsageError) as caught:
        parse_address(written)

    assert caught.value.message == f"This is no usable e-mail address: {reason}."


def test_the_longest_address_is_taken() -> None:
    """254 characters are an address, 255 are none: RFC 5321 with the angle brackets."""
    longest = "aino@" + ".".join(["a" * 60, "b" * 60, "c" * 60, "d" * 60]) + ".examp"
    assert (len(longest), parse_address(longest)) == (254, longest)

    with pytest.raises(UsageError):
        parse_address(longest + "l")


@pytest.mark.parametrize(
    "written",
    [
        "a" * 100_000 + "@example.com",
        "aino@" + "ä" * 100_000 + ".com",
        " " * 100_000 + "aino@example.com",
        "aino@" + "\u0308" * 240,
        "aino@" + "ä." * 120 + "com",
    ],
)
def test_a_monstrous_address_is_refused_at_once(written: str) -> None:
    """100,000 characters, or a domain that is slow to encode, cost less than 50 ms of processor time."""
    started = time.process_time()
    with pytest.raises(UsageError):
        parse_address(written)

    assert time.process_time() - started < 0.05


def test_text_behind_the_part_that_is_looked_at_is_not_ignored() -> None:
    """An address followed by a page of spaces and a second address is refused, not cut off."""
    with pytest.raises(UsageError):
        parse_address("aino@example.com" + " " * 2_000 + "eero@example.com")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=30))
def test_the_stored_form_stays_what_it_is(written: str) -> None:
    """Parsing what parsing gave changes nothing, and it is ASCII with one @; nothing but a UsageError is raised."""
    with suppress(UsageError):
        stored = parse_address(written + "@example.com")
        assert (parse_address(stored), stored.isascii(), stored.count("@")) == (stored, True, 1)


@given(st.from_regex(addresses._PLAIN, fullmatch=True))
def test_a_plain_address_is_what_every_check_lets_through(text: str) -> None:
    """The short way and the long way give the same form, or the short way is not taken."""
    assert parse_address(text) == addresses._parse_unusual(text) == text


@pytest.mark.parametrize(
    ("address", "expected"), [("Kirjaamo@salo.example", True), ("kirjaamo.salo@salo.example", False)]
)
def test_the_address_of_a_role_is_known(address: str, expected: bool) -> None:  # noqa: FBT001
    """A registry or an office is no person, whatever its letters' case."""
    assert addresses.is_role_address(address) is expected
