import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.issue import Slot
from newsletter.domain.picture import Picture
from newsletter.mailers.sendgrid.payload import Personalizer, shared_part, write_request
from newsletter.mailers.sendgrid.refusals import problems_of
from newsletter.message.slots import one_line
from tests.mailers.samples import MESSAGE, SENDER, UNSUBSCRIBE_TOKEN, a_batch, a_recipient

SECRET = "e27e82c027d8ab7a"
WAY_OUT = f"https://kirje.seutu.example/u/{'t' * 60}{1:032x}"


def test_the_shared_part_is_exactly_this() -> None:
    """Bodies carry tags of their own kind, all tracking is off by word, and no group or list of SendGrid takes part."""
    batch = a_batch(a_recipient(1), is_rehearsal=True)

    shared = shared_part(batch, is_sandbox=True)

    assert shared == {
        "from": {"email": "uutiskirje@seutu.example", "name": "Seudun uutiskirje"},
        "reply_to": {"email": "toimitus@seutu.example"},
        "subject": "Marraskuun hankinnat ja tapahtumat",
        "content": [
            {
                "type": "text/plain",
                "value": f"Hei-{SECRET}-name-text-, syksy on täällä.\n\nPeru tilaus:\n-{SECRET}-unsubscribe-text-\n",
            },
            {
                "type": "text/html",
                "value": (
                    f'<!doctype html><html lang="fi"><body><p>Hei-{SECRET}-name-html-, syksy on täällä.</p>'
                    f'<p><a href="-{SECRET}-unsubscribe-html-">Peru tilaus</a></p></body></html>\n'
                ),
            },
        ],
        "headers": {
            "Precedence": "bulk",
            "List-Id": "Seudun uutiskirje <seutu.seutu.example>",
            "X-Newsletter-Rehearsal": "yes",
        },
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
            "ganalytics": {"enable": False},
        },
        "mail_settings": {"sandbox_mode": {"enable": True}, "footer": {"enable": False}},
        "categories": ["issue 2017-11"],
    }


def test_pictures_are_attached_by_the_name_the_html_shows_them_by() -> None:
    """SendGrid makes a part of the mail of each, and shows it where the HTML says."""
    picture = Picture(name="a.png", media_type="image/png", content=b"\x89PNG", width_pixels=1, height_pixels=1)
    batch = a_batch()

    shared = shared_part(replace(batch, message=replace(batch.message, pictures=(picture,))), is_sandbox=False)

    assert shared["attachments"] == [
        {
            "content": "iVBORw==",
            "type": "image/png",
            "filename": "a.png",
            "disposition": "inline",
            "content_id": picture.content_id,
        }
    ]


def test_headers_that_sendgrid_writes_itself_stay_out() -> None:
    """A header that SendGrid refuses is left to SendGrid, and the request stays good; replies go to the sender."""
    message = replace(MESSAGE, headers=(("Content-Language", "fi"), ("Received", "x"), ("Auto-Submitted", "no")))
    batch = replace(a_batch(a_recipient(1), message=message), sender=replace(SENDER, reply_to=None))

    shared = shared_part(batch, is_sandbox=False)

    assert (shared["headers"], shared["reply_to"]) == (
        {"Auto-Submitted": "no", "List-Id": batch.list_id},
        {"email": "uutiskirje@seutu.example"},
    )


def test_a_personalization_is_exactly_this() -> None:
    """Each reader gets an own To, an own way out and values for HTML and text; SendGrid learns the opaque key only."""
    recipient = a_recipient(1, name='Aino "A", & <b>; kunta', greeting=" Aino & <b>\r\nX: y")

    personalization = json.loads(Personalizer(MESSAGE).write(recipient))

    assert personalization == {
        "to": [{"email": "reader1@yritys.example", "name": "Aino A & b kunta"}],
        "headers": {
            "List-Unsubscribe": f"<{WAY_OUT}>, <mailto:poistu@seutu.example?subject=1>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Message-ID": f"<{1:032x}.2017-11@seutu.example>",
        },
        "substitutions": {
            f"-{SECRET}-name-html-": " Aino &amp; &lt;b&gt;  X: y",
            f"-{SECRET}-name-text-": " Aino & <b>  X: y",
            f"-{SECRET}-unsubscribe-html-": WAY_OUT,
            f"-{SECRET}-unsubscribe-text-": WAY_OUT,
        },
        "custom_args": {"newsletter_delivery": f"{1:032x}"},
    }


