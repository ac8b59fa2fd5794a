"""Configuration to objects: the one place that builds things, and the library's door.

    from newsletter import open_newsletter

    with open_newsletter() as newsletter:
        newsletter.items.collect()
        newsletter.issues.new("2017-11")

mypy proves here that stores and mailers have the methods the rooms ask for. Whatever a noun is made of is imported when
it is made: nearly all that `status` costs is what is loaded for it, so this module names at its top only what every
verb needs.
"""

from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from newsletter.config import Settings, find_configuration, read_settings
from newsletter.domain.clock import Clock, SystemClock
from newsletter.errors import UsageError
from newsletter.mailers import MAILERS
from newsletter.service.resources import Resources
from newsletter.table import no_trial_mailer

if TYPE_CHECKING:
    from newsletter.chromium import Chromium
    from newsletter.collect.gather import Fetches
    from newsletter.domain.mailing import Mailer
    from newsletter.mailers.sendgrid.fake import FakeSendGrid
    from newsletter.service.audience.consents import ConsentService
    from newsletter.service.audience.joining import JoiningService
    from newsletter.service.audience.leaving import LeavingService
    from newsletter.service.audience.lists import ListService
    from newsletter.service.audience.people import PeopleService
    from newsletter.service.audience.service import AudienceService
    from newsletter.service.audience.suppressions import SuppressionService
    from newsletter.service.database import DatabaseService
    from newsletter.service.deliveries.reports import ReportService
    from newsletter.service.deliveries.service import DeliveryService
    from newsletter.service.deliveries.testing import TestingService
    from newsletter.service.handover.service import HandoverService
    from newsletter.service.issues.checks import SlowTools
    from newsletter.service.issues.service import IssueService
    from newsletter.service.issues.shelf import IssueShelf
    from newsletter.service.items import ItemService
    from newsletter.service.keys.service import KeyService
    from newsletter.service.notifications.mailbox import MailboxService
    from newsletter.service.notifications.service import NotificationService
    from newsletter.service.public_address import PublicAddress
    from newsletter.service.sources.service import SourceService
    from newsletter.service.starter import LaidOut
    from newsletter.service.status import StatusService
    from newsletter.service.trail import TrailService
    from newsletter.storage.database import Database


