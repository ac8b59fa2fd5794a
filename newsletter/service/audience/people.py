"""One person: added by hand, found, shown, leaving and back again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from newsletter.audience.addresses import most_alike, parse_address
from newsletter.audience.grounds import Basis, require_wording
from newsletter.audience.segments import Stray, StrayCount
from newsletter.audience.subscribers import add_person, resubscribe_person
from newsletter.audience.suppression import Departure, unsubscribe_address, unsubscribe_by_token
from newsletter.domain.audience import (
    Consent,
    Subscriber,
    SubscriberStatus,
    Suppression,
    SuppressionChange,
    segments_of,
)
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.delivery import LeftOutOf, PersonDelivery
from newsletter.errors import UsageError
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
    """

    subscriber: Subscriber
    segments: tuple[SegmentId, ...]
    strays: tuple[Stray, ...]
    consents: tuple[Consent, ...]
    suppression: Suppression | None
    suppression_changes: tuple[SuppressionChange, ...]
    deliveries: tuple[PersonDelivery, ...]
    left_out_of: tuple[LeftOutOf, ...]


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

    def everybody(
        self, *, status: SubscriberStatus | None = None, segment: SegmentId | None = None
    ) -> Iterator[Subscriber]:
        """Give people in the order they were added, page by page.

        Args:
            status: Only those.
            segment: Only those whom its rule chooses.

        Raises:
            UsageError: There is no such segment.
        """
        for page in self.pages(status=status, segment=segment):
            yield from page

    def pages(
        self, *, status: SubscriberStatus | None = None, segment: SegmentId | None = None
    ) -> Iterator[tuple[Subscriber, ...]]:
        """Give the same page by page."""
        rule = None if segment is None else self._resources.segment(segment).who
        after = None
        while True:
            with self._resources.people() as store:
                page = store.page(after=after, limit=PAGE_SIZE, status=status, rule=rule)
            yield page
            if len(page) < PAGE_SIZE:
                return
            after = page[-1].id

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
            hashes = store.hashes_of(wanted)
        if subscriber is None:
            raise UsageError(
                "Nobody with this address is known." if suppression is None else _suppressed_stranger(suppression),
                hint="See `newsletter subscriber list`.",
            )
        deliveries, left_out_of = self._resources.ledger.deliveries_to(hashes)
        count = StrayCount(segments)
        count.add(subscriber)
        return Person(
            subscriber=subscriber,
            segments=segments_of(subscriber, segments),
            strays=count.explained(),
            consents=consents,
            suppression=suppression,
            suppression_changes=changes,
            deliveries=deliveries,
            left_out_of=left_out_of,
        )

    def unsubscribe(self, address: str) -> Departure:
        """Let the holder of an address leave; doing it again changes nothing.

        Raises:
            UsageError: The address is none.
        """
        now = self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return unsubscribe_address(address, store=store, now=now, note="unsubscribed by the project manager")

    def unsubscribe_by_token(self, token: str) -> Departure:
        """Let the person leave for whom the token of a mail's unsubscribe link was made.

        Raises:
            UsageError: The token is not valid.
        """
        keys, now = self._resources.keys.keys, self._resources.clock.now()
        with self._resources.people(is_writing=True) as store:
            return unsubscribe_by_token(token, keys=keys, store=store, now=now, note="unsubscribe link of a mail")


def _suppressed_stranger(suppression: Suppression) -> str:
    """Say that an address must not be mailed although we know nobody with it."""
    return f"Nobody with this address is known, but it is suppressed ({suppression.reason}, {suppression.at:%Y-%m-%d})."
