"""Turn what a provider told us into states and facts, whatever the order in which it came.

The doors are `reduce` (notifications to a summary), `merge` (two summaries to one), `state_after` (the ledger's state
and what was told), `weaker_reasons`, `is_worn_out` and `pause_reason`. All are pure. Providers send in any order, in
any portions and the same thing again: reducing portions and merging them gives what reducing everything at once gives,
for each answer is the strongest of what was told, and a repetition is no stronger than itself. The room must not know
whose delivery a key is, and makes no person: what has no delivery of ours counts for nobody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.domain.audience import SuppressionReason
from newsletter.domain.delivery import DeliveryKey, DeliveryState
from newsletter.domain.notification import Notification, NotificationKind

SOFT_BOUNCES_IN_A_ROW = 3
"""A mailbox may be full for a month; one that returned three issues one after another is nobody's any more."""

BLOCKED_SHARE_MAX = 0.05
"""More blocks than this are about what we are or wrote; going on makes the reputation worse."""

BLOCKED_MIN = 10
"""Fewer blocks than this are the whims of single servers."""

_STATES = {
    NotificationKind.PROCESSED: DeliveryState.ACCEPTED,
    # Who leaves or complains at the provider proves at least that the provider had the message.
    NotificationKind.UNSUBSCRIBED: DeliveryState.ACCEPTED,
    NotificationKind.DEFERRED: DeliveryState.DEFERRED,
    NotificationKind.DROPPED: DeliveryState.REJECTED,
    NotificationKind.DELIVERED: DeliveryState.DELIVERED,
    NotificationKind.BOUNCED_SOFT: DeliveryState.BOUNCED_SOFT,
    NotificationKind.BLOCKED: DeliveryState.BOUNCED_SOFT,
    NotificationKind.BOUNCED_HARD: DeliveryState.BOUNCED_HARD,
    NotificationKind.COMPLAINED: DeliveryState.COMPLAINED,
}
"""What each kind says of its delivery; the kinds that are not here say nothing of it."""

_RANKS = {
    state: rank
    for rank, state in enumerate(
        (
            # What we meant to do, or do not know, is weaker than any proof that the provider has the message.
            DeliveryState.SKIPPED,
            DeliveryState.QUEUED,
            DeliveryState.SENDING,
            DeliveryState.UNKNOWN,
            DeliveryState.ACCEPTED,
            DeliveryState.DEFERRED,
            DeliveryState.REJECTED,
            DeliveryState.DELIVERED,
            # A server may take a mail and return it later, but never the other way round.
            DeliveryState.BOUNCED_SOFT,
            DeliveryState.BOUNCED_HARD,
            DeliveryState.COMPLAINED,
        )
    )
}
"""Every state, the weakest first."""

