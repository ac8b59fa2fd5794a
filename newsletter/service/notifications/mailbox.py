"""What came back to the office's mailbox: the verb `subscriber mailbox`, first what would follow, then it.

Nothing follows but from a token of ours and from a report about a delivery of ours that names its reader's address.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from newsletter.audience.tokens import read_unsubscribe_token
from newsletter.domain.audience import AddressHash, SubscriberStatus, SuppressionReason
from newsletter.domain.delivery import DeliveryKey
from newsletter.domain.issue import IssueLabel
from newsletter.domain.notification import KnownDelivery, Notification, NotificationKind
from newsletter.domain.saved_mail import MailMeaning, MailVerdict, SavedMail
from newsletter.errors import ContentError, UsageError
from newsletter.service.audience.leaving import LeavingService
from newsletter.service.looks import note_mailbox
from newsletter.service.notifications.service import NotificationService
from newsletter.service.resources import Resources
from newsletter.storage.audience import AudienceStore
from newsletter.storage.notifications import NotificationStore
from newsletter.track.mailbox import read_mail, split_mails

PROVIDER = "mailbox"
"""From whom the notifications come that saved mails make."""

_KINDS = {
    MailMeaning.BOUNCED_HARD: NotificationKind.BOUNCED_HARD,
    MailMeaning.BOUNCED_SOFT: NotificationKind.BOUNCED_SOFT,
    MailMeaning.BLOCKED: NotificationKind.BLOCKED,
    MailMeaning.DELAYED: NotificationKind.DEFERRED,
    MailMeaning.DELIVERED: NotificationKind.DELIVERED,
    MailMeaning.COMPLAINED: NotificationKind.COMPLAINED,
}
_SUPPRESSIONS = {
    MailMeaning.BOUNCED_HARD: SuppressionReason.HARD_BOUNCE,
    MailMeaning.COMPLAINED: SuppressionReason.COMPLAINT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxReading:
    """What saved mails say, before anything follows from it.

    Attributes:
        verdicts: One for each mail, in the order of the files.
        tokens: Of those who leave now.
        notifications: What is told now.
    """

    verdicts: tuple[MailVerdict, ...]
    tokens: tuple[str, ...] = field(default=(), repr=False)
    notifications: tuple[Notification, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxTaken:
    """What followed from saved mails.

    Attributes:
        left: How many people left.
        settled: How many deliveries have another state now.
        suppressed: How many addresses are suppressed since, but for those who left.
    """

    left: int
    settled: int
    suppressed: int


class MailboxService:
    """Read what an office saved of its mailbox."""

    def __init__(self, resources: Resources, *, leaving: LeavingService, notifications: NotificationService) -> None:
        self._resources = resources
        self._leaving = leaving
        self._notifications = notifications

    def read(self, files: Sequence[Path]) -> MailboxReading:
        """Say what follows from the mails in some files; nothing is changed.

        Raises:
            ContentError: A file cannot be read, or is of a kind that is not.
        """
        mails = [(file.name, number, mail) for file in files for number, mail in enumerate(_mails(file), 1)]
        with self._resources.people() as people:
            store = NotificationStore(people.connection)
            known = store.deliveries([mail.delivery_key for _, _, mail in mails if mail.delivery_key])
            judge = _Judge(people, self._resources.keys.keys, known, store.labels(known), self._resources.clock.now())
            told = [judge.judge(file, number, mail) for file, number, mail in mails]
            kept = store.kept_among(PROVIDER, [one.natural_key for _, _, one in told if one is not None])
        return _summed_up(told, kept)

    def take(self, reading: MailboxReading) -> MailboxTaken:
        """Let follow what follows, and note that the mailbox was read; the same mails again change nothing.

        Raises:
            StorageError: The database is locked, full or cannot be written.
        """
        departures = self._leaving.leave(reading.tokens)
        taken = self._notifications.take(reading.notifications)
        note_mailbox(self._resources.settings.root, now=self._resources.clock.now())
        return MailboxTaken(
            left=sum(departure.is_new for departure in departures), settled=taken.settled, suppressed=taken.suppressed
        )


Told = tuple[MailVerdict, str | None, Notification | None]
"""A verdict, whose token counts, and what is told of a delivery."""


def _summed_up(told: Sequence[Told], kept: set[str]) -> MailboxReading:
    """Put verdicts together; what is kept, or stands twice among them, is not new."""
    verdicts, tokens, notifications = [], dict[str, None](), dict[str, Notification]()
    for verdict, token, notification in told:
        is_new = verdict.is_new
        if token is not None:
            is_new = is_new and token not in tokens
            tokens.update({token: None} if is_new else {})
        if notification is not None:
            is_new = notification.natural_key not in kept and notification.natural_key not in notifications
            notifications.update({notification.natural_key: notification} if is_new else {})
        verdicts.append(replace(verdict, is_new=is_new))
    return MailboxReading(verdicts=tuple(verdicts), tokens=tuple(tokens), notifications=tuple(notifications.values()))


@dataclass(frozen=True, slots=True)
class _Judge:
    """Tell a mail that is about a delivery or a reader of ours from one that is not."""

    people: AudienceStore
    keys: Sequence[bytes]
    known: Mapping[DeliveryKey, KnownDelivery]
    labels: Mapping[DeliveryKey, IssueLabel]
    now: datetime

    def judge(self, file: str, number: int, mail: SavedMail) -> Told:
        """Give what follows from a mail."""
        verdict = MailVerdict(file=file, number=number, subject=mail.subject, meaning=mail.meaning, reason=mail.reason)
        if mail.token is not None:
            return self._by_token(verdict, mail.token)
        if mail.delivery_key is not None:
            return self._by_report(verdict, mail, mail.delivery_key)
        return verdict, None, None

    def _by_token(self, verdict: MailVerdict, token: str) -> Told:
        try:
            holder = self.people.current_hash(read_unsubscribe_token(token, self.keys))
        except UsageError:
            return _not_ours(verdict, "Its token is none of this publication.")
        person = self._address(holder)
        if verdict.meaning is MailMeaning.WISHES:
            return replace(verdict, person=person), None, None
        is_leaving = self.people.status_of(holder) not in (None, SubscriberStatus.UNSUBSCRIBED)
        is_new = is_leaving or not self.people.suppressed_among([holder])
        return replace(verdict, person=person, is_new=is_new), token, None

    def _by_report(self, verdict: MailVerdict, mail: SavedMail, key: DeliveryKey) -> Told:
        about = self.known.get(key)
        if about is None:
            return _not_ours(verdict, "It is about no delivery of ours.")
        if mail.meaning not in _KINDS:
            return verdict, None, None
        if not any(about.address_hash in self._hashes_of(address) for address in mail.addresses):
            return _not_ours(verdict, "It names another address than the one we wrote to (forwarded, perhaps).")
        verdict = replace(verdict, person=self._address(about.address_hash), label=self.labels.get(key))
        natural_key = hashlib.sha256(f"{PROVIDER} {key} {mail.meaning} {mail.status}".encode()).hexdigest()
        notification = Notification(
            provider=PROVIDER,
            event_id=None,
            natural_key=natural_key,
            kind=_KINDS[mail.meaning],
            at=min(mail.at, self.now) if mail.at else self.now,
            delivery_key=key,
            reason=mail.reason,
            suppression=_SUPPRESSIONS.get(mail.meaning),
        )
        return verdict, None, notification

    def _hashes_of(self, address: str) -> list[AddressHash]:
        return [self.people.current_hash(one) for one in self.people.hashes_of(address)]

    def _address(self, address_hash: AddressHash) -> str | None:
        person = self.people.find_hashed(address_hash)
        return None if person is None else person.address


def _not_ours(verdict: MailVerdict, reason: str) -> Told:
    return replace(verdict, meaning=MailMeaning.NOT_OURS, reason=reason), None, None


def _mails(path: Path) -> Iterator[SavedMail]:
    """Read the mails of a file.

    Raises:
        ContentError: It cannot be read, or is of a kind that is not.
    """
    try:
        with path.open("rb") as file:
            yield from map(read_mail, split_mails(file, path.name))
    except OSError as error:
        raise ContentError(f"{path.name} cannot be read: {error.strerror}.", hint="Check the path.") from error
