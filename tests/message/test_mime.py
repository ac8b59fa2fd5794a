import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.message import Message as ParsedMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.content import Language, SegmentId
from newsletter.domain.delivery import DeliveryKey
from newsletter.domain.issue import EditionKey, Message, Slot
from newsletter.domain.mailing import Recipient
from newsletter.domain.picture import Picture
from newsletter.domain.publication import Sender
from newsletter.errors import ContentError, UsageError
from newsletter.message.mime import PreparedMail, prepare
from newsletter.message.slots import fill_text

NAME = "SLOT7f3aname"
WAY_OUT = "https://slot.invalid/7f3a/unsubscribe"
MESSAGE = Message(
    edition=EditionKey(segments=(SegmentId("advisers"),), language=Language("fi")),
    subject="Äänekosken seudun uutiset",
    preheader="Kaksi juttua",
    mjml="",
    html=f'<p title="=">Hei{NAME},</p>\n<p>{"Pitkä rivi. " * 40}</p>\n<a href="{WAY_OUT}">Peru</a>\n',
    text=f"Hei{NAME},\n\n.piste\nFrom täällä  \n\nPeru: {WAY_OUT}\n",
    headers=(("Precedence", "bulk"),),
    slots={Slot.NAME: NAME, Slot.UNSUBSCRIBE: WAY_OUT},
)
SENDER = Sender(
    name="Seutu, toimisto",
    address="uutiset@seutu.example",
    reply_to="toimisto@seutu.example",
    organisation="Seutu",
    postal_address="Katu 1, 40100 Jyväskylä",
)
RECIPIENT = Recipient(
    delivery_key=DeliveryKey("0" * 32),
    address="aino@example.com",
    name="Virtanen, Aino",
    values={Slot.NAME: " Aino", Slot.UNSUBSCRIBE: "https://news.example.org/u?t=abc&x=1"},
    unsubscribe=("https://news.example.org/u/" + "t" * 80, "mailto:peruuta@seutu.example?subject=t"),
    message_id="abc.1@seutu.example",
)
SENT_AT = datetime(2017, 11, 24, 7, 0, tzinfo=UTC)


def prepared(message: Message = MESSAGE, *, sender: Sender = SENDER, is_rehearsal: bool = False) -> PreparedMail:
    """Prepare a message as a mailer does."""
    return prepare(message, sender=sender, list_id="<seutu.seutu.example>", sent_at=SENT_AT, is_rehearsal=is_rehearsal)


def bodies(parsed: EmailMessage) -> dict[str, str]:
    """Give each alternative's text by its media type, in order."""
    parts = [part for part in parsed.iter_parts() if isinstance(part, EmailMessage)]
    return {part.get_content_type(): part.get_content().replace("\r\n", "\n") for part in parts}


def decoded_bodies(parsed: ParsedMessage) -> dict[str, str]:
    """Do the same with Python's old parser."""
    parts = parsed.get_payload()
    assert isinstance(parts, list)
    read = {}
    for part in parts:
        assert isinstance(part, ParsedMessage)
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        read[part.get_content_type()] = payload.decode().replace("\r\n", "\n")
    return read


def test_headers_are_what_a_reader_sees() -> None:
    """From, Reply-To, To, Subject, Date, Message-ID and the List headers stand once each, unencoded where they must."""
    parsed = email.message_from_bytes(prepared().fill(RECIPIENT), policy=email.policy.default)

    assert {name: str(value) for name, value in parsed.items()} == {
        "Date": "Fri, 24 Nov 2017 07:00:00 +0000",
        "From": '"Seutu, toimisto" <uutiset@seutu.example>',
        "Reply-To": "toimisto@seutu.example",
        "Subject": "Äänekosken seudun uutiset",
        "List-Id": "<seutu.seutu.example>",
        "Precedence": "bulk",
        "To": '"Virtanen, Aino" <aino@example.com>',
        "Message-ID": "<abc.1@seutu.example>",
        "List-Unsubscribe": f"<https://news.example.org/u/{'t' * 80}>, <mailto:peruuta@seutu.example?subject=t>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/alternative; boundary="=_{MESSAGE.sha256[:32]}"',
    }
    assert len(parsed.items()) == len(set(parsed.keys()))


def test_two_parsers_read_the_same_bodies() -> None:
    """Text comes first, then HTML, both filled, for Python's modern and old parser alike."""
    wire = prepared().fill(RECIPIENT)
    expected = {
        "text/plain": fill_text(MESSAGE.text, MESSAGE.slots, RECIPIENT.values, is_html=False),
        "text/html": fill_text(MESSAGE.html, MESSAGE.slots, RECIPIENT.values, is_html=True),
    }

    assert bodies(email.message_from_bytes(wire, policy=email.policy.default)) == expected
    assert decoded_bodies(email.message_from_bytes(wire, policy=email.policy.compat32)) == expected