class Newsletter:
    """A publication, open for work: the verbs by noun. Close it in the end, or use it in a `with` block.

    A noun is imported and built when it is first asked for, so that a verb loads what it uses and nothing else.
    """

    def __init__(
        self, settings: Settings, *, clock: Clock, fetcher: "Fetches | None" = None, mailer: "Mailer | None" = None
    ) -> None:
        self.settings = settings
        self.resources = Resources(
            settings=settings, clock=clock, open_database=lambda: _database(settings, settings.database_url)
        )
        self._fetcher = fetcher
        self._mailer = mailer

    @cached_property
    def items(self) -> "ItemService":
        """Collect and look at articles and events."""
        from newsletter.service.items import ItemService

        return ItemService(self.resources, self._source_fetcher)

    @cached_property
    def sources(self) -> "SourceService":
        """Look at what could be a source, and add it."""
        from newsletter.service.sources.service import SourceService

        return SourceService(self.resources, self._source_fetcher)

    @cached_property
    def _source_fetcher(self) -> "Fetches":
        from newsletter.collect.fetching.fetch import Fetcher, user_agent_of

        return self._fetcher or Fetcher(user_agent=user_agent_of(self.settings.publication))

    @cached_property
    def issues(self) -> "IssueService":
        """Make, render, check and approve an issue."""
        from newsletter.service.issues.service import IssueService

        return IssueService(
            self.resources,
            audience=lambda: self.audience,
            slow_tools=_slow_tools(self.settings),
            public_address=self._public_address,
        )

    @cached_property
    def audience(self) -> "AudienceService":
        """Segments, and who would read which edition."""
        from newsletter.service.audience.service import AudienceService

        return AudienceService(self.resources)

    @cached_property
    def people(self) -> "PeopleService":
        """Add, find and show one person, who leaves and comes back."""
        from newsletter.service.audience.people import PeopleService

        return PeopleService(self.resources)

    @cached_property
    def lists(self) -> "ListService":
        """Import and export lists of people."""
        from newsletter.service.audience.lists import ListService

        return ListService(self.resources)

    @cached_property
    def suppressions(self) -> "SuppressionService":
        """Keep addresses from being mailed, and allow them again."""
        from newsletter.service.audience.suppressions import SuppressionService

        return SuppressionService(self.resources)

    @cached_property
    def leaving(self) -> "LeavingService":
        """Leave by the link of a mail."""
        from newsletter.service.audience.leaving import LeavingService

        return LeavingService(self.resources)

    @cached_property
    def consents(self) -> "ConsentService":
        """Account for why people are written to."""
        from newsletter.service.audience.consents import ConsentService

        return ConsentService(self.resources)

    @cached_property
    def joining(self) -> "JoiningService":
        """Join by a form and the link of a mail."""
        from newsletter.service.audience.joining import JoiningService

        return JoiningService(self.resources)

    @cached_property
    def handover(self) -> "HandoverService":
        """Pack everything into one file."""
        from newsletter.service.handover.service import HandoverService

        return HandoverService(self.resources, self.database)

    @cached_property
    def keys(self) -> "KeyService":
        """Change the key behind hashes and links."""
        from newsletter.service.keys.service import KeyService

        return KeyService(self.resources)

    @cached_property
    def deliveries(self) -> "DeliveryService":
        """Send and report."""
        from newsletter.service.deliveries.service import DeliveryService

        return DeliveryService(
            self.resources,
            self.shelf,
            open_mailer=self._open_mailer,
            open_outbox=self._open_outbox,
            public_address=self._public_address,
        )

    @cached_property
    def reports(self) -> "ReportService":
        """Account for what was sent, and decide about doubt."""
        from newsletter.service.deliveries.reports import ReportService

        return ReportService(self.resources)

    @cached_property
    def testing(self) -> "TestingService":
        """Send an edition to a few addresses before anybody else gets it."""
        from newsletter.service.deliveries.testing import TestingService

        return TestingService(
            self.resources,
            render=self.issues.render,
            open_mailer=self._open_mailer,
            open_outbox=self._open_outbox,
        )

    @cached_property
    def notifications(self) -> "NotificationService":
        """What the provider tells, and its own suppression lists."""
        from newsletter.service.notifications.service import NotificationService

        own = self.settings.mailer.own
        door = own.door(self.resources.clock.now) if own else None
        return NotificationService(self.resources, door=door, open_mailer=self._open_mailer)

    @cached_property
    def mailbox(self) -> "MailboxService":
        """What came back to the office's mailbox."""
        from newsletter.service.notifications.mailbox import MailboxService

        return MailboxService(self.resources, leaving=self.leaving, notifications=self.notifications)

    @cached_property
    def trail(self) -> "TrailService":
        """Note and show who did what."""
        from newsletter.service.trail import TrailService

        return TrailService(self.resources)

    @cached_property
    def database(self) -> "DatabaseService":
        """Migrate and back up the database."""
        from newsletter.service.database import DatabaseService

        return DatabaseService(self.resources, open_other=lambda url: _database(self.settings, url))

    @cached_property
    def shelf(self) -> "IssueShelf":
        """Where each issue stands."""
        from newsletter.service.issues.shelf import IssueShelf

        return IssueShelf(self.resources, audience=lambda: self.audience)

    @cached_property
    def status(self) -> "StatusService":
        """Where the month stands; whether everything is in order."""
        from newsletter.service.status import StatusService

        return StatusService(
            self.resources,
            shelf=self.shelf,
            database=self.database,
            look_at_templates=lambda: _look_at_templates(self.settings),
            look_at_mailer=self._look_at_mailer,
            look_at_public_pages=self._public_address.look,
        )

    @cached_property
    def _public_address(self) -> "PublicAddress":
        from newsletter.service.public_address import PublicAddress

        return PublicAddress(self.resources, self._fetch_own_page)

    def _fetch_own_page(self, address: str) -> bytes:
        """Give what an address of ours answers, which may stand in the office's own network."""
        from newsletter.collect.fetching.fetch import Fetcher
        from newsletter.domain.content import Snapshot, Source, SourceId, SourceKind

        publication = self.settings.publication
        page = Source(
            id=SourceId("public-pages"),
            kind=SourceKind.FEED,  # whatever it is: its bytes are read here
            location=address,
            language=publication.languages[0],
            zone=publication.zone,
            allow_private_hosts=True,
        )
        now = self.resources.clock.now()
        if self._fetcher is not None:
            answer = self._fetcher.fetch(page, now=now)
        else:
            with Fetcher() as fetcher:
                answer = fetcher.fetch(page, now=now)
        return answer.body if isinstance(answer, Snapshot) else b""

    def _open_outbox(self) -> "Mailer":
        return _outbox(self.settings)

    def _look_at_mailer(self) -> tuple[str, str | None]:
        return self.deliveries.readiness()

    def _open_mailer(self) -> "Mailer":
        if self._mailer is not None and self.settings.publication.is_trial:
            raise no_trial_mailer()
        return self._mailer or _mailer(self.settings)

    def close(self) -> None:
        """Give back the database."""
        self.resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_newsletter(
    configuration: Path | None = None,
    *,
    clock: Clock | None = None,
    fetcher: "Fetches | None" = None,
    mailer: "Mailer | None" = None,
) -> Newsletter:
    """Open a publication; database, key and network are touched only by the verbs that need them.

    Args:
        configuration: newsletter.toml; by default the one in the working folder or above.
        clock: Time; the machine's own by default.
        fetcher: What visits sources; by default the network and the disk.
        mailer: What mails are handed to; by default the one of the configuration.

    Raises:
        ConfigurationError: There is no configuration, or it has mistakes: all of them, each with line and key.
    """
    settings = read_settings(configuration or find_configuration(Path.cwd()), MAILERS)
    return Newsletter(settings, clock=clock or SystemClock(), fetcher=fetcher, mailer=mailer)


