from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert

from newsletter.domain.content import ItemKey, Language, SectionId, SegmentId
from newsletter.domain.delivery import SendingState
from newsletter.domain.issue import (
    Approval,
    ApprovalHash,
    EditionKey,
    IssueItem,
    IssueLabel,
    ItemKind,
    Message,
    Slot,
    Waiver,
    approval_hash,
)
from newsletter.domain.picture import Picture
from newsletter.domain.publication import Sender
from newsletter.domain.segments import audience_rule
from newsletter.domain.told import Memory, SentItem, version_of
from newsletter.storage.database import Database
from newsletter.storage.issues import IssueStore
from newsletter.storage.tables import sending

SENDER = Sender(
    name="Kylä",
    address="uutiset@kyla.example",
    reply_to="toimitus@kyla.example",
    organisation="Kylä ry",
    postal_address="Tie 1",
)
AT = datetime(2017, 11, 24, 9, 0, tzinfo=UTC)
LABEL = IssueLabel("2017-11")
PICKED = IssueItem(
    key=ItemKey("a"),
    kind=ItemKind.EVENT,
    title="Pajapäivä",
    section=SectionId("tapahtumat"),
    language=Language("fi"),
    start=datetime(2017, 12, 5, 9, 0, tzinfo=UTC),
    end=date(2017, 12, 6),
    place="Salo",
    fingerprint="f1",
)


def _approval(label: IssueLabel = LABEL, subject: str = "Aihe", approved_at: datetime = AT) -> Approval:
    message = Message(
        edition=EditionKey(segments=(SegmentId("advisers"),), language=Language("fi")),
        subject=subject,
        preheader="Esi",
        mjml="<mjml/>",
        html="<p>ä</p>",
        text="ä\n",
        headers=(("Precedence", "bulk"), ("X-Two", "2")),
        slots={Slot.NAME: "@@n@@"},
        shortened=(ItemKey("b"),),
        pictures=(Picture(name="a.png", media_type="image/png", content=b"\x89\x00", width_pixels=2, height_pixels=1),),
        items=(ItemKey("a"), ItemKey("b")),
    )
    second = replace(
        message, edition=replace(message.edition, segments=(SegmentId("managers"),)), items=(ItemKey("a"),)
    )
    rule, waivers = audience_rule((), ()), (Waiver(code="x", reason="y"),)
    return Approval(
        hash=approval_hash((message, second), rule, waivers, SENDER),
        label=label,
        approved_at=approved_at,
        approved_by="Aino",
        issue_sha256="0" * 64,
        audience_rule=rule,
        messages=(message, second),
        waivers=waivers,
        sender=SENDER,
    )


def _begin(database: Database, approval: Approval, *, is_rehearsal: bool, state: SendingState) -> None:
    with database.write() as connection:
        connection.execute(
            insert(sending).values(
                label=approval.label,
                approval_hash=approval.hash,
                mailer="x",
                is_rehearsal=is_rehearsal,
                state=state,
                started_at=AT,
                candidates=0,
            )
        )


def test_an_approval_comes_back_as_it_was_kept(database: Database) -> None:
    """Every message, header, slot, waiver and the sender are the same after the database has had them."""
    approval = _approval()
    with database.write() as connection:
        IssueStore(connection).save_approval(approval, {})

    with database.read() as connection:
        store = IssueStore(connection)
        found = (store.approval(approval.hash), store.approval(ApprovalHash("0")))

    assert found == (approval, None)


def test_an_equal_approval_is_kept_once(database: Database) -> None:
    """Approving again with other words gives another approval; with the same words the first moment stays."""
    first, later = _approval(), _approval(subject="Uusi", approved_at=AT.replace(hour=10))
    with database.write() as connection:
        store = IssueStore(connection)
        store.save_approval(first, {})
        store.save_approval(later, {})
        store.save_approval(replace(first, approved_at=AT.replace(hour=12)), {})

    with database.read() as connection:
        store = IssueStore(connection)
        found = (store.approval(later.hash), store.approval(first.hash))

    assert found == (later, first)


@pytest.mark.parametrize(
    ("is_rehearsal", "state", "counts"),
    [
        (False, SendingState.FINISHED, True),
        (False, SendingState.RUNNING, True),
        (False, SendingState.CANCELLED, False),
        (True, SendingState.FINISHED, False),
    ],
)
def test_only_what_was_really_sent_counts_as_sent(
    database: Database,
    is_rehearsal: bool,  # noqa: FBT001 - a table's column
    state: SendingState,
    counts: bool,  # noqa: FBT001 - as above
) -> None:
    """Rehearsals and cancelled sendings leave their items free for a later issue."""
    approval = _approval()
    with database.write() as connection:
        IssueStore(connection).save_approval(approval, {ItemKey("a"): PICKED})
    _begin(database, approval, is_rehearsal=is_rehearsal, state=state)

    with database.read() as connection:
        memory = IssueStore(connection).memory()
        before = IssueStore(connection).memory(before=LABEL)

    sent = {
        ItemKey("a"): SentItem(
            label=LABEL,
            fingerprint="f1",
            version=version_of(PICKED),
            segments=frozenset({SegmentId("advisers"), SegmentId("managers")}),
        ),
        ItemKey("b"): SentItem(label=LABEL, fingerprint=None, segments=frozenset({SegmentId("advisers")})),
    }
    assert memory == (Memory(sent=sent, offered_until=AT) if counts else Memory())
    assert before == Memory()


def test_what_came_after_the_last_offer_was_not_offered(database: Database) -> None:
    """An issue reaches until its editor was last given what was collected; a special one was given nothing."""
    approval = _approval()
    with database.write() as connection:
        store = IssueStore(connection)
        store.save_approval(approval, {})
        store.note_offer(LABEL, now=AT.replace(hour=7))
        store.note_offer(LABEL, now=AT.replace(hour=8))
    _begin(database, approval, is_rehearsal=False, state=SendingState.FINISHED)

    special = _approval(label=IssueLabel("2017-11-kutsu"), subject="Kutsu", approved_at=AT.replace(hour=15))
    with database.write() as connection:
        IssueStore(connection).save_approval(special, {})
    _begin(database, special, is_rehearsal=False, state=SendingState.FINISHED)

    with database.read() as connection:
        memory = IssueStore(connection).memory()
    assert memory.offered_until == AT.replace(hour=8)
    assert {one.label for one in memory.sent.values()} == {"2017-11-kutsu"}
