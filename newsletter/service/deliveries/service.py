"""An approved issue on its way: the verbs `send`, `pause`, `resume` and `cancel`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from newsletter.domain.changes import EventChange, past_on
from newsletter.domain.content import SegmentId
from newsletter.domain.delivery import PAUSED_BY_HAND, BatchState, DeliveryState, Forecast, Sending
from newsletter.domain.issue import Approval, EditionKey, Issue, IssueLabel, Message
from newsletter.domain.mailing import Mailer, Pace
from newsletter.domain.segments import Segment
from newsletter.errors import StateError, counted
from newsletter.message.headers import list_id
from newsletter.message.mime import prepare
from newsletter.send.assignment import Assignment, Threads
from newsletter.send.dispatch import Choice, Dispatched, Progress, send
from newsletter.send.journal import journal_path
from newsletter.send.owner import Owner
from newsletter.send.plan import Lacking, Plan, batch_size, editions_of, lacking_editions, plan_sending, questions
from newsletter.send.reconcile import settle_by_journal
from newsletter.service.deliveries.guard import Guard
from newsletter.service.deliveries.recipients import SPECIMEN, personalise, recipient_of
from newsletter.service.deliveries.way_out import missing_for_real, require_way_out
from newsletter.service.issues.events import changed_since, require_accepted
from newsletter.service.issues.shelf import IssueShelf
from newsletter.service.public_address import PublicAddress
from newsletter.service.resources import Resources
from newsletter.storage.deliveries import DeliveryLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What sending now would do, before anybody says yes.

    Attributes:
        is_trial: Our own SendGrid would take the mails.
        audience: That of the sending that would go on: it is fixed; or whom a new one would reach, counted now;
            None where that was not to be counted.
        people: To how many it would go now; 0 likewise.
        pace: How fast; None for as fast as the mailer takes it.
        connections: Over how many at the same time.
        questions: What a person should say yes to.
        lacking: Editions that somebody would get and that are not approved: their readers came up since.
        changed: What became of its events since it was approved; of a sending that goes on nothing is asked.
        over: Its events that were coming on the planned day and are over today; of a rehearsal none.
    """

    approval: Approval
    segments: Sequence[Segment]
    mailer: str
    is_rehearsal: bool
    is_trial: bool = False
    audience: Sending | Forecast | None
    people: int
    pace: Pace | None
    connections: int
    questions: tuple[str, ...]
    lacking: tuple[Lacking, ...] = ()
    changed: tuple[EventChange, ...] = ()
    over: tuple[EventChange, ...] = ()


