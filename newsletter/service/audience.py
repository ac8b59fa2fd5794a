"""The people: adding, importing, listing, leaving, segments and who is in them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from newsletter.audience.addresses import most_alike, parse_address
from newsletter.audience.exports import write_csv
from newsletter.audience.imports import ImportResult, import_people
from newsletter.audience.people_file import read_csv
from newsletter.audience.segments import Stray, StrayCount
from newsletter.audience.subscribers import add_person, resubscribe_person
from newsletter.audience.suppression import (
    Departure,
    lift_suppression,
    suppress_address,
    unsubscribe_address,
    unsubscribe_by_token,
)
from newsletter.domain.audience import (
    AllOf,
    Consent,
    ExclusionReason,
    Headcount,
    LanguageIn,
    LeftOut,
    Not,
    Rule,
    Segment,
    Subscriber,
    SubscriberId,
    SubscriberStatus,
    Suppression,
    SuppressionChange,
    SuppressionReason,
    normal_address,
    segments_of,
)
from newsletter.domain.content import Language, SegmentId
from newsletter.domain.issue import EditionKey, Issue
from newsletter.errors import ContentError, StorageError, UsageError
from newsletter.service.resources import Resources
from newsletter.storage.audience import AudienceStore
from newsletter.toml_file import did_you_mean

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
    """

    subscriber: Subscriber
    segments: tuple[SegmentId, ...]
    strays: tuple[Stray, ...]
    consents: tuple[Consent, ...]
    suppression: Suppression | None
    suppression_changes: tuple[SuppressionChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionAudience:
    """Who would get an edition if it were sent now.

    Attributes:
        readers: How many.
        excluded: How many of its segments and language would not, by reason.
    """

    readers: int
    excluded: Mapping[ExclusionReason, int]


class AudienceService:
    """The verbs of `subscriber`, `segment` and `suppression`."""

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
        wording: str,
    ) -> Subscriber:
        """Add one person by hand, with the proof of consent.

        Args:
            address: As somebody wrote it.
            name: As the person writes it.
            language: Wanted; the publication's first by default.
            attributes: Facts such as `role`.
            tags: Free words.
            wording: What the person agreed to, or the lawful basis in words.

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
        with self._writing() as store:
            return add_person(person, store=store, now=now, source="added by hand", wording=wording)

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
        with self._writing() as store:
            return resubscribe_person(address, store=store, now=now, source="subscribed again by hand", note=note)

    def import_file(
        self,
        path: Path,
        *,
        wording: str,
        is_dry_run: bool = False,
        progress: Callable[[int], None] = lambda _rows: None,
    ) -> ImportResult:
        """Add the people of a CSV file and complete those who are known.

        Args:
            path: The file.
            wording: What the people agreed to, or the lawful basis in words; kept as the proof of consent.
            is_dry_run: Count and name everything, keep nothing.
            progress: Called with the rows done so far.

        Raises:
            ContentError: The file cannot be read, or is no list of people.
            UsageError: The wording is empty.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ContentError(f"{path} cannot be read: {error.strerror}.", hint="Check the path.") from error
        publication = self._resources.settings.publication
        return import_people(
            read_csv(content, path.name),
            transaction=self._writing,
            now=self._resources.clock.now().astimezone(publication.zone),
            source=f"import {path.name}",
            wording=wording,
            default_language=publication.languages[0],
            segments=self._resources.segments,
            is_dry_run=is_dry_run,
            progress=progress,
        )

    def people(
        self, *, status: SubscriberStatus | None = None, segment: SegmentId | None = None
    ) -> Iterator[Subscriber]:
        """Give people in the order they were added, page by page.

        Args:
            status: Only those.
            segment: Only those whom its rule chooses.

        Raises:
            UsageError: There is no such segment.
        """
        rule = None if segment is None else self.segment(segment).who
        after = None
        while True:
            with self._reading() as store:
                page = store.page(after=after, limit=PAGE_SIZE, status=status, rule=rule)
            yield from page
            if len(page) < PAGE_SIZE:
                return
            after = page[-1].id

    def find(self, address: str) -> Subscriber | None:
        """Give the person with an address, or None.

        Raises:
            UsageError: The address is none.
        """
        with self._reading() as store:
            return store.find(parse_address(address))

    def similar(self, address: str) -> tuple[str, ...]:
        """Give up to three known addresses that a misspelt one may stand for, the nearest first."""
        with self._reading() as store:
            return most_alike(address, store.near(address))

    def person(self, address: str) -> Person:
        """Give all we know of somebody.

        Raises:
            UsageError: The address is none, or we know nobody with it and nothing about it.
        """
        wanted = parse_address(address)
        segments = self._resources.segments
        with self._reading() as store:
            subscriber = store.find(wanted)
            suppression = next(iter(store.suppressions_of([wanted]).values()), None)
            consents, changes = store.consents_of(wanted), store.suppression_changes_of(wanted)
        if subscriber is None:
            raise UsageError(
                "Nobody with this address is known." if suppression is None else _suppressed_stranger(suppression),
                hint="See `newsletter subscriber list`.",
            )
        count = StrayCount(segments)
        count.add(subscriber)
        return Person(
            subscriber=subscriber,
            segments=segments_of(subscriber, segments),
            strays=count.explained(),
            consents=consents,
            suppression=suppression,
            suppression_changes=changes,
        )

    def unsubscribe(self, address: str) -> Departure:
        """Let the holder of an address leave; doing it again changes nothing.

        Raises:
            UsageError: The address is none.
        """
        now = self._resources.clock.now()
        with self._writing() as store:
            return unsubscribe_address(address, store=store, now=now, note="unsubscribed by the project manager")

    def unsubscribe_by_token(self, token: str) -> Departure:
        """Let the person leave for whom the token of a mail's unsubscribe link was made.

        Raises:
            UsageError: The token is not valid.
        """
        key, now = self._resources.key, self._resources.clock.now()
        with self._writing() as store:
            return unsubscribe_by_token(token, keys=[key], store=store, now=now, note="unsubscribe link of a mail")

    def export(self, path: Path, *, is_lossless: bool = False) -> int:
        """Write everybody to a new CSV file that only its owner can read; give how many.

        Raises:
            UsageError: Something is there already, or the folder is missing.
        """
        with self._reading() as store:
            attributes = store.attribute_names()
        return write_csv(self.people(), path, attributes=attributes, is_lossless=is_lossless)

    def segments(self) -> tuple[Segment, ...]:
        """Read the segments, by rank.

        Raises:
            ConfigurationError: With every mistake of segments.toml.
        """
        return self._resources.segments

    def segment(self, segment_id: str) -> Segment:
        """Give one segment.

        Raises:
            UsageError: There is none of this name.
        """
        segments = self.segments()
        for segment in segments:
            if segment.id == segment_id:
                return segment
        hint = did_you_mean(segment_id, [segment.id for segment in segments])
        raise UsageError(f"There is no segment {segment_id!r}.", hint=hint)

    def headcounts(self) -> tuple[Headcount, ...]:
        """Count everybody by combination of segments, language, status and suppression."""
        segments = self._resources.segments
        with self._reading() as store:
            return store.headcounts(segments)

    def combinations(self) -> tuple[tuple[SegmentId, ...], ...]:
        """Give the combinations of segments that active people share, each once."""
        counted = Counter(
            headcount.segments for headcount in self.headcounts() if headcount.status is SubscriberStatus.ACTIVE
        )
        return tuple(sorted(combination for combination in counted if combination))

    def left_out(self, issue: Issue) -> LeftOut:
        """Say for which segments an issue has nothing, and how many people get nothing because of it."""
        segments = issue.without_items(self._resources.segments)
        try:
            groups = self.headcounts() if segments else ()
        except StorageError:
            # Files can be looked over where no database is.
            return LeftOut(segments=segments, people=None)
        nobody_else = [one for one in groups if one.exclusion is None and set(one.segments) <= set(segments)]
        return LeftOut(segments=segments, people=sum(group.people for group in nobody_else))

    def edition_audiences(self) -> Mapping[EditionKey, EditionAudience]:
        """Count, for every edition that anybody we know would read, its readers and those left out, by reason.

        People in no segment stand under an edition of no segments. The reasons are those a sending records.
        """
        publication = self._resources.settings.publication
        planned: Counter[EditionKey] = Counter()
        excluded: dict[EditionKey, Counter[ExclusionReason]] = {}
        for group in self.headcounts():
            key = EditionKey(segments=group.segments, language=publication.nearest_language(group.language))
            reason = group.exclusion
            planned[key] += group.people if reason is None else 0
            excluded.setdefault(key, Counter())
            if reason is not None:
                excluded[key][reason] += group.people
        return {key: EditionAudience(readers=planned[key], excluded=dict(excluded[key])) for key in sorted(planned)}

    def readers(
        self, edition: EditionKey, *, after: SubscriberId | None = None, limit: int = 50
    ) -> tuple[Subscriber, ...]:
        """Give the next people who would read an edition, in the order they were added.

        Args:
            edition: Whose readers.
            after: The id of the last person given before; None for the first.
            limit: So many at most; fewer where some of them must not be mailed.
        """
        rule = self._rule_of(edition)
        with self._reading() as store:
            page = store.page(after=after, limit=limit, status=SubscriberStatus.ACTIVE, rule=rule)
            suppressed = store.suppressions_of([person.address for person in page])
        return tuple(person for person in page if normal_address(person.address) not in suppressed)

    def _rule_of(self, edition: EditionKey) -> Rule:
        """Write the rule that chooses the readers of one edition: its segments and no others, and its language."""
        languages = self._resources.settings.publication.languages
        inside = [one.who for one in self.segments() if one.id in edition.segments]
        outside = [Not(rule=one.who) for one in self.segments() if one.id not in edition.segments]
        speaks: Rule = LanguageIn(languages=(edition.language,))
        if edition.language == languages[0]:
            others = LanguageIn(languages=tuple(languages[1:]))
            speaks = Not(rule=others) if len(languages) > 1 else AllOf(rules=())
        return AllOf(rules=(*inside, *outside, speaks))

    def suppress(self, address: str, *, note: str) -> bool:
        """Keep an address from ever being mailed; False when it was suppressed already.

        Raises:
            UsageError: The address is none, or the note holds an address.
        """
        now = self._resources.clock.now()
        with self._writing() as store:
            return suppress_address(address, reason=SuppressionReason.MANUAL, store=store, now=now, note=note)

    def lift(self, address: str, *, note: str) -> Suppression:
        """Allow an address again because a person says so, with the reason.

        Raises:
            UsageError: The address is none or is not suppressed, or the note is empty.
        """
        now = self._resources.clock.now()
        with self._writing() as store:
            return lift_suppression(address, store=store, now=now, note=note)

    def suppression_counts(self) -> Mapping[SuppressionReason, int]:
        """Count the suppressions by reason: who they are, nobody can tell from the list."""
        with self._reading() as store:
            return store.suppression_counts()

    @contextmanager
    def _reading(self) -> Iterator[AudienceStore]:
        with self._resources.database.read() as connection:
            yield AudienceStore(connection, key=self._resources.key)

    @contextmanager
    def _writing(self) -> Iterator[AudienceStore]:
        with self._resources.database.write() as connection:
            yield AudienceStore(connection, key=self._resources.key)


def _suppressed_stranger(suppression: Suppression) -> str:
    """Say that an address must not be mailed although we know nobody with it."""
    return f"Nobody with this address is known, but it is suppressed ({suppression.reason}, {suppression.at:%Y-%m-%d})."
