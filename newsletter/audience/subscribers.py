"""Bring in one person by hand, with a consent of their own, or bring one back.

Its door is `add_person`, `resubscribe_person`, `edit_person` and `change_address`. Whoever is known keeps all that is
known. Unlike an import the second can bring back who had left, because a person says why; no other suppression is
lifted here. The room decides; the store behind `PersonStore` keeps.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from newsletter.audience.addresses import parse_address
from newsletter.audience.facts import attribute_name, is_visible, one_line
from newsletter.audience.grounds import Basis, require_wording
from newsletter.audience.readers.wants import wants_after
from newsletter.audience.suppression import require_reason
from newsletter.domain.audience import (
    AddressHash,
    Consent,
    Subscriber,
    SubscriberId,
    SubscriberStatus,
    Suppression,
    SuppressionReason,
    comparable,
    distinct_tags,
    normal_address,
)
from newsletter.domain.content import Language, Topic
from newsletter.domain.wants import Wants, WantsEdit
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

    def update_many(self, people: Sequence[Subscriber], now: datetime) -> None:
        """Keep what changed of people who are known."""
        ...

    def change_address(self, whose: SubscriberId, old: AddressHash, address: str, now: datetime) -> AddressHash:
        """Give a person another address, and keep which it was; give the new hash."""
        ...

    def suppress(
        self,
        address_hash: AddressHash,
        reason: SuppressionReason,
        at: datetime,
        note: str,
        *,
        over: Collection[SuppressionReason] = (),
    ) -> bool:
        """Keep that an address must never be mailed; False when it was already."""
        ...

    def add_consents(self, given: Sequence[tuple[str, Consent]]) -> None:
        """Keep further consents of people."""
        ...

    def keep_wants(self, wanted: Sequence[tuple[str, Wants]], at: datetime, source: str) -> None:
        """Keep what people want from now on, with the record of it."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What is to change of a person; None or nothing leaves it.

    Attributes:
        name: As the person writes it; empty takes it away.
        language: Wanted.
        attributes: A fact and its value; an empty value takes it away.
        add_tags: Free words.
        drop_tags: Likewise, to be taken away.
        wants: Topics, cadence and pause.
    """

    name: str | None = None
    language: Language | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    add_tags: tuple[str, ...] = ()
    drop_tags: tuple[str, ...] = ()
    wants: WantsEdit = field(default_factory=WantsEdit)


def edit_person(
    address: str, edits: Edits, *, store: PersonStore, now: datetime, topics: Sequence[Topic] = ()
) -> Subscriber:
    """Change what is known of a person; status and consents stay. Give the person as stored.

    Args:
        address: As somebody wrote it.
        edits: What is to change.
        store: Where it is kept.
        now: Aware.
        topics: The publication's.

    Raises:
        UsageError: Nobody with the address is known, a text holds a control character, there is no such topic, or a
            pause would be over already.
    """
    known = _require_stored(address, store)
    said = _tidy(replace(known, name=edits.name or "", attributes=edits.attributes, tags=edits.add_tags))
    gone = {attribute_name(name) for name, value in edits.attributes.items() if not one_line(value)}
    dropped = set(map(comparable, edits.drop_tags))
    changed = replace(
        known,
        name=known.name if edits.name is None else said.name,
        language=edits.language or known.language,
        attributes={name: value for name, value in {**known.attributes, **said.attributes}.items() if name not in gone},
        tags=distinct_tags(tag for tag in (*known.tags, *said.tags) if comparable(tag) not in dropped),
    )
    if changed != known:
        store.update_many([changed], now)
    if edits.wants == WantsEdit():
        return changed
    wants = wants_after(edits.wants, known.wants, topics=topics, now=now)
    store.keep_wants([(known.address, wants)], now, "edited by hand")
    return replace(changed, wants=wants)


def change_address(address: str, new: str, *, store: PersonStore, now: datetime) -> Subscriber:
    """Give a person another address; all that is known of the person stays, and so does what must not be forgotten.

    Leaving, complaints and bars are copied to the new address; a hard bounce is not, for it tells of the mailbox. The
    old address is barred from now on, so that an older list brings nobody in a second time.

    Raises:
        UsageError: Nobody with the old address is known, the new one is none or somebody's, or must not be mailed.
    """
    known, wanted = _require_stored(address, store), parse_address(new)
    assert known.id is not None
    old = store.hash_of(known.address)
    if normal_address(wanted) == normal_address(known.address):
        raise UsageError("This is the person's address already; nothing was changed.", hint=_SHOW)
    if store.find(wanted) is not None:
        raise UsageError(
            "The new address is somebody's already; nothing was changed.",
            hint="If it is the same person: `newsletter subscriber erase` one of the two records.",
        )
    suppressions = store.suppressions_of([known.address, wanted])
    if (barred := suppressions.get(normal_address(wanted))) is not None:
        raise UsageError(
            f"The new address is suppressed ({barred.reason}); nothing was changed.",
            hint="If its holder asked: `newsletter suppression remove ADDRESS --note TEXT`.",
        )
    moved = store.change_address(known.id, old, wanted, now)
    before = suppressions.get(normal_address(known.address))
    if before is not None and before.reason is not SuppressionReason.HARD_BOUNCE:
        store.suppress(moved, before.reason, now, f"from the address before: {before.note}")
    store.suppress(old, SuppressionReason.MANUAL, now, "its holder has another address now")
    return replace(known, address=wanted)


def _require_stored(address: str, store: PersonStore) -> Subscriber:
    """Give a person who is known.

    Raises:
        UsageError: Nobody is.
    """
    known = store.find(parse_address(address))
    if known is None:
        raise UsageError("Nobody with this address is known.", hint="See `newsletter subscriber list`.")
    return known


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
    if not all(is_visible(text) for text in (tidy.name, *tidy.attributes, *tidy.attributes.values(), *tidy.tags)):
        raise UsageError("There is a control character in what is said of the person.", hint="Type it anew.")
    return tidy
