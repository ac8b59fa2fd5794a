"""An issue from its first draft to its approval: the verbs `new`, `list`, `show`, `render`, `check` and `approve`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.check import FindingText, apply_waivers, check_events, check_issue, describe, run_checks
from newsletter.curate.parity import ParityRow, parity
from newsletter.domain.audience import LeftOut
from newsletter.domain.changes import Known
from newsletter.domain.delivery import SendingState
from newsletter.domain.issue import (
    Approval,
    Edition,
    EditionKey,
    Finding,
    Issue,
    IssueLabel,
    IssueState,
    Message,
    Slot,
    approval_hash,
    count_in_the_way,
)
from newsletter.domain.period import Period, label_after, parse_period
from newsletter.domain.segments import AskedOfNobody, Segment, audience_rule
from newsletter.errors import ChecksFailed, NewsletterError, StateError, StorageError, UsageError, counted
from newsletter.files import write_whole
from newsletter.message.pictures import with_data_addresses
from newsletter.message.slots import fill_text
from newsletter.render.brand import read_brand
from newsletter.render.compose import EVERY_COMBINATION_MAX, compose, edition_keys
from newsletter.render.edition import render_edition
from newsletter.render.pictures import load_pictures
from newsletter.service.issues.checks import SlowTools, check_inputs, look_in_browser
from newsletter.service.issues.events import known_of
from newsletter.service.issues.listing import IssueListing
from newsletter.service.issues.lock_file import LOCK_NAME, write_lock
from newsletter.service.issues.shelf import IssueSummary
from newsletter.service.issues.steps import IssueSteps
from newsletter.service.public_address import PublicAddress
from newsletter.service.resources import Resources

if TYPE_CHECKING:
    from newsletter.service.audience.service import AudienceService
    from newsletter.service.issues.drafts import NewIssue
    from newsletter.service.issues.looks import LookView

BUILD_NAME = "build"
SAMPLE_NAME = "Aino"
"""The reader of a build, where no person is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """An issue as its readers will see it.

    Attributes:
        segments: As their file said then.
        editions: Each edition with its message; those without a single item are left out.
    """

    issue: Issue
    segments: tuple[Segment, ...]
    editions: tuple[tuple[Edition, Message], ...]
    empty: tuple[EditionKey, ...] = ()

    @property
    def messages(self) -> tuple[Message, ...]:
        """Give the messages alone."""
        return tuple(message for _, message in self.editions)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNews:
    """What became of an issue's events.

    Attributes:
        known: What is known of them; None where the database cannot be read.
        findings: What is no longer as the issue says, and whose source nobody has looked at lately.
    """

    known: Known | None
    findings: tuple[Finding, ...]


