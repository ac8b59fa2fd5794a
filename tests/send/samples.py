"""A small publication with people in it, an approval, and a sending of it: for every test that sends."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import insert

from newsletter.domain.audience import (
    SubscriberStatus,
    SuppressionReason,
    hash_address,
)
from newsletter.domain.clock import Clock
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.delivery import Checkpoint, PlannedDelivery, Sending, pass_by
from newsletter.domain.issue import Approval, EditionKey, IssueLabel, Message, Slot, approval_hash
from newsletter.domain.mailing import Mailer, Recipient
from newsletter.domain.publication import Sender
from newsletter.domain.rules import AttributeIn
from newsletter.domain.segments import Segment, audience_rule
from newsletter.send.assignment import Assignment
from newsletter.send.owner import Owner
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.issues import IssueStore
from newsletter.storage.tables import subscriber, subscriber_attribute, suppression

NOW = datetime(2017, 11, 14, 9, 0, tzinfo=UTC)
LABEL = IssueLabel("2017-11")
KEY = b"k" * 32
FI = Language("fi")
ADVISERS = SegmentId("advisers")
MANAGERS = SegmentId("managers")

SEGMENTS = (
    Segment(id=MANAGERS, rank=2, names={FI: "Johtajat"}, who=AttributeIn(name="manages", values=("yes",))),
    Segment(id=ADVISERS, rank=1, names={FI: "Neuvojat"}, who=AttributeIn(name="advises", values=("yes",))),
)
"""Not in rank order, so that whoever forgets to sort is found out."""

TO_ADVISERS = EditionKey(segments=(ADVISERS,), language=FI)
TO_MANAGERS = EditionKey(segments=(MANAGERS,), language=FI)
TO_BOTH = EditionKey(segments=(ADVISERS, MANAGERS), language=FI)
EDITIONS = (TO_ADVISERS, TO_BOTH, TO_MANAGERS)

SENDER = Sender(
    name="Seudun uutiskirje",
    address="uutiskirje@seutu.example",
    organisation="Seudun kehitys",
    postal_address="Kauppakatu 1, 30100 Forssa",
)


def a_message(edition: EditionKey, *, subject: str = "Marraskuun hankinnat") -> Message:
    """Give a message that says no more than it must."""
    return Message(
        edition=edition,
        subject=subject,
        preheader="Kolme juttua, kaksi päivää.",
        mjml="<mjml/>",
        html="<p>Hei@@name@@</p>",
        text="Hei@@name@@\n",
        slots={Slot.NAME: "@@name@@"},
    )


def an_approval(
    editions: Iterable[EditionKey] = EDITIONS,
    *,
    label: IssueLabel = LABEL,
    segments: Sequence[Segment] = SEGMENTS,
    languages: Sequence[Language] = (FI,),
    subject: str = "Marraskuun hankinnat",
    without_items: Sequence[SegmentId] = (),
) -> Approval:
    """Give the approval of an issue with these editions."""
    messages = tuple(a_message(edition, subject=subject) for edition in editions)
    rule = audience_rule(segments, languages, without_items=without_items)
    return Approval(
        hash=approval_hash(messages, rule, (), SENDER),
        label=label,
        approved_at=NOW,
        approved_by="Aino",
        issue_sha256="0" * 64,
        audience_rule=rule,
        messages=messages,
        sender=SENDER,
    )


def keep_approval(database: Database, approval: Approval) -> Approval:
    """Write the approval, which a sending must refer to; give it back."""
    with database.write() as connection:
        IssueStore(connection).save_approval(approval, {})
    return approval


def add_people(
    database: Database,
    addresses: Iterable[str],
    *,
    segments: Sequence[SegmentId] = (ADVISERS,),
    status: SubscriberStatus = SubscriberStatus.ACTIVE,
    language: Language = FI,
    key: bytes = KEY,
) -> None:
    """Write people who are in the given segments."""
    names = {ADVISERS: "advises", MANAGERS: "manages"}
    with database.write() as connection:
        for address in addresses:
            person = connection.execute(
                insert(subscriber)
                .values(
                    address=address,
                    address_hash=hash_address(address, key),
                    name=address.partition("@")[0].capitalize(),
                    language=language,
                    status=status,
                    created_at=NOW,
                    changed_at=NOW,
                )
                .returning(subscriber.c.id)
            ).scalar_one()
            for segment in segments:
                connection.execute(
                    insert(subscriber_attribute).values(
                        subscriber_id=person, name=names[segment], value="yes", form="yes"
                    )
                )


def suppress(
    database: Database,
    address: str,
    reason: SuppressionReason = SuppressionReason.UNSUBSCRIBED,
    *,
    key: bytes = KEY,
) -> None:
    """Write a suppression."""
    with database.write() as connection:
        connection.execute(
            insert(suppression).values(address_hash=hash_address(address, key), reason=reason, at=NOW, note="test")
        )


def addresses(count: int, stem: str = "reader") -> list[str]:
    """Give so many addresses."""
    return [f"{stem}{number}@example.com" for number in range(1, count + 1)]


def freeze(
    ledger: DeliveryLedger,
    approval: Approval,
    *,
    mailer: str = "scripted",
    is_rehearsal: bool = False,
    batch_size: int = 2,
) -> Sending:
    """Fix the audience of the sample issue."""
    return ledger.freeze(
        approval=approval,
        mailer=mailer,
        is_rehearsal=is_rehearsal,
        segments=SEGMENTS,
        languages=(FI,),
        batch_size=batch_size,
        now=NOW,
    )


def a_sending(database: Database, people: int = 5, *, batch_size: int = 2) -> tuple[DeliveryLedger, Sending]:
    """Give a ledger with a real sending of the sample issue to so many advisers."""
    add_people(database, addresses(people))
    ledger = DeliveryLedger(database)
    return ledger, freeze(ledger, keep_approval(database, an_approval()), batch_size=batch_size)


def personalise(planned: PlannedDelivery, language: Language) -> Recipient:
    """Give a recipient as the service would."""
    assert planned.address is not None
    return Recipient(
        delivery_key=planned.key,
        address=planned.address,
        name=planned.name,
        values={Slot.NAME: f" {planned.name}"},
        unsubscribe=(f"mailto:poistu@seutu.example?subject={planned.key}&body={language}",),
        message_id=f"{planned.key}.{LABEL}@seutu.example",
    )


def an_assignment(
    ledger: DeliveryLedger,
    sending: Sending,
    mailer: Mailer,
    clock: Clock,
    *,
    owner: str = "aino on laptop",
    editions: Iterable[EditionKey] = EDITIONS,
    checkpoint: Callable[[Checkpoint], None] = pass_by,
) -> Assignment:
    """Give all that is needed to deliver the sample sending."""
    return Assignment(
        sending=sending,
        ledger=ledger,
        mailer=mailer,
        messages={edition: a_message(edition) for edition in editions},
        sender=SENDER,
        list_id="Seudun uutiskirje <seutu.seutu.example>",
        personalise=personalise,
        owner=Owner(name=owner),
        clock=clock,
        checkpoint=checkpoint,
    )
