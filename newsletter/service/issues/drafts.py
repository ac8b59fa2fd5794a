"""An issue's first draft: from what was collected to the file an editor works on. What `issues.new` does."""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path

from newsletter.collect.markup import markdown_of, text_of
from newsletter.curate.draft import Draft, issue_item, make_draft
from newsletter.curate.issue_edit import Added, add_items, keys_in, write_draft
from newsletter.curate.issue_text import item_text
from newsletter.curate.pairs import pair
from newsletter.curate.select import Choice, select
from newsletter.curate.steps.journal import forget_steps
from newsletter.domain.audience import LeftOut
from newsletter.domain.content import ItemKey, Language, SourceKind
from newsletter.domain.issue import Issue, IssueItem, IssueLabel
from newsletter.domain.period import Period, parse_period
from newsletter.domain.pick import Pick
from newsletter.domain.sameness import Verdict, call_by
from newsletter.domain.segments import Segment
from newsletter.domain.told import Kept, Memory, SentItem
from newsletter.errors import UsageError
from newsletter.service.resources import Resources
from newsletter.storage.content import ContentStore
from newsletter.storage.issues import IssueStore
from newsletter.toml_file import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssue:
    """What `new` did.

    Attributes:
        added: Keys that the file did not hold before.
        newly_left_out: Likewise of those that nobody gets.
        translated: Items that it held, with a language that it did not hold them in.
    """

    path: Path
    draft: Draft
    added: tuple[ItemKey, ...]
    newly_left_out: tuple[ItemKey, ...] = ()
    translated: tuple[tuple[ItemKey, Language], ...] = ()
    left_out: LeftOut = field(default_factory=LeftOut)

    @property
    def picks(self) -> tuple[Pick, ...]:
        """Give each decision with its reason."""
        return self.draft.picks


def draft_issue(
    resources: Resources,
    path: Path,
    segments: tuple[Segment, ...],
    *,
    period: Period,
    planned: date | None,
    is_update: bool,
) -> NewIssue:
    """Pick a period's articles and the coming events, and write them down for the editor.

    The issue is `planned` for today by default; with `is_update` the file is there and is added to.

    Raises:
        StateError: The file exists (without `is_update`).
        IssueFileError: The file that is there has mistakes.
    """
    now = resources.clock.now()
    publication = resources.settings.publication
    known = keys_in(path, segments=segments, publication=publication) if is_update else frozenset()
    draft = _drafted(resources, segments, period, planned, known)
    if is_update:
        added = add_items(path, draft, segments=segments, publication=publication)
    else:
        write_draft(path, draft, publication=publication)
        forget_steps(path)
        added = Added(items=tuple(draft.items), left_out=tuple(draft.left_out))
    with resources.approvals(is_writing=True) as store:
        store.note_offer(draft.label, now=now)
    return NewIssue(
        path=path,
        draft=draft,
        added=added.items,
        newly_left_out=added.left_out,
        translated=added.translations,
    )


def draft_empty(
    resources: Resources,
    path: Path,
    segments: tuple[Segment, ...],
    *,
    period: Period,
    planned: date | None,
    segment: str | None,
) -> NewIssue:
    """Write down an issue without items: a person puts in what it is about.

    Raises:
        UsageError: There is no such segment.
        StateError: The file exists.
    """
    known = [one.id for one in segments]
    if segment is not None and segment not in known:
        raise UsageError(f"There is no segment {segment!r}.", hint=did_you_mean(segment, known))
    publication = resources.settings.publication
    choice = Choice(
        period=period,
        date=planned or resources.clock.now().astimezone(publication.zone).date(),
        publication=publication,
        segments=[one for one in segments if segment in (None, one.id)],
        topics=(),
        memory=Memory(),
        text_of=text_of,
    )
    draft = make_draft((), (), choice, markdown_of=markdown_of)
    write_draft(path, draft, publication=publication)
    forget_steps(path)
    return NewIssue(path=path, draft=draft, added=())


def drafted_item(
    resources: Resources, segments: tuple[Segment, ...], issue: Issue, key: ItemKey
) -> tuple[IssueItem, str]:
    """Give an item as it was collected, and its table, for an issue that does not hold it yet.

    Raises:
        UsageError: It is not among what was collected.
    """
    publication = resources.settings.publication
    period = parse_period(issue.label, publication.zone)
    choice, kept = _candidates(resources, segments, period, issue.date, frozenset(issue.items), also=key)
    found = {one.item.key: one.item for one in kept}
    if key not in found:
        raise UsageError(f"{key} is not among what was collected here.", hint="newsletter collect")
    paired = pair(found.values(), choice)
    made = issue_item(found[key], choice, markdown_of=markdown_of, translations=paired.translations.get(key))
    return made, item_text(made, publication, reasons=("taken in by hand",))


def told_before(resources: Resources, label: IssueLabel, key: ItemKey) -> SentItem | None:
    """Give what readers had of an item in other issues, under whichever of its keys."""
    with resources.database.read() as connection:
        memory = IssueStore(connection).memory(before=label)
        return memory.knowing(ContentStore(connection).kept([key]).values()).sent.get(key)


def _drafted(
    resources: Resources,
    segments: tuple[Segment, ...],
    period: Period,
    planned: date | None,
    known: frozenset[ItemKey],
) -> Draft:
    """Choose among all that was collected."""
    choice, kept = _candidates(resources, segments, period, planned, known)
    paired = pair((one.item for one in kept), choice)
    picks = select(paired.items, choice)
    return make_draft(picks, paired.items, choice, markdown_of=markdown_of, translations=paired.translations)


def _candidates(
    resources: Resources,
    segments: tuple[Segment, ...],
    period: Period,
    planned: date | None,
    known: frozenset[ItemKey],
    *,
    also: ItemKey | None = None,
) -> tuple[Choice, tuple[Kept, ...]]:
    """Give what an issue may be made of; what is merged goes by the key that the file knows it by.

    Args:
        resources: Configuration, database, clock.
        segments: Everybody.
        period: Of the issue.
        planned: Its day; today by default.
        known: Keys that the file has.
        also: An item that is wanted however old it is.
    """
    settings = resources.settings
    publication = settings.publication
    with resources.database.read() as connection:
        memory = IssueStore(connection).memory(before=IssueLabel(period.label))
        by_hand = (source.id for source in settings.sources if source.kind is SourceKind.FOLDER)
        choice = Choice(
            period=period,
            date=planned or resources.clock.now().astimezone(publication.zone).date(),
            publication=publication,
            segments=segments,
            topics=settings.topics,
            memory=memory,
            by_hand=frozenset(by_hand),
            text_of=cache(text_of),  # wanted for the topics, and again for the lead
        )
        published, begins = choice.reach
        store = ContentStore(connection)
        kept = call_by(store.candidates(published=published, begins=begins), known)
        if also is not None and all(one.item.key != also for one in kept):
            kept = (*kept, *store.kept([also]).values())
        names = {record.key: one.item.key for one in kept for record in one.records}
        likely = [
            replace(one, first=names.get(one.first, one.first), second=names.get(one.second, one.second))
            for one in store.pairs(Verdict.OFFERED)
        ]
    first_seen = {one.item.key: one.first_seen for one in kept}
    gone = {one.item.key: one.missed_at for one in kept if one.missed_at and one.is_gone(publication.zone)}
    return replace(choice, memory=memory.knowing(kept), first_seen=first_seen, gone=gone, likely=likely), kept
