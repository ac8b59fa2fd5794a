from dataclasses import replace

from newsletter.domain.content import Language, SegmentId
from newsletter.domain.issue import (
    EditionKey,
    Finding,
    Message,
    Severity,
    Slot,
    Waiver,
    approval_hash,
    parse_edition_key,
)
from newsletter.domain.picture import Picture
from newsletter.domain.publication import Sender

PICTURE = Picture(name="a.png", media_type="image/png", content=b"x", width_pixels=1, height_pixels=1)

KEY = EditionKey(segments=(SegmentId("advisers"), SegmentId("managers")), language=Language("fi"))
MESSAGE = Message(
    edition=KEY,
    subject="Aihe",
    preheader="Esiteksti",
    mjml="<mjml/>",
    html="<p>Hei@@x:name@@</p>",
    text="Hei@@x:name@@",
    headers=(("List-Id", "x"),),
    slots={Slot.NAME: "@@x:name@@"},
)


SENDER = Sender(name="Kylä", address="uutiset@kyla.example", organisation="Kylä ry", postal_address="Kylätie 1")


def test_an_edition_key_is_read_as_it_is_written() -> None:
    """The name of an edition in files and on the command line is its key, and nothing is lost on the way."""
    assert str(KEY) == "advisers+managers.fi"
    assert parse_edition_key("advisers+managers.fi") == KEY


def test_the_digest_of_a_message_follows_everything_a_reader_sees() -> None:
    """Any change of subject, text, header or slot gives another digest; the MJML source alone does not."""
    changed = [
        replace(MESSAGE, subject="Aihe 2"),
        replace(MESSAGE, preheader="x"),
        replace(MESSAGE, html="<p></p>"),
        replace(MESSAGE, text=""),
        replace(MESSAGE, headers=()),
        replace(MESSAGE, slots={}),
        replace(MESSAGE, edition=replace(KEY, language=Language("sv"))),
        *(
            replace(MESSAGE, pictures=(picture,))
            for picture in (
                PICTURE,
                replace(PICTURE, content=b"y"),
                replace(PICTURE, name="b.png"),
                replace(PICTURE, media_type="image/jpeg"),
            )
        ),
    ]

    assert len({message.sha256 for message in [MESSAGE, *changed]}) == len(changed) + 1
    assert replace(MESSAGE, mjml="").sha256 == MESSAGE.sha256


def test_approval_freezes_messages_rule_waivers_and_sender() -> None:
    """The hash changes with each of the four, and not with the order of the waivers or their lines."""
    one, two = Waiver(code="a", reason="x", line=3), Waiver(code="b", reason="y")
    frozen = approval_hash((MESSAGE,), "rule", (one, two), SENDER)

    assert frozen == approval_hash((MESSAGE,), "rule", (two, replace(one, line=9)), SENDER)
    others = [
        approval_hash((), "rule", (one, two), SENDER),
        approval_hash((MESSAGE,), "other", (one, two), SENDER),
        approval_hash((MESSAGE,), "rule", (one,), SENDER),
        approval_hash((MESSAGE,), "rule", (replace(one, reason="z"), two), SENDER),
        approval_hash((MESSAGE,), "rule", (one, two), replace(SENDER, reply_to="toimitus@kyla.example")),
    ]
    assert len({frozen, *others}) == 6


def test_only_an_error_that_nobody_waived_stands_in_the_way() -> None:
    """Warnings and waived errors let an issue be approved."""
    error = Finding(code="x", severity=Severity.ERROR)

    found = [error, replace(error, waived="known"), replace(error, severity=Severity.WARNING)]

    assert [finding.stands_in_the_way for finding in found] == [True, False, False]
