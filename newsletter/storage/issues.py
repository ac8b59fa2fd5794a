"""SQL for approvals: the messages that were frozen, and which items an issue really carried."""

import base64
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from sqlalchemy import Connection, Row, select

from newsletter.domain.content import ItemKey
from newsletter.domain.delivery import SendingState
from newsletter.domain.issue import (
    Approval,
    ApprovalHash,
    IssueLabel,
    Message,
    SentItem,
    Slot,
    Waiver,
    parse_edition_key,
)
from newsletter.domain.picture import Picture
from newsletter.domain.publication import Sender
from newsletter.storage.tables import approval, approved_item, approved_message, sending


class IssueStore:
    """Approvals, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_approval(self, approved: Approval, fingerprints: Mapping[ItemKey, str | None]) -> None:
        """Keep an approval with its messages and items; approving the same content again changes nothing."""
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
        for key in sorted({key for message in approved.messages for key in message.items}):
            self._connection.execute(
                approved_item.insert().values(
                    approval_hash=approved.hash, item_key=key, fingerprint=fingerprints.get(key)
                )
            )

    def approval(self, approval_hash: ApprovalHash) -> Approval | None:
        """Give an approval with its messages, or None."""
        row = self._connection.execute(select(approval).where(approval.c.hash == approval_hash)).one_or_none()
        return None if row is None else self._read(row)

    def latest_approval(self, label: IssueLabel) -> Approval | None:
        """Give the newest approval of an issue, or None."""
        newest = select(approval).where(approval.c.label == label).order_by(approval.c.approved_at.desc()).limit(1)
        row = self._connection.execute(newest).one_or_none()
        return None if row is None else self._read(row)

    def sent_items(self, *, before: IssueLabel | None = None) -> dict[ItemKey, SentItem]:
        """Give every item that a real sending carried, with the latest issue it stood in.

        Args:
            before: Leave this issue itself out, so that working on it again does not empty it.
        """
        carried = (
            select(approved_item.c.item_key, approved_item.c.fingerprint, sending.c.label)
            .join(sending, sending.c.approval_hash == approved_item.c.approval_hash)
            .where(~sending.c.is_rehearsal, sending.c.state != SendingState.CANCELLED)
            .order_by(sending.c.started_at)
        )
        if before is not None:
            carried = carried.where(sending.c.label != before)
        return {
            ItemKey(row.item_key): SentItem(label=IssueLabel(row.label), fingerprint=row.fingerprint)
            for row in self._connection.execute(carried)
        }

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