_SUPPRESSION_RANKS = {
    reason: rank
    for rank, reason in enumerate(
        (SuppressionReason.UNSUBSCRIBED, SuppressionReason.HARD_BOUNCE, SuppressionReason.COMPLAINT)
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StateNews:
    """What a notification says of a delivery's state.

    Attributes:
        reason: In the provider's words, without any address; may be empty.
    """

    state: DeliveryState
    at: datetime
    reason: str
    natural_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionNews:
    """Why the address of a delivery must never be mailed again.

    Attributes:
        reason: The strongest that was told.
    """

    reason: SuppressionReason
    at: datetime
    natural_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNews:
    """All that was told of one delivery.

    Attributes:
        strongest: The strongest state, or None when nothing was said of it.
        has_left: The reader left by the provider's own way out, whatever else was told.
        is_blocked: It was returned for what we are or wrote.
    """

    strongest: StateNews | None = None
    suppression: SuppressionNews | None = None
    has_left: bool = False
    is_blocked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNews:
    """A change of our account with the provider, for the operator to read.

    Attributes:
        raw: The provider's text, without any address.
    """

    at: datetime
    raw: str
    natural_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSummary:
    """What any number of notifications say together.

    Attributes:
        deliveries: By delivery; those of which nothing was said are absent.
        account: Each change once, the oldest first.
    """

    deliveries: Mapping[DeliveryKey, DeliveryNews] = field(default_factory=dict)
    account: tuple[AccountNews, ...] = ()


def reduce(notifications: Iterable[Notification]) -> NotificationSummary:
    """Sum up notifications; their order, portions and repetitions make no difference."""
    deliveries: dict[DeliveryKey, DeliveryNews] = {}
    account: list[AccountNews] = []
    for one in notifications:
        if one.kind is NotificationKind.ACCOUNT_CHANGED:
            account.append(AccountNews(at=one.at, raw=one.raw, natural_key=one.natural_key))
        elif one.delivery_key is not None and (news := _news(one)) != DeliveryNews():
            known = deliveries.get(one.delivery_key, DeliveryNews())
            deliveries[one.delivery_key] = _stronger_of_both(known, news)
    return NotificationSummary(deliveries=deliveries, account=_each_once(account))


def merge(one: NotificationSummary, other: NotificationSummary) -> NotificationSummary:
    """Sum up two sums: what `reduce` gives for all their notifications together."""
    deliveries = dict(one.deliveries)
    for key, news in other.deliveries.items():
        deliveries[key] = _stronger_of_both(deliveries.get(key, DeliveryNews()), news)
    return NotificationSummary(deliveries=deliveries, account=_each_once([*one.account, *other.account]))


def state_after(state: DeliveryState, news: DeliveryNews) -> DeliveryState:
    """Give a delivery's state after what was told: never a weaker one.

    What the provider tells of a delivery that is still queued, as after a doubt or a restored backup, counts too: it
    keeps the reader from getting the mail twice.
    """
    told = news.strongest
    return state if told is None or _RANKS[told.state] <= _RANKS[state] else told.state


def weaker_reasons(reason: SuppressionReason) -> frozenset[SuppressionReason]:
    """Give the reasons that this one takes the place of, whichever was told first; never a person's own word."""
    return frozenset(one for one, rank in _SUPPRESSION_RANKS.items() if rank < _SUPPRESSION_RANKS.get(reason, -1))


def is_worn_out(states: Sequence[DeliveryState]) -> bool:
    """Tell whether an address returned three issues in a row for passing reasons.

    Args:
        states: Of one address's deliveries, one for each issue, the newest first.
    """
    last = states[:SOFT_BOUNCES_IN_A_ROW]
    return len(last) == SOFT_BOUNCES_IN_A_ROW and set(last) == {DeliveryState.BOUNCED_SOFT}


def pause_reason(*, blocked: int, accepted: int, is_resumed: bool = False) -> str | None:
    """Give the reason to pause a sending of which too much is blocked, or None.

    After a pause whoever lets the sending go on has looked at what was blocked: both are then counted anew.

    Args:
        blocked: Deliveries returned for what we are or wrote.
        accepted: Deliveries that the provider took, these included.
        is_resumed: Both are of what was handed over since a person let the sending go on.
    """
    if blocked < BLOCKED_MIN or blocked <= BLOCKED_SHARE_MAX * accepted:
        return None
    since = " since it was resumed" if is_resumed else ""
    return (
        f"{blocked} of {accepted} deliveries{since} were blocked for our reputation or content, not for their addresses"
    )


def _news(one: Notification) -> DeliveryNews:
    """Put into news what one notification says of its delivery."""
    state = _STATES.get(one.kind)
    return DeliveryNews(
        strongest=None
        if state is None
        else StateNews(state=state, at=one.at, reason=one.reason, natural_key=one.natural_key),
        suppression=None
        if one.suppression is None
        else SuppressionNews(reason=one.suppression, at=one.at, natural_key=one.natural_key),
        has_left=one.suppression is SuppressionReason.UNSUBSCRIBED,
        is_blocked=one.kind is NotificationKind.BLOCKED,
    )


def _stronger_of_both(one: DeliveryNews, other: DeliveryNews) -> DeliveryNews:
    """Join what was told of one delivery, part by part."""
    states = [news.strongest for news in (one, other) if news.strongest is not None]
    suppressions = [news.suppression for news in (one, other) if news.suppression is not None]
    return DeliveryNews(
        strongest=min(states, key=_order_of_state, default=None),
        suppression=min(suppressions, key=_order_of_suppression, default=None),
        has_left=one.has_left or other.has_left,
        is_blocked=one.is_blocked or other.is_blocked,
    )


def _order_of_state(news: StateNews) -> tuple[int, datetime, str, str]:
    """Order by strength, then by age; then by anything that does not depend on the order of arrival."""
    return -_RANKS[news.state], news.at, news.natural_key, news.reason


def _order_of_suppression(news: SuppressionNews) -> tuple[int, datetime, str]:
    """Order like states."""
    return -_SUPPRESSION_RANKS.get(news.reason, -1), news.at, news.natural_key


def _each_once(account: Iterable[AccountNews]) -> tuple[AccountNews, ...]:
    """Leave out repetitions and put the oldest first."""
    return tuple(sorted(set(account), key=lambda news: (news.at, news.natural_key, news.raw)))
