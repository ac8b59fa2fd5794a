import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.audience import SuppressionReason
from newsletter.domain.notification import Notification, NotificationKind, NotificationReading
from newsletter.mailers.sendgrid.notifications import can_be_signed, is_signed, read_notifications
from tests.mailers.samples import delivery_key

RAW = '[{"event":"delivered","email":"äinö@yritys.example"}]\r\n'.encode()
TIMESTAMP = "1509526800"
AT = datetime(2017, 11, 1, 9, 0, tzinfo=UTC)
PRIVATE = ec.derive_private_key(0x1F2E3D4C5B6A79880123456789ABCDEF, ec.SECP256R1())
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    """Write a public key as SendGrid shows it."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


PUBLIC = public(PRIVATE)
SIGNATURE = base64.b64encode(PRIVATE.sign(TIMESTAMP.encode() + RAW, ec.ECDSA(SHA256()))).decode()


def test_what_was_signed_is_signed() -> None:
    """The signature holds for these bytes, letters beyond ASCII and line end included."""
    assert is_signed(RAW, signature=SIGNATURE, timestamp=TIMESTAMP, public_key=PUBLIC) is True


def dss(r: int, s: int) -> str:
    """Write a signature of two numbers."""
    return base64.b64encode(encode_dss_signature(r, s)).decode()


@pytest.mark.parametrize(
    "changed",
    [
        {"raw": RAW.strip()},
        {"raw": json.dumps(json.loads(RAW)).encode()},
        {"raw": RAW.replace(b"delivered", b"bounce")},
        {"raw": b""},
        {"raw": b"\xff\xfe"},
        {"timestamp": "1509526801"},
        {"timestamp": ""},
        {"timestamp": None},
        {"timestamp": "yesterday"},
        {"timestamp": "١٥٠٩"},
        {"signature": None},
        {"signature": ""},
        {"signature": "not base64!"},
        {"signature": "ääää"},
        {"signature": base64.b64encode(b"\x30\x00").decode()},
        {"signature": dss(0, 0)},
        {"signature": dss(ORDER, ORDER)},
        {"signature": dss(ORDER, 1)},
        {"signature": dss(1, 0)},
        {"signature": base64.b64encode(base64.b64decode(SIGNATURE) + b"\x00").decode()},
        {"public_key": ""},
        {"public_key": "not a key"},
        {"public_key": base64.b64encode(b"\x30\x00").decode()},
        {"public_key": public(ec.derive_private_key(7, ec.SECP256R1()))},
        {"public_key": public(rsa.generate_private_key(65537, 2048))},
    ],
)
def test_anything_else_is_not_signed(changed: dict[str, object]) -> None:
    """A changed or cut body, another key, no key, a zero or overlong signature: False, and never an exception."""
    given_values = {"raw": RAW, "signature": SIGNATURE, "timestamp": TIMESTAMP, "public_key": PUBLIC} | changed

    assert is_signed(given_values.pop("raw"), **given_values) is False  # type: ignore[arg-type]  # a table of all kinds


@pytest.mark.parametrize("timestamp", ["1509526800", "0", "1509527400"])
def test_a_moment_may_be_old_or_a_little_ahead(timestamp: str) -> None:
    """Two clocks may differ by ten minutes; how old it is says nothing, for SendGrid tells again for a day (H2)."""
    assert can_be_signed(signature=SIGNATURE, timestamp=timestamp, now=AT) is True


@pytest.mark.parametrize(
    "timestamp",
    [
        "1509527401",
        "-1509526800",
        "+1509526800",
        "1509526800.0",
        "15e8",
        " 1509526800",
        "1509526800\n",
        "1_509_526_800",
        "١٥٠٩",
        "9" * 5_000,
        "",
        None,
    ],
)
def test_a_moment_is_digits_and_not_to_come(timestamp: str | None) -> None:
    """What is signed for later, or for no moment at all, was signed by no provider (H2)."""
    assert can_be_signed(signature=SIGNATURE, timestamp=timestamp, now=AT) is False


@pytest.mark.parametrize("signature", [None, "", SIGNATURE * 1000])
def test_no_body_is_taken_without_a_signature(signature: str | None) -> None:
    """A missing or overlong one is refused by its headers alone."""
    assert can_be_signed(signature=signature, timestamp=TIMESTAMP, now=AT) is False


KEY = delivery_key(1)


def event(kind: str, **details: object) -> dict[str, object]:
    """Give an event as SendGrid sends it, our custom argument merged into its top."""
    return {
        "event": kind,
        "email": "aino@yritys.example",
        "timestamp": 1509526800,
        "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
        "category": ["a"],
        "sg_event_id": "event-1",
        "sg_message_id": "request1.recvd-5d8-1.0",
        "newsletter_delivery": KEY,
        **details,
    }


def only(entry: object) -> Notification:
    """Read a payload of one event."""
    reading = read_notifications(json.dumps([entry]).encode())
    assert (len(reading.notifications), reading.faults) == (1, ())
    return reading.notifications[0]


def test_an_event_in_our_words() -> None:
    """The moment is aware, the request's id is what the mailer got; the address is there to be compared and no more."""
    notification = only(event("delivered", response="250 OK aino@yritys.example"))

    assert notification == Notification(
        provider="sendgrid",
        event_id="event-1",
        natural_key=notification.natural_key,
        kind=NotificationKind.DELIVERED,
        at=AT,
        delivery_key=KEY,
        address="aino@yritys.example",
        provider_id="request1",
        reason="250 OK (hidden)",
    )


