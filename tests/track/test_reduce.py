"""What notifications say together, in whatever order they came."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.domain.audience import SuppressionReason
from newsletter.domain.delivery import DeliveryKey, DeliveryState
from newsletter.domain.notification import Notification, NotificationKind
from newsletter.track.reduce import (
    AccountNews,
    DeliveryNews,
    NotificationSummary,
    StateNews,
    SuppressionNews,
    is_worn_out,
    merge,
    pause_reason,
    reduce,
    state_after,
    weaker_reasons,
)

NOON = datetime(2017, 11, 6, 12, tzinfo=UTC)
MINE, OTHERS = DeliveryKey("a" * 32), DeliveryKey("b" * 32)
KIND, STATE, WHY = NotificationKind, DeliveryState, SuppressionReason


def told(
    kind: NotificationKind,
    *,
    minute: int = 0,
    key: DeliveryKey | None = MINE,
    suppression: SuppressionReason | None = None,
    reason: str = "",
    event_id: str | None = None,
    raw: str = "",
) -> Notification:
    """Give a notification; the same thing told again under another event id has the same natural key."""
    return Notification(
        provider="sendgrid",
        event_id=event_id,
        natural_key=f"{kind}/{key}/{minute}",
        kind=kind,
        at=NOON + timedelta(minutes=minute),
        delivery_key=key,
        suppression=suppression,
        reason=reason,
        raw=raw,
    )


def a_state(state: DeliveryState, kind: NotificationKind, *, minute: int = 0, reason: str = "") -> StateNews:
    """Give the state that `told(kind, minute=...)` says of MINE."""
    at = NOON + timedelta(minutes=minute)
    return StateNews(state=state, at=at, reason=reason, natural_key=f"{kind}/{MINE}/{minute}")


notifications = st.builds(
    told,
    st.sampled_from(NotificationKind),
    minute=st.integers(0, 3),
    key=st.sampled_from([MINE, OTHERS, None]),
    suppression=st.sampled_from([None, WHY.UNSUBSCRIBED, WHY.HARD_BOUNCE, WHY.COMPLAINT, WHY.MANUAL]),
    reason=st.sampled_from(["", "mailbox full", "greylisted"]),
    event_id=st.sampled_from([None, "first", "second"]),
    raw=st.sampled_from(["", "{}"]),
)


@given(st.lists(notifications, max_size=12), st.data())
def test_order_portions_and_repetitions_make_no_difference(sent: list[Notification], data: st.DataObject) -> None:
    """Shuffled, doubled and cut anywhere, the same notifications say the same."""
    repeated = data.draw(st.lists(st.sampled_from(sent), max_size=12)) if sent else []
    arrived = data.draw(st.permutations([*sent, *repeated]))
    cut = data.draw(st.integers(0, len(arrived)))

    at_once = reduce(sent)

    assert reduce(arrived) == at_once
    assert merge(reduce(arrived[:cut]), reduce(arrived[cut:])) == at_once
    assert merge(reduce(arrived[cut:]), reduce(arrived[:cut])) == at_once


@given(st.lists(notifications, max_size=8), st.data(), st.sampled_from(DeliveryState))
def test_the_state_is_the_same_for_each_order_of_portions(
    sent: list[Notification], data: st.DataObject, before: DeliveryState
) -> None:
    """Applying portions one after another, in any order and again, ends where applying everything at once ends."""
    news = [reduce([one]).deliveries.get(MINE, DeliveryNews()) for one in sent]
    portions = data.draw(st.permutations([*news, *news]))

    state = before
    for portion in portions:
        state = state_after(state, portion)

    assert state == state_after(before, reduce(sent).deliveries.get(MINE, DeliveryNews()))


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (KIND.PROCESSED, STATE.ACCEPTED),
        (KIND.UNSUBSCRIBED, STATE.ACCEPTED),
        (KIND.DEFERRED, STATE.DEFERRED),
        (KIND.DROPPED, STATE.REJECTED),
        (KIND.DELIVERED, STATE.DELIVERED),
        (KIND.BOUNCED_SOFT, STATE.BOUNCED_SOFT),
        (KIND.BLOCKED, STATE.BOUNCED_SOFT),
        (KIND.BOUNCED_HARD, STATE.BOUNCED_HARD),
        (KIND.COMPLAINED, STATE.COMPLAINED),
    ],
)
def test_each_kind_settles_a_delivery_in_doubt(kind: NotificationKind, state: DeliveryState) -> None:
    """A delivery in doubt is settled by whatever proves that the provider had it."""
    news = reduce([told(kind, reason="as told")]).deliveries[MINE]

    assert news == DeliveryNews(
        strongest=a_state(state, kind, reason="as told"), is_blocked=kind is NotificationKind.BLOCKED
    )
    assert state_after(STATE.UNKNOWN, news) == state


@pytest.mark.parametrize("kind", [KIND.RESUBSCRIBED, KIND.UNRECOGNISED])
def test_some_kinds_say_nothing(kind: NotificationKind) -> None:
    """Joining again at the provider lifts nothing of ours, and what we do not know changes nothing."""
    assert reduce([told(kind)]) == NotificationSummary()


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        (STATE.DELIVERED, KIND.PROCESSED, STATE.DELIVERED),
        (STATE.DELIVERED, KIND.DEFERRED, STATE.DELIVERED),
        (STATE.DELIVERED, KIND.DROPPED, STATE.DELIVERED),
        (STATE.DELIVERED, KIND.BOUNCED_SOFT, STATE.BOUNCED_SOFT),
        (STATE.BOUNCED_SOFT, KIND.DELIVERED, STATE.BOUNCED_SOFT),
        (STATE.BOUNCED_HARD, KIND.DELIVERED, STATE.BOUNCED_HARD),
        (STATE.DEFERRED, KIND.DROPPED, STATE.REJECTED),
        (STATE.REJECTED, KIND.PROCESSED, STATE.REJECTED),
        (STATE.REJECTED, KIND.DELIVERED, STATE.DELIVERED),
        (STATE.COMPLAINED, KIND.BOUNCED_HARD, STATE.COMPLAINED),
        (STATE.QUEUED, KIND.DELIVERED, STATE.DELIVERED),
        (STATE.SENDING, KIND.COMPLAINED, STATE.COMPLAINED),
        (STATE.SKIPPED, KIND.PROCESSED, STATE.ACCEPTED),
        (STATE.ACCEPTED, KIND.ACCOUNT_CHANGED, STATE.ACCEPTED),
    ],
)
def test_the_strongest_state_wins(before: DeliveryState, kind: NotificationKind, after: DeliveryState) -> None:
    """A state never goes backwards, and any proof is stronger than what we meant to do."""
    news = reduce([told(kind)]).deliveries.get(MINE, DeliveryNews())

    assert state_after(before, news) == after


def test_the_earliest_proof_of_the_strongest_state_is_kept() -> None:
    """Of two notifications of the same state the earlier one gives moment and reason."""
    late, early = (told(KIND.DEFERRED, minute=minute, reason=f"try at {minute}") for minute in (3, 1))

    assert reduce([late, early, told(KIND.PROCESSED)]).deliveries == {
        MINE: DeliveryNews(strongest=a_state(STATE.DEFERRED, KIND.DEFERRED, minute=1, reason="try at 1"))
    }


def test_the_strongest_reason_suppresses() -> None:
    """Who left and then complained is suppressed for the complaint, which no import may explain away."""
    left = told(KIND.UNSUBSCRIBED, minute=1, suppression=WHY.UNSUBSCRIBED)
    complained = told(KIND.COMPLAINED, minute=2, suppression=WHY.COMPLAINT)
    joined_again = told(KIND.RESUBSCRIBED, minute=3)

    assert reduce([joined_again, complained, left]).deliveries[MINE].suppression == SuppressionNews(
        reason=WHY.COMPLAINT, at=complained.at, natural_key=complained.natural_key
    )


def test_whoever_left_has_left_whatever_else_is_told() -> None:
    """A stronger reason, told before or after, does not hide that somebody left; nothing else says so."""
    left = told(KIND.UNSUBSCRIBED, suppression=WHY.UNSUBSCRIBED)
    others = [told(KIND.COMPLAINED, suppression=WHY.COMPLAINT), told(KIND.DELIVERED)]

    assert [reduce(each).deliveries[MINE].has_left for each in ([left], [left, *others], [*others, left], others)] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("reason", "weaker"),
    [
        (WHY.UNSUBSCRIBED, set()),
        (WHY.HARD_BOUNCE, {WHY.UNSUBSCRIBED}),
        (WHY.COMPLAINT, {WHY.UNSUBSCRIBED, WHY.HARD_BOUNCE}),
        (WHY.MANUAL, set()),
        (WHY.ERASED, set()),
    ],
)
def test_a_reason_takes_the_place_of_weaker_ones(reason: SuppressionReason, weaker: set[SuppressionReason]) -> None:
    """Whichever was told first; a person's own word gives way to none, nor takes a place."""
    assert weaker_reasons(reason) == weaker


