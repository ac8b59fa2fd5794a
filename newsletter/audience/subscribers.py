"""Bring in one person by hand, with a consent of their own, or bring one back.

Its door is `add_person` and `resubscribe_person`. Only the second changes somebody who is known, and it keeps all that
is known. Unlike an import it can bring back who had left, because a person says why; no other suppression is lifted
here. The room decides; the store behind `PersonStore` keeps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from newsletter.audience.addresses import parse_address
from newsletter.audience.facts import attribute_name, one_line
from newsletter.audience.grounds import Basis, require_wording
from newsletter.audience.suppression import require_reason
from newsletter.domain.audience import (
    AddressHash,
    Consent,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
    distinct_tags,
    normal_address,
)
from newsletter.errors import UsageError


class PersonStore(Protocol):
    """What adding one person needs to know and to keep; `storage.audience` does it."""

    def hash_of(self, address: str) -> AddressHash:
        """Give the keyed hash of an address."""
        ...

    def find(self, address: str) -> Subscriber | None:
        """Give the person with an address, or None."""
        ...

    def suppressions_of(self, addresses: Sequence[str]) -> Mapping[str, Suppression]:
        """Give the suppressions of addresses, by their normal form."""
        ...

    def add_many(self, people: Sequence[tuple[Subscriber, Consent | None]], now: datetime) -> None:
        """Keep new people, each with the consent there is."""
        ...

    def set_status(self, address_hash: AddressHash, status: SubscriberStatus, now: datetime) -> None:
        """Keep a person's new status."""
        ...

    def lift(self, address_hash: AddressHash, at: datetime, note: str) -> Suppression | None:
        """Remove a suppression, keep that it was removed and why, and give it; None when there is none."""
        ...

    def add_consents(self, given: Sequence[tuple[str, Consent]]) -> None:
        """Keep further consents of people."""
        ...


def add_person(subscriber: Subscriber, *, store: PersonStore, now: datetime, source: str, basis: Basis) -> Subscriber:
    """Add one person whom we do not know, active from now on; give the person as stored.

    Args:
        subscriber: As somebody wrote it; name, attributes and tags are brought onto one line, the status is ignored.
        store: Where it is kept.
        now: Aware.
        source: For the proof of consent: `added by hand`.
        basis: Why the person may be written to.

    Raises:
        UsageError: The address is none, is known already, or is suppressed (lifting that is a step of its own); the
            wording is empty; or a text holds a control character.
    """
    require_wording(basis)
    added = _tidy(replace(subscriber, address=parse_address(subscriber.address), status=SubscriberStatus.ACTIVE))
    known = store.find(added.address)
    _require_mailable(added.address, known, store)
    if known is not None:
        raise _known_already(known)
    store.add_many([(added, Consent(at=now, source=source, wording=basis.wording, ground=basis.ground))], now)
    stored = store.find(added.address)
    assert stored is not None
    return stored


def resubscribe_person(address: str, *, store: PersonStore, now: datetime, source: str, note: str) -> Subscriber:
    """Bring back a person who had left or had not confirmed; all that is known of the person stays.

    The suppression that leaving had set is lifted; why stands in its record and, as a further consent, with the person.

    Args:
        address: As somebody wrote it.
        store: Where it is kept.
        now: Aware.
        source: For the proof of consent: `subscribed again by hand`.
        note: Who asked for it, and when; without the address.

    Raises:
        UsageError: Nobody with the address is known, or the person is subscribed; the address bounced, complained or
            was barred by hand, which only `suppression.lift_suppression` undoes; or the note is empty or holds an
            address.
    """
    require_reason(note)
    wanted = parse_address(address)
    known = store.find(wanted)
    if known is None:
        raise UsageError(
            "Nobody with this address is known.", hint="A new person: `newsletter subscriber add ADDRESS`."
        )
    is_suppressed = _require_mailable(wanted, known, store)
    if known.status is SubscriberStatus.ACTIVE and not is_suppressed:
        raise UsageError("This person is subscribed already; nothing was changed.", hint=_SHOW)
    address_hash = store.hash_of(wanted)
    store.lift(address_hash, now, note)
    store.set_status(address_hash, SubscriberStatus.ACTIVE, now)
    store.add_consents([(known.address, Consent(at=now, source=source, wording=note))])
    return replace(known, status=SubscriberStatus.ACTIVE)


def _require_mailable(address: str, known: Subscriber | None, store: PersonStore) -> bool:
    """Refuse an address whose suppression is more than the trace of a known person's leaving; tell if it has that one.

    Raises:
        UsageError: It bounced, complained, was erased or barred by hand; or it left and nobody with it is known.
    """
    suppression = store.suppressions_of([address]).get(normal_address(address))
    if suppression is None:
        return False
    if known is not None and suppression.reason is SuppressionReason.UNSUBSCRIBED:
        return True
    then = "add the person" if known is None else "`newsletter subscriber resubscribe`"
    if known is not None and known.status is SubscriberStatus.ACTIVE:
        then = "nothing more is needed"
    raise UsageError(
        f"This address is suppressed ({suppression.reason}), and stays so until a person lifts it.",
        hint="If its owner asked for the newsletter again: "
        f"`newsletter suppression remove ADDRESS --note TEXT`, then {then}.",
    )


def _known_already(known: Subscriber) -> UsageError:
    """Refuse to add a person who is known, and name what keeps all that is known."""
    if known.status is SubscriberStatus.ACTIVE:
        return UsageError("This address is a subscriber's already.", hint=_SHOW)
    has_left = known.status is SubscriberStatus.UNSUBSCRIBED
    return UsageError(
        f"This person is known and {'has left' if has_left else 'has not confirmed yet'}; nothing was changed.",
        hint="If the person asked for the newsletter: `newsletter subscriber resubscribe ADDRESS --note TEXT`; it"
        " keeps all that is known.",
    )


_SHOW = "See `newsletter subscriber show`."


def _tidy(subscriber: Subscriber) -> Subscriber:
    """Bring every text onto one line, as an import does; drop what is empty."""
    attributes = {attribute_name(name): one_line(value) for name, value in subscriber.attributes.items()}
    if "" in attributes or len(attributes) < len(subscriber.attributes):
        raise UsageError("A fact has no usable name, or one is given twice.", hint="Name each once, like role=adviser.")
    tidy = replace(
        subscriber,
        name=one_line(subscriber.name),
        attributes={name: value for name, value in attributes.items() if value},
        tags=distinct_tags(tag for tag in map(one_line, subscriber.tags) if tag),
    )
    if not all(text.isprintable() for text in (tidy.name, *tidy.attributes, *tidy.attributes.values(), *tidy.tags)):
        raise UsageError("There is a control character in what is said of the person.", hint="Type it anew.")
    return tidy
