"""Let a person join in two steps, so that nobody is subscribed by somebody else.

Its door is `request_joining`, `confirm_joining` and `remove_unconfirmed`. Who asks is kept as pending, and mailed
nothing but the link; who had left stays as he is until he confirms. What a person says on the form counts when it is
confirmed: a stranger changes nothing of somebody who is known.

The room decides; the store behind `JoiningStore` keeps.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from newsletter.audience.addresses import parse_address
from newsletter.audience.facts import is_visible, one_line
from newsletter.audience.grounds import Basis, require_wording
from newsletter.domain.audience import (
    AddressHash,
    Consent,
    Ground,
    Subscriber,
    SubscriberId,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
)
from newsletter.domain.joining import CONFIRM_WITHIN, REQUESTS_A_DAY, Asked, JoiningRequest, Said, Wording
from newsletter.domain.wants import Wants
from newsletter.errors import UsageError

THE_PERSON = "the person"
"""Who records a consent that is given by a link."""
_NAME_LENGTH_MAX = 100
_KEY_BYTES = 16


class JoiningStore(Protocol):
    """What joining needs to know and to keep; `storage.audience` does it."""

    def find(self, address: str) -> Subscriber | None:
        """Give the person with an address, or None."""
        ...

    def find_hashed(self, address_hash: AddressHash) -> Subscriber | None:
        """Give the person whose address has a keyed hash, or None."""
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

    def add_consents(self, given: Sequence[tuple[str, Consent]]) -> None:
        """Keep further consents of people."""
        ...

    def keep_wants(self, wanted: Sequence[tuple[str, Wants]], at: datetime, source: str) -> None:
        """Keep what people want from now on, with the record of it."""
        ...

    def lift(self, address_hash: AddressHash, at: datetime, note: str) -> Suppression | None:
        """Remove a suppression, keep that it was removed and why, and give it; None when there is none."""
        ...

    def add_request(self, whose: SubscriberId, wording: Wording, said: Said, *, key: str, at: datetime) -> None:
        """Keep that a person asked to join, with the wording that stood on the form."""
        ...

    def request(self, key: str) -> JoiningRequest | None:
        """Give the request that the link with a key confirms, or None."""
        ...

    def count_requests(self, whose: SubscriberId, *, since: datetime) -> int:
        """Count how often somebody asked to join from a moment on."""
        ...

    def confirm_requests(self, whose: SubscriberId, at: datetime) -> None:
        """Keep that a person confirmed all that was open."""
        ...

    def remove_unconfirmed(self, before: datetime) -> int:
        """Remove the requests of before a moment that nobody confirmed, and people of whom nothing else is known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What came of asking to join.

    Attributes:
        address: In its stored form.
        key: For the link of the mail; None where no mail is to be sent.
    """

    asked: Asked
    address: str
    key: str | None = None


def request_joining(address: str, wording: Wording, said: Said, *, store: JoiningStore, now: datetime) -> Request:
    """Keep that somebody asked for an address to join; nobody is mailed an issue before it is confirmed.

    Raises:
        UsageError: The address is none, the name is too long or holds a control character, or the wording is empty or
            holds an address.
    """
    require_wording(Basis(ground=Ground.CONSENT, wording=wording.text))
    said, wanted = replace(said, name=_name(said.name)), parse_address(address)
    known = store.find(wanted)
    suppression = next(iter(store.suppressions_of([wanted]).values()), None)
    if suppression is not None and suppression.reason is not SuppressionReason.UNSUBSCRIBED:
        return Request(asked=Asked.BARRED, address=wanted)
    if known is not None and known.status is SubscriberStatus.ACTIVE and suppression is None:
        return Request(asked=Asked.ALREADY, address=known.address)
    if known is None:
        store.add_many(
            [(Subscriber(address=wanted, language=said.language, status=SubscriberStatus.PENDING), None)], now
        )
        known = store.find(wanted)
    assert known is not None
    assert known.id is not None
    if store.count_requests(known.id, since=now - timedelta(days=1)) >= REQUESTS_A_DAY:
        return Request(asked=Asked.TOO_OFTEN, address=known.address)
    key = secrets.token_urlsafe(_KEY_BYTES)
    store.add_request(known.id, wording, said, key=key, at=now)
    return Request(asked=Asked.TO_CONFIRM, address=known.address, key=key)


def open_request(key: str, *, store: JoiningStore, now: datetime) -> JoiningRequest:
    """Give the request that a link confirms, or has confirmed; nothing is changed.

    Raises:
        UsageError: It was never made, is over, or the person left or was barred since.
    """
    found = store.request(key)
    if found is None or (found.confirmed_at is None and found.is_over(now)):
        raise UsageError("This link has expired: a request to join is kept for seven days.", hint="Ask to join again.")
    suppression = next(iter(store.suppressions_of([found.address]).values()), None)
    has_left_before = (
        suppression is not None
        and suppression.reason is SuppressionReason.UNSUBSCRIBED
        and suppression.at <= found.requested_at
        and found.confirmed_at is None
    )
    if suppression is not None and not has_left_before:
        raise UsageError("This address has left, or must not be mailed, since this link was made.", hint="Ask again.")
    return found


def confirm_joining(key: str, *, store: JoiningStore, now: datetime) -> JoiningRequest:
    """Let the person join who was sent the link; again, or at the same time, it changes nothing. Give the request.

    The consent has both moments, and the wording that stood on the form.

    Raises:
        UsageError: As `open_request`.
    """
    found = open_request(key, store=store, now=now)
    if found.confirmed_at is not None:
        return found
    known = store.find_hashed(found.address_hash)
    assert known is not None
    source = f"form {found.wording.form}"
    store.lift(found.address_hash, now, f"asked to join again and confirmed, {source}")
    joined = replace(
        known,
        name=found.said.name or known.name,
        language=found.said.language,
        status=SubscriberStatus.ACTIVE,
    )
    store.update_many([joined], now)
    if found.said.wants is not None:
        store.keep_wants([(known.address, found.said.wants)], now, source)
    store.add_consents([(known.address, _consent(found, source, now))])
    store.confirm_requests(found.subscriber_id, now)
    return replace(found, confirmed_at=now)


def remove_unconfirmed(*, store: JoiningStore, now: datetime) -> int:
    """Remove whole whoever did not confirm within seven days; give how many people that were."""
    return store.remove_unconfirmed(now - CONFIRM_WITHIN)


def _consent(found: JoiningRequest, source: str, now: datetime) -> Consent:
    """Give the proof that both steps make."""
    return Consent(
        at=now,
        source=source,
        wording=found.wording.text,
        language=found.wording.language,
        requested_at=found.requested_at,
        recorded_by=THE_PERSON,
    )


def _name(written: str) -> str:
    """Give a name on one line.

    Raises:
        UsageError: It is longer than a name is, or holds a control character.
    """
    name = one_line(written)
    if len(name) > _NAME_LENGTH_MAX or not is_visible(name):
        raise UsageError(f"A name has at most {_NAME_LENGTH_MAX} characters, and none that cannot be seen.")
    return name
