"""The SendGrid mailer: hand a batch over, and find out what became of each recipient.

The door is `SendGrid`. One call carries up to 500 recipients: more gains nothing and puts more into doubt when an
answer is lost. A 400 refuses the whole request for one bad recipient, so the culprit is taken out and the others are
sent. It must not know the ledger or wait for anything: what is not taken now is refused, and the sender waits.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.domain.mailing import BatchOutcome, Capabilities, OutgoingBatch, Recipient
from newsletter.domain.notification import FetchedSuppressions
from newsletter.errors import ConfigurationError
from newsletter.mailers.batch_outcome import OutcomeCollector
from newsletter.mailers.sendgrid import SendGridTable
from newsletter.mailers.sendgrid.answers import Meaning, Understood, understand
from newsletter.mailers.sendgrid.payload import Personalizer, shared_part, write_request
from newsletter.mailers.sendgrid.suppressions import fetch_suppressions
from newsletter.mailers.sendgrid.transport import HOSTS, Transport

BATCH_SIZE_MAX = 500
"""Half of what SendGrid takes: larger calls are no faster (measured) and each may be in doubt as a whole."""
SINGLES_MAX = 10
"""So many recipients may be refused one by one, with nobody taken, before the message itself is to blame."""


_KEY = re.compile(r"[!-~]+")

_Parcel = tuple[Recipient, str]
"""A recipient, and what SendGrid is told about it."""


class SendGrid:
    """Hand messages to SendGrid's Web API v3.

    Attributes:
        capabilities: Not idempotent, unless it is the sandbox, which sends nothing. That and a stand-in are rehearsals.
    """

    name = "sendgrid"

    def __init__(
        self,
        account: SendGridTable,
        *,
        api_key: str,
        host: str | None = None,
        is_stand_in: bool = False,
        timeout_seconds: float = 30,
    ) -> None:
        """Prepare; nothing is connected yet.

        Args:
            account: What newsletter.toml says of it.
            api_key: With the right "Mail Send"; never shown.
            host: The fake's; None for that of the account's region.
            is_stand_in: The host is a SendGrid of our own on this machine, so that nothing leaves it.
            timeout_seconds: For connecting, and for every wait after it.

        Raises:
            ConfigurationError: The key is none: it could not stand in a request.
        """
        if _KEY.fullmatch(api_key) is None:
            raise ConfigurationError(
                "SendGrid's API key is not one word of plain letters, digits and marks.",
                hint="Copy the whole key from SendGrid's page; it begins with SG.",
            )
        self._is_sandbox, self._is_stand_in = account.sandbox, is_stand_in
        host = host or HOSTS[account.region]
        self._transport = Transport(api_key=api_key, host=host, timeout_seconds=timeout_seconds)
        self.capabilities = Capabilities(
            batch_size_max=BATCH_SIZE_MAX,
            is_idempotent=account.sandbox,
            is_rehearsal=account.sandbox or is_stand_in,
            connections=account.connections,
            calls_max=account.connections,
            pace=account.own_pace,
        )

    def submit(self, batch: OutgoingBatch) -> BatchOutcome:
        """Hand over one batch; more than one request is made only where SendGrid surely took nothing of the first."""
        collector = OutcomeCollector(batch)
        personalizer = Personalizer(batch.message)
        parcels: list[_Parcel] = []
        for recipient in collector.sound:
            if personalizer.is_too_large(recipient):
                collector.reject(recipient, "The person's values are larger than the 10,000 bytes that SendGrid takes.")
            else:
                parcels.append((recipient, personalizer.write(recipient)))
        shared = shared_part(batch, is_sandbox=self._is_sandbox)
        return _HandOver(self._transport, shared, collector, batch, is_sandbox=self._is_sandbox).run(parcels)

    def fetch_suppressions(self, since: datetime | None = None) -> FetchedSuppressions:
        """Read SendGrid's own lists of addresses not to be mailed, from an aware moment on; nothing changes there."""
        fetched = fetch_suppressions(self._transport.read_suppressions, since=since)
        return replace(fetched, is_rehearsal=self._is_stand_in)


class _HandOver:
    """The requests of one batch: whole at first, in parts where SendGrid refuses the whole."""

    def __init__(
        self,
        transport: Transport,
        shared: dict[str, object],
        collector: OutcomeCollector,
        batch: OutgoingBatch,
        *,
        is_sandbox: bool,
    ) -> None:
        self._transport = transport
        self._shared = shared
        self._collector = collector
        self._batch = batch
        self._is_sandbox = is_sandbox
        self._is_any_taken = False
        self._singles: list[tuple[Recipient, str]] = []
        """Refused alone, without being named: their fault, or the message's if nobody at all is taken."""

    def run(self, parcels: Sequence[_Parcel]) -> BatchOutcome:
        """Make requests until everybody is settled or something stands in the way."""
        waiting = [parcels] if parcels else []
        while waiting:
            part = waiting.pop()
            understood = self._ask(part)
            match understood.meaning:
                case Meaning.TAKEN:
                    self._is_any_taken = True
                    for recipient, _ in part:
                        self._collector.accept(recipient, understood.provider_id)
                case Meaning.SOME_AT_FAULT | Meaning.ONE_AT_FAULT | Meaning.TOO_LARGE:
                    waiting += self._narrowed(part, understood)
                    if not self._is_any_taken and len(self._singles) >= SINGLES_MAX:
                        break
                case Meaning.UNKNOWN:
                    for recipient, _ in part:
                        self._collector.doubt(recipient, understood.reason)
                    return self._close("An earlier part of the batch is in doubt.")
                case Meaning.LATER:
                    return self._close(understood.reason, retry_after_seconds=understood.retry_after_seconds)
                case Meaning.STOP:
                    return self._collector.close(stop_reason=understood.reason)
        return self._close()

    def _ask(self, part: Sequence[_Parcel]) -> Understood:
        request = write_request(self._shared, (personalization for _, personalization in part))
        return understand(self._transport.send_mail(request), is_sandbox=self._is_sandbox)

    def _narrowed(self, part: Sequence[_Parcel], understood: Understood) -> list[Sequence[_Parcel]]:
        """Take out the recipients that are named as culprits, or halve the part when nobody is."""
        culprits = {position: reason for position, reason in understood.culprits.items() if position < len(part)}
        for position, reason in culprits.items():
            self._collector.reject(part[position][0], reason)
        if culprits:
            rest = [parcel for position, parcel in enumerate(part) if position not in culprits]
            return [rest] if rest else []
        if len(part) == 1:
            self._singles.append((part[0][0], understood.reason))
            return []
        middle = len(part) // 2
        return [part[middle:], part[:middle]]

    def _close(self, otherwise: str = "", *, retry_after_seconds: float | None = None) -> BatchOutcome:
        """Judge those that were refused alone, then give the answer.

        Of an edition with one reader nobody else in the call speaks for the message; then the calls before do.
        """
        stop_reason, tried = None, len(self._singles)
        is_any_taken = self._is_any_taken or (tried == 1 and self._batch.is_any_taken())
        for recipient, reason in self._singles:
            if is_any_taken:
                self._collector.reject(recipient, reason)
            elif not otherwise:
                stop_reason = (
                    f"None of the readers tried ({tried}) was taken, so the message itself may be at fault. {reason}"
                    f" They are queued: `newsletter issue report {self._batch.label} --people queued` names them."
                )
        return self._collector.close(otherwise, retry_after_seconds=retry_after_seconds, stop_reason=stop_reason)
