"""Segments, and who would read which edition."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from newsletter.audience.segments import find_asked_of_nobody
from newsletter.domain.audience import (
    ExclusionReason,
    Headcount,
    LeftOut,
    Subscriber,
    SubscriberId,
    SubscriberStatus,
    normal_address,
)
from newsletter.domain.content import SegmentId
from newsletter.domain.issue import EditionKey, Issue
from newsletter.domain.rules import AllOf, LanguageIn, Not, Rule, RuleAt
from newsletter.domain.segments import AskedOfNobody, Segment, named
from newsletter.errors import StorageError
from newsletter.service.audience.segments import SegmentLook, look_at
from newsletter.service.resources import Resources


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
    """The verbs of `segment`, and the readers of an edition."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

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
        return self._resources.segment(segment_id)

    def look_at(self, segment_id: str, language: str) -> SegmentLook:
        """Say a segment's rule in words, who is in and why, and who is just not.

        Raises:
            UsageError: There is none of this name.
        """
        return look_at(self._resources, self._resources.segment(segment_id), language)

    def size(self, segment_id: str) -> tuple[int, int]:
        """Give how many people are in a segment, and how many of them would get the next issue.

        Raises:
            UsageError: There is none of this name.
        """
        rule, now = self._resources.segment(segment_id).who, self._resources.clock.now()
        with self._resources.people() as store:
            return store.size(rule, now)

    def named(self, language: str) -> Callable[[Sequence[SegmentId]], str]:
        """Give what names a combination of segments as people know them; empty for none."""
        segments = self._resources.segments
        return lambda combination: named(combination, segments, language)

    def coverage_page(self, headcounts: Sequence[Headcount], language: str) -> str:
        """Draw who is in which segments as a page of HTML."""
        from newsletter.track.coverage import coverage_page  # noqa: PLC0415 - for this page alone

        publication = self._resources.settings.publication
        return coverage_page(headcounts, publication.name_in(publication.languages[0]), self.named(language))

    def asked_of_nobody(self, segments: Sequence[Segment] | None = None) -> tuple[AskedOfNobody, ...]:
        """Give what the rules ask for and nobody has; nothing as long as nobody is known at all."""
        segments = self._resources.segments if segments is None else segments
        with self._resources.facts() as facts:
            return find_asked_of_nobody(segments, facts)

    def headcounts(
        self, segments: Sequence[Segment] | None = None, *, label: str | None = None
    ) -> tuple[Headcount, ...]:
        """Count everybody by combination of segments (as their file says now, unless given), language and status.

        Whose turn it is of those who want every third issue depends on which: the next, unless a label is given.
        """
        segments = self._resources.segments if segments is None else segments
        with self._resources.people() as store:
            return store.headcounts(segments, self._resources.clock.now(), label=label)

    def combinations(self, segments: Sequence[Segment]) -> tuple[tuple[SegmentId, ...], ...]:
        """Give the combinations of segments that active people share, each once."""
        counted = Counter(one.segments for one in self.headcounts(segments) if one.status is SubscriberStatus.ACTIVE)
        return tuple(sorted(combination for combination in counted if combination))

    def left_out(self, issue: Issue, segments: Sequence[Segment]) -> LeftOut:
        """Say for which segments an issue has nothing, and how many people get nothing because of it."""
        return self.getting_nothing(issue.without_items(segments), segments, label=issue.label)

    def getting_nothing(
        self, without: tuple[SegmentId, ...], segments: Sequence[Segment], *, label: str | None = None
    ) -> LeftOut:
        """Say how many people are in some segments alone, and get nothing where an issue has nothing for these."""
        try:
            groups = self.headcounts(segments, label=label) if without else ()
        except StorageError:
            # Files can be looked over where no database is.
            return LeftOut(segments=without, people=None)
        nobody_else = [one for one in groups if one.exclusion is None and set(one.segments) <= set(without)]
        return LeftOut(segments=without, people=sum(group.people for group in nobody_else))

    def unread(self, editions: Sequence[EditionKey], segments: Sequence[Segment]) -> tuple[EditionKey, ...]:
        """Give the editions that nobody would read if an issue were sent now."""
        audiences = self.edition_audiences(segments=segments)
        return tuple(one for one in editions if one not in audiences or not audiences[one].readers)

    def edition_audiences(
        self, label: str | None = None, *, segments: Sequence[Segment] | None = None
    ) -> Mapping[EditionKey, EditionAudience]:
        """Count, for every edition that anybody we know would read, its readers and those left out, by reason.

        People in no segment stand under an edition of no segments. The reasons are those a sending records, of the
        issue with this label or of the next.
        """
        publication = self._resources.settings.publication
        planned: Counter[EditionKey] = Counter()
        excluded: dict[EditionKey, Counter[ExclusionReason]] = {}
        for group in self.headcounts(segments, label=label):
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
            limit: So many at most; fewer where some of them must not, or do not want to, be mailed.
        """
        rule = RuleAt(rule=self._rule_of(edition), now=self._resources.clock.now())
        with self._resources.people() as store:
            page = store.page(after=after, limit=limit, status=SubscriberStatus.ACTIVE, rule=rule)
            addresses = [person.address for person in page]
            left_out = {*store.suppressions_of(addresses), *store.wishes_of(addresses, self._resources.clock.now())}
        return tuple(person for person in page if normal_address(person.address) not in left_out)

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
