"""An approved issue on its way: the verbs `send`, `report`, `pause`, `resume`, `resolve` and `cancel`."""

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.audience.addresses import parse_address
from newsletter.audience.tokens import unsubscribe_token
from newsletter.domain.audience import hash_address
from newsletter.domain.content import SegmentId
from newsletter.domain.delivery import (
    BatchId,
    BatchState,
    DeliveryKey,
    Forecast,
    Mailer,
    PlannedDelivery,
    Recipient,
    Sending,
)
from newsletter.domain.issue import Approval, IssueLabel, Message
from newsletter.errors import StateError, UsageError
from newsletter.message.headers import list_id
from newsletter.message.mime import prepare
from newsletter.send.backoff import once_unlocked
from newsletter.send.dispatch import Choice, Dispatched, Progress, send
from newsletter.send.owner import Owner, hold_ownership, lock_path
from newsletter.send.plan import Plan, batch_size, editions_of, plan_sending, questions
from newsletter.send.ports import Assignment
from newsletter.service.deliveries.guard import Guard
from newsletter.service.deliveries.recipients import SPECIMEN, recipient_of
from newsletter.service.deliveries.trial import Tested, chosen_edition, test_batch
from newsletter.service.deliveries.way_out import missing_for_real, require_way_out
from newsletter.service.issues.shelf import IssueShelf
from newsletter.service.resources import Resources
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.track.report import Report, build_report

