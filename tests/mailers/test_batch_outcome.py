from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.issue import Slot
from newsletter.domain.mailing import BatchOutcome, Outcome, Recipient, Verdict
from newsletter.mailers.batch_outcome import OutcomeCollector, prepare_batch
from tests.mailers.samples import a_batch, a_recipient, delivery_key

NOT_ONE_ADDRESS = "The address is not one plain address."
NOT_ASCII = "The address has letters beyond ASCII, which no mailer of ours can carry."
NO_VALUE = "The value for 'unsubscribe' is missing, or is not one short word of plain ASCII."
NOT_PLAIN = "The Message-ID or a way to unsubscribe is not one short word of plain ASCII."


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("aino@yritys.example\r\nRCPT TO:<x@x.example>", NOT_ONE_ADDRESS),
        ("aino@yritys.example\n", NOT_ONE_ADDRESS),
        ("a@b.example,c@d.example", NOT_ONE_ADDRESS),
        ("Aino <aino@yritys.example>", NOT_ONE_ADDRESS),
        ('"a@b"@yritys.example', NOT_ONE_ADDRESS),
        ("a@b@yritys.example", NOT_ONE_ADDRESS),
        ("aino@localhost", NOT_ONE_ADDRESS),
        ("aino@[127.0.0.1]", NOT_ONE_ADDRESS),
        ("", NOT_ONE_ADDRESS),
        ("a\x00b@yritys.example", NOT_ONE_ADDRESS),
        ("a\x7fb@yritys.example", NOT_ONE_ADDRESS),
        (f"{'a' * 250}@yritys.example", NOT_ONE_ADDRESS),
        ("äinö@yritys.example", NOT_ASCII),
        ("aino@yritys\u2028.example", NOT_ASCII),
        ("a\uff20b@yritys.example", NOT_ASCII),
    ],
)
def test_only_one_plain_address_is_handed_over(address: str, reason: str) -> None:
    """An address that could become two, a command or somebody else's is rejected, never mended."""
    collector = OutcomeCollector(a_batch(replace(a_recipient(1), address=address)))

    assert collector.close() == BatchOutcome(
        outcomes=(Outcome(delivery_key=delivery_key(1), verdict=Verdict.REJECTED, reason=reason),)
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"message_id": "a\r\nBcc: x@x.example"}, NOT_PLAIN),
        ({"message_id": "a> <b"}, NOT_PLAIN),
        ({"message_id": ""}, NOT_PLAIN),
        ({"unsubscribe": ("https://kirje.example/u/1\r\nBcc: x@x.example",)}, NOT_PLAIN),
        ({"unsubscribe": ("https://kirje.example/ä",)}, NOT_PLAIN),
        ({"unsubscribe": (f"https://kirje.example/{'t' * 1000}",)}, NOT_PLAIN),
        ({"unsubscribe": ()}, "There is no way to unsubscribe."),
        ({"values": {Slot.NAME: " Aino"}}, NO_VALUE),
        (
            {"values": {Slot.NAME: " Aino", Slot.UNSUBSCRIBE: "https://kirje.example/u\r\n"}},
            NO_VALUE,
        ),
    ],
)
def test_what_identifies_a_mail_or_leads_out_of_it_is_whole(changed: dict[str, object], reason: str) -> None:
    """A broken Message-ID, a broken way out or none at all rejects its recipient, and only that one."""
    bad = replace(a_recipient(2), **changed)  # type: ignore[arg-type]  # the table names fields of several types

    collector = OutcomeCollector(a_batch(a_recipient(1), bad))

    assert (collector.sound, collector.close("later").outcomes) == (
        (a_recipient(1),),
        (
            Outcome(delivery_key=delivery_key(1), verdict=Verdict.REFUSED, reason="later"),
            Outcome(delivery_key=delivery_key(2), verdict=Verdict.REJECTED, reason=reason),
        ),
    )


def test_of_a_repeated_address_the_first_stays() -> None:
    """The same address in other letters is the same reader: the second place is rejected."""
    collector = OutcomeCollector(
        a_batch(a_recipient(1, address="Aino@Yritys.example"), a_recipient(2, address="aino@yritys.EXAMPLE"))
    )

    assert [(outcome.verdict, outcome.reason) for outcome in collector.close("later").outcomes] == [
        (Verdict.REFUSED, "later"),
        (Verdict.REJECTED, "The same address stands earlier in the batch."),
    ]


def test_the_answer_stands_in_the_order_of_the_batch() -> None:
    """Whatever the order of settling, outcomes come in the order of the batch, and the rest is refused."""
    readers = [a_recipient(number) for number in (1, 2, 3, 4, 5)]
    collector = OutcomeCollector(a_batch(*readers))
    collector.doubt(readers[3], "lost")
    collector.refuse(readers[2], "full")
    collector.reject(readers[1], "unknown here")
    collector.accept(readers[0], "x")

    answer = collector.close(retry_after_seconds=5, stop_reason="The key is revoked.")

    settled = [
        (Verdict.ACCEPTED, "", "x"),
        (Verdict.REJECTED, "unknown here", None),
        (Verdict.REFUSED, "full", None),
        (Verdict.UNKNOWN, "lost", None),
        (Verdict.REFUSED, "The key is revoked.", None),
    ]
    assert answer == BatchOutcome(
        outcomes=tuple(
            Outcome(delivery_key=delivery_key(number), verdict=verdict, reason=reason, provider_id=provider_id)
            for number, (verdict, reason, provider_id) in enumerate(settled, 1)
        ),
        retry_after_seconds=5,
        stop_reason="The key is revoked.",
    )


RECIPIENTS = st.builds(
    Recipient,
    delivery_key=st.just(delivery_key(1)),
    address=st.text(max_size=12).map(lambda local: f"{local}@yritys.example") | st.text(max_size=300),
    name=st.text(max_size=80),
    values=st.fixed_dictionaries({Slot.NAME: st.text(max_size=40), Slot.UNSUBSCRIBE: st.text(max_size=40)}),
    unsubscribe=st.lists(st.text(min_size=1, max_size=1000), max_size=2).map(tuple),
    message_id=st.text(max_size=1000),
)


@given(RECIPIENTS)
def test_a_sound_recipient_can_always_be_written(recipient: Recipient) -> None:
    """What passes the last look never fails in the writing, and its mail has one To, one line per header, CRLF only."""
    batch = a_batch(recipient)
    prepared = prepare_batch(batch)

    for sound in OutcomeCollector(batch).sound:
        head = prepared.fill(sound).partition(b"\r\n\r\n")[0]
        names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
        assert (names.count(b"To"), names.count(b"Bcc"), head.replace(b"\r\n", b"").count(b"\n")) == (1, 0, 0)
