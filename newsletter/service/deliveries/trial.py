"""One edition for a few testers: marked as a test, outside the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.domain.delivery import BatchId, Outcome, OutgoingBatch, Recipient, SendingId
from newsletter.domain.issue import IssueLabel, Message
from newsletter.domain.publication import Publication
from newsletter.errors import UsageError
from newsletter.message.headers import list_id
from newsletter.toml_file import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What became of a test.

    Attributes:
        mailer: Name of the mailer.
        is_rehearsal: Nothing left this machine.
        edition: Which was sent.
        outcomes: The mailer's answer by address.
    """

    mailer: str
    is_rehearsal: bool
    edition: str
    outcomes: Mapping[str, Outcome]


def chosen_edition(messages: Sequence[Message], name: str | None) -> Message:
    """Choose a message by its edition's name; the first by default.

    Raises:
        UsageError: There is no such edition.
    """
    by_name = {str(message.edition): message for message in messages}
    if name is not None and name not in by_name:
        raise UsageError(f"There is no edition {name!r}.", hint=did_you_mean(name, by_name))
    return messages[0] if name is None else by_name[name]


def test_batch(
    message: Message,
    recipients: Iterable[Recipient],
    *,
    label: IssueLabel,
    publication: Publication,
    is_rehearsal: bool,
    now: datetime,
) -> OutgoingBatch:
    """Make the one call that carries a test; its subject and a header say what it is."""
    return OutgoingBatch(
        batch_id=BatchId(0),
        attempt=1,
        label=label,
        sending_id=SendingId(0),
        is_rehearsal=is_rehearsal,
        sent_at=now,
        message=replace(
            message, subject=f"[TEST] {message.subject}", headers=(*message.headers, ("X-Newsletter-Test", "yes"))
        ),
        sender=publication.sender,
        list_id=list_id(publication),
        recipients=tuple(recipients),
    )
