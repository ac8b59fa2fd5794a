"""Where the month stands, and whether everything is in order: the verbs `status` and `doctor`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

from newsletter import machine
from newsletter.audience.key_file import read_key_file
from newsletter.domain.content import Problem, Source
from newsletter.domain.issue import IssueState
from newsletter.domain.notification import KeptNotification, NotificationKind
from newsletter.domain.wants import Wishes
from newsletter.errors import NewsletterError, counted
from newsletter.send.mark import Doubt
from newsletter.service.audience.service import AudienceService
from newsletter.service.database import DatabaseService
from newsletter.service.forgotten_proxy import ForgottenProxy, forgotten_proxy
from newsletter.service.handover.place import shared_by
from newsletter.service.handover.record import packed_at
from newsletter.service.issues.shelf import IssueShelf, IssueSummary
from newsletter.service.looks import mailbox_read_at
from newsletter.service.resources import Resources
from newsletter.service.sources.breaches import breaches
from newsletter.storage.content import ContentStore
from newsletter.storage.notifications import NotificationStore

NEWS_DAYS = 30
"""How long is shown what the provider told and a person has to look at."""

Look = Callable[[], tuple[str, str | None]]
"""Gives what was seen and what there is to remember; raises a NewsletterError where it is not well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where the month stands.

    Attributes:
        is_trial: Our own SendGrid takes the mails, and nobody is mailed.
        without_ground: Of how many people nobody recorded on which ground they are written to.
        wishes: How many of the people want less than every issue.
        sources: What was not as it should be at the last look at a source.
        issues: The issues that are not over, and the latest one that is; the oldest first.
        mailbox_unread_since: The day of the last sending after which nobody read the mailbox, while an issue waits to
            be sent; None otherwise.
        doubt: What speaks against sending from this database: it is an older one, a copy, or has been elsewhere.
        account_news: What the provider said of our account lately, the newest first; a person has to read it.
        set_aside: How many notifications lately named a delivery and not its address: they changed nothing.
        sent_at: When the last real sending began; None before the first.
        forgotten_proxy: Who hands requests of readers on and is not named in the configuration.
        packed_at: When everything was last packed into one file here; None where it never was.
    """

    is_trial: bool
    people: int
    without_ground: int
    wishes: Wishes
    items: int
    sources: tuple[Problem, ...]
    issues: tuple[IssueSummary, ...]
    mailbox_unread_since: date | None
    doubt: Doubt | None
    account_news: tuple[KeptNotification, ...]
    set_aside: int
    sent_at: datetime | None
    packed_at: datetime | None
    forgotten_proxy: ForgottenProxy | None
    next_command: str
    next_reason: str

    @property
    def is_pack_due(self) -> bool:
        """Tell whether something was sent that no pack knows of."""
        return self.sent_at is not None and (self.packed_at is None or self.packed_at < self.sent_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """One thing that `doctor` looked at.

    Attributes:
        hint: What to do; also where all is well, when there is something to remember.
        warnings: What may be a slip, and is no fault.
    """

    name: str
    is_well: bool
    message: str
    hint: str | None = None
    warnings: tuple[str, ...] = ()


class StatusService:
    """The verbs that look at everything and change nothing.

    What `doctor` alone looks at comes from outside: `status` needs no template engine.
    """

    def __init__(
        self,
        resources: Resources,
        *,
        shelf: IssueShelf,
        database: DatabaseService,
        look_at_templates: Look,
        look_at_mailer: Look,
        look_at_public_pages: Look,
    ) -> None:
        self._resources = resources
        self._shelf = shelf
        self._database = database
        self._look_at_templates = look_at_templates
        self._look_at_mailer = look_at_mailer
        self._look_at_public_pages = look_at_public_pages

    def status(self) -> Status:
        """Say where the month stands and what to do next.

        Raises:
            NewsletterError: The database or a file cannot be read.
        """
        with self._resources.people() as store:
            people, without_ground = store.count_mailable(), store.count_without_ground()
            wishes = store.wishes(self._resources.clock.now())
        with self._resources.database.read() as connection:
            items = ContentStore(connection).count()
            notifications = NotificationStore(connection)
            since = self._resources.clock.now() - timedelta(days=NEWS_DAYS)
            account_news = notifications.page(kinds=[NotificationKind.ACCOUNT_CHANGED], since=since, limit=10)
            set_aside = notifications.counts(since=since).get(NotificationKind.SET_ASIDE, 0)
        summaries = self._shelf.summaries()
        over = [one for one in summaries if one.state in (IssueState.SENT, IssueState.CANCELLED)]
        open_ones = [one for one in summaries if one not in over]
        command, reason = self._next(people, items, open_ones)
        return Status(
            is_trial=self._resources.settings.publication.is_trial,
            sources=breaches(self._resources),
            people=people,
            without_ground=without_ground,
            wishes=wishes,
            items=items,
            issues=(*over[-1:], *open_ones),
            mailbox_unread_since=self._mailbox_unread_since(summaries),
            doubt=self._database.doubt(),
            account_news=account_news,
            set_aside=set_aside,
            sent_at=self._resources.ledger.last_real_at(),
            packed_at=packed_at(self._resources.settings.key_path),
            forgotten_proxy=self._forgotten_proxy(),
            next_command=command,
            next_reason=reason,
        )

    def _mailbox_unread_since(self, summaries: Sequence[IssueSummary]) -> date | None:
        """Give the day of the last sending, if one follows and nobody read since what came back by mail."""
        sent = [one.sending.started_at for one in summaries if one.sending is not None]
        is_next = any(one.state in (IssueState.DRAFT, IssueState.APPROVED) for one in summaries)
        if not sent or not is_next:
            return None
        read_at = mailbox_read_at(self._resources.settings.root)
        last = max(sent)
        return None if read_at is not None and read_at > last else last.astimezone(self._zone).date()

    @property
    def _zone(self) -> tzinfo:
        return self._resources.settings.publication.zone

    def _forgotten_proxy(self) -> ForgottenProxy | None:
        settings = self._resources.settings
        return forgotten_proxy(settings.key_path, settings.serve.trusted_proxies, self._resources.clock.now())

    def _next(self, people: int, items: int, open_ones: list[IssueSummary]) -> tuple[str, str]:
        if people == 0:
            return "newsletter subscriber import subscribers/example.csv", "Nobody would get an issue yet."
        if items == 0:
            return "newsletter collect", "Nothing was collected yet."
        if not open_ones:
            today = self._resources.clock.now().astimezone(self._zone)
            return f"newsletter issue new {today:%Y-%m}", "No issue is in the making."
        return _step_of(open_ones[0])

    def checkups(self) -> Iterator[Checkup]:
        """Look over configuration, key, database, segments, templates, mailer and sources, one after another."""
        settings = self._resources.settings
        yield Checkup(
            name="configuration",
            is_well=True,
            message=f"{settings.path.name}: {counted(len(settings.sources), 'source')}, "
            f"{counted(len(settings.topics), 'topic')}.",
        )
        yield self._looked("key file", self._key)
        yield self._looked("database", self._look_at_database)
        yield replace(self._looked("segments", self._segments), warnings=self._asked_of_nobody())
        yield from self._folder()
        yield self._looked("brand and templates", self._look_at_templates)
        yield self._looked("mailer", self._look_at_mailer)
        yield self._unsubscribing()
        if (met := self._forgotten_proxy()) is not None:
            yield Checkup(name="web server", is_well=False, message=str(met))
        for source in settings.sources:
            yield self._source(source)

    def _looked(self, name: str, look: Look) -> Checkup:
        """Turn a look into a checkup; what goes wrong is told, not raised."""
        try:
            message, hint = look()
        except NewsletterError as error:
            faults = "".join(f"\n  {fault}" for fault in error.faults)
            return Checkup(name=name, is_well=False, message=f"{error}{faults}", hint=error.hint)
        return Checkup(name=name, is_well=True, message=message, hint=hint)

    def _key(self) -> tuple[str, str | None]:
        path = self._resources.settings.key_path
        first, *others = read_key_file(path).ids()
        if self._database.state().is_current:
            self._resources.settle_key()
        more = f"; it keeps {', '.join(others)}" if others else ""
        return (
            f"{path.name}, {machine.rights_of(path)}: key {first}{more}.",
            "Back it up: without it nobody can tell who must not be mailed.",
        )

    def _look_at_database(self) -> tuple[str, str | None]:
        state = self._database.state()
        self._resources.unchecked_database.require_current()
        self._database.require_sound()
        journal = f", {state.journal}" if state.journal else ""
        return (
            f"{Path(state.name).name}: schema {state.revision}, {state.engine}{journal}.",
            "newsletter db backup" if state.journal else "pg_dump",
        )

    def _folder(self) -> Iterator[Checkup]:
        """Warn of a folder that other machines have too; of any other there is nothing to say."""
        name = shared_by(self._resources.settings.root.resolve())
        if name is not None:
            yield Checkup(
                name="folder",
                is_well=False,
                message=f"It is shared by {name}: a database that is copied while it is written gets damaged or old.",
                hint="Move the folder to this machine's own disk; `newsletter pack FILE` makes one file to keep there.",
            )

    def _segments(self) -> tuple[str, str | None]:
        segments = self._resources.segments
        return f"{counted(len(segments), 'segment')}: {', '.join(segment.id for segment in segments)}.", None

    def _asked_of_nobody(self) -> tuple[str, ...]:
        """Say what the segments ask for and nobody has, as far as files and database can be read."""
        try:
            asked = AudienceService(self._resources).asked_of_nobody()
        except NewsletterError:
            # The looks at the files and at the database tell.
            return ()
        root = self._resources.settings.root
        return tuple(f"{one.asked.place.path.relative_to(root)}:{one.asked.place.line}: {one}" for one in asked)

    def _unsubscribing(self) -> Checkup:
        """Say how readers leave: what is the same in every issue is told here, and not as a finding of each."""
        links = self._resources.settings.publication.links
        if links.public_url is not None:
            return self._looked("unsubscribing", self._look_at_public_pages)
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
        path, root = Path(source.location), self._resources.settings.root
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        message = f"{shown} is there." if is_there else f"{shown} is missing."
        return Checkup(
            name=name, is_well=is_there, message=message, hint=None if is_there else "Mend path in newsletter.toml."
        )


def _step_of(issue: IssueSummary) -> tuple[str, str]:
    label = issue.label
    if issue.items is None:
        return f"newsletter issue check {label}", f"issue.toml of {label} has mistakes."
    if issue.doubt.is_all:
        names = f"`newsletter issue report {label} --people unknown` names them."
        return f"newsletter issue resolve {label} --leave", f"Nobody else is still to get issue {label}. {names}"
    steps = {
        IssueState.DRAFT: (f"newsletter issue check {label}", f"Issue {label} waits for your edits and checks."),
        IssueState.APPROVED: (f"newsletter issue send {label}", f"Issue {label} is approved."),
        IssueState.SENDING: (f"newsletter issue send {label}", f"The sending of issue {label} is not finished."),
        IssueState.PAUSED: (f"newsletter issue report {label}", f"The sending of issue {label} is paused."),
    }
    return steps[issue.state]
