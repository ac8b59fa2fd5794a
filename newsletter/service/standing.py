"""Where the month stands, and whether everything is in order: the verbs `status` and `doctor`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from newsletter import machine
from newsletter.domain.audience import SubscriberStatus
from newsletter.domain.content import Source
from newsletter.domain.issue import IssueState
from newsletter.domain.notification import KeptNotification
from newsletter.errors import NewsletterError, TemplateError
from newsletter.render.brand import read_brand
from newsletter.render.templates.look_over import check_templates
from newsletter.send.mark import Doubt
from newsletter.service.audience import AudienceService
from newsletter.service.care import DatabaseCare
from newsletter.service.deliveries import DeliveryService
from newsletter.service.issues import IssueService, IssueSummary
from newsletter.service.items import ItemService
from newsletter.service.notifications import NotificationService
from newsletter.service.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the month stands.

    Attributes:
        people: How many active people there are.
        items: How many articles and events were collected.
        issues: The issues that are not over, and the latest one that is; the oldest first.
        doubt: What speaks against sending from this database: it is an older one, a copy, or has been elsewhere.
        account_news: What the provider said of our account lately, the newest first; a person has to read it.
        next_command: What to type next.
        next_reason: Why, in one sentence.
    """

    people: int
    items: int
    issues: tuple[IssueSummary, ...]
    doubt: Doubt | None
    account_news: tuple[KeptNotification, ...]
    next_command: str
    next_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """One thing that `doctor` looked at.

    Attributes:
        name: What.
        is_well: In order.
        message: What was seen.
        hint: What to do; also where all is well, when there is something to remember.
    """

    name: str
    is_well: bool
    message: str
    hint: str | None = None


