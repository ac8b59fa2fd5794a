"""Bring in one person, by hand, with a consent of their own.

Its one door is `add_person`. Unlike an import it can bring back somebody who had left, because the consent is new; a
suppression it never lifts. The room decides; the store behind `PersonStore` keeps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from newsletter.audience.addresses import parse_address
from newsletter.audience.people_file import one_line
from newsletter.domain.audience import Consent, Subscriber, SubscriberStatus, Suppression, normal_address
from newsletter.errors import UsageError


class PersonStore(Protocol):
    """What adding one person needs to know and to keep; `storage.audience` does it."""

    def find(self, address: str) -> Subscriber | None:
        """Give the person with an address, or None."""
        ...

    def suppressions_of(self, addresses: Sequence[str]) -> Mapping[str, Suppression]:
        """Give the suppressions of addresses, by their normal form."""
        ...

    def add_many(self, people: Sequence[tuple[Subscriber, Consent | None]], now: datetime) -> None:
        """Keep new people, each with the consent there is."""
        ...

    def update_many(self, people: Sequence[Subscriber], now: datetime) -> None:
        """Keep what changed of people who are known."""
        ...

    def add_consent(self, address: str, given: Consent) -> None:
        """Keep a further consent of a person."""
        ...


def add_person(subscriber: Subscriber, *, store: PersonStore, now: datetime, source: str, wording: str) -> Subscriber:
    """Add one person, active from now on; give the person as stored.

    Whoever had left or had not confirmed comes back: what is known of the person is replaced by what is given, the
    stored spelling of the address stays, and the new consent is kept beside the old ones.

    Args:
        subscriber: As somebody wrote it; name, attributes and tags are brought onto one line, the status is ignored.
        store: Where it is kept.
        now: Aware.
        source: For the proof of consent: `added by hand`.
        wording: What the person agreed to, or the lawful basis in words.

    Raises:
        UsageError: The address is none, is an active subscriber's, or is suppressed (lifting that is a step of its
            own); the wording is empty; or a text holds a control character.
    """
    require_wording(wording)
    added = _tidy(replace(subscriber, address=parse_address(subscriber.address), status=SubscriberStatus.ACTIVE))
    if suppression := store.suppressions_of([added.address]).get(normal_address(added.address)):
        raise UsageError(
            f"This address is suppressed ({suppression.reason}), and stays so until a person lifts it.",
            hint="If its owner asked for the newsletter again: `newsletter suppression remove`, then add again.",
        )
    consent = Consent(at=now, source=source, wording=wording)
    known = store.find(added.address)
    if known is None:
        store.add_many([(added, consent)], now)
    elif known.status is SubscriberStatus.ACTIVE:
        raise UsageError("This address is a subscriber's already.", hint="See `newsletter subscriber show`.")
    else:
        added = replace(added, id=known.id, address=known.address)
        store.update_many([added], now)
        store.add_consent(added.address, consent)
    stored = store.find(added.address)
    assert stored is not None
    return stored


def require_wording(wording: str) -> None:
    """Refuse an empty wording: without it there would be no proof of why we may write.

    Raises:
        UsageError: It is empty.
    """
    if not wording.strip():
        raise UsageError(
            "The wording that was agreed to is missing.",
            hint="Say it, or the lawful basis, in one sentence; it is kept with the person as the proof of consent.",
        )


def _tidy(subscriber: Subscriber) -> Subscriber:
    """Bring every text onto one line, as an import does; drop what is empty."""
    attributes = {one_line(name): one_line(value) for name, value in subscriber.attributes.items()}
    tidy = replace(
        subscriber,
        name=one_line(subscriber.name),
        attributes={name: value for name, value in attributes.items() if name and value},
        tags=tuple(sorted({one_line(tag) for tag in subscriber.tags} - {""})),
    )
    if not all(text.isprintable() for text in (tidy.name, *tidy.attributes, *tidy.attributes.values(), *tidy.tags)):
        raise UsageError("There is a control character in what is said of the person.", hint="Type it anew.")
    return tidy
