from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from newsletter.audience.grounds import Basis
from newsletter.audience.subscribers import add_person, resubscribe_person
from newsletter.audience.suppression import unsubscribe_address
from newsletter.domain.audience import Consent, Ground, Subscriber, SubscriberId, SubscriberStatus, SuppressionReason
from newsletter.domain.content import Language
from newsletter.errors import UsageError
from newsletter.storage.audience import AudienceStore
from newsletter.storage.database import Database

FI, SV = Language("fi"), Language("sv")
NOW = datetime(2017, 11, 20, 9, 0, tzinfo=UTC)
CONSENT = Consent(at=NOW, source="added by hand", wording="Pyysi puhelimessa.")
AINO = Subscriber(id=SubscriberId(1), address="aino@example.com", language=FI, tags=("a",))


@pytest.fixture
def store(database: Database) -> Iterator[AudienceStore]:
    """Give the store in a transaction."""
    with database.write() as connection:
        yield AudienceStore(connection, key=bytes(range(32)))


def add(store: AudienceStore, subscriber: Subscriber, wording: str = "Pyysi puhelimessa.") -> Subscriber:
    """Add one person by hand."""
    return add_person(
        subscriber,
        store=store,
        now=NOW,
        source="added by hand",
        basis=Basis(ground=Ground.CONSENT, wording=wording),
    )


def resubscribe(
    store: AudienceStore, address: str = "aino@example.com", note: str = "Väärä rivi, pyysi takaisin."
) -> Subscriber:
    """Bring one person back by hand."""
    return resubscribe_person(address, store=store, now=NOW, source="subscribed again by hand", note=note)


def test_one_person_is_added_by_hand(store: AudienceStore) -> None:
    """The address takes its stored form, texts come onto one line, the status is active, the consent is kept."""
    added = add(
        store,
        Subscriber(
            address=" Aino@EXAMPLE.com",
            name=" Aino\n Ma\u0308ke\u00adla\u0308\u202e ",
            language=FI,
            status=SubscriberStatus.PENDING,
            attributes={"Rooli ": " x  y", "municipality": ""},
            tags=("b", " a ", "B", ""),
        ),
    )

    assert added == Subscriber(
        id=SubscriberId(1),
        address="Aino@example.com",
        name="Aino Mäkelä",
        language=FI,
        attributes={"role": "x y"},
        tags=("a", "b"),
    )
    assert store.page(limit=10) == (added,)
    assert store.consents_of("aino@example.com") == (CONSENT,)


LEFT_OR_PENDING = pytest.mark.parametrize("status", [SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.PENDING])
EARLIER = replace(CONSENT, at=datetime(2016, 1, 1, tzinfo=UTC))
WELL_KNOWN = replace(AINO, id=None, name="Aino", language=SV, attributes={"role": "adviser", "municipality": "Loimaa"})


@LEFT_OR_PENDING
def test_whoever_is_subscribed_again_keeps_everything(status: SubscriberStatus, store: AudienceStore) -> None:
    """Name, language, facts, tags and consents stay; the reason is the new consent, and nothing bars a mail."""
    store.add_many([(replace(WELL_KNOWN, status=status), EARLIER)], NOW)
    unsubscribe_address("aino@example.com", store=store, now=NOW, note="a slip")

    back = resubscribe(store, " AINO@example.com")

    assert (back,) == store.page(limit=10) == (replace(WELL_KNOWN, id=SubscriberId(1)),)
    assert store.consents_of("aino@example.com") == (
        EARLIER,
        Consent(at=NOW, source="subscribed again by hand", wording="Väärä rivi, pyysi takaisin."),
    )
    assert store.suppressions_of(["aino@example.com"]) == {}
    assert [change.note for change in store.suppression_changes_of("aino@example.com")] == [
        "a slip",
        "Väärä rivi, pyysi takaisin.",
    ]


@LEFT_OR_PENDING
@pytest.mark.parametrize("is_suppressed", [False, True])
def test_adding_somebody_known_takes_nothing_away(
    status: SubscriberStatus,
    is_suppressed: bool,  # noqa: FBT001 - a table's column
    store: AudienceStore,
) -> None:
    """A known person is not added anew, whatever the status: the way back that keeps everything is named."""
    store.add_many([(replace(WELL_KNOWN, status=status), EARLIER)], NOW)
    if is_suppressed:
        store.suppress(store.hash_of("aino@example.com"), SuppressionReason.UNSUBSCRIBED, NOW, "")

    with pytest.raises(UsageError) as caught:
        add(store, Subscriber(address="AINO@example.com", language=FI))

    assert "`newsletter subscriber resubscribe ADDRESS --note TEXT`" in (caught.value.hint or "")
    assert store.page(limit=10) == (replace(WELL_KNOWN, id=SubscriberId(1), status=status),)


