"""SQL for approvals: the messages that were frozen, and which items an issue really carried."""

import base64
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, update

from newsletter.domain.content import ItemKey
from newsletter.domain.delivery import SendingState
from newsletter.domain.issue import (
    Approval,
    ApprovalHash,
    IssueItem,
    IssueLabel,
    Message,
    Slot,
    Waiver,
    parse_edition_key,
)
from newsletter.domain.period import is_special
from newsletter.domain.picture import Picture
from newsletter.domain.publication import Sender
from newsletter.domain.told import Memory, SentItem, Version, version_of
from newsletter.storage.columns import as_text, as_when
from newsletter.storage.ledger.statements import MAY_HAVE_ARRIVED
from newsletter.storage.tables import approval, approved_item, approved_message, drafting, sending


class IssueStore:
    """Approvals, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_approval(self, approved: Approval, items: Mapping[ItemKey, IssueItem]) -> None:
        """Keep an approval with its messages and what each tells; approving the same content again changes nothing."""
        if self.approval(approved.hash) is not None:
            return
        self._connection.execute(
            approval.insert().values(
                hash=approved.hash,
                label=approved.label,
                approved_at=approved.approved_at,
                approved_by=approved.approved_by,
                issue_sha256=approved.issue_sha256,
                audience_rule=approved.audience_rule,
                waivers=[[waiver.code, waiver.reason] for waiver in approved.waivers],
                sender=asdict(approved.sender),
            )
        )
        for position, message in enumerate(approved.messages):
            self._connection.execute(
                approved_message.insert().values(
                    approval_hash=approved.hash,
                    edition=str(message.edition),
                    position=position,
                    content=_written(message),
                )
            )
            for key in dict.fromkeys(message.items):
                item = items.get(key)
                self._connection.execute(
                    approved_item.insert().values(
                        approval_hash=approved.hash,
                        edition=str(message.edition),
                        item_key=key,
                        fingerprint=None if item is None else item.fingerprint,
                        version=None if item is None else _version_written(version_of(item)),
                    )
                )

    def approval(self, approval_hash: ApprovalHash) -> Approval | None:
        """Give an approval with its messages, or None."""
        row = self._connection.execute(select(approval).where(approval.c.hash == approval_hash)).one_or_none()
        return None if row is None else self._read(row)

    def memory(self, *, before: IssueLabel | None = None) -> Memory:
        """Give what real sendings carried, with the latest issue each item stood in, and until when they reach.

        A sending that was cancelled counts where somebody may have got it.

        Args:
            before: Leave this issue itself out, so that working on it again does not empty it.
        """
        is_carried = and_(
            ~sending.c.is_rehearsal,
            or_(sending.c.state != SendingState.CANCELLED, MAY_HAVE_ARRIVED),
            *([] if before is None else [sending.c.label != before]),
        )
        rows = self._connection.execute(
            select(approved_item, sending.c.label)
            .join(sending, sending.c.approval_hash == approved_item.c.approval_hash)
            .where(is_carried)
            .order_by(sending.c.started_at, sending.c.id)
        )
        sent: dict[ItemKey, SentItem] = {}
        for row in rows:
            known, segments = sent.get(ItemKey(row.item_key)), parse_edition_key(row.edition).segments
            # Who is in several segments reads an edition with the items of each: it tells nothing of a single one.
            own = frozenset(segments) if len(segments) == 1 else frozenset()
            sent[ItemKey(row.item_key)] = SentItem(
                label=IssueLabel(row.label),
                fingerprint=row.fingerprint,
                version=None if row.version is None else _version(row.version),
                segments=own if known is None else own | known.segments,
            )
        return Memory(sent=sent, offered_until=self._offered_until(is_carried))

    def _offered_until(self, is_carried: ColumnElement[bool]) -> datetime | None:
        """Give until when what was collected had been offered to the editor of the issue that was frozen last."""
        rows = self._connection.execute(
            select(approval.c.approved_at, drafting.c.offered_until, sending.c.label)
            .select_from(sending)
            .join(approval, approval.c.hash == sending.c.approval_hash)
            .outerjoin(drafting, drafting.c.label == sending.c.label)
            .where(is_carried)
            .order_by(approval.c.approved_at.desc())
        )
        # A special issue offers nothing of what was collected.
        row = next((row for row in rows if not is_special(row.label)), None)
        # What came between the last look at what was collected and the approval was never offered.
        return None if row is None else min(row.approved_at, row.offered_until or row.approved_at)

    def note_offer(self, label: IssueLabel, *, now: datetime) -> None:
        """Note that all that is collected by now was offered to an issue's editor."""
        values = {"offered_until": now}
        if self._connection.execute(update(drafting).where(drafting.c.label == label).values(values)).rowcount == 0:
            self._connection.execute(drafting.insert().values(label=label, **values))

    def _read(self, row: Row[tuple[object, ...]]) -> Approval:
        """Make an approval of its row and its messages."""
        messages = self._connection.execute(
            select(approved_message.c.content)
            .where(approved_message.c.approval_hash == row.hash)
            .order_by(approved_message.c.position)
        ).scalars()
        return Approval(
            hash=ApprovalHash(row.hash),
            label=IssueLabel(row.label),
            approved_at=row.approved_at,
            approved_by=row.approved_by,
            issue_sha256=row.issue_sha256,
            audience_rule=row.audience_rule,
            messages=tuple(_message(cast("dict[str, object]", content)) for content in messages),
            waivers=tuple(Waiver(code=code, reason=reason) for code, reason in row.waivers),
            sender=Sender(**row.sender),
        )


def _version_written(version: Version) -> dict[str, object]:
    """Give what was told as plain values."""
    return {name: as_text(value) if isinstance(value, date) else value for name, value in asdict(version).items()}


def _version(content: Mapping[str, Any]) -> Version:
    """Make what was told of plain values."""
    start, end = (None if content[name] is None else as_when(content[name]) for name in ("start", "end"))
    return Version(title=content["title"], start=start, end=end, place=content["place"])


def _written(message: Message) -> dict[str, object]:
    """Give a message as plain values."""
    return {
        "edition": str(message.edition),
        "subject": message.subject,
        "preheader": message.preheader,
        "mjml": message.mjml,
        "html": message.html,
        "text": message.text,
        "headers": [list(header) for header in message.headers],
        "slots": {str(slot): token for slot, token in message.slots.items()},
        "items": list(message.items),
        "shortened": list(message.shortened),
        "pictures": [
            asdict(picture) | {"content": base64.b64encode(picture.content).decode()} for picture in message.pictures
        ],
    }


def _message(content: Mapping[str, object]) -> Message:
    """Make a message of plain values."""
    texts = {name: str(content[name]) for name in ("subject", "preheader", "mjml", "html", "text")}
    headers = cast("list[list[str]]", content["headers"])
    slots = cast("dict[str, str]", content["slots"])
    return Message(
        edition=parse_edition_key(str(content["edition"])),
        **texts,
        headers=tuple((name, value) for name, value in headers),
        slots={Slot(slot): token for slot, token in slots.items()},
        items=tuple(ItemKey(key) for key in cast("list[str]", content["items"])),
        shortened=tuple(ItemKey(key) for key in cast("list[str]", content.get("shortened", []))),
        pictures=tuple(
            Picture(**picture | {"content": base64.b64decode(picture["content"])})
            for picture in cast("list[dict[str, Any]]", content.get("pictures", []))
        ),
    )