@pytest.mark.parametrize(
    ("name", "to"),
    [
        ("", {"email": "reader1@yritys.example"}),
        (" ;, ", {"email": "reader1@yritys.example"}),
        ("Ä" * 80, {"email": "reader1@yritys.example", "name": "Ä" * 60}),
        ("Aino\r\nBcc: x", {"email": "reader1@yritys.example", "name": "Aino  Bcc: x"}),
    ],
)
def test_a_name_is_short_and_on_one_line(name: str, to: dict[str, str]) -> None:
    """A name is decoration: cut, cleaned, and left out when nothing remains."""
    assert json.loads(Personalizer(MESSAGE).write(a_recipient(1, name=name)))["to"] == [to]


def test_without_an_https_way_out_there_is_no_one_click() -> None:
    """RFC 8058 wants an https address: with a mailbox only, one-click is not promised."""
    recipient = replace(a_recipient(1), unsubscribe=("mailto:poistu@seutu.example?subject=1",))

    headers = json.loads(Personalizer(MESSAGE).write(recipient))["headers"]

    assert headers == {
        "List-Unsubscribe": "<mailto:poistu@seutu.example?subject=1>",
        "Message-ID": f"<{1:032x}.2017-11@seutu.example>",
    }


TAGS_BYTES = len(f"-{SECRET}-name-html--{SECRET}-name-text--{SECRET}-unsubscribe-html--{SECRET}-unsubscribe-text-")
ROOM = 10_000 - TAGS_BYTES - 2 * len(WAY_OUT)


@pytest.mark.parametrize(
    ("name", "is_too_large"),
    [
        ("x", False),
        ("x" * (ROOM // 2), False),
        ("x" * (ROOM // 2 + 1), True),
        ("ä" * (ROOM // 4), False),
        ("ä" * (ROOM // 4 + 1), True),
        ("&" * (ROOM // 6), False),
        ("&" * (ROOM // 6 + 1), True),
    ],
)
def test_sizes_are_counted_in_bytes_of_tags_and_values(*, name: str, is_too_large: bool) -> None:
    """SendGrid takes 10,000 bytes of UTF-8 for all tags and values; what HTML needs escaped counts escaped."""
    assert Personalizer(MESSAGE).is_too_large(a_recipient(1, greeting=name)) is is_too_large


def test_every_tag_stands_where_its_token_stood() -> None:
    """No token of the message is left for SendGrid to send, and the whole request is one that it would take."""
    message = replace(MESSAGE, slots={**MESSAGE.slots, Slot.PREFERENCES: "https://slot.invalid/5f1c/preferences"})
    recipient = replace(
        a_recipient(1), values={**a_recipient(1).values, Slot.PREFERENCES: "https://kirje.seutu.example/p/1"}
    )
    batch = a_batch(recipient, message=message)
    shared = shared_part(batch, is_sandbox=False)

    request = write_request(shared, [Personalizer(message).write(recipient)])

    assert (UNSUBSCRIBE_TOKEN.encode() in request, problems_of(request)) == (False, [])


@given(
    name=st.text(max_size=60),
    greeting=st.text(max_size=60),
    subject=st.text(min_size=1, max_size=40),
    local=st.text("abc'+/&", min_size=1, max_size=10),
)
def test_a_request_is_json_whatever_the_values(name: str, greeting: str, subject: str, local: str) -> None:
    """Quotes, backslashes, controls and letters of any kind come out as they went in."""
    address = f"{local}@yritys.example"
    recipient = a_recipient(1, address=address, name=name, greeting=greeting)
    message = replace(MESSAGE, subject=subject)

    request = json.loads(write_request({"subject": subject}, [Personalizer(message).write(recipient)] * 2))

    first, second = request["personalizations"]
    assert (request["subject"], first["to"][0]["email"], first == second) == (subject, address, True)
    assert first["substitutions"][f"-{SECRET}-name-text-"] == one_line(greeting)