@pytest.mark.parametrize(
    "reason", [reason for reason in SuppressionReason if reason is not SuppressionReason.UNSUBSCRIBED]
)
@pytest.mark.parametrize("status", list(SubscriberStatus))
def test_subscribing_again_lifts_nothing_but_the_leaving(
    reason: SuppressionReason, status: SubscriberStatus, store: AudienceStore
) -> None:
    """Who bounced, complained, was erased or barred stays out until a person lifts that in a step of its own."""
    store.add_many([(replace(WELL_KNOWN, status=status), EARLIER)], NOW)
    store.suppress(store.hash_of("aino@example.com"), reason, NOW, "")

    with pytest.raises(UsageError) as caught:
        resubscribe(store)

    assert caught.value.message == f"This address is suppressed ({reason}), and stays so until a person lifts it."
    assert "`newsletter suppression remove ADDRESS --note TEXT`" in (caught.value.hint or "")
    assert store.status_of(store.hash_of("aino@example.com")) is status
    assert store.suppression_counts() == {reason: 1}


@pytest.mark.parametrize(
    ("address", "note", "message"),
    [
        ("eero@example.com", "asked", "Nobody with this address is known."),
        ("aino@example.com", "asked", "This person is subscribed already; nothing was changed."),
        ("aino@example.com", " ", "This needs a reason."),
        ("aino@example.com", "aino@example.com wrote", "A note must not hold an address: it is kept after the"),
    ],
)
def test_subscribing_again_refuses_what_it_cannot_mean(
    address: str, note: str, message: str, store: AudienceStore
) -> None:
    """A stranger, a subscriber, no reason, an address in the reason: nothing is kept, and the message says why."""
    add(store, AINO)

    with pytest.raises(UsageError) as caught:
        resubscribe(store, address, note)

    assert caught.value.message.startswith(message)
    assert store.consents_of("aino@example.com") == (CONSENT,)


def test_an_active_person_is_not_added_twice(store: AudienceStore) -> None:
    """The second time is a mistake of the caller, and changes nothing."""
    add(store, AINO)

    with pytest.raises(UsageError) as caught:
        add(store, Subscriber(address="Aino@example.com", language=SV))

    assert caught.value.message == "This address is a subscriber's already."
    assert (store.page(limit=10), store.consents_of("aino@example.com")) == ((AINO,), (CONSENT,))


def test_a_suppressed_address_is_not_added_by_hand(store: AudienceStore) -> None:
    """Lifting a suppression is a step of its own, with a reason."""
    store.suppress(store.hash_of("aino@example.com"), SuppressionReason.COMPLAINT, NOW, "")

    with pytest.raises(UsageError) as caught:
        add(store, AINO)

    assert caught.value.message == "This address is suppressed (complaint), and stays so until a person lifts it."
    assert store.count() == 0


@pytest.mark.parametrize(
    ("subscriber", "wording", "message"),
    [
        (replace(AINO, address="aino"), "test", "This is no usable e-mail address: it has no @."),
        (AINO, " ", "The wording of the consent is missing."),
        (replace(AINO, name="Ai\0no"), "test", "There is a control character in what is said of the person."),
        (
            replace(AINO, attributes={"role": "x\x1b[2J"}),
            "test",
            "There is a control character in what is said of the person.",
        ),
        (replace(AINO, attributes={"a@b": "x"}), "test", "A fact has no usable name, or one is given twice."),
        (
            replace(AINO, attributes={"role": "x", "Rooli": "y"}),
            "test",
            "A fact has no usable name, or one is given twice.",
        ),
        (replace(AINO, tags=("a\x85b\x9bc",)), "test", "There is a control character in what is said of the person."),
    ],
)
def test_what_cannot_be_kept_is_refused(
    subscriber: Subscriber, wording: str, message: str, store: AudienceStore
) -> None:
    """A wrong address, no proof of consent, a control character: nothing is kept."""
    with pytest.raises(UsageError) as caught:
        add(store, subscriber, wording)

    assert (caught.value.message, store.count()) == (message, 0)