def _database(settings: Settings, url: str) -> "Database":
    """Open the database of the configuration, or another one, without looking into it."""
    from newsletter.storage.database import Database

    password = None if url.startswith("sqlite") else settings.database_password
    return Database(url, password=password, is_trial=settings.publication.is_trial)


def _slow_tools(settings: Settings) -> "SlowTools":
    """Give what the slow checks need; nothing is looked for before they run."""
    from newsletter.service.issues.checks import SlowTools, read_axe

    return SlowTools(
        open_browser=_browser,
        read_axe=lambda: read_axe(settings.axe, beside=(settings.root, Path(__file__).parents[1])),
    )


def _look_at_templates(settings: Settings) -> tuple[str, str]:
    """Look over the brand and the templates, for `doctor`."""
    from newsletter.service.templates import look_at_templates

    return look_at_templates(settings.templates_path, shown_as=settings.templates_path.relative_to(settings.root))


def _outbox(settings: Settings) -> "Mailer":
    """Build the mailer that is always there."""
    from newsletter.mailers.outbox import Outbox

    return Outbox(settings.outbox_path)


def _mailer(settings: Settings) -> "Mailer":
    """Build the mailer of the configuration.

    Raises:
        ConfigurationError: Its password or key is missing, or lies open to others; or it may not take a trial's mails.
    """
    own = settings.mailer.own
    if settings.publication.is_trial:
        if own is None:
            raise no_trial_mailer()
        return own.open_for_trial(settings.environment)
    return own.open(settings.root, settings.environment) if own else _outbox(settings)


def stand_in_sendgrid(webhook: str, *, port: int) -> "FakeSendGrid":
    """Give a SendGrid of our own on this machine, to be served in a `with` block; it tells the webhook what happens.

    Raises:
        UsageError: The port is taken.
    """
    from newsletter.mailers.sendgrid import STAND_IN_KEY
    from newsletter.mailers.sendgrid.fake import FakeSendGrid

    try:
        return FakeSendGrid(api_key=STAND_IN_KEY, clock=SystemClock().now, webhook_url=webhook, port=port)
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be used: {error.strerror}.", hint="Choose another --fake-port."
        ) from error


def _browser() -> "Chromium":
    """Make the Chromium of this machine ready for the slow checks.

    Raises:
        UsageError: There is none.
    """
    from newsletter.chromium import find_chromium, open_chromium
    from newsletter.service.issues.checks import UNDONE

    return open_chromium(find_chromium(), undone=UNDONE, otherwise="check without `--slow`")


def lay_out_publication(folder: Path, *, is_trial: bool = False) -> "LaidOut":
    """Lay out a new publication, or a trial, with the sample's files, a key of its own and an empty database.

    Raises:
        UsageError: A file of the same name is there already; nothing was written.
        ConfigurationError: The environment names a database that is none of a trial's, or is one.
    """
    from newsletter.service.starter import lay_out

    return lay_out(folder, starter=_starter(), prepare=_prepare, is_trial=is_trial)


def _prepare(configuration: Path) -> None:
    """Make the key file and the database of a new publication."""
    from newsletter.audience.key_file import create_key_file

    with open_newsletter(configuration) as newsletter:
        key_file = newsletter.settings.key_path
        if not key_file.exists():
            create_key_file(key_file)
        newsletter.database.migrate()
        newsletter.resources.database.require_current()  # Knows its key from now on, and its departures file.


def web_templates() -> Path:
    """Give the folder of the web pages: the program's own; a publication's copy may be older than the program."""
    return _starter() / "templates" / "web"


def _starter() -> Path:
    """Find the files to lay out: inside an installed package, or around it in a checkout."""
    package = Path(__file__).parent
    checkout = package.parent
    return checkout if (checkout / "newsletter.toml").is_file() else package / "starter"
