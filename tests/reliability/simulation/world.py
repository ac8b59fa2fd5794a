"""Everybody around one sending: senders that die, a provider, what it tells, readers who leave, and an operator.

Each is real code where it is ours: `send`, the ledger, the sender's lock, the notifications' service.
"""

import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from hashlib import sha256

from newsletter.config import Settings
from newsletter.domain.delivery import DeliveryKey, SendingId
from newsletter.domain.mailing import BatchOutcome, Capabilities, Outcome, OutgoingBatch, Verdict
from newsletter.domain.notification import Notification, NotificationKind
from newsletter.errors import NewsletterError, StorageLocked
from newsletter.send.dispatch import send
from newsletter.send.owner import hold_ownership, lock_path
from newsletter.send.plan import plan_sending
from newsletter.service.notifications.service import NotificationService
from newsletter.service.resources import Resources
from newsletter.storage.database import Database
from newsletter.storage.deliveries import DeliveryLedger
from tests.reliability.history import Event
from tests.reliability.simulation.disk import Disk
from tests.reliability.simulation.scheduler import Actors, Process, Scheduler
from tests.reliability.witness import Tell, Witness, WitnessedMailer
from tests.send import samples
from tests.send.samples import LABEL, addresses, an_approval, an_assignment, freeze

PEOPLE = addresses(5)
BATCH_SIZE = 2

KEY = bytes(range(32))
"""The publication's: always the same, for the order of batches follows from it."""

_OF_A_READER = "SELECT key FROM delivery JOIN subscriber USING (address_hash) WHERE address = ?"
_IN_DOUBT = "SELECT key FROM delivery WHERE batch_id = ? AND state IS NULL"
_THE_ONE = SendingId(1)
_WAYS = (
    ("all taken", 50),
    ("some rejected", 8),
    ("not now", 8),
    ("no answer, booked", 9),
    ("no answer, booked late", 9),
    ("no answer, lost", 5),
    ("a defect, booked", 2),
    ("no more", 2),
)
"""How a call may go, and how often."""


class Provider:
    """A mailer whose calls go as chance has it.

    Attributes:
        late: What is booked later, or never.
        booked: What was booked, in order.
    """

    name = "scripted"
    capabilities = Capabilities(batch_size_max=100, is_idempotent=False, is_rehearsal=False)

    def __init__(self, scheduler: Scheduler, tell: Tell) -> None:
        self._scheduler = scheduler
        self._tell = tell
        self.late: list[DeliveryKey] = []
        self.booked: list[DeliveryKey] = []
        self.is_calm = False

    def submit(self, batch: OutgoingBatch) -> BatchOutcome:
        """Answer, or not; the process may be gone before the call, and before its answer."""
        keys = [one.delivery_key for one in batch.recipients]
        self._scheduler.step()
        chance = self._scheduler.chance
        way = "all taken" if self.is_calm else chance.choices(*zip(*_WAYS, strict=True))[0]
        rejected = [key for key in keys if chance.random() < 0.5] if way == "some rejected" else []
        if way in {"all taken", "some rejected", "no answer, booked", "a defect, booked"}:
            for key in keys:
                if key not in rejected:
                    self.book(key)
        elif way == "no answer, booked late":
            self.late += keys
        for _ in range(chance.choice((1, 1, 20))):
            self._scheduler.step()
        if way == "a defect, booked":
            raise RuntimeError(way)
        return _answer(way, keys, rejected, is_answered_singly=chance.random() < 0.5)

    def book(self, key: DeliveryKey) -> None:
        """Take a mail."""
        self.booked.append(key)
        self._tell({"what": "booked", "key": key})


def _answer(
    way: str, keys: Collection[DeliveryKey], rejected: Collection[DeliveryKey], *, is_answered_singly: bool
) -> BatchOutcome:
    """Say how a call went: for all at once, or mail by mail with an id for each."""
    verdict = {"not now": Verdict.REFUSED, "no more": Verdict.REFUSED}.get(
        way, Verdict.UNKNOWN if way.startswith("no answer") else Verdict.ACCEPTED
    )
    return BatchOutcome(
        outcomes=tuple(
            Outcome(
                delivery_key=key,
                verdict=Verdict.REJECTED if key in rejected else verdict,
                reason=way,
                provider_id=f"mail {key}" if is_answered_singly else None,
            )
            for key in keys
        ),
        retry_after_seconds=7.0 if way == "not now" else None,
        stop_reason=way if way == "no more" else None,
    )


