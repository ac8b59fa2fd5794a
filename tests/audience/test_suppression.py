from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from newsletter.audience.suppression import (
    Departure,
    erase_subscriber,
    lift_suppression,
    suppress_address,
    unsubscribe_address,
    unsubscribe_by_token,
)
from newsletter.audience.tokens import unsubscribe_token
from newsletter.domain.audience import (
    Consent,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionAction,
    SuppressionChange,
    SuppressionReason,
)
from newsletter.domain.content import Language
from newsletter.errors import UsageError
from newsletter.storage.audience import AudienceStore
from newsletter.storage.database import Database

KEY = bytes(range(32))
NOW = datetime(2017, 11, 20, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
AINO = "aino@example.com"


@pytest.fixture
def store(database: Database) -> Iterator[AudienceStore]:
    """Give the store in a transaction, with one active person."""
    with database.write() as connection:
        store = AudienceStore(connection, key=KEY)
        consent = Consent(at=NOW, source="test", wording="test")
        store.add_many([(Subscriber(address=AINO, language=Language("fi")), consent)], NOW)
        yield store


def status(store: AudienceStore) -> SubscriberStatus | None:
    """Give Aino's status."""
    return store.status_of(store.hash_of(AINO))


def suppression(store: AudienceStore, reason: SuppressionReason, note: str) -> Suppression:
    """Make Aino's suppression of NOW."""
    return Suppression(address_hash=store.hash_of(AINO), reason=reason, at=NOW, note=note)


def test_leaving_by_address_works_at_once_and_any_number_of_times(store: AudienceStore) -> None:
    """The status and the suppression are set; the second time changes nothing, and the consent stays as proof."""
    departures = [
        unsubscribe_address(written, store=store, now=now, note="command line")
        for written, now in ((" AINO@example.com", NOW), (AINO, LATER))
    ]

    assert departures == [Departure(is_known=True, is_new=True), Departure(is_known=True, is_new=False)]
    assert status(store) is SubscriberStatus.UNSUBSCRIBED
    assert store.suppressions_of([AINO]) == {AINO: suppression(store, SuppressionReason.UNSUBSCRIBED, "command line")}
    assert len(store.consents_of(AINO)) == 1


def test_leaving_by_token_works_at_once_and_any_number_of_times(store: AudienceStore) -> None:
    """The token of any mail is enough, also one signed with an older key."""
    older = bytes(32)
    token = unsubscribe_token(store.hash_of(AINO), older)

    departures = [unsubscribe_by_token(token, keys=[KEY, older], store=store, now=NOW, note="mail") for _ in range(2)]

    assert departures == [Departure(is_known=True, is_new=True), Departure(is_known=True, is_new=False)]
    assert status(store) is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("is_by_token", [False, True])
def test_a_person_who_has_not_confirmed_can_leave(is_by_token: bool, store: AudienceStore) -> None:  # noqa: FBT001
    """Pending is no reason to stay: the person is unsubscribed and suppressed, as one who had confirmed."""
    store.set_status(store.hash_of(AINO), SubscriberStatus.PENDING, NOW)

    if is_by_token:
        token = unsubscribe_token(store.hash_of(AINO), KEY)
        departure = unsubscribe_by_token(token, keys=[KEY], store=store, now=NOW, note="mail")
    else:
        departure = unsubscribe_address(AINO, store=store, now=NOW, note="mail")

    assert (departure, status(store)) == (Departure(is_known=True, is_new=True), SubscriberStatus.UNSUBSCRIBED)
    assert store.suppressions_of([AINO]) == {AINO: suppression(store, SuppressionReason.UNSUBSCRIBED, "mail")}


def test_somebody_unknown_can_leave(store: AudienceStore) -> None:
    """Nobody has the address, or its record is gone: it is suppressed all the same."""
    departures = [unsubscribe_address("eero@example.com", store=store, now=NOW, note="") for _ in range(2)]

    assert departures == [Departure(is_known=False, is_new=True), Departure(is_known=False, is_new=False)]
    assert store.suppression_counts() == {SuppressionReason.UNSUBSCRIBED: 1}


def test_leaving_after_a_bounce_still_sets_the_status(store: AudienceStore) -> None:
    """An address that was suppressed for another reason keeps that reason; the person has left now too."""
    suppress_address(AINO, reason=SuppressionReason.HARD_BOUNCE, store=store, now=NOW, note="550")

    departure = unsubscribe_address(AINO, store=store, now=LATER, note="command line")

    assert (departure, status(store)) == (Departure(is_known=True, is_new=True), SubscriberStatus.UNSUBSCRIBED)
    assert store.suppressions_of([AINO]) == {AINO: suppression(store, SuppressionReason.HARD_BOUNCE, "550")}


def test_a_forged_token_changes_nothing(store: AudienceStore) -> None:
    """Nobody is unsubscribed by whoever does not hold the person's token."""
    with pytest.raises(UsageError):
        unsubscribe_by_token(f"u.AAAA.{'A' * 43}.{'A' * 22}", keys=[KEY], store=store, now=NOW, note="")

    assert (status(store), store.suppression_counts()) == (SubscriberStatus.ACTIVE, {})


def test_suppressing_an_address_leaves_the_status(store: AudienceStore) -> None:
    """A suppression by hand bars the mail; what the person said stays what it was. The first reason stays."""
    added = [
        suppress_address(AINO, reason=reason, store=store, now=NOW, note="asked by telephone")
        for reason in (SuppressionReason.MANUAL, SuppressionReason.COMPLAINT)
    ]

    assert (added, status(store)) == ([True, False], SubscriberStatus.ACTIVE)
    assert store.suppressions_of([AINO]) == {AINO: suppression(store, SuppressionReason.MANUAL, "asked by telephone")}


def test_whoever_left_can_be_barred_for_more(store: AudienceStore) -> None:
    """A suppression by hand takes the place of the trace of leaving, which subscribing again would lift."""
    unsubscribe_address(AINO, store=store, now=NOW, note="command line")

    is_new = suppress_address(AINO, reason=SuppressionReason.MANUAL, store=store, now=NOW, note="court order")

    assert (is_new, store.suppressions_of([AINO])) == (
        False,
        {AINO: suppression(store, SuppressionReason.MANUAL, "court order")},
    )


def test_lifting_a_suppression_is_recorded_and_brings_nobody_back(store: AudienceStore) -> None:
    """The address may be mailed again, but a person who had unsubscribed still has, and the record says all of it."""
    unsubscribe_address(AINO, store=store, now=NOW, note="command line")

    lifted = lift_suppression(AINO, store=store, now=LATER, note="Aino soitti ja pyysi kirjeen takaisin.")

    assert lifted == suppression(store, SuppressionReason.UNSUBSCRIBED, "command line")
    assert (store.suppressions_of([AINO]), status(store)) == ({}, SubscriberStatus.UNSUBSCRIBED)
    assert store.suppression_changes_of(AINO) == (
        SuppressionChange(
            action=SuppressionAction.ADDED, reason=SuppressionReason.UNSUBSCRIBED, at=NOW, note="command line"
        ),
        SuppressionChange(
            action=SuppressionAction.LIFTED,
            reason=SuppressionReason.UNSUBSCRIBED,
            at=LATER,
            note="Aino soitti ja pyysi kirjeen takaisin.",
        ),
    )


@pytest.mark.parametrize("note", ["", "  "])
def test_a_suppression_is_not_lifted_without_a_reason(note: str, store: AudienceStore) -> None:
    """Whoever lifts it says why."""
    suppress_address(AINO, reason=SuppressionReason.COMPLAINT, store=store, now=NOW, note="")

    with pytest.raises(UsageError):
        lift_suppression(AINO, store=store, now=NOW, note=note)

    assert store.suppression_counts() == {SuppressionReason.COMPLAINT: 1}


def test_an_address_that_is_not_suppressed_cannot_be_lifted(store: AudienceStore) -> None:
    """The caller learns that there was nothing to lift."""
    with pytest.raises(UsageError) as caught:
        lift_suppression(AINO, store=store, now=NOW, note="test")

    assert caught.value.message == "This address is not suppressed."


def test_erasing_leaves_only_the_keyed_hash(store: AudienceStore) -> None:
    """The record and the consents are gone, and the address is barred, also when nobody had it."""
    erased = [erase_subscriber(address, store=store, now=NOW, note="request") for address in (AINO, "eero@example.com")]

    assert (erased, status(store), store.consents_of(AINO)) == ([True, False], None, ())
    assert store.suppressions_of([AINO]) == {AINO: suppression(store, SuppressionReason.ERASED, "request")}
    assert store.suppression_counts() == {SuppressionReason.ERASED: 2}


def test_an_address_in_a_note_is_refused_by_every_verb(store: AudienceStore) -> None:
    """A note outlives the person's record, so nothing is kept when it names somebody."""
    note = f"asked by {AINO}"
    token = unsubscribe_token(store.hash_of(AINO), KEY)
    suppress_address("eero@example.com", reason=SuppressionReason.MANUAL, store=store, now=NOW, note="")

    for attempt in (
        lambda: unsubscribe_address(AINO, store=store, now=NOW, note=note),
        lambda: unsubscribe_by_token(token, keys=[KEY], store=store, now=NOW, note=note),
        lambda: suppress_address(AINO, reason=SuppressionReason.MANUAL, store=store, now=NOW, note=note),
        lambda: lift_suppression("eero@example.com", store=store, now=NOW, note=note),
        lambda: erase_subscriber(AINO, store=store, now=NOW, note=note),
    ):
        with pytest.raises(UsageError):
            attempt()

    assert (status(store), store.suppression_counts()) == (SubscriberStatus.ACTIVE, {SuppressionReason.MANUAL: 1})
