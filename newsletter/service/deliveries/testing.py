"""One edition for a few testers: marked as a test, outside the ledger."""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.audience.addresses import parse_address
from newsletter.domain.audience import hash_address
from newsletter.domain.delivery import BatchId, DeliveryKey, PlannedDelivery, SendingId
from newsletter.domain.issue import IssueLabel, Message
from newsletter.domain.mailing import Mailer, Outcome, OutgoingBatch, Recipient
from newsletter.domain.publication import Publication
from newsletter.errors import UsageError
from newsletter.message.headers import list_id
from newsletter.service.deliveries.recipients import personalise
from newsletter.service.deliveries.way_out import require_way_out
from newsletter.service.resources import Resources
from newsletter.toml_file import did_you_mean

if TYPE_CHECKING:
    from newsletter.service.issues.service import Rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What became of a test.

    Attributes:
        outcomes: The mailer's answer by address.
    """

    mailer: str
    is_rehearsal: bool
    edition: str
    outcomes: Mapping[str, Outcome]


class TestingService:
    """The verb `issue test`."""

    def __init__(
        self,
        resources: Resources,
        *,
        render: Callable[[str], "Rendering"],
        open_mailer: Callable[[], Mailer],
        open_outbox: Callable[[], Mailer],
    ) -> None:
        self._resources = resources
        self._render = render
        self._open_mailer = open_mailer
        self._open_outbox = open_outbox

    def test(
        self, label: str, addresses: Collection[str], *, edition: str | None = None, rehearse: bool = False
    ) -> Tested:
        """Send one edition, as the files say it now, to a few addresses: marked as a test, outside the ledger.

        Args:
            label: The issue; it needs no approval.
            addresses: Anybody's, known or not; never a suppressed one.
            edition: `advisers.fi`; the first by default.
            rehearse: Through the outbox, whatever mailer is configured.

        Raises:
            UsageError: An address is none or is suppressed, or there is no such edition; nobody got anything.
            NewsletterError: As rendering; or the mailer cannot be opened.
        """
        known = tuple(dict.fromkeys(map(parse_address, addresses)))
        self._refuse_suppressed(known)
        message = _chosen_edition(self._render(label).messages, edition)
        mailer = self._open_outbox() if rehearse else self._open_mailer()
        publication = self._resources.settings.publication
        is_rehearsal = mailer.capabilities.is_rehearsal
        if not is_rehearsal:
            require_way_out(publication, publication.sender)
        key = self._resources.keys.current
        batch = _test_batch(
            message,
            [self._tester(address, message, key) for address in known],
            label=IssueLabel(label),
            publication=publication,
            is_rehearsal=is_rehearsal,
            now=self._resources.clock.now(),
        )
        outcomes = {outcome.delivery_key: outcome for outcome in mailer.submit(batch).outcomes}
        return Tested(
            mailer=mailer.name,
            is_rehearsal=is_rehearsal,
            edition=str(message.edition),
            outcomes={one.address: outcomes[one.delivery_key] for one in batch.recipients},
        )

    def _tester(self, address: str, message: Message, key: bytes) -> Recipient:
        planned = PlannedDelivery(
            key=DeliveryKey(secrets.token_hex(16)),
            address_hash=hash_address(address, key),
            subscriber_id=None,
            address=address,
        )
        return personalise(planned, message.edition.language, key, self._resources.settings.publication)

    def _refuse_suppressed(self, addresses: Sequence[str]) -> None:
        """Keep a test from addresses that must never be mailed."""
        with self._resources.people() as store:
            suppressed = store.suppressions_of(addresses)
        if suppressed:
            which = "This address is" if len(addresses) == 1 else f"{len(suppressed)} of these addresses are"
            raise UsageError(f"{which} suppressed: nothing may be sent there, also no test. Nothing was sent.")


def _chosen_edition(messages: Sequence[Message], name: str | None) -> Message:
    """Choose a message by its edition's name; the first by default.

    Raises:
        UsageError: There is no such edition.
    """
    by_name = {str(message.edition): message for message in messages}
    if name is not None and name not in by_name:
        raise UsageError(f"There is no edition {name!r}.", hint=did_you_mean(name, by_name))
    return messages[0] if name is None else by_name[name]


def _test_batch(
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