HARD = (NotificationKind.BOUNCED_HARD, SuppressionReason.HARD_BOUNCE)
SOFT = (NotificationKind.BOUNCED_SOFT, None)
BLOCKED = (NotificationKind.BLOCKED, None)


@pytest.mark.parametrize(
    ("entry", "kind", "suppression"),
    [
        (event("processed"), NotificationKind.PROCESSED, None),
        (event("received"), NotificationKind.PROCESSED, None),
        (event("deferred", attempt="3", response="451 later"), NotificationKind.DEFERRED, None),
        (event("delivered"), NotificationKind.DELIVERED, None),
        (event("spamreport"), NotificationKind.COMPLAINED, SuppressionReason.COMPLAINT),
        (event("unsubscribe"), NotificationKind.UNSUBSCRIBED, SuppressionReason.UNSUBSCRIBED),
        (event("group_unsubscribe", asm_group_id=1), NotificationKind.UNSUBSCRIBED, SuppressionReason.UNSUBSCRIBED),
        (event("group_resubscribe", asm_group_id=1), NotificationKind.RESUBSCRIBED, None),
        (event("dropped", reason="Bounced Address"), NotificationKind.DROPPED, SuppressionReason.HARD_BOUNCE),
        (event("dropped", reason="Invalid"), NotificationKind.DROPPED, SuppressionReason.HARD_BOUNCE),
        (event("dropped", reason="Spam Reporting Address"), NotificationKind.DROPPED, SuppressionReason.COMPLAINT),
        (event("dropped", reason="Unsubscribed Address"), NotificationKind.DROPPED, SuppressionReason.UNSUBSCRIBED),
        (event("dropped", reason="Spam Content"), NotificationKind.DROPPED, None),
        (event("dropped"), NotificationKind.DROPPED, None),
        (event("bounce", type="bounce", status="5.1.1"), *HARD),
        (event("bounce", type="bounce", status="5.2.1"), *HARD),
        (event("bounce", type="bounce", bounce_classification="Invalid Address", status="5.0.0"), *HARD),
        (event("bounce", type="bounce", reason="550 5.1.1 The account does not exist"), *HARD),
        (event("bounce", type="bounce", status="5.2.2"), *SOFT),
        (event("bounce", type="bounce", status="5.2.10"), *SOFT),
        (event("bounce", type="bounce", status="4.1.1"), *SOFT),
        (event("bounce", type="bounce"), *SOFT),
        (event("bounce", type="blocked", status="5.1.1"), *SOFT),
        (event("bounce", type="blocked", bounce_classification="Technical"), *SOFT),
        (event("bounce", type="bounce", status="5.7.1"), *BLOCKED),
        (event("bounce", type="blocked", status="4.7.0"), *BLOCKED),
        (event("bounce", type="blocked", bounce_classification="Reputation"), *BLOCKED),
        (event("bounce", type="blocked", bounce_classification="Content"), *BLOCKED),
        (event("bounce", type="blocked", bounce_classification="Frequency or Volume Too High"), *BLOCKED),
    ],
)
def test_the_table_of_kinds(
    entry: dict[str, object], kind: NotificationKind, suppression: SuppressionReason | None
) -> None:
    """Each event of SendGrid's has one meaning of ours; only proof makes an address dead."""
    notification = only(entry)

    assert (notification.kind, notification.suppression, notification.raw) == (kind, suppression, "")


@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        ("account_status_change", NotificationKind.ACCOUNT_CHANGED),
        ("teleported", NotificationKind.UNRECOGNISED),
    ],
)
def test_what_a_person_has_to_read_is_kept_raw(kind: str, ours: NotificationKind) -> None:
    """An unknown kind and a change of the account keep all they said but the address, wherever it stood."""
    notification = only(event(kind, type="compliance_suspend", to="Aino <AINO@yritys.example>"))

    kept = event(kind, type="compliance_suspend", to="Aino <(hidden)>")
    del kept["email"]
    assert (notification.kind, json.loads(notification.raw)) == (ours, kept)


def test_opens_and_clicks_are_left_out() -> None:
    """People are not measured, even where the account does."""
    raw = json.dumps([event("open"), event("delivered"), event("click", url="https://seutu.example/a")]).encode()

    reading = read_notifications(raw)

    assert (len(reading.notifications), reading.left_out, reading.faults) == (1, 2, ())


