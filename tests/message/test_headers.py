import email
import email.policy
from email.headerregistry import Address
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.content import Language
from newsletter.domain.publication import Links, Publication, Sender
from newsletter.errors import ContentError
from newsletter.message.headers import address_header, list_id, list_unsubscribe, plain_header, text_header

LONG_URL = "https://news.example.org/u/" + "a1B2c3D4" * 20

LONG_FINNISH = "Seudun elinvoimaverkoston marraskuun uutiset: hankintoja, hiilineutraaliutta ja yritysrahoitusta"


def one_header(line: bytes) -> tuple[str, str]:
    """Read one header as Python's modern parser does."""
    message = email.message_from_bytes(line + b"\r\n", policy=email.policy.default)
    [(name, value)] = message.items()
    return name, str(value)


def line_lengths(header: bytes) -> list[int]:
    """Give the length of each physical line, line ends not counted."""
    return [len(line) for line in header.removesuffix(b"\r\n").split(b"\r\n")]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Marraskuun uutiset", b"Subject: Marraskuun uutiset\r\n"),
        ("Äly ja kasvu", b"Subject: =?utf-8?b?w4RseSBqYSBrYXN2dQ==?=\r\n"),
        ("=?utf-8?q?vitsi?=", b"Subject: =?utf-8?b?PT91dGYtOD9xP3ZpdHNpPz0=?=\r\n"),
        (
            "Uutiset hankinnoista ja yritysrahoituksesta ja tapahtumista koko seudulla joulun alla",
            b"Subject: Uutiset hankinnoista ja yritysrahoituksesta ja tapahtumista koko\r\n seudulla joulun alla\r\n",
        ),
    ],
)
def test_subject_is_plain_when_it_can_be(text: str, written: bytes) -> None:
    """ASCII stays readable on the wire; other letters, and what looks encoded, is encoded."""
    assert text_header("Subject", text) == written


@pytest.mark.parametrize("text", [LONG_FINNISH, "ä" * 300, "x" * 300, "🎉" * 60, "a  b" + " c" * 60])
def test_long_subject_is_folded_and_read_whole(text: str) -> None:
    """A long subject fits the lines of a mail and comes out as it went in."""
    written = text_header("Subject", text)

    assert one_header(written) == ("Subject", text)
    assert max(line_lengths(written)) <= 78


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=120))
def test_any_subject_is_read_whole(text: str) -> None:
    """Whatever the editor writes on one line is what the reader sees, but for spaces around it."""
    text = text.strip(" ")
    if text:
        written = text_header("Subject", text)

        assert one_header(written) == ("Subject", text)
        assert max(line_lengths(written)) <= 78


@pytest.mark.parametrize("text", ["a\r\nBcc: b", "a\nb", "a\x00b", "a\u2028b", ""])
def test_subject_of_several_lines_is_refused(text: str) -> None:
    """A subject cannot start another header, and there is one."""
    if text:
        with pytest.raises(ContentError, match="Subject holds a line break"):
            text_header("Subject", text)
    else:
        assert text_header("Subject", text) == b"Subject:\r\n"


@pytest.mark.parametrize(
    "display",
    [
        "",
        "Aino",
        "Aino Virtanen",
        "Virtanen, Aino",
        'Aino "Ake" \\ Oy',
        "Åke Öst, kaupunginjohtaja",
        "a@b.example",
        "=?x?=",
    ],
)
def test_name_is_read_whole_and_makes_one_address(display: str) -> None:
    """Commas, quotes, backslashes and other letters in a name neither add an address nor get lost."""
    written = address_header("To", display, "aino@example.com")

    parsed = email.message_from_bytes(written + b"\r\n", policy=email.policy.default)["To"]
    assert parsed.addresses == (Address(display_name=display, addr_spec="aino@example.com"),)


def test_name_is_shortened_and_put_on_one_line() -> None:
    """A name of many letters or lines is cut to sixty and never breaks the header."""
    written = address_header("To", "Aino\r\nBcc: x@example.com " + "x" * 80, "aino@example.com")

    assert written == (b'To: "Aino Bcc: x@example.com ' + b"x" * 36 + b'"\r\n <aino@example.com>\r\n')


@pytest.mark.parametrize(
    "address", ["äiti@example.com", "a b@example.com", "a@b\r\nBcc: c", "<a@b>", "a,b@c", "a", "@"]
)
def test_address_that_would_break_the_header_is_refused(address: str) -> None:
    """No address can bring a second one along, and the message does not repeat it."""
    with pytest.raises(ContentError) as caught:
        address_header("To", "Aino", address)
    assert address not in str(caught.value) or len(address) == 1


def test_long_unsubscribe_address_is_never_encoded() -> None:
    """List-Unsubscribe keeps an address of more than 75 characters as it is, and one-click stands beside it."""
    written = list_unsubscribe([LONG_URL, "mailto:peruuta@example.org?subject=abc"])

    assert (
        written
        == (
            f"List-Unsubscribe: <{LONG_URL}>,\r\n <mailto:peruuta@example.org?subject=abc>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        ).encode()
    )


def test_one_click_is_promised_only_with_an_https_address() -> None:
    """A mailto alone cannot be posted to, so List-Unsubscribe-Post is left out."""
    assert list_unsubscribe(["mailto:peruuta@example.org"]) == b"List-Unsubscribe: <mailto:peruuta@example.org>\r\n"


@pytest.mark.parametrize("address", ["https://example.org/a b", "https://example.org/>", "https://example.org/ä"])
def test_unsubscribe_address_must_be_percent_encoded(address: str) -> None:
    """An address with a space, a bracket or another letter is refused, not repaired by guessing."""
    with pytest.raises(ContentError):
        list_unsubscribe([address])


def test_line_that_no_server_takes_is_refused() -> None:
    """A header line of more than 998 characters cannot be sent."""
    with pytest.raises(ContentError, match="List-Id cannot stand"):
        plain_header("List-Id", "x" * 1000)


def test_list_id_is_made_of_id_and_domain() -> None:
    """List-Id stays the same whatever the publication is called."""
    publication = Publication(
        id="seutu",
        names={Language("fi"): "Uutiset"},
        languages=(Language("fi"),),
        zone=ZoneInfo("Europe/Helsinki"),
        sender=Sender(name="S", address="uutiset@seutu.example", organisation="S", postal_address="S"),
        links=Links(site="https://seutu.example", unsubscribe_address="peruuta@seutu.example"),
        sections=(),
    )

    assert list_id(publication) == "<seutu.seutu.example>"
