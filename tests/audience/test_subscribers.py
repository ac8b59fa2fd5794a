from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from newsletter.audience.subscribers import add_person
from newsletter.domain.audience import Consent, Subscriber, SubscriberId, SubscriberStatus, SuppressionReason
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
    return add_person(subscriber, store=store, now=NOW, source="added by hand", wording=wording)


def test_one_person_is_added_by_hand(store: AudienceStore) -> None:
    """The address takes its stored form, texts come onto one line, the status is active, the consent is kept."""
    added = add(
        store,
        Subscriber(
            address=" Aino@EXAMPLE.com",
            name=" Aino\n Ma\u0308ke\u00adla\u0308\u202e ",
            language=FI,
            status=SubscriberStatus.PENDING,
            attributes={"role": " x  y", "municipality": ""},
            tags=("b", " a ", "b", ""),
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


@pytest.mark.parametrize("status", [SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.PENDING])
def test_whoever_left_can_come_back_with_a_new_consent(status: SubscriberStatus, store: AudienceStore) -> None:
    """A person who had left or not confirmed is active, with what is said now; the earlier consent stays as proof."""
    earlier = replace(CONSENT, at=datetime(2016, 1, 1, tzinfo=UTC))
    store.add_many([(replace(AINO, id=None, status=status), earlier)], NOW)

    added = add(store, Subscriber(address="AINO@example.com", language=SV))

    assert (
        (added,) == store.page(limit=10) == (Subscriber(id=SubscriberId(1), address="aino@example.com", language=SV),)
    )
    assert store.consents_of("aino@example.com") == (earlier, CONSENT)


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
        (AINO, " ", "The wording that was agreed to is missing."),
        (replace(AINO, name="Ai\0no"), "test", "There is a control character in what is said of the person."),
        (
            replace(AINO, attributes={"role": "x\x1b[2J"}),
            "test",
            "There is a control character in what is said of the person.",
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