def test_one_bad_event_leaves_the_others() -> None:
    """An entry that cannot be used is told by its place, without what it says."""
    raw = json.dumps(
        [event("delivered"), 7, event("delivered", timestamp="soon"), {"email": "a@b.example"}, event("bounce")]
    ).encode()

    reading = read_notifications(raw)

    assert ([each.kind for each in reading.notifications], reading.faults) == (
        [NotificationKind.DELIVERED, NotificationKind.BOUNCED_SOFT],
        ("Event 2 is not an object.", "Event 3 has no usable timestamp.", "Event 4 does not say what happened."),
    )


@pytest.mark.parametrize("timestamp", [None, True, [], "nan", 1e30, "inf"])
def test_a_moment_that_is_none_is_a_fault(timestamp: object) -> None:
    """No moment is ever invented."""
    reading = read_notifications(json.dumps([event("delivered", timestamp=timestamp)]).encode())

    assert reading == NotificationReading(notifications=(), faults=("Event 1 has no usable timestamp.",))


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", "The payload is not JSON."),
        (b"\xff", "The payload is not JSON."),
        (b"[" * 100_000, "The payload is not JSON."),
        (b'{"event": "delivered"}', "The payload is not a list of events."),
        (b"null", "The payload is not a list of events."),
    ],
)
def test_a_payload_that_is_none(raw: bytes, fault: str) -> None:
    """What is no list of events is one fault, and never an exception."""
    assert read_notifications(raw) == NotificationReading(notifications=(), faults=(fault,))


@pytest.mark.parametrize("key", [None, 7, "", "x" * 32, "0" * 31, delivery_key(1) + "\n"])
def test_an_event_of_somebody_else_has_no_delivery(key: object) -> None:
    """Only a key of our own shape names a delivery; nobody is made up for the others."""
    assert only(event("delivered", newsletter_delivery=key)).delivery_key is None


def test_an_id_is_no_longer_than_the_provider_makes_them() -> None:
    """A longer one is none: it would fill the database, and what happened is known by itself."""
    assert [only(event("delivered", sg_event_id="x" * length)).event_id for length in (100, 101)] == ["x" * 100, None]


def test_a_page_of_raw_text_is_told_by_its_length() -> None:
    """What nobody would read is not kept, and that is said; an address as long as a page costs no time."""
    whole = only(event("teleported", note="x" * 3_000, email="x" * 300_000 + "y"))
    cut = only(event("teleported", note="x" * 300_000, email="x" * 200_000 + "y"))

    assert json.loads(whole.raw)["note"] == "x" * 3_000
    assert json.loads(cut.raw) == {"event": "teleported", "characters, too many to keep": 300_257}


def test_half_a_letter_is_made_whole() -> None:
    """A lone surrogate or a NUL, which no database keeps, does not keep the event from being kept, nor its address."""
    entry = event(
        "never heard of", sg_event_id="a\ud800\0", sg_message_id="b\udfff.c", reason="no \ud800", email="a\ud800@x.fi"
    )

    notification = only(entry)

    assert (notification.event_id, notification.provider_id, notification.reason) == ("a?\ufffd", "b?", "no ?")
    assert ("@x.fi" in notification.raw, str(notification).encode().isascii()) == (False, False)


def test_a_repetition_under_a_new_id_has_the_same_natural_key() -> None:
    """Retries may come with another event id; another attempt, moment or message is something else."""
    first = only(event("deferred", attempt="1"))
    keys = [
        only(event("deferred", attempt="1", sg_event_id="event-2", email="AINO@yritys.example")).natural_key,
        only(event("deferred", attempt="2")).natural_key,
        only(event("deferred", attempt="1", timestamp=1509526801)).natural_key,
        only(event("deferred", attempt="1", sg_message_id="request1.recvd-5d8-2.0")).natural_key,
        only(event("delivered", attempt="1")).natural_key,
    ]

    assert ([key == first.natural_key for key in keys], len(set(keys))) == ([True, False, False, False, False], 5)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
)
NAMES = st.sampled_from(
    ["event", "email", "timestamp", "reason", "status", "type", "sg_event_id", "newsletter_delivery"]
)


@given(
    st.lists(
        st.dictionaries(NAMES, JSON | st.sampled_from(["bounce", "delivered", "dropped", 1509526800]), max_size=5)
        | JSON,
        max_size=4,
    )
)
def test_no_payload_makes_an_exception(entries: list[object]) -> None:
    """Whatever the values are, every entry is a notification, left out, or a fault."""
    reading = read_notifications(json.dumps(entries).encode())

    assert len(reading.notifications) + reading.left_out + len(reading.faults) == len(entries)


@given(st.binary(max_size=60))
def test_no_bytes_make_an_exception(raw: bytes) -> None:
    """Bytes that are no payload are read without an exception."""
    assert isinstance(read_notifications(raw), NotificationReading)
