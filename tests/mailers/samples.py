"""A small message and its readers, for every test of a mailer."""

from datetime import UTC, datetime

from newsletter.domain.content import Language, SegmentId
from newsletter.domain.delivery import BatchId, DeliveryKey, SendingId
from newsletter.domain.issue import EditionKey, IssueLabel, Message, Slot
from newsletter.domain.mailing import BatchOutcome, OutgoingBatch, Recipient, Verdict
from newsletter.domain.publication import Sender

NAME_TOKEN = "@@5f1c0e7a9b3d4c68-name@@"
UNSUBSCRIBE_TOKEN = "https://slot.invalid/5f1c0e7a9b3d4c68/unsubscribe"

SENDER = Sender(
    name="Seudun uutiskirje",
    address="uutiskirje@seutu.example",
    reply_to="toimitus@seutu.example",
    organisation="Seudun kehitys",
    postal_address="Kauppakatu 1, 30100 Forssa",
)

MESSAGE = Message(
    edition=EditionKey(segments=(SegmentId("advisers"),), language=Language("fi")),
    subject="Marraskuun hankinnat ja tapahtumat",
    preheader="Kaksi päivää, kolme ohjelmaa.",
    mjml="<mjml/>",
    html=(
        '<!doctype html><html lang="fi"><body>'
        f"<p>Hei{NAME_TOKEN}, syksy on täällä.</p>"
        f'<p><a href="{UNSUBSCRIBE_TOKEN}">Peru tilaus</a></p>'
        "</body></html>\n"
    ),
    text=f"Hei{NAME_TOKEN}, syksy on täällä.\n\nPeru tilaus:\n{UNSUBSCRIBE_TOKEN}\n",
    headers=(("Precedence", "bulk"),),
    slots={Slot.NAME: NAME_TOKEN, Slot.UNSUBSCRIBE: UNSUBSCRIBE_TOKEN},
)

READERS = ("aino@yritys.example", "bertil@kunta.example", "cecilia@kaupunki.example", "daavid@verkosto.example")


def delivery_key(number: int) -> DeliveryKey:
    """Give the key of the n-th delivery."""
    return DeliveryKey(f"{number:032x}")


def a_recipient(
    number: int = 1, *, address: str | None = None, name: str = "Aino", greeting: str = " Aino"
) -> Recipient:
    """Give the n-th reader, with a way out that is longer than a header line."""
    way_out = f"https://kirje.seutu.example/u/{'t' * 60}{number:032x}"
    return Recipient(
        delivery_key=delivery_key(number),
        address=address or f"reader{number}@yritys.example",
        name=name,
        values={Slot.NAME: greeting, Slot.UNSUBSCRIBE: way_out},
        unsubscribe=(way_out, f"mailto:poistu@seutu.example?subject={number}"),
        message_id=f"{number:032x}.2017-11@seutu.example",
    )


def a_batch(*recipients: Recipient, message: Message = MESSAGE, is_rehearsal: bool = False) -> OutgoingBatch:
    """Give one call's worth of readers; four of them when none is named."""
    chosen = recipients or tuple(a_recipient(number, address=address) for number, address in enumerate(READERS, 1))
    return OutgoingBatch(
        batch_id=BatchId(3),
        attempt=1,
        label=IssueLabel("2017-11"),
        sending_id=SendingId(7),
        is_rehearsal=is_rehearsal,
        sent_at=datetime(2017, 11, 1, 9, 0, tzinfo=UTC),
        message=message,
        sender=SENDER,
        list_id="Seudun uutiskirje <seutu.seutu.example>",
        recipients=chosen,
    )


def verdicts(answer: BatchOutcome) -> str:
    """Write the verdicts as letters: accepted, rejected, refused (f), unknown."""
    letters = {Verdict.ACCEPTED: "a", Verdict.REJECTED: "r", Verdict.REFUSED: "f", Verdict.UNKNOWN: "u"}
    return "".join(letters[outcome.verdict] for outcome in answer.outcomes)