class DeliveryService:
    """The verbs of an issue after its approval."""

    def __init__(
        self,
        resources: Resources,
        shelf: IssueShelf,
        *,
        open_mailer: Callable[[], Mailer],
        open_outbox: Callable[[], Mailer],
        public_address: PublicAddress,
    ) -> None:
        self._resources = resources
        self._public_address = public_address
        self._shelf = shelf
        self._guard = Guard(resources)
        self._open_mailer = open_mailer
        self._open_outbox = open_outbox

    def outlook(
        self,
        label: str,
        *,
        rehearse: bool = False,
        pace: Pace | None = None,
        is_counted: bool = True,
        waits_for: Callable[[str], None] = lambda _message: None,
    ) -> Outlook:
        """Say what sending now would do; nothing is changed.

        `waits_for` is told when another program holds the database; it is waited for. `pace` is the mailer's when
        None. Who need not see the forecast (`is_counted`) does not wait for it: a million people take seconds.

        Raises:
            StateError: The issue is not approved, was edited since, or was sent; or the database is an older one or a
                copy.
            ConfigurationError: The mailer's password or key is missing.
        """
        with self._resources.unchecked_database.patient(waits_for):
            segments = self._resources.segments
            issue = self._shelf.read(label, segments)
            approval = self._shelf.approved(label, issue=issue)
            mailer, ledger = self._mailer(rehearse=rehearse), self._resources.ledger
            is_rehearsal = mailer.capabilities.is_rehearsal
            plan = _plan(approval, mailer, ledger)
            if not is_rehearsal:
                self._guard.require_same(approval.label)
            publication = self._resources.settings.publication
            audience = (
                plan.go_on
                if plan.go_on or not is_counted
                else ledger.foresee(
                    approval=approval,
                    segments=segments,
                    languages=publication.languages,
                    now=self._resources.clock.now(),
                )
            )
            people = _people_of(audience, ledger)
            editions = {message.edition for message in approval.messages}
            changed = () if plan.go_on else changed_since(self._resources, issue, approval)
        return Outlook(
            approval=approval,
            segments=segments,
            mailer=mailer.name,
            is_rehearsal=is_rehearsal,
            is_trial=publication.is_trial,
            audience=audience,
            people=people,
            pace=pace or mailer.capabilities.pace,
            connections=mailer.capabilities.connections,
            questions=questions(audience) if isinstance(audience, Forecast) else (),
            lacking=lacking_editions(audience.planned, editions) if isinstance(audience, Forecast) else (),
            changed=changed,
            over=() if is_rehearsal else past_on(issue, self._resources.clock.now(), publication.zone),
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
        if publication.is_trial:
            hint = "`newsletter serve --fake-sendgrid` in another window takes them."
            return f"{mailer.name}, a trial: our own takes the mails, nobody is mailed.", hint
        require_way_out(publication, publication.sender)
        pace, connections = mailer.capabilities.pace, mailer.capabilities.connections
        over = counted(connections, "connection")
        limits = f", at most {pace} over {over}: 1,000 people take about {pace.time_for(1_000)}" if pace else ""
        return f"{mailer.name}, to real readers{limits}.", None

    def send(
        self,
        label: str,
        *,
        by: str,
        segments: Collection[SegmentId] = (),
        limit: int | None = None,
        rehearse: bool = False,
        pace: Pace | None = None,
        accept_changed: Collection[str] = (),
        instead: Mapping[EditionKey, EditionKey] | None = None,
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
            pace: How fast; as the mailer has it when None.
            accept_changed: Keys of events that may go out as they were approved though they changed since.
            instead: Which approved edition the readers of one that is not approved get.
            should_stop: Asked between batches.
            progress: Told after each batch.
            waits_for: Told when another program holds the database; it is waited for.

        Raises:
            StateError: The issue is not approved, was edited since, was sent, has no way out for its readers or one
                that does not answer, or has an event that changed since and is not accepted so; or the database is an
                older one or a copy.
            SendingInProgress: Somebody else is sending now; says who and since when.
            UsageError: No edition is for a chosen segment.
            StorageError: The ledger cannot be written; no further mail was handed over.
        """
        with self._resources.unchecked_database.patient(waits_for, unless=should_stop):
            known = self._resources.segments
            issue = self._shelf.read(label, known)
            approval = self._shelf.approved(label, issue=issue)
            mailer, ledger = self._mailer(rehearse=rehearse), self._resources.ledger
            if not mailer.capabilities.is_rehearsal:
                require_way_out(self._resources.settings.publication, approval.sender)
                self._public_address.require()
            editions = editions_of(segments, [message.edition for message in approval.messages])
            with self._resources.only_sender(f"{by}, issue {label}") as owner:
                pace = pace or mailer.capabilities.pace
                sending = self._begin(
                    approval, issue, known, mailer, accept_changed=accept_changed, pace=pace, instead=instead
                )
                assignment = self._assignment(sending, approval, mailer, ledger, owner)
                choice = Choice(editions=editions, limit=limit)
                crew = Threads(mailer.capabilities.calls_max)
                return send(assignment, choice=choice, pace=pace, crew=crew, should_stop=should_stop, progress=progress)

    def pause(self, label: str, *, reason: str = "") -> Sending:
        """Let no further batch be handed over, also by a process that is sending now; by a person's word.

        Raises:
            StateError: No sending of the issue is open.
        """
        said = f"{PAUSED_BY_HAND}: {reason}" if reason else PAUSED_BY_HAND
        return self._resources.ledger.pause(self._open_sending(label).id, reason=said)

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
        with self._resources.only_sender(f"{by}, cancelling issue {label}") as owner:
            settle_by_journal(ledger, owner, journal_path(self._resources.database_path), now=now)
            ledger.settle_dead_owners(
                sending.id,
                is_dead=owner.has_outlived,
                into=BatchState.UNKNOWN,
                reason="the sender died; then cancelled",
            )
            return ledger.cancel(sending.id, reason=reason, now=now)

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
        language = message.edition.language
        return mail.fill(
            recipient_of(SPECIMEN, address, name, token="preview", language=language, publication=publication)  # noqa: S106 - no secret
        )

    def _begin(
        self,
        approval: Approval,
        issue: Issue,
        segments: Sequence[Segment],
        mailer: Mailer,
        *,
        accept_changed: Collection[str],
        pace: Pace | None,
        instead: Mapping[EditionKey, EditionKey] | None,
    ) -> Sending:
        """Go on with the sending there is, or fix the audience of a new one."""
        ledger = self._resources.ledger
        capabilities, now = mailer.capabilities, self._resources.clock.now()
        plan = _plan(approval, mailer, ledger)
        if not capabilities.is_rehearsal:
            self._guard.require_same(approval.label)
        if plan.go_on is None:
            require_accepted(changed_since(self._resources, issue, approval), accept_changed)
        for abandoned in plan.abandoned:
            ledger.cancel(abandoned.id, reason="the issue was approved anew", now=now)
        if plan.go_on is not None:
            return plan.go_on
        return ledger.freeze(
            approval=approval,
            mailer=mailer.name,
            is_rehearsal=capabilities.is_rehearsal,
            segments=segments,
            languages=self._resources.settings.publication.languages,
            batch_size=min(batch_size(capabilities, pace), self._resources.settings.mailer.batch_size),
            now=now,
            instead=instead,
        )

    def _assignment(
        self, sending: Sending, approval: Approval, mailer: Mailer, ledger: DeliveryLedger, owner: Owner
    ) -> Assignment:
        """Put together all that delivering a batch needs."""
        publication = self._resources.settings.publication
        key = self._resources.keys.current  # Stays: while a sending is open nobody changes it.
        return Assignment(
            sending=sending,
            ledger=ledger,
            mailer=mailer,
            messages={message.edition: message for message in approval.messages},
            sender=approval.sender,
            list_id=list_id(publication),
            personalise=lambda planned, language: personalise(planned, language, key, publication),
            owner=owner,
            clock=self._resources.clock,
            journal_path=journal_path(self._resources.database_path),
            note_call=(lambda: None) if sending.is_rehearsal else self._guard.begin(sending),
        )

    def _mailer(self, *, rehearse: bool) -> Mailer:
        """Open the mailer of the configuration, or the outbox for a rehearsal."""
        return self._open_outbox() if rehearse else self._open_mailer()

    def _open_sending(self, label: str) -> Sending:
        """Give the sending of an issue that is not over: the real one before a rehearsal."""
        sendings = [one for one in self._resources.ledger.sendings(IssueLabel(label)) if one.finished_at is None]
        if not sendings:
            raise StateError(f"No sending of issue {label} is open.", hint=f"See `newsletter issue show {label}`.")
        return next((one for one in sendings if not one.is_rehearsal), sendings[-1])


def _people_of(audience: Sending | Forecast | None, ledger: DeliveryLedger) -> int:
    """Count to whom it would go now."""
    if audience is None:
        return 0
    if isinstance(audience, Forecast):
        return sum(audience.planned.values())
    return ledger.balance(audience.id).states.get(DeliveryState.QUEUED, 0)


def _plan(approval: Approval, mailer: Mailer, ledger: DeliveryLedger) -> Plan:
    """Choose between going on, beginning and refusing."""
    begun, is_rehearsal = ledger.sendings(approval.label), mailer.capabilities.is_rehearsal
    return plan_sending(begun, approval=approval, mailer=mailer.name, is_rehearsal=is_rehearsal)