class IssueService(IssueSteps):
    """The verbs of an issue up to its approval.

    The people of `audience` are asked only by what depends on who there is.
    """

    def __init__(
        self,
        resources: Resources,
        *,
        audience: Callable[[], "AudienceService"],
        slow_tools: SlowTools,
        public_address: PublicAddress,
    ) -> None:
        super().__init__(resources, audience=audience)
        self._public_address = public_address
        self._slow_tools = slow_tools

    def new_empty(self, label: str, *, planned: date | None = None, segment: str | None = None) -> "NewIssue":
        """Write issue.toml without items, such as that of a special issue: `2017-11-kutsu`.

        What it carries once it is sent counts as told; the issue of the month is left alone.

        Args:
            label: A period's, or a period's and a word.
            planned: The day of sending; today by default.
            segment: For whom; everybody by default.

        Raises:
            UsageError: The label is none, or there is no such segment.
            StateError: The file exists.
        """
        from newsletter.service.issues.drafts import draft_empty  # noqa: PLC0415 - the parsers are for these verbs alone

        period, segments = parse_period(label, self._resources.settings.publication.zone), self._resources.segments
        path = self.path(IssueLabel(period.label))
        made = draft_empty(self._resources, path, segments, period=period, planned=planned, segment=segment)
        if segment is None:
            return made
        others = tuple(one.id for one in sorted(segments, key=lambda one: one.rank) if one.id != segment)
        return replace(made, left_out=self._audience().getting_nothing(others, segments, label=label))

    def new(self, label: str, *, planned: date | None = None, is_update: bool = False) -> "NewIssue":
        """Pick a period's articles and the coming events, and write issue.toml for the editor.

        Args:
            label: `2017-11`, `2017-W46` or `2017-Q4`.
            planned: The day of sending; today by default. With `is_update` the file's own date counts.
            is_update: Add what was collected since to the file that is there; every edit in it stays.

        Raises:
            UsageError: The label is none.
            StateError: The file exists (without `is_update`), or does not (with it); or the issue was sent.
            IssueFileError: The file that is there has mistakes.
        """
        from newsletter.service.issues.drafts import draft_issue  # noqa: PLC0415 - the parsers are for this verb alone

        period = parse_period(label, self._resources.settings.publication.zone)
        known, segments = IssueLabel(period.label), self._resources.segments
        if period.word is not None:
            raise UsageError(
                f"{label} is a special issue, for which nothing is picked.",
                hint=f"newsletter issue new {label} --empty; then `newsletter issue take {label} ITEM`.",
            )
        if known in self.labels():
            self._refuse_sent(period)
        if is_update:
            planned = self._read(self._known(label), segments).date
        made = draft_issue(
            self._resources, self.path(known), segments, period=period, planned=planned, is_update=is_update
        )
        return replace(made, left_out=self._left_out(self._read(known, segments), segments))

    def render(self, label: str) -> Rendering:
        """Make every edition's message from the files alone.

        Raises:
            UsageError: There is no such issue.
            IssueFileError: issue.toml has mistakes.
            TemplateError: A template or the brand file has.
        """
        segments = self._resources.segments
        return self._render(self._read(self._known(label), segments), segments)

    def show(self, label: str) -> tuple[Rendering, IssueSummary, IssueListing]:
        """Render an issue, say where it stands, and give the numbers by which its items are named.

        Raises:
            NewsletterError: As `render`.
        """
        known, segments = self._known(label), self._resources.segments
        _, issue, listing = self._opened(known, segments)
        return self._render(issue, segments), self._summary(known, segments, issue), listing

    def parity(self, label: str) -> tuple[ParityRow, ...]:
        """Say of each item that some segment gets in which of the publication's languages it has words.

        Raises:
            UsageError: There is no such issue.
            IssueFileError: issue.toml has mistakes.
        """
        return parity(self.read(label), self._resources.settings.publication.languages)

    def look(self, label: str, look: str) -> "tuple[LookView, ...]":
        """Make the first edition of an issue in a look: in light, in dark, in another organisation's colours.

        Raises:
            ConfigurationError: There is no such look.
            NewsletterError: As `render`.
        """
        from newsletter.service.issues.looks import show_look  # noqa: PLC0415 - it knows this module

        return show_look(self._resources, self.render(label), look, as_read=self._as_read)

    def write_build(self, rendering: Rendering) -> Path:
        """Write each edition as HTML, text and MJML into the issue's build folder, and give the folder.

        HTML and text are filled for a sample reader, so that they look as a mail does.
        """
        folder = self.path(rendering.issue.label).parent / BUILD_NAME
        for message in rendering.messages:
            text = fill_text(message.text, message.slots, self._sample_values, is_html=False)
            for ending, content in (("html", self._as_read(message)), ("txt", text), ("mjml", message.mjml)):
                write_whole(folder / f"{message.edition}.{ending}", content)
        return folder

    def _as_read(self, message: Message) -> str:
        """Give a message's HTML as a sample reader sees it, its pictures in it."""
        html = fill_text(message.html, message.slots, self._sample_values, is_html=True)
        return with_data_addresses(html, message.pictures)

    @property
    def _sample_values(self) -> dict[Slot, str]:
        """Give a sample reader's name, and a way out to the right mailbox with a token that fits nobody."""
        mailbox = self._resources.settings.publication.links.unsubscribe_address
        return dict.fromkeys(Slot, f"mailto:{mailbox}?subject=unsubscribe%20sample") | {Slot.NAME: f" {SAMPLE_NAME}"}

    def check(
        self, label: str, *, is_slow: bool = False, progress: Callable[[int, int], None] = lambda _done, _total: None
    ) -> tuple[Rendering, tuple[Finding, ...]]:
        """Render an issue and look every edition over, also in a browser when `is_slow`; waived findings say so.

        `progress` is told after each edition that the browser was shown.

        Raises:
            NewsletterError: As `render`; a UsageError where browser or axe-core is missing.
        """
        rendering = self.render(label)
        return rendering, self.look_over(rendering, is_slow=is_slow, progress=progress)

    def look_over(
        self,
        rendering: Rendering,
        *,
        is_slow: bool = False,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> tuple[Finding, ...]:
        """Look every edition of a rendering over, as `check` does; waived findings say so."""
        publication = self._resources.settings.publication
        subjects = check_inputs(rendering.editions, publication)
        left_out = self._left_out(rendering.issue, rendering.segments)
        news = self.event_news(rendering.issue).findings
        asked = self._asked_of_nobody(rendering.segments)
        found = [*check_issue(rendering.issue, publication, left_out, asked), *news]
        found += [finding for subject in subjects for finding in run_checks(subject)]
        if is_slow:
            found += look_in_browser(subjects, self._slow_tools, as_read=self._as_read, found=found, progress=progress)
        return apply_waivers(found, rendering.issue.waivers, path=rendering.issue.path, is_slow=is_slow)

    def event_news(self, issue: Issue) -> EventNews:
        """Say what became of an issue's events since they were picked, as far as it is known."""
        try:
            known = known_of(self._resources, issue)
        except StorageError:
            known = None
        found = check_events(issue, known, self._resources.settings.publication)
        return EventNews(known=known, findings=apply_waivers(found, issue.waivers, path=issue.path)[: len(found)])

    def words_of(self, finding: Finding, language: str) -> FindingText:
        """Say what a finding means and what to do about it, in Finnish, Swedish or English."""
        return describe(finding, language)

    def approve(
        self,
        label: str,
        *,
        by: str,
        confirm: Callable[[LeftOut, EventNews], None] = lambda _left_out, _news: None,
        tell_unread: Callable[[Sequence[EditionKey]], None] | None = None,
    ) -> Approval:
        """Freeze messages, audience rule and waivers under one hash, in the database and in issue.lock.

        Approving the same content again gives the same hash and changes nothing. What is frozen is what was read before
        `confirm` was asked: a file that is saved in between counts as edited after the approval.

        Args:
            label: The issue.
            by: The person's name.
            confirm: Told first whom the issue has nothing for, and what became of its events; stops the approval by
                raising.
            tell_unread: Told in the end which editions nobody would read now.

        Raises:
            ChecksFailed: A finding of severity error stands in the way.
            ContentError: A mail would be read otherwise than it was written.
            StateError: The issue was sent, or its sending has begun; or the pages that its mails name do not answer.
            NewsletterError: As `render`.
        """
        known, segments = self._known(label), self._resources.segments
        self._refuse_begun(known)
        issue = self._read(known, segments)
        confirm(self._left_out(issue, segments), self.event_news(issue))
        rendering = self._render(issue, segments)
        findings = self.look_over(rendering)
        if blocking := count_in_the_way(findings):
            raise ChecksFailed(
                f"{counted(blocking, 'finding stands', 'findings stand')} in the way.",
                hint=f"See `newsletter issue check {label}`; mend them, or waive one in issue.toml with its reason.",
            )
        self._public_address.require()
        publication = self._resources.settings.publication
        from newsletter.service.deliveries.recipients import verify_messages  # noqa: PLC0415 - parsers, as for drafts

        verify_messages(rendering.messages, publication=publication, now=self._resources.clock.now())
        rule = audience_rule(segments, publication.languages, without_items=issue.without_items(segments))
        approved = Approval(
            hash=approval_hash(rendering.messages, rule, issue.waivers, publication.sender),
            label=known,
            approved_at=self._resources.clock.now(),
            approved_by=by,
            issue_sha256=issue.file_sha256,
            audience_rule=rule,
            messages=rendering.messages,
            waivers=issue.waivers,
            sender=publication.sender,
        )
        # The database first: a lock file without its messages would promise what cannot be sent.
        with self._resources.approvals(is_writing=True) as approvals:
            approvals.save_approval(approved, issue.items)
        write_lock(self.path(known).with_name(LOCK_NAME), approved)
        if tell_unread is not None:
            tell_unread(self._audience().unread([message.edition for message in approved.messages], segments))
        return approved

    def _asked_of_nobody(self, segments: Sequence[Segment]) -> tuple[AskedOfNobody, ...]:
        """Say what the segments ask for and nobody has, where that takes no time."""
        try:
            return self._audience().asked_of_nobody(segments) if self._resources.are_facts_at_hand else ()
        except NewsletterError:
            # Whoever needs the database is told; files can be looked over without it.
            return ()

    def _render(self, issue: Issue, segments: tuple[Segment, ...]) -> Rendering:
        settings = self._resources.settings
        brand = read_brand(settings.templates_path / "brand.toml")
        pictures = load_pictures(issue, brand, root=settings.root, editor=settings.publication.editor)
        editions, empty = [], []
        # Where there are too many segments to make every combination, those that occur.
        combinations = None if len(segments) <= EVERY_COMBINATION_MAX else self._audience().combinations(segments)
        for key in edition_keys(segments, settings.publication.languages, combinations):
            edition = compose(issue, key, segments=segments, publication=settings.publication)
            if not edition.items:
                empty.append(key)
                continue
            message = render_edition(
                edition,
                publication=settings.publication,
                brand=brand,
                templates=settings.templates_path,
                pictures=pictures,
            )
            editions.append((edition, message))
        if not editions:
            raise StateError(f"No segment gets a single item of issue {issue.label}.", hint="Put keys into [order].")
        return Rendering(issue=issue, segments=segments, editions=tuple(editions), empty=tuple(empty))

    def _refuse_sent(self, period: Period) -> None:
        """Keep a letter that readers have from growing; what came since is the next one's."""
        summary = self.summary(period.label)
        if summary.state in (IssueState.SENT, IssueState.SENDING, IssueState.PAUSED):
            following = label_after(period)
            has_file = " --update" if following in self.labels() else ""
            raise StateError(
                f"Issue {period.label} was sent, or its sending has begun: nothing can be added to it.",
                hint=f"What came since goes into the next one: newsletter issue new {following}{has_file}",
            )

    def _refuse_begun(self, label: IssueLabel) -> None:
        """Keep an issue from being approved anew while, or after, readers get it."""
        sendings = [one for one in self._resources.ledger.sendings(label) if not one.is_rehearsal]
        if sendings and sendings[-1].state is not SendingState.CANCELLED:
            raise StateError(
                f"Issue {label} cannot be approved again: its sending has begun.",
                hint=f"See `newsletter issue report {label}`.",
            )
