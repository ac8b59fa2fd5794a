"""Curating an issue step by step: the verbs `take`, `drop`, `move` and `edit`.

Each finds what is meant, makes a Step of it and has it applied.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from newsletter.curate.steps.change import Document, remark_of
from newsletter.domain.content import ItemKey, SegmentId
from newsletter.domain.issue import Issue, IssueItem, IssueLabel
from newsletter.domain.item_names import chosen_key
from newsletter.domain.period import first_moment
from newsletter.domain.segments import Segment
from newsletter.domain.step import Drop, End, Move, SetWords, Step, Take, Value
from newsletter.errors import StateError, StorageError, UsageError
from newsletter.service.issues.changes import IssueChanges, Stepped, Told
from newsletter.service.issues.listing import IssueListing
from newsletter.toml_file import did_you_mean

_OF_VARIANTS = ("title", "lead", "body", "link", "place", "image_alt")
_KEPT_EMPTY = {("item", "lead"), ("variant", "link")}
"""What says something when it is empty; of other keys the line goes."""


class IssueSteps(IssueChanges):
    """The verbs that choose, place and word the items of an issue."""

    def take(self, label: str, name: str, *, segment: str | None = None, is_dry_run: bool = False) -> Stepped:
        """Put an item into an issue: one that was left out, of the store, or in the file and in no list.

        Args:
            label: The issue.
            name: A part of the item's key that no other has, or its number ("3", "+2" of those left out).
            segment: For whom; for everybody who gets its section by default.
            is_dry_run: Only say what would be done.

        Raises:
            UsageError: No item has this name, or several have; or there is no such segment.
            StateError: The segment does not get its section; or a sending is under way.
        """
        known, segments = self._known(label), self._resources.segments
        document, issue, listing = self._opened(known)
        key = self._key_to_take(name, listing)
        item, table = (issue.items[key], None) if key in issue.items else self._from_store(issue, key)
        chosen = self._getting(item, segment)
        notes = []
        if segment is None and len(chosen) < len(segments):
            others = [one.id for one in _ranked(segments) if one.id not in chosen]
            notes.append(f"{', '.join(others)}: they do not get its section, {item.section}.")
        before = {one: other for one in chosen if (other := self._place_of(item, issue, one)) is not None}
        step = Take(key=key, segments=chosen, table=table, before=before)
        told = self._told(known, key)
        return self._done(known, step, document, told=told, title=item.title, notes=notes, is_dry_run=is_dry_run)

    def drop(self, label: str, name: str, *, segment: str | None = None, is_dry_run: bool = False) -> Stepped:
        """Take an item out of the lists of an issue; its table stays.

        Args:
            label: The issue.
            name: As for `take`.
            segment: Whose list; every one that has it by default.
            is_dry_run: Only say what would be done.

        Raises:
            UsageError: As for `take`.
            StateError: It is in no such list; or a sending is under way.
        """
        known = self._known(label)
        document, issue, listing = self._opened(known)
        key = listing.item_key(name)
        step = Drop(key=key, segments=self._lists_with(issue, key, segment))
        notes = [
            f"The comment behind it in the list of {one} went with it: {remark}"
            for one in step.segments
            if (remark := remark_of(document, one, key)) is not None
        ]
        title = issue.items[key].title
        return self._done(known, step, document, title=title, notes=notes, is_dry_run=is_dry_run)

    def move(
        self, label: str, name: str, *, to: str | End, segment: str | None = None, is_dry_run: bool = False
    ) -> Stepped:
        """Put an item elsewhere in the lists of an issue.

        Args:
            label: The issue.
            name: As for `take`.
            to: Before which item, named likewise, or an end of the list.
            segment: Whose list; every one that has it, and the other, by default.
            is_dry_run: Only say what would be done.

        Raises:
            UsageError: As for `take`.
            StateError: They are in no such list; or a sending is under way.
        """
        known = self._known(label)
        document, issue, listing = self._opened(known)
        key = listing.item_key(name)
        lists, notes = self._lists_with(issue, key, segment), []
        place: ItemKey | End = to if isinstance(to, End) else listing.item_key(to)
        if not isinstance(place, End):
            both = tuple(one for one in lists if place in issue.order[one])
            if not both:
                raise StateError(f"No list has both {key} and {place}.", hint=f"newsletter issue show {label}")
            lists = both
            own, other = issue.items[key].section, issue.items[place].section
            if own != other:
                notes.append(
                    f"They stand in different sections ({own}, {other}): readers see no difference between these two."
                )
        step = Move(key=key, segments=lists, to=place)
        title = issue.items[key].title
        return self._done(known, step, document, title=title, notes=notes, is_dry_run=is_dry_run)

    def edit(
        self,
        label: str,
        name: str,
        words: Mapping[str, Value],
        *,
        language: str | None = None,
        is_dry_run: bool = False,
    ) -> Stepped:
        """Set words of an item; an empty one takes the key out.

        Args:
            label: The issue.
            name: As for `take`.
            words: By key of its table in issue.toml; times are those on the wall.
            language: Whose words; the item's own by default.
            is_dry_run: Only say what would be done.

        Raises:
            UsageError: As for `take`; or issue.toml could not hold it.
            StateError: The words changed meanwhile; or a sending is under way.
        """
        known = self._known(label)
        document, issue, listing = self._opened(known)
        key = listing.item_key(name)
        item, languages = issue.items[key], self._resources.settings.publication.languages
        if language is not None and language not in languages:
            raise UsageError(f"The publication has no language {language!r}.", hint=did_you_mean(language, languages))
        is_own = language in (None, item.language)
        if not is_own and (others := [one for one in words if one not in _OF_VARIANTS]):
            raise UsageError(
                f"{', '.join(others)} is the same in every language; nothing was changed.",
                hint=f"In {language} an item has its own {', '.join(_OF_VARIANTS)}.",
            )
        kind = "item" if is_own else "variant"
        wanted = {name: value if value != "" or (kind, name) in _KEPT_EMPTY else None for name, value in words.items()}
        there = document.file.content["item"][key]
        there = there if is_own else there.get(language, {})
        step = SetWords(
            table=("item", key) if is_own or language is None else ("item", key, language),
            words=wanted,
            was={name: there.get(name) for name in wanted},
        )
        return self._done(known, step, document, title=item.title, is_dry_run=is_dry_run)

    def _done(
        self,
        label: IssueLabel,
        step: Step,
        seen: Document,
        *,
        title: str,
        told: Told | None = None,
        notes: Sequence[str] = (),
        is_dry_run: bool,
    ) -> Stepped:
        """Make a step on what was seen, and say what is to be known of it."""
        made = self.apply(label, step, made_from=seen.sha256, is_dry_run=is_dry_run)
        return replace(made, title=title, told=told, notes=tuple(notes))

    def _key_to_take(self, name: str, listing: IssueListing) -> ItemKey:
        """Find an item of the file, of what was left out, or of all that was collected."""
        if listing.knows(name):
            return listing.key(name)
        from newsletter.storage.content import ContentStore  # noqa: PLC0415 - wanted where the file does not do

        with self._resources.database.read() as connection:
            keys = {*ContentStore(connection).keys(), *listing.titles}
        return chosen_key(name, keys)

    def _from_store(self, issue: Issue, key: ItemKey) -> tuple[IssueItem, str]:
        """Give an item as it was collected, and its table."""
        from newsletter.service.issues.drafts import drafted_item  # noqa: PLC0415 - the parsers are for this alone

        return drafted_item(self._resources, self._resources.segments, issue, key)

    def _getting(self, item: IssueItem, segment: str | None) -> tuple[SegmentId, ...]:
        """Give the segments that can get an item, or the one that is named.

        Raises:
            UsageError: There is no such segment.
            StateError: None of them gets its section.
        """
        segments = _ranked(self._resources.segments)
        wanted = segments if segment is None else [self._resources.segment(segment)]
        getting = tuple(one.id for one in wanted if one.gets(item.section))
        if not getting:
            raise StateError(
                f"The section {item.section} of {item.key} does not go to {', '.join(one.id for one in wanted)}.",
                hint="Nothing was changed. Give the item another section, or change segments.toml.",
            )
        return getting

    def _told(self, label: IssueLabel, key: ItemKey) -> Told | None:
        """Say which issue readers had an item in, and when; None where they had not, or nothing is known."""
        from newsletter.service.issues.drafts import told_before  # noqa: PLC0415 - as above

        with suppress(StorageError):
            before = told_before(self._resources, label, key)
            if before is not None:
                sendings = [one for one in self._resources.ledger.sendings(before.label) if not one.is_rehearsal]
                return Told(label=before.label, at=sendings[-1].started_at if sendings else None)
        return None

    def _place_of(self, item: IssueItem, issue: Issue, segment: SegmentId) -> ItemKey | None:
        """Find the first item of a list that is read after another: of a later section, or an event that is later."""
        place = {section.id: number for number, section in enumerate(self._resources.settings.publication.sections)}
        zone = self._resources.settings.publication.zone

        def is_later(other: IssueItem) -> bool:
            if other.section != item.section:
                return place.get(other.section, 0) > place.get(item.section, 0)
            if item.start is None or other.start is None:
                return False
            return first_moment(other.start, zone) > first_moment(item.start, zone)

        keys = issue.order.get(segment, ())
        return next((key for key in keys if key in issue.items and is_later(issue.items[key])), None)

    def _lists_with(self, issue: Issue, key: ItemKey, segment: str | None) -> tuple[SegmentId, ...]:
        """Give the segments whose lists have an item, or the one that is named.

        Raises:
            UsageError: There is no such segment.
            StateError: It is in no list.
        """
        if segment is not None:
            return (self._resources.segment(segment).id,)
        lists = tuple(one.id for one in _ranked(self._resources.segments) if key in issue.order.get(one.id, ()))
        if not lists:
            hint = f"newsletter issue take {issue.label} {key}"
            raise StateError(f"{key} is in no list of issue {issue.label}: nobody gets it.", hint=hint)
        return lists


def _ranked(segments: Sequence[Segment]) -> list[Segment]:
    return sorted(segments, key=lambda segment: segment.rank)
