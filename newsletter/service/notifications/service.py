"""What the provider tells about the mails: kept, put into the ledger, and what follows from it for people."""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from newsletter.audience.addresses import parse_address
from newsletter.domain.audience import AddressHash, SubscriberStatus, SuppressionReason
from newsletter.domain.delivery import DeliveryKey, DeliveryState, SendingId
from newsletter.domain.mailing import Mailer
from newsletter.domain.notification import (
    FetchedSuppressions,
    KeptNotification,
    KnownDelivery,
    Notification,
    NotificationKind,
    ProviderDoor,
    ProviderSuppression,
    StateChange,
    TimelinePoint,
)
from newsletter.errors import UsageError
from newsletter.service.resources import Resources
from newsletter.storage.audience import AudienceStore
from newsletter.storage.deliveries import DeliveryLedger
from newsletter.storage.notifications import NotificationStore
from newsletter.track.reduce import (
    DeliveryNews,
    SuppressionNews,
    is_worn_out,
    pause_reason,
    reduce,
    state_after,
    weaker_reasons,
)

WORN_OUT = "three issues in a row came back"
"""Note of the suppression of an address that only ever bounces for passing reasons."""

_STRAYS = 'each names a delivery and not its address. See `newsletter notification list --kind "set aside"`.'

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of notifications.

    Attributes:
        new: How many were not told before.
        repeated: How many were.
        settled: How many deliveries have another state now.
        suppressed: How many addresses are suppressed since.
        paused: Sendings that were paused because too much of them is blocked.
    """

    new: int
    repeated: int
    settled: int
    suppressed: int
    paused: tuple[SendingId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """What the provider's own suppression lists brought.

    Attributes:
        new: Addresses that are suppressed since, or would be, by reason.
        known: How many were suppressed already.
        passing: How many were only blocked for a while, from which nothing follows.
        faults: One sentence for each list that could not be read, and for addresses that are none.
        is_rehearsal: The lists were a stand-in's, so nothing was kept.
    """

    new: Mapping[SuppressionReason, int]
    known: int
    passing: int
    faults: tuple[str, ...]
    is_rehearsal: bool = False


@runtime_checkable
class FetchesSuppressions(Protocol):
    """A mailer whose provider keeps suppression lists of its own."""

    def fetch_suppressions(self, since: datetime | None = None) -> FetchedSuppressions:
        """Read the provider's lists."""
        ...


