"""What every mailer does alike: the last look at the recipients, and the collector of what became of each.

The door is `OutcomeCollector`; `prepare_batch` builds the mail for those who write bytes. Addresses were checked coming
in; this is the last look before bytes leave, so that a line break in a value can never become a header or a command
(CVE-2024-6923 is why a library alone is not trusted), and so that one bad recipient harms only itself.
"""

import re
from collections.abc import Iterable

from newsletter.domain.delivery import DeliveryKey
from newsletter.domain.issue import Slot
from newsletter.domain.mailing import BatchOutcome, Outcome, OutgoingBatch, Recipient, Verdict
from newsletter.message.mime import PreparedMail, prepare

_ADDRESS_LENGTH_MAX = 254
"""RFC 5321 section 4.5.3.1.3, as counted by its erratum 1690."""
_IDENTIFIER_LENGTH_MAX = 900
"""With its header's name and brackets it stays within the 998 characters of a line."""
_PLAIN = re.compile(rf"[!-;=?-~]{{1,{_IDENTIFIER_LENGTH_MAX}}}")
"""One word of visible ASCII, without the brackets that would end it early in a header."""
_ADDRESS = re.compile(r"""[^\s@"<>()\[\],:;\\]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+""")
"""One unquoted local part and a domain in its ASCII form: quoted local parts have misled every second mail library."""


class OutcomeCollector:
    """Collect what became of each recipient of one batch.

    Whoever must not be handed over is rejected at once, with the reason. Whoever is not settled when the collector
    closes was surely not taken, and is refused. Threads may settle different recipients at the same time.

    Attributes:
        sound: The recipients that may be handed over, in the order of the batch.
    """

    def __init__(self, batch: OutgoingBatch) -> None:
        self._batch = batch
        self._outcomes: dict[DeliveryKey, Outcome] = {}
        self.sound = tuple(self._set_aside())

    def _set_aside(self) -> Iterable[Recipient]:
        """Reject those that must not be handed over, and give the others; of a repeated address the first stays."""
        slots = tuple(self._batch.message.slots)
        seen: set[str] = set()
        for recipient in self._batch.recipients:
            fault = _fault(recipient, slots)
            # What has no fault is ASCII without space around it, so this is its normal form, at a tenth of the cost.
            compared = recipient.address.lower()
            if fault is None and compared in seen:
                fault = "The same address stands earlier in the batch."
            if fault is None:
                seen.add(compared)
                yield recipient
            else:
                self.reject(recipient, fault)

    def accept(self, recipient: Recipient, provider_id: str | None = None) -> None:
        """Note that the message was taken."""
        self._settle(recipient, Verdict.ACCEPTED, provider_id=provider_id)

    def reject(self, recipient: Recipient, reason: str) -> None:
        """Note that the recipient is refused for good."""
        self._settle(recipient, Verdict.REJECTED, reason)

    def refuse(self, recipient: Recipient, reason: str) -> None:
        """Note that the message was surely not taken, and may be handed over again."""
        self._settle(recipient, Verdict.REFUSED, reason)

    def doubt(self, recipient: Recipient, reason: str) -> None:
        """Note that the message may have been taken."""
        self._settle(recipient, Verdict.UNKNOWN, reason)

    def is_settled(self, recipient: Recipient) -> bool:
        """Tell whether it was noted what became of a recipient."""
        return recipient.delivery_key in self._outcomes

    def _settle(
        self, recipient: Recipient, verdict: Verdict, reason: str = "", *, provider_id: str | None = None
    ) -> None:
        """Note an outcome."""
        key = recipient.delivery_key
        outcome = Outcome(delivery_key=key, verdict=verdict, reason=reason, provider_id=provider_id)
        self._outcomes[key] = outcome
        self._batch.notes.answer(outcome)

    def close(
        self, otherwise: str = "", *, retry_after_seconds: float | None = None, stop_reason: str | None = None
    ) -> BatchOutcome:
        """Give the answer for the batch, in its order.

        Args:
            otherwise: Why those that are not settled were not taken; `stop_reason` when empty.
            retry_after_seconds: As in `BatchOutcome`.
            stop_reason: As in `BatchOutcome`.
        """
        for recipient in self.sound:
            if recipient.delivery_key not in self._outcomes:
                self.refuse(recipient, otherwise or stop_reason or "It was not handed over.")
        return BatchOutcome(
            outcomes=tuple(self._outcomes[recipient.delivery_key] for recipient in self._batch.recipients),
            retry_after_seconds=retry_after_seconds,
            stop_reason=stop_reason,
        )


def prepare_batch(batch: OutgoingBatch) -> PreparedMail:
    """Build the mail of a batch; for `OutcomeCollector.sound` recipients `fill` cannot fail.

    Raises:
        ContentError: The message itself cannot stand on the wire.
    """
    return prepare(
        batch.message,
        sender=batch.sender,
        list_id=batch.list_id,
        sent_at=batch.sent_at,
        is_rehearsal=batch.is_rehearsal,
    )


def _fault(recipient: Recipient, slots: tuple[Slot, ...]) -> str | None:
    """Say why a recipient must not be handed over, or None.

    A name with a line break is no fault, for a name can be mended; an address, a Message-ID or a way out cannot: a
    mended one would be another's.
    """
    address, is_plain = recipient.address, _PLAIN.fullmatch
    if not address.isascii():
        return "The address has letters beyond ASCII, which no mailer of ours can carry."
    if len(address) > _ADDRESS_LENGTH_MAX or not is_plain(address) or _ADDRESS.fullmatch(address) is None:
        return "The address is not one plain address."
    if not recipient.unsubscribe:
        return "There is no way to unsubscribe."
    for identifier in (recipient.message_id, *recipient.unsubscribe):
        if not is_plain(identifier):
            return "The Message-ID or a way to unsubscribe is not one short word of plain ASCII."
    for slot in slots:
        value = recipient.values.get(slot)
        if value is None or (slot is not Slot.NAME and not is_plain(value)):
            return f"The value for {str(slot)!r} is missing, or is not one short word of plain ASCII."
    return None