class StandingService:
    """The verbs that look at everything and change nothing."""

    def __init__(
        self,
        resources: Resources,
        *,
        audience: AudienceService,
        items: ItemService,
        issues: IssueService,
        care: DatabaseCare,
        deliveries: DeliveryService,
        notifications: NotificationService,
    ) -> None:
        self._resources = resources
        self._audience = audience
        self._items = items
        self._issues = issues
        self._care = care
        self._deliveries = deliveries
        self._notifications = notifications

    def standing(self) -> Standing:
        """Say where the month stands and what to do next.

        Raises:
            NewsletterError: The database or a file cannot be read.
        """
        headcounts = self._audience.headcounts()
        people = sum(
            one.people for one in headcounts if one.status is SubscriberStatus.ACTIVE and not one.is_suppressed
        )
        items = self._items.count()
        summaries = [self._issues.summary(label) for label in self._issues.labels()]
        over = [one for one in summaries if one.state in (IssueState.SENT, IssueState.CANCELLED)]
        open_ones = [one for one in summaries if one not in over]
        command, reason = self._next(people, items, open_ones)
        return Standing(
            people=people,
            items=items,
            issues=(*over[-1:], *open_ones),
            doubt=self._care.doubt(),
            account_news=self._notifications.account_news(),
            next_command=command,
            next_reason=reason,
        )

    def _next(self, people: int, items: int, open_ones: list[IssueSummary]) -> tuple[str, str]:
        """Choose the next command."""
        if people == 0:
            return "newsletter subscriber import subscribers/example.csv", "Nobody would get an issue yet."
        if items == 0:
            return "newsletter collect", "Nothing was collected yet."
        if not open_ones:
            today = self._resources.clock.now().astimezone(self._resources.settings.publication.zone)
            return f"newsletter issue new {today:%Y-%m}", "No issue is in the making."
        return _step_of(open_ones[0])

    def checkups(self) -> Iterator[Checkup]:
        """Look over configuration, key, database, segments, templates, mailer and sources, one after another."""
        settings = self._resources.settings
        yield Checkup(
            name="configuration",
            is_well=True,
            message=f"{settings.path.name}: {len(settings.sources)} sources, {len(settings.topics)} topics.",
        )
        yield self._looked("key file", self._key)
        yield self._looked("database", self._database)
        yield self._looked("segments", self._segments)
        yield self._looked("brand and templates", self._templates)
        yield self._looked("mailer", lambda: (self._deliveries.readiness(), None))
        yield self._unsubscribing()
        for source in settings.sources:
            yield self._source(source)

    def _looked(self, name: str, look: Callable[[], tuple[str, str | None]]) -> Checkup:
        """Turn a look into a checkup; what goes wrong is told, not raised."""
        try:
            message, hint = look()
        except NewsletterError as error:
            faults = "".join(f"\n  {fault}" for fault in error.faults)
            return Checkup(name=name, is_well=False, message=f"{error}{faults}", hint=error.hint)
        return Checkup(name=name, is_well=True, message=message, hint=hint)

    def _key(self) -> tuple[str, str | None]:
        path = self._resources.settings.storage.key_file
        assert self._resources.key
        return (
            f"{path.name}, {machine.rights_of(path)}.",
            "Back it up: without it nobody can tell who must not be mailed.",
        )

    def _database(self) -> tuple[str, str | None]:
        state = self._care.state()
        self._resources.unchecked_database.require_current()
        journal = f", {state.journal}" if state.journal else ""
        return f"{Path(state.name).name}: schema {state.revision}, {state.engine}{journal}.", "newsletter db backup"

    def _segments(self) -> tuple[str, str | None]:
        segments = self._audience.segments()
        return f"{len(segments)} segments: {', '.join(segment.id for segment in segments)}.", None

    def _templates(self) -> tuple[str, str | None]:
        folder = self._resources.settings.templates_path
        read_brand(folder / "brand.toml")
        shown = folder.relative_to(self._resources.settings.root)
        found = check_templates(folder, shown_as=shown)
        if wrong := next((problem for problems in found.values() for problem in problems if problem.is_error), None):
            raise TemplateError(wrong.message, place=wrong.place, hint="newsletter template check")
        return f"{len(found)} templates in {shown}.", "newsletter template check"

    def _unsubscribing(self) -> Checkup:
        """Say how readers leave: what is the same in every issue is told here, and not as a finding of each."""
        links = self._resources.settings.publication.links
        if links.public_url is not None:
            return Checkup(name="unsubscribing", is_well=True, message=f"By one click, at {links.public_url}.")
        return Checkup(
            name="unsubscribing",
            is_well=True,
            message=f"By a mail to {links.unsubscribe_address}, not by one click (RFC 8058).",
            hint="Set links.public_url once the public pages run: Gmail asks for one click from 5,000 mails a day.",
        )

    def _source(self, source: Source) -> Checkup:
        """See that a source's file is there; an address is not visited: `collect` says what it answers."""
        name = f"source {source.id}"
        if not source.is_enabled:
            return Checkup(name=name, is_well=True, message="Switched off.")
        if source.is_remote:
            return Checkup(name=name, is_well=True, message=source.location, hint="newsletter collect")
        is_there = Path(source.location).exists()
        shown = Path(source.location).relative_to(self._resources.settings.root)
        message = f"{shown} is there." if is_there else f"{shown} is missing."
        return Checkup(
            name=name, is_well=is_there, message=message, hint=None if is_there else "Mend path in newsletter.toml."
        )


def _step_of(issue: IssueSummary) -> tuple[str, str]:
    """Choose the next command for an issue in the making."""
    label = issue.label
    if issue.items is None:
        return f"newsletter issue check {label}", f"issue.toml of {label} has mistakes."
    steps = {
        IssueState.DRAFT: (f"newsletter issue check {label}", f"Issue {label} waits for your edits and checks."),
        IssueState.APPROVED: (f"newsletter issue send {label}", f"Issue {label} is approved."),
        IssueState.SENDING: (f"newsletter issue send {label}", f"The sending of issue {label} is not finished."),
        IssueState.PAUSED: (f"newsletter issue report {label}", f"The sending of issue {label} is paused."),
    }
    return steps[issue.state]