class World:
    """One sending and all who have to do with it.

    Attributes:
        history: What happened, for `history.judge`.
        provider: The mailer.
    """

    def __init__(
        self, scheduler: Scheduler, disk: Disk, settings: Settings, *, a_ledger: Callable[[Database, Tell], Witness]
    ) -> None:
        self.history: list[Event] = []
        self.provider = Provider(scheduler, self.history.append)
        self._scheduler = scheduler
        self._disk = disk
        self._a_ledger = a_ledger
        self._settings = settings
        self._told: set[DeliveryKey] = set()

    # Senders

    def send(self, process: Process) -> None:
        """Send as the command line would, once, with one to three calls in flight; what fails ends this process."""
        with self._disk.open() as database, database.patient(lambda _message: None), suppress(NewsletterError):
            self._scheduler.step()
            calls = self._scheduler.chance.choice((1, 1, 2, 3))
            ledger, approval = self._a_ledger(database, self.history.append), an_approval()
            ledger.calls_max = calls
            who, since = process.name, self._scheduler.now()
            with hold_ownership(lock_path(self._disk.path), who=who, since=since) as owner:
                plan = plan_sending(ledger.sendings(LABEL), approval=approval, mailer="scripted", is_rehearsal=False)
                mailer = WitnessedMailer(self.provider, self.history.append)
                sending = plan.go_on or freeze(ledger, approval, batch_size=BATCH_SIZE)
                assignment = an_assignment(ledger, sending, mailer, self._scheduler, owner=owner.name)
                send(assignment, crew=Actors(self._scheduler, process, calls))

    # The provider's webhook, the readers, the operator

    def webhook(self) -> None:
        """Book what is late, or lose it; tell of what was booked, sometimes twice."""
        with self._disk.open() as database:
            resources = Resources(settings=self._settings, clock=self._scheduler, open_database=lambda: database)
            service = NotificationService(resources, door=None, open_mailer=lambda: self.provider)
            while True:
                self._scheduler.step()
                self._tell_something(service)

    def _tell_something(self, service: NotificationService) -> None:
        """Do one of the things a provider does."""
        chance, provider = self._scheduler.chance, self.provider
        if provider.late and chance.random() < 0.05:
            key = provider.late.pop(chance.randrange(len(provider.late)))
            if chance.random() < 0.8:
                provider.book(key)
        untold = [key for key in dict.fromkeys(provider.booked) if key not in self._told or chance.random() < 0.02]
        if untold and chance.random() < 0.2:
            with suppress(NewsletterError):
                self._tell_of(service, chance.choice(untold))

    def _tell_of(self, service: NotificationService, key: DeliveryKey) -> None:
        """Tell what became of a mail: always the same of the same one."""
        is_delivered = int(sha256(str(self.provider.booked.index(key)).encode()).hexdigest(), 16) % 5 > 0
        kind = NotificationKind.DELIVERED if is_delivered else NotificationKind.BOUNCED_HARD
        notification = Notification(
            provider="scripted",
            event_id=f"event-{key}",
            natural_key=sha256(key.encode()).hexdigest(),
            kind=kind,
            at=self._scheduler.now(),
            delivery_key=key,
        )
        service.take([notification])
        self._told.add(key)
        self.history.append({"what": "told", "key": key, "state": kind.value})

    def readers(self) -> None:
        """Leave, one after another, now and then."""
        with self._disk.open() as database:
            for address in self._scheduler.chance.sample(PEOPLE, k=2):
                while self._scheduler.chance.random() > 0.01:
                    self._scheduler.step()
                with suppress(NewsletterError):
                    samples.suppress(database, address, key=KEY)
                    self.history.extend({"what": "left", "key": key} for key in self._keys(_OF_A_READER, address))

    def operator(self) -> None:
        """Pause, let go on, and decide on doubt, now and then."""
        with self._disk.open() as database:
            ledger = DeliveryLedger(database)
            while True:
                self._scheduler.step()
                if self._scheduler.chance.random() < 0.15:
                    with suppress(NewsletterError):
                        self._decide(ledger)

    def _decide(self, ledger: DeliveryLedger) -> None:
        """Do one of the things an operator does."""
        chance = self._scheduler.chance
        for batch in ledger.unknown_batches(_THE_ONE):
            if chance.random() < 0.5:
                ledger.queue_unknown(_THE_ONE, batch_ids=[batch.id], reason="Aino: again")
                keys = self._keys(_IN_DOUBT, batch.id)
                self.history.append({"what": "word", "keys": keys})
            elif chance.random() < 0.3:
                ledger.leave_unknown(_THE_ONE, batch_ids=[batch.id], reason="Aino: left", now=self._scheduler.now())
        if chance.random() < 0.1:
            ledger.pause(_THE_ONE, reason="Aino looks")

    def leave_all_doubt(self) -> None:
        """Decide on what is left, so that the sending can end; as often as it takes to get the database."""
        with self._disk.open() as database:
            while True:
                try:
                    DeliveryLedger(database).leave_unknown(_THE_ONE, reason="Aino: left", now=self._scheduler.now())
                except StorageLocked:
                    self._scheduler.step()
                else:
                    return

    def _keys(self, sql: str, value: object) -> list[str]:
        """Give the keys of deliveries, past all of our code."""
        with closing(sqlite3.connect(self._disk.path)) as connection:
            return [row[0] for row in connection.execute(sql, (value,))]