def test_lines_on_the_wire_are_short_and_end_in_crlf() -> None:
    """Every line ends in CRLF, and none but an unbreakable address passes 78 characters."""
    wire = prepared().fill(replace(RECIPIENT, unsubscribe=("mailto:peruuta@seutu.example",)))

    assert re.search(rb"(?<!\r)\n|\r(?!\n)", wire) is None
    assert max(len(line) for line in wire.split(b"\r\n")) <= 78
    assert wire.endswith(b"--\r\n")


def test_same_arguments_give_the_same_bytes() -> None:
    """No clock, no chance: a mail made again is the same mail."""
    assert prepared().fill(RECIPIENT) == prepared().fill(RECIPIENT)


def test_rehearsal_is_marked() -> None:
    """A mail of a rehearsal says so, a real one does not."""
    marked = email.message_from_bytes(prepared(is_rehearsal=True).fill(RECIPIENT))
    real = email.message_from_bytes(prepared().fill(RECIPIENT))

    assert (marked["X-Newsletter-Rehearsal"], real["X-Newsletter-Rehearsal"]) == ("yes", None)


def test_sender_without_reply_address_has_no_reply_to() -> None:
    """Replies go to From when nothing else is said."""
    parsed = email.message_from_bytes(prepared(sender=replace(SENDER, reply_to=None)).fill(RECIPIENT))

    assert parsed["Reply-To"] is None


def test_message_that_cannot_be_written_is_refused() -> None:
    """A subject of two lines stops the edition, a bad address only its reader."""
    with pytest.raises(ContentError):
        prepared(replace(MESSAGE, subject="Uutiset\nBcc: x"))
    with pytest.raises(ContentError):
        prepared().fill(replace(RECIPIENT, address="aino@example.com\r\nBcc: x@example.com"))


def test_recipient_without_a_value_is_refused() -> None:
    """Nobody gets a mail with a token in it."""
    with pytest.raises(UsageError):
        prepared().fill(replace(RECIPIENT, values={Slot.NAME: ""}))


@pytest.mark.parametrize("before", ["x" * 74, "x" * 75, "x" * 76, "x" * 73 + "ä", "x" * 72 + "ä", "x" * 70 + "ä"])
def test_full_line_before_a_slot_is_broken_within_its_length(before: str) -> None:
    """A slot after a line that is just full starts a new line, and no encoded letter is cut in two."""
    wire = prepared(replace(MESSAGE, text=before + NAME)).fill(RECIPIENT)

    assert decoded_bodies(email.message_from_bytes(wire))["text/plain"] == f"{before} Aino"
    assert max(len(line) for line in wire.partition(b"quoted-printable")[2].split(b"\r\n")) <= 76


LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]) | st.just("="), max_size=90)


@given(st.lists(LINES, max_size=5), LINES, st.lists(LINES, max_size=5))
def test_any_text_around_any_value_is_read_back(before: list[str], name: str, after: list[str]) -> None:
    """Whatever stands on the lines around a slot, and in it, is what both parsers read."""
    text = "\n".join(before) + NAME + "\n".join(after) + "."
    values: Mapping[Slot, str] = {**RECIPIENT.values, Slot.NAME: name}
    message = replace(MESSAGE, text=text)

    recipient = replace(RECIPIENT, values=values, unsubscribe=("mailto:peruuta@seutu.example",))
    wire = prepared(message).fill(recipient)

    expected = "\n".join(before) + name + "\n".join(after) + "."
    assert decoded_bodies(email.message_from_bytes(wire))["text/plain"] == expected
    assert bodies(email.message_from_bytes(wire, policy=email.policy.default))["text/plain"] == expected
    assert max(len(line) for line in wire.split(b"\r\n")) <= 78


def test_pictures_stand_beside_the_html_that_shows_them() -> None:
    """Both parsers find text, then HTML with its pictures by their names, whole; the boundaries keep them apart."""
    pictures = (
        Picture(name="a.png", media_type="image/png", content=bytes(range(256)) * 3, width_pixels=4, height_pixels=3),
        Picture(name="b.jpg", media_type="image/jpeg", content=b"\xff\xd8", width_pixels=1, height_pixels=1),
    )
    message = replace(MESSAGE, pictures=pictures)
    wire = prepared(message).fill(RECIPIENT)

    for policy in (email.policy.default, email.policy.compat32):
        parsed = email.message_from_bytes(wire, policy=policy)
        assert [part.get_content_type() for part in parsed.walk()] == [
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png",
            "image/jpeg",
        ]
        parts = [part for part in parsed.walk() if part.get_content_maintype() == "image"]
        assert [(part["Content-ID"], part.get_filename(), part.get_payload(decode=True)) for part in parts] == [
            (f"<{picture.content_id}>", picture.name, picture.content) for picture in pictures
        ]
        assert [part["Content-Disposition"].split(";")[0] for part in parts] == ["inline", "inline"]
        assert not any(part.defects for part in parsed.walk())
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", wire) is None
    assert max(len(line) for line in wire.split(b"\r\n")) <= 130
    outer, inner = re.findall(rb'boundary="([^"]+)"', wire)
    assert not outer.startswith(inner)
    assert not inner.startswith(outer)