class NotificationService:
    """The verbs of `notification`, `suppression fetch` and the webhook."""

    def __init__(self, resources: Resources, *, door: ProviderDoor | None, open_mailer: Callable[[], Mailer]) -> None:
        self._resources = resources
        self.door = door
        self._open_mailer = open_mailer

    def take(self, notifications: Sequence[Notification]) -> Taken:
        """Keep notifications and let follow what follows from them, all in one transaction.

        Any order, any portions, any repetition end in the same ledger. What is not about a delivery of ours is kept and
        changes nothing, and what names another address than its delivery's is set aside; a rehearsal's deliveries
        change, but nothing follows for people.

        Raises:
            StorageError: The database is locked, full or cannot be written; nothing was kept.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as audience:
            store = NotificationStore(audience.connection)
            keys = [one.delivery_key for one in notifications if one.delivery_key is not None]
            known = store.deliveries(keys)
            new = store.keep([_looked_at(one, known, audience) for one in notifications], known, now)
            news = {known[key]: told for key, told in reduce(new).deliveries.items() if key in known}
            changes = _changes(news)
            store.set_states(changes, now)
            closed = store.close_proven({one.batch_id for one in news}, now)
            people = {one: told for one, told in news.items() if not one.is_rehearsal}
            suppressed = _suppress(audience, people, now)
            suppressed += _suppress_worn_out(store, audience, _soft_bounced(people, changes), now)
            paused = _pause_blocked(store, people)
        ledger = DeliveryLedger(self._resources.database)
        for sending_id in closed:
            ledger.finish(sending_id, now=now)
        if strays := sum(one.kind is NotificationKind.SET_ASIDE for one in new):
            log.warning("Set aside %d of the notifications: %s", strays, _STRAYS)
        for sending_id in paused:
            log.warning("Paused sending %d: too much of it is blocked.", sending_id)
        return Taken(
            new=len(new),
            repeated=len(notifications) - len(new),
            settled=len(changes),
            suppressed=suppressed,
            paused=paused,
        )

    def recent(self, *, kinds: Collection[NotificationKind] = (), limit: int = 50) -> tuple[KeptNotification, ...]:
        """Give the newest notifications, those that happened last first."""
        with self._resources.database.read() as connection:
            return NotificationStore(connection).page(kinds=kinds, limit=limit)

    def counts(self) -> Mapping[NotificationKind, int]:
        """Count the notifications by kind."""
        with self._resources.database.read() as connection:
            return NotificationStore(connection).counts()

    def timeline(self, sending_id: SendingId) -> tuple[TimelinePoint, ...]:
        """Give how many deliveries of a sending were accepted and delivered when, the earliest first."""
        with self._resources.database.read() as connection:
            return NotificationStore(connection).timeline(sending_id)

    def fetch_suppressions(self, *, since: datetime | None = None, is_dry_run: bool = False) -> FetchResult:
        """Take over the provider's own lists of addresses not to be mailed: what the webhook may have missed.

        From a stand-in's lists nothing is kept: what became of rehearsed mails is about nobody.

        Args:
            since: Only what was added there at this aware moment or later.
            is_dry_run: Count everything, keep nothing.

        Raises:
            UsageError: The mailer keeps no such lists.
            ConfigurationError: Its key is missing.
        """
        mailer = self._open_mailer()
        if not isinstance(mailer, FetchesSuppressions):
            raise UsageError(
                f"The mailer {mailer.name} keeps no lists of its own.", hint="Only a provider such as sendgrid does."
            )
        fetched = mailer.fetch_suppressions(since)
        lasting = {one.address: one for one in fetched.suppressions if one.reason is not None}
        sound = {address: one for address, one in lasting.items() if _is_address(address)}
        faults = list(fetched.faults)
        if unusable := len(lasting) - len(sound):
            faults.append(f"{unusable} entries hold no usable address and were left out.")
        known, new = self._take_over(list(sound.values()), is_dry_run=is_dry_run or fetched.is_rehearsal)
        return FetchResult(
            new=new,
            known=known,
            passing=len(fetched.suppressions) - len(lasting),
            faults=tuple(faults),
            is_rehearsal=fetched.is_rehearsal,
        )

    def _take_over(
        self, entries: Sequence[ProviderSuppression], *, is_dry_run: bool
    ) -> tuple[int, dict[SuppressionReason, int]]:
        """Suppress what is not suppressed yet; count the others, and these by reason."""
        now, new = self._resources.clock.now(), Counter[SuppressionReason]()
        with self._resources.people(is_writing=not is_dry_run) as store:
            known = {store.hash_of(one) for one in store.suppressions_of([entry.address for entry in entries])}
            for entry in entries:
                address_hash = store.hash_of(entry.address)
                if entry.reason is None or address_hash in known:
                    continue
                new[entry.reason] += 1
                known.add(address_hash)
                if not is_dry_run:
                    if entry.reason is SuppressionReason.UNSUBSCRIBED:
                        _let_leave(store, address_hash, now)
                    _keep_from(store, address_hash, entry.reason, entry.note, now)
        return len(entries) - new.total(), dict(new)


def _looked_at(one: Notification, known: Mapping[DeliveryKey, KnownDelivery], audience: AudienceStore) -> Notification:
    """Give a notification without its address; set aside when the delivery that it names went to another one."""
    about = known.get(one.delivery_key) if one.delivery_key else None
    if about is None or one.address is None:
        return replace(one, address=None)
    address_hash, *older = audience.hashes_of(one.address)
    if about.address_hash in (address_hash, *older):
        return replace(one, address=None)
    # Under keys of its own, or it would stand in the way of the true one.
    natural_key = hashlib.sha256(f"set aside {one.natural_key} {address_hash}".encode()).hexdigest()
    why = "not of the address that its delivery went to" if one.address else "without an address"
    return replace(
        one,
        address=None,
        event_id=None,
        natural_key=natural_key,
        kind=NotificationKind.SET_ASIDE,
        reason=f"{one.kind}, {why}",
        suppression=None,
    )


def _suppress(store: AudienceStore, people: Mapping[KnownDelivery, DeliveryNews], now: datetime) -> int:
    """Suppress who bounced hard, complained or left, at once; count them."""
    for one, news in people.items():
        if news.has_left:
            for whose in _addresses(store, one.address_hash):
                _let_leave(store, whose, now)
    told = [
        (whose, news.suppression)
        for one, news in people.items()
        if news.suppression is not None
        # A mailbox that is gone says nothing of the one that its holder has now.
        for whose in _addresses(store, one.address_hash)[: 1 if news.suppression.reason is _GONE else None]
    ]
    return sum(_keep_from(store, whose, news.reason, _note(news), now) for whose, news in told)


_GONE = SuppressionReason.HARD_BOUNCE


def _addresses(store: AudienceStore, address_hash: AddressHash) -> list[AddressHash]:
    """Give an address, and the one that its holder has now instead."""
    moved = store.moved_to(address_hash)
    return [address_hash] if moved is None else [address_hash, moved]


def _changes(news: Mapping[KnownDelivery, DeliveryNews]) -> list[StateChange]:
    """Give the states that are other ones now."""
    changes = []
    for known, told in news.items():
        state = state_after(known.state, told)
        if state is not known.state and told.strongest is not None:
            changes.append(StateChange(key=known.key, state=state, reason=told.strongest.reason))
    return changes


def _soft_bounced(
    people: Mapping[KnownDelivery, DeliveryNews], changes: Sequence[StateChange]
) -> tuple[AddressHash, ...]:
    """Give the addresses whose delivery has just come back for a passing reason."""
    soft: set[DeliveryKey] = {one.key for one in changes if one.state is DeliveryState.BOUNCED_SOFT}
    return tuple(known.address_hash for known in people if known.key in soft)


def _suppress_worn_out(
    store: NotificationStore, audience: AudienceStore, addresses: Sequence[AddressHash], now: datetime
) -> int:
    """Suppress the addresses from which one issue after another comes back; count them."""
    if not addresses:
        return 0
    worn_out = [whose for whose, states in store.histories(addresses).items() if is_worn_out(states)]
    return sum(_keep_from(audience, whose, SuppressionReason.HARD_BOUNCE, WORN_OUT, now) for whose in worn_out)


def _pause_blocked(store: NotificationStore, people: Mapping[KnownDelivery, DeliveryNews]) -> tuple[SendingId, ...]:
    """Pause the sendings of which too much was blocked just now, of all or since a person let them go on."""
    paused = []
    for sending_id in sorted({one.sending_id for one, told in people.items() if told.is_blocked}):
        since = store.resumed_at(sending_id)
        blocked, accepted = store.count_blocked(sending_id, since=since), store.count_accepted(sending_id, since=since)
        reason = pause_reason(blocked=blocked, accepted=accepted, is_resumed=since is not None)
        if reason is not None and store.pause(sending_id, reason=reason):
            paused.append(sending_id)
    return tuple(paused)


def _keep_from(
    store: AudienceStore, address_hash: AddressHash, reason: SuppressionReason, note: str, now: datetime
) -> bool:
    """Keep an address from being mailed, for the strongest reason that was ever told; False when it was already."""
    return store.suppress(address_hash, reason, now, note, over=weaker_reasons(reason))


def _let_leave(store: AudienceStore, address_hash: AddressHash, now: datetime) -> None:
    """Unsubscribe whoever left by the provider's own way out."""
    if store.status_of(address_hash) not in (None, SubscriberStatus.UNSUBSCRIBED):
        store.set_status(address_hash, SubscriberStatus.UNSUBSCRIBED, now)


def _note(news: SuppressionNews) -> str:
    """Say where a suppression came from."""
    return f"told by the provider, {news.at:%Y-%m-%d %H:%M} UTC"


def _is_address(text: str) -> bool:
    """Tell whether a provider's entry can be an address of ours."""
    with suppress(UsageError):
        return bool(parse_address(text))
    return False
