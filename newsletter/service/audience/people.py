"""One person: added by hand, found, shown, leaving and back again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.audience.addresses import is_role_address, most_alike, parse_address
from newsletter.audience.grounds import Basis, require_wording
from newsletter.audience.segments import Stray, StrayCount
from newsletter.audience.subscribers import Edits, add_person, change_address, edit_person, resubscribe_person
from newsletter.audience.suppression import Departure, erase_subscriber, unsubscribe_address
from newsletter.domain.audience import (
    Consent,
    ExclusionReason,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionChange,
    normal_address,
)
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.delivery import LeftOutOf, PersonDelivery
from newsletter.domain.rules import AllOf, AttributeIn, LanguageIn, Rule, RuleAt
from newsletter.domain.segments import segments_of
from newsletter.domain.wants import WantsChange, Wishes
from newsletter.errors import UsageError
from newsletter.service.audience.traces import files_with, remove_mails
from newsletter.service.resources import Resources

PAGE_SIZE = 500
"""People are read so many at a time: a list of a million never stands in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """All we know of somebody.

    Attributes:
        subscriber: The record.
        segments: The segments the person is in, by rank.
        strays: Where the person is in none: what the rules ask for and the person has otherwise.
        consents: Why we may write, the oldest first.
        suppression: Why we must not, or None.
        suppression_changes: How that came about, the oldest first.
        deliveries: What became of each mail to the address, the oldest first.
        left_out_of: When the address was left out, and why, likewise.
        is_role: The address is a role's: info@, kirjaamo@.
        wants_changes: What the person wanted, the oldest first.
        wish: Why the person does not want the next issue, or None.
    """

    subscriber: Subscriber
    segments: tuple[SegmentId, ...]
    strays: tuple[Stray, ...]
    consents: tuple[Consent, ...]
    suppression: Suppression | None
    suppression_changes: tuple[SuppressionChange, ...]
    deliveries: tuple[PersonDelivery, ...]
    left_out_of: tuple[LeftOutOf, ...]
    is_role: bool
    wants_changes: tuple[WantsChange, ...]
    wish: ExclusionReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which people are looked for; what is None or empty does not matter.

    Attributes:
        status: Theirs.
        is_suppressed: Their address must, or need, not be kept from being mailed.
        segment: Its rule chooses them.
        language: They want it.
        attributes: They have these facts.
        words: Each begins a word of the name or the address.
    """

    status: SubscriberStatus | None = None
    is_suppressed: bool | None = None
    segment: SegmentId | None = None
    language: Language | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What erasing a person reached.

    Attributes:
        was_known: There was a record.
        mails: How many rehearsed mails to the address were removed.
        files: Lists beside segments.toml that still hold the address: they are somebody's own.
    """

    was_known: bool
    mails: int
    files: tuple[Path, ...]


