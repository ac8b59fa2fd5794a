import re
from dataclasses import replace

import pytest

from newsletter.domain.issue import Message, Slot
from newsletter.domain.mailing import Recipient
from newsletter.domain.picture import Picture
from newsletter.errors import ContentError, UsageError
from newsletter.message.mime import prepare
from newsletter.message.verify import faults_of, verify
from tests.message.test_mime import MESSAGE, RECIPIENT, SENDER, SENT_AT

LIST_ID = "<seutu.seutu.example>"
PICTURE = Picture(name="a.png", media_type="image/png", content=bytes(range(256)), width_pixels=1, height_pixels=1)


def mail(message: Message = MESSAGE, recipient: Recipient = RECIPIENT) -> bytes:
    """Make the mail that is right."""
    return prepare(message, sender=SENDER, list_id=LIST_ID, sent_at=SENT_AT).fill(recipient)


def faults(wire: bytes, message: Message = MESSAGE, recipient: Recipient = RECIPIENT) -> set[str]:
    """Give what is found in the bytes of a mail, without which parser found it."""
    found = faults_of(wire, message, sender=SENDER, list_id=LIST_ID, recipient=recipient)
    return {re.sub(r"The (?:modern|old) parser", "A parser", str(fault)) for fault in found}


@pytest.mark.parametrize(
    ("message", "recipient"),
    [
        (MESSAGE, RECIPIENT),
        (replace(MESSAGE, pictures=(PICTURE,)), RECIPIENT),
        (replace(MESSAGE, subject="Lyhyt"), replace(RECIPIENT, name="")),
        (
            replace(MESSAGE, subject=f"{'Ä' * 60}, =?utf-8?q?x?= "),
            replace(RECIPIENT, name='Ääkkönen, "Ö" <x@y.example>'),
        ),
        (MESSAGE, replace(RECIPIENT, unsubscribe=("mailto:peruuta@seutu.example?subject=" + "t" * 200,))),
        (MESSAGE, replace(RECIPIENT, address=f"{'x' * 60}@{'y' * 60}.example")),
    ],
)
def test_what_we_write_is_read_as_it_was_written(message: Message, recipient: Recipient) -> None:
    """Long and odd subjects, names and addresses, and pictures, are the same for both parsers."""
    verify(message, sender=SENDER, list_id=LIST_ID, sent_at=SENT_AT, recipient=recipient)

    assert faults(mail(message, recipient), message, recipient) == set()


READ = "A parser reads something else than was written."


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"\r\nTo: ", b"\r\nTo: toinen@example.com,\r\n ", {f"To: {READ}"}),
        (b"Message-ID:", b"To: toinen@example.com\r\nMessage-ID:", {f"To: {READ}", f"once: {READ}"}),
        (b"Subject: ", b"Subject: Toinen\r\nX: ", {f"Subject: {READ}"}),
        (b"Reply-To: toimisto", b"Reply-To: muu", {f"Reply-To: {READ}"}),
        (b"uutiset@", b"muu@", {f"From: {READ}"}),
        (b"List-Id: <seutu", b"List-Id: <muu", {f"List-Id: {READ}"}),
        (b"<https://news.example.org/u/", b"=?utf-8?q?x?= <https://news.example.org/u/", {f"List-Unsubscribe: {READ}"}),
        (b"List-Unsubscribe-Post", b"X-Post", {f"List-Unsubscribe-Post: {READ}"}),
        (b"Peru:", b"Pois:", {f"text/plain: {READ}"}),
        (b">Peru<", b">Pois<", {f"text/html: {READ}"}),
        (b"\r\n\r\n", b"\n\r\n", {"A line does not end in CRLF."}),
        (b"Precedence: bulk", b"Precedence: " + b"x" * 999, {"A line is longer than 998 characters."}),
        (b"Precedence: bulk", b"Precedence: SLOT7f3aname", {"A slot was left unfilled."}),
    ],
)
def test_each_difference_is_named(old: bytes, new: bytes, expected: set[str]) -> None:
    """A mail that was changed on one place is told by that place."""
    wire = mail()
    assert old in wire

    assert faults(wire.replace(old, new, 1)) == expected


def test_a_picture_that_changed_is_named() -> None:
    """A byte more in a picture is another picture."""
    message = replace(MESSAGE, pictures=(PICTURE,))
    wire = mail(message).replace(b"\r\nAAECAwQF", b"\r\nAAECAwQG", 1)

    assert faults(wire, message) == {f"<{PICTURE.content_id}>: {READ}"}


def test_a_mail_that_is_cut_off_is_damaged() -> None:
    """The end of the parts is missing."""
    assert "A parser finds the mail damaged." in faults(mail()[:-40])


def test_nothing_is_approved_that_cannot_be_read() -> None:
    """All differences come in one error, which names the edition; a missing value is the caller's fault."""
    odd = replace(MESSAGE, slots={Slot.NAME: "SLOT7f3aname", Slot.UNSUBSCRIBE: "rivi"})

    with pytest.raises(ContentError) as caught:
        verify(
            replace(odd, html=odd.html + "rivi", headers=(("Subject", "Toinen"),)),
            sender=SENDER,
            list_id=LIST_ID,
            sent_at=SENT_AT,
            recipient=RECIPIENT,
        )
    assert caught.value.message == "The mail of the edition advisers.fi would not be read as it was written."
    assert [str(fault) for fault in caught.value.faults] == [
        "once: The modern parser reads something else than was written.",
        "once: The old parser reads something else than was written.",
    ]
    with pytest.raises(UsageError):
        verify(MESSAGE, sender=SENDER, list_id=LIST_ID, sent_at=SENT_AT, recipient=replace(RECIPIENT, values={}))