def test_what_has_no_delivery_of_ours_counts_for_nobody() -> None:
    """A complaint about a mail that is not ours suppresses nobody."""
    assert reduce([told(KIND.COMPLAINED, key=None, suppression=WHY.COMPLAINT)]) == NotificationSummary()


def test_changes_of_the_account_are_kept_for_the_operator() -> None:
    """Each change of the account is told once, the oldest first."""
    late, early = (told(KIND.ACCOUNT_CHANGED, minute=minute, key=None, raw=f"{minute}") for minute in (2, 1))

    assert reduce([late, early, late]) == NotificationSummary(
        account=tuple(AccountNews(at=one.at, raw=one.raw, natural_key=one.natural_key) for one in (early, late))
    )


@pytest.mark.parametrize(
    ("states", "worn_out"),
    [
        ([STATE.BOUNCED_SOFT] * 3, True),
        ([STATE.BOUNCED_SOFT] * 3 + [STATE.DELIVERED], True),
        ([STATE.BOUNCED_SOFT] * 2, False),
        ([STATE.BOUNCED_SOFT, STATE.BOUNCED_SOFT, STATE.DELIVERED, STATE.BOUNCED_SOFT], False),
        ([STATE.ACCEPTED] + [STATE.BOUNCED_SOFT] * 3, False),
        ([], False),
    ],
)
def test_three_soft_bounces_in_a_row_wear_an_address_out(states: list[DeliveryState], *, worn_out: bool) -> None:
    """Only the newest issues count, and one that was not returned begins the count anew."""
    assert is_worn_out(states) == worn_out


@pytest.mark.parametrize(
    ("blocked", "accepted", "reason"),
    [
        (9, 9, None),
        (10, 200, None),
        (
            11,
            200,
            "11 of 200 deliveries were blocked for our reputation or content, not for their addresses",
        ),
    ],
)
def test_many_blocks_at_once_pause_the_sending(blocked: int, accepted: int, reason: str | None) -> None:
    """More than one delivery in twenty blocked, and at least ten, is a reason to pause."""
    assert pause_reason(blocked=blocked, accepted=accepted) == reason


def test_after_a_resume_the_reason_says_what_was_counted() -> None:
    """What was handed over before is not in the count, and the person is told."""
    assert pause_reason(blocked=10, accepted=40, is_resumed=True) == (
        "10 of 40 deliveries since it was resumed were blocked for our reputation or content, not for their addresses"
    )