class PeopleService:
    """The verbs of `subscriber` about one person."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def add(
        self,
        address: str,
        *,
        name: str = "",
        language: Language | None = None,
        attributes: Mapping[str, str] | None = None,
        tags: tuple[str, ...] = (),
        basis: Basis,
    ) -> Subscriber:
        """Add one person by hand, with the proof of consent.

        Args:
            address: As somebody wrote it.
            name: As the person writes it.
            language: Wanted; the publication's first by default.
            attributes: Facts such as `role`.
            tags: Free words.
            basis: Why the person may be written to.

        Raises:
            UsageError: The address is none, is known already, or is suppressed; or the wording is empty.
        """
        publication = self._resources.settings.publication
        person = Subscriber(
            address=parse_address(address),
            name=name,
            language=language or publication.languages[0],
            attributes=dict(attributes or {}),
            tags=tuple(sorted(set(tags))),
        )
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return add_person(person, store=store, now=now, source="added by hand", basis=basis)

    def resubscribe(self, address: str, *, note: str) -> Subscriber:
        """Bring back a person who had left or had not confirmed; all that is known of the person stays.

        Args:
            address: As somebody wrote it.
            note: Who asked for it, and when, without the address; kept as the proof of consent.

        Raises:
            UsageError: Nobody with the address is known, the person is subscribed, or the address is suppressed for
                more than leaving; or the note is empty or holds an address.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return resubscribe_person(address, store=store, now=now, source="subscribed again by hand", note=note)

    def edit(self, address: str, edits: Edits) -> Subscriber:
        """Change what is known of a person; status and consents stay.

        Raises:
            UsageError: Nobody with the address is known, a text cannot be kept, there is no such topic, or a pause
                would be over already.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return edit_person(address, edits, store=store, now=now, topics=self._resources.settings.topics)

    def change_address(self, address: str, new: str) -> Subscriber:
        """Give a person another address; leaving and complaints go along, and old links still work.

        Raises:
            UsageError: Nobody with the old address is known; the new one is none, somebody's, or suppressed.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return change_address(address, new, store=store, now=now)

    def erase(self, address: str) -> Erased:
        """Remove all that is known of a person but the keyed hash that keeps the address from being mailed again.

        Raises:
            UsageError: The address is none.
        """
        wanted, now, settings = parse_address(address), self._resources.clock.now(), self._resources.settings
        with self._resources.people(is_writing=True) as store:
            was_known = erase_subscriber(wanted, store=store, now=now, note="erased at the person's wish")
        return Erased(
            was_known=was_known,
            mails=remove_mails(wanted, settings.outbox_path),
            files=files_with(wanted, settings.segments_path.parent),
        )

    def without_ground(self) -> int:
        """Count the active people of whom nobody recorded on which ground they are written to."""
        with self._resources.people() as store:
            return store.count_without_ground()

    def record_ground(self, basis: Basis, *, segment: SegmentId | None = None) -> int:
        """Record a ground for the active people who have none; give how many.

        Args:
            basis: The ground with its wording.
            segment: Only those whom its rule chooses.

        Raises:
            UsageError: The wording is empty, or there is no such segment.
        """
        require_wording(basis)
        rule = None if segment is None else self._resources.segment(segment).who
        given = Consent(
            at=self._resources.clock.now(), source="recorded by hand", wording=basis.wording, ground=basis.ground
        )
        with self._resources.people(is_writing=True) as store:
            return store.record_ground(given, rule)

    def everybody(self, wanted: "Wanted | None" = None) -> Iterator[Subscriber]:
        """Give people in the order they were added, page by page.

        Raises:
            UsageError: There is no such segment.
        """
        for page in self.pages(wanted):
            yield from page

    def pages(self, wanted: "Wanted | None" = None) -> Iterator[tuple[Subscriber, ...]]:
        """Give the same page by page."""
        wanted = wanted or Wanted()
        rules: list[Rule] = [AttributeIn(name=name, values=(value,)) for name, value in wanted.attributes.items()]
        rules += [LanguageIn(languages=(wanted.language,))] if wanted.language else []
        rules += [self._resources.segment(wanted.segment).who] if wanted.segment else []
        rule = RuleAt(rule=AllOf(rules=tuple(rules)), now=self._resources.clock.now()) if rules else None
        after = None
        while True:
            with self._resources.people() as store:
                page = store.page(
                    after=after,
                    limit=PAGE_SIZE,
                    status=wanted.status,
                    rule=rule,
                    is_suppressed=wanted.is_suppressed,
                    words=wanted.words,
                )
            yield page
            if len(page) < PAGE_SIZE:
                return
            after = page[-1].id

    def wishes(self) -> Wishes:
        """Count who has paused, and who wants every third issue."""
        with self._resources.people() as store:
            return store.wishes(self._resources.clock.now())

    def suppressions_of(self, people: Sequence[Subscriber]) -> Mapping[str, Suppression]:
        """Give why people must not be mailed, by the normal form of their address."""
        with self._resources.people() as store:
            return store.suppressions_of([person.address for person in people])

    def find(self, address: str) -> Subscriber | None:
        """Give the person with an address, or None.

        Raises:
            UsageError: The address is none.
        """
        with self._resources.people() as store:
            return store.find(parse_address(address))

    def similar(self, address: str) -> tuple[str, ...]:
        """Give up to three known addresses that a misspelt one may stand for, the nearest first."""
        with self._resources.people() as store:
            return most_alike(address, store.near(address))

    def person(self, address: str) -> Person:
        """Give all we know of somebody.

        Raises:
            UsageError: The address is none, or we know nobody with it and nothing about it.
        """
        wanted = parse_address(address)
        segments = self._resources.segments
        with self._resources.people() as store:
            subscriber = store.find(wanted)
            suppression = next(iter(store.suppressions_of([wanted]).values()), None)
            consents, changes = store.consents_of(wanted), store.suppression_changes_of(wanted)
            wants_changes = store.wants_changes_of(wanted)
            wish = store.wishes_of([wanted], self._resources.clock.now()).get(normal_address(wanted))
            hashes = store.hashes_of(wanted)
            hashes += store.former_hashes(hashes)
            histories = store.histories([subscriber] if subscriber else [], self._resources.clock.now())
        if subscriber is None or subscriber.id is None:
            raise UsageError(
                "Nobody with this address is known." if suppression is None else _suppressed_stranger(suppression),
                hint="See `newsletter subscriber list`.",
            )
        deliveries, left_out_of = self._resources.ledger.deliveries_to(hashes)
        count = StrayCount(segments)
        count.add(subscriber, histories[subscriber.id])
        return Person(
            subscriber=subscriber,
            segments=segments_of(subscriber, segments, histories[subscriber.id]),
            strays=count.explained(),
            consents=consents,
            suppression=suppression,
            suppression_changes=changes,
            deliveries=deliveries,
            left_out_of=left_out_of,
            is_role=is_role_address(subscriber.address),
            wants_changes=wants_changes,
            wish=wish,
        )

    def unsubscribe(self, address: str) -> Departure:
        """Let the holder of an address leave; doing it again changes nothing.

        Raises:
            UsageError: The address is none.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return unsubscribe_address(address, store=store, now=now, note="unsubscribed by the project manager")


def _suppressed_stranger(suppression: Suppression) -> str:
    """Say that an address must not be mailed although we know nobody with it."""
    return f"Nobody with this address is known, but it is suppressed ({suppression.reason}, {suppression.at:%Y-%m-%d})."