if TYPE_CHECKING:
    from newsletter.service.issues.service import Rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What sending now would do, before anybody says yes.

    Attributes:
        approval: What would be sent.
        mailer: Name of the mailer.
        is_rehearsal: Nothing would leave this machine.
        go_on: The sending that would go on, or None for a new one.
        forecast: Whom a new one would reach, counted now; of the fixed audience see the report.
        questions: What a person should say yes to.
    """

    approval: Approval
    mailer: str
    is_rehearsal: bool
    go_on: Sending | None
    forecast: Forecast
    questions: tuple[str, ...]


class DeliveryService:
    """The verbs of an issue after its approval."""

    def __init__(
        self,
        resources: Resources,
        shelf: IssueShelf,
        *,
        render: Callable[[str], "Rendering"],
        open_mailer: Callable[[], Mailer],
        open_outbox: Callable[[], Mailer],
    ) -> None:
        self._resources = resources
        self._shelf = shelf
        self._render = render
        self._guard = Guard(resources)
        self._open_mailer = open_mailer
        self._open_outbox = open_outbox

    def outlook(self, label: str, *, rehearse: bool = False) -> Outlook:
        """Say what sending now would do; nothing is changed.

        Args:
            label: The issue.
            rehearse: Through the outbox, whatever mailer is configured.

        Raises:
            StateError: The issue is not approved, was edited since, or was sent; or the database is an older one or a
                copy.
            ConfigurationError: The mailer's password or key is missing.
        """
        approval = self._shelf.approved(label)
        mailer, ledger = self._mailer(rehearse=rehearse), self._resources.ledger
        is_rehearsal = mailer.capabilities.is_rehearsal
        plan = _plan(approval, mailer, ledger)
        if not is_rehearsal:
            self._guard.require_same(approval.label)
        languages = self._resources.settings.publication.languages
        forecast = ledger.foresee(approval=approval, segments=self._resources.segments, languages=languages)
        return Outlook(
            approval=approval,
            mailer=mailer.name,
            is_rehearsal=is_rehearsal,
            go_on=plan.go_on,
            forecast=forecast,
            questions=() if plan.go_on is not None else questions(forecast),
        )

    def readiness(self) -> tuple[str, str | None]:
        """Say through what mail would leave now, and what is missing for real readers; nobody is contacted.

        Raises:
            ConfigurationError: The mailer's password or key is missing.
            StateError: Its mails would have no way out for their readers.
        """
        mailer, publication = self._mailer(rehearse=False), self._resources.settings.publication
        if mailer.capabilities.is_rehearsal:
            return f"{mailer.name}, a rehearsal: nothing leaves this machine.", missing_for_real(publication)
        require_way_out(publication, publication.sender)
        return f"{mailer.name}, to real readers.", None

    def send(
        self,
        label: str,
        *,
        by: str,
        segments: Collection[SegmentId] = (),
        limit: int | None = None,
        rehearse: bool = False,
        should_stop: Callable[[], bool] = lambda: False,
        progress: Callable[[Progress], None] = lambda _progress: None,
        waits_for: Callable[[str], None] = lambda _message: None,
    ) -> Dispatched:
        """Fix the audience, or go on with the one that was fixed, and hand over what is queued.

        Killed and called again it goes on where it was; nobody is mailed twice.

        Args:
            label: The issue.
            by: Person and machine; told to whoever comes second.
            segments: Only editions for these now; the others stay queued.
            limit: At most so many people now; the others stay queued.
            rehearse: Through the outbox, whatever mailer is configured.
            should_stop: Asked between batches.
            progress: Told after each batch.
            waits_for: Told when another program holds the database; it is waited for.

        Raises:
            StateError: The issue is not approved, was edited since, was sent, or has no way out for its readers; or the
                database is an older one or a copy.
            SendingInProgress: Somebody else is sending now; says who and since when.
            UsageError: No edition is for a chosen segment.
            StorageError: The ledger cannot be written; no further mail was handed over.
        """
        approval = self._shelf.approved(label)
        mailer, ledger = self._mailer(rehearse=rehearse), self._resources.ledger
        if not mailer.capabilities.is_rehearsal:
            require_way_out(self._resources.settings.publication, approval.sender)
        choice = Choice(editions=editions_of(segments, [message.edition for message in approval.messages]), limit=limit)
        clock, lock = self._resources.clock, lock_path(self._resources.database_path)
        with hold_ownership(lock, who=f"{by}, issue {label}", since=clock.now()) as owner:
            assignment = once_unlocked(
                lambda: self._assignment(self._begin(approval, mailer, ledger), approval, mailer, ledger, owner),
                clock=clock,
                tell=waits_for,
                unless=should_stop,
            )
            return send(assignment, choice=choice, should_stop=should_stop, progress=progress, waits_for=waits_for)

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
        message = chosen_edition(self._render(label).messages, edition)
        mailer, publication = self._mailer(rehearse=rehearse), self._resources.settings.publication
        is_rehearsal = mailer.capabilities.is_rehearsal
        if not is_rehearsal:
            require_way_out(publication, publication.sender)
        key = self._resources.keys.current
        batch = test_batch(
            message,
            [self._tester(address, key) for address in known],
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

    def _tester(self, address: str, key: bytes) -> Recipient:
        """Give what is one tester's."""
        planned = PlannedDelivery(
            key=DeliveryKey(secrets.token_hex(16)),
            address_hash=hash_address(address, key),
            subscriber_id=None,
            address=address,
        )
        return self._personalise(planned, key)

    def report(self, label: str) -> tuple[Report, ...]:
        """Account for every sending of an issue, the real one first, then rehearsals, the oldest first.

        Raises:
            StateError: Nothing of the issue was ever sent.
        """
        ledger = self._resources.ledger
        sendings = sorted(ledger.sendings(IssueLabel(label)), key=lambda sending: sending.is_rehearsal)
        if not sendings:
            raise StateError(f"Nothing of issue {label} was sent yet.", hint=f"newsletter issue send {label}")
        language = self._resources.settings.publication.languages[0]
        names = {segment.id: segment.names.get(language, str(segment.id)) for segment in self._resources.segments}
        return tuple(build_report(ledger, sending.id, segment_names=names) for sending in sendings)

    def pause(self, label: str, *, reason: str) -> Sending:
        """Let no further batch be handed over, also by a process that is sending now.

        Raises:
            StateError: No sending of the issue is open.
        """
        return self._resources.ledger.pause(self._open_sending(label).id, reason=reason)

    def resume(self, label: str) -> Sending:
        """Let batches be handed over again; `send` then goes on.

        Raises:
            StateError: No sending of the issue is open.
        """
        return self._resources.ledger.resume(self._open_sending(label).id, now=self._resources.clock.now())

    def cancel(self, label: str, *, by: str, reason: str) -> Sending:
        """End a sending for good: what is queued is skipped, what went out stays in the ledger.

        What a dead sender had in hand becomes unknown, for a person to decide about.

        Raises:
            StateError: No sending of the issue is open.
            SendingInProgress: Somebody is sending now: stop that first.
        """
        sending, ledger, now = self._open_sending(label), self._resources.ledger, self._resources.clock.now()
        lock = lock_path(self._resources.database_path)
        with hold_ownership(lock, who=f"{by}, cancelling issue {label}", since=now) as owner:
            ledger.settle_dead_owners(
                sending.id,
                is_dead=owner.has_outlived,
                into=BatchState.UNKNOWN,
                reason="the sender died; then cancelled",
            )
            return ledger.cancel(sending.id, reason=reason, now=now)

    def resolve(self, label: str, *, resend: bool, by: str, batches: Collection[int] = ()) -> int:
        """Decide, as a person, what becomes of batches of doubt: send them again, or leave them; count them.

        Args:
            label: The issue.
            resend: True puts them back into the queue: whoever did get the mail gets it twice. False lets them rest.
            by: The person's name, recorded.
            batches: Their numbers in the report; all of the sending by default.

        Raises:
            StateError: No mail of the issue is in doubt.
            UsageError: A number is of no batch in doubt.
        """
        ledger = self._resources.ledger
        doubtful = [one for one in ledger.sendings(IssueLabel(label)) if ledger.unknown_batches(one.id)]
        if not doubtful:
            raise StateError(f"No mail of issue {label} is in doubt.", hint=f"See `newsletter issue report {label}`.")
        sending = next((one for one in doubtful if not one.is_rehearsal), doubtful[-1])
        chosen = [BatchId(number) for number in batches] or None
        reason = f"{'sent again' if resend else 'left'} by {by}"
        if resend:
            return ledger.queue_unknown(sending.id, batch_ids=chosen, reason=reason)
        count = ledger.leave_unknown(sending.id, batch_ids=chosen, reason=reason, now=self._resources.clock.now())
        ledger.finish(sending.id, now=self._resources.clock.now())
        return count

    def specimen(self, message: Message, *, address: str, name: str) -> bytes:
        """Give the mail that one reader of a message would get, on the wire; nothing is sent or written.

        Only the way out is another one: its token is no one's, so that nobody leaves by a click in a preview.
        """
        publication = self._resources.settings.publication
        mail = prepare(
            message,
            sender=publication.sender,
            list_id=list_id(publication),
            sent_at=self._resources.clock.now(),
            is_rehearsal=True,
        )
        return mail.fill(recipient_of(SPECIMEN, address, name, token="preview", publication=publication))  # noqa: S106 - no secret

    def _begin(self, approval: Approval, mailer: Mailer, ledger: DeliveryLedger) -> Sending:
        """Go on with the sending there is, or fix the audience of a new one."""
        capabilities, now = mailer.capabilities, self._resources.clock.now()
        plan = _plan(approval, mailer, ledger)
        if not capabilities.is_rehearsal:
            self._guard.require_same(approval.label)
        for abandoned in plan.abandoned:
            ledger.cancel(abandoned.id, reason="the issue was approved anew", now=now)
        if plan.go_on is not None:
            return plan.go_on
        return ledger.freeze(
            approval=approval,
            mailer=mailer.name,
            is_rehearsal=capabilities.is_rehearsal,
            segments=self._resources.segments,
            languages=self._resources.settings.publication.languages,
            batch_size=min(batch_size(capabilities), self._resources.settings.mailer.batch_size),
            now=now,
        )

    def _assignment(
        self, sending: Sending, approval: Approval, mailer: Mailer, ledger: DeliveryLedger, owner: Owner
    ) -> Assignment:
        """Put together all that delivering a batch needs."""
        key = self._resources.keys.current  # Stays: while a sending is open nobody changes it.
        return Assignment(
            sending=sending,
            ledger=ledger,
            mailer=mailer,
            messages={message.edition: message for message in approval.messages},
            sender=approval.sender,
            list_id=list_id(self._resources.settings.publication),
            personalise=lambda planned, _sending: self._personalise(planned, key),
            owner=owner,
            clock=self._resources.clock,
            note_call=(lambda: None) if sending.is_rehearsal else self._guard.begin(sending),
        )

    def _mailer(self, *, rehearse: bool) -> Mailer:
        """Open the mailer of the configuration, or the outbox for a rehearsal."""
        return self._open_outbox() if rehearse else self._open_mailer()

    def _refuse_suppressed(self, addresses: Sequence[str]) -> None:
        """Keep a test from addresses that must never be mailed."""
        with self._resources.people() as store:
            suppressed = store.suppressions_of(addresses)
        if suppressed:
            which = "This address is" if len(addresses) == 1 else f"{len(suppressed)} of these addresses are"
            raise UsageError(f"{which} suppressed: nothing may be sent there, also no test. Nothing was sent.")

    def _personalise(self, planned: PlannedDelivery, key: bytes) -> Recipient:
        """Give what is one person's: the address, the values of the slots, the ways out."""
        assert planned.address is not None, "the ledger skips people whose record is gone"
        publication = self._resources.settings.publication
        token = unsubscribe_token(planned.address_hash, key)
        return recipient_of(planned.key, planned.address, planned.name, token=token, publication=publication)

    def _open_sending(self, label: str) -> Sending:
        """Give the sending of an issue that is not over: the real one before a rehearsal."""
        sendings = [one for one in self._resources.ledger.sendings(IssueLabel(label)) if one.finished_at is None]
        if not sendings:
            raise StateError(f"No sending of issue {label} is open.", hint=f"See `newsletter issue show {label}`.")
        return next((one for one in sendings if not one.is_rehearsal), sendings[-1])


def _plan(approval: Approval, mailer: Mailer, ledger: DeliveryLedger) -> Plan:
    """Choose between going on, beginning and refusing."""
    begun, is_rehearsal = ledger.sendings(approval.label), mailer.capabilities.is_rehearsal
    return plan_sending(begun, approval=approval, mailer=mailer.name, is_rehearsal=is_rehearsal)
