"""Configuration to objects: the one place that builds things, and the library's door.

    from newsletter import open_newsletter

    with open_newsletter() as newsletter:
        newsletter.items.collect()
        newsletter.issues.new("2017-11")

mypy proves here that stores and mailers have the methods the rooms ask for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from newsletter.audience.key_file import create_key_file
from newsletter.chromium import Chromium, find_chromium, open_chromium
from newsletter.collect.fetching.fetch import Fetcher
from newsletter.config import MailerSettings, Settings, find_configuration, read_settings
from newsletter.errors import UsageError
from newsletter.mailers.outbox import Outbox
from newsletter.send.ports import Mailer
from newsletter.service.audience import AudienceService
from newsletter.service.care import DatabaseCare
from newsletter.service.deliveries import DeliveryService
from newsletter.service.issues import IssueService
from newsletter.service.items import ItemService
from newsletter.service.notifications import NotificationService, ProviderDoor
from newsletter.service.parts.clock import Clock, SystemClock
from newsletter.service.parts.looking_over import UNDONE, SlowTools, read_axe
from newsletter.service.resources import Resources
from newsletter.service.standing import StandingService
from newsletter.service.starter import LaidOut, lay_out
from newsletter.storage.database import Database

if TYPE_CHECKING:
    from newsletter.mailers.sendgrid.fake import FakeSendGrid

STAND_IN_KEY = "SG.stand-in"
"""The only key that our own SendGrid takes: it opens nothing."""


@dataclass(frozen=True, kw_only=True)
class Newsletter:
    """A publication, open for work: the verbs by noun. Close it in the end, or use it in a `with` block.

    Attributes:
        settings: newsletter.toml.
        items: Collect and look at articles and events.
        issues: Make, render, check and approve an issue.
        audience: People, segments, suppressions.
        deliveries: Send and report.
        notifications: What the provider tells, and its own suppression lists.
        care: Migrate and back up the database.
        standing: Where the month stands; whether everything is in order.
    """

    settings: Settings
    items: ItemService
    issues: IssueService
    audience: AudienceService
    deliveries: DeliveryService
    notifications: NotificationService
    care: DatabaseCare
    standing: StandingService
    resources: Resources

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
    fetcher: Fetcher | None = None,
    mailer: Mailer | None = None,
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
    settings = read_settings(configuration or find_configuration(Path.cwd()))
    resources = Resources(
        settings=settings, clock=clock or SystemClock(), open_database=lambda: Database(settings.storage.url)
    )
    audience = AudienceService(resources)
    slow_tools = SlowTools(
        open_browser=_browser,
        read_axe=lambda: read_axe(settings.axe, beside=(settings.root, Path(__file__).parents[1])),
    )
    issues = IssueService(resources, audience, slow_tools)
    items = ItemService(resources, fetcher or Fetcher())
    care = DatabaseCare(resources)

    def open_mailer() -> Mailer:
        return mailer or _mailer(settings.mailer)

    deliveries = DeliveryService(
        resources, issues, open_mailer=open_mailer, open_outbox=lambda: Outbox(settings.mailer.directory)
    )
    notifications = NotificationService(resources, door=_door(settings.mailer), open_mailer=open_mailer)
    return Newsletter(
        settings=settings,
        items=items,
        issues=issues,
        audience=audience,
        deliveries=deliveries,
        notifications=notifications,
        care=care,
        standing=StandingService(
            resources,
            audience=audience,
            items=items,
            issues=issues,
            care=care,
            deliveries=deliveries,
            notifications=notifications,
        ),
        resources=resources,
    )


def _mailer(settings: MailerSettings) -> Mailer:
    """Build the mailer of the configuration; a provider's package is imported only for its own mailer.

    Raises:
        ConfigurationError: Its password or key is missing, or lies open to others.
    """
    if settings.kind == "smtp":
        from newsletter.mailers.smtp import Smtp  # noqa: PLC0415 - as the docstring says
        from newsletter.mailers.smtp_connection import Security, SmtpSettings  # noqa: PLC0415 - as above

        assert settings.smtp is not None, "the configuration was checked"
        server = settings.smtp
        return Smtp(
            SmtpSettings(
                host=server.host,
                port=server.port,
                security=Security(server.security),
                user_name=server.user_name,
                password=None if server.user_name is None else server.password.read(),
                connections=server.connections,
            )
        )
    if settings.kind == "sendgrid":
        from newsletter.mailers.sendgrid.mailer import SendGrid, SendGridSettings  # noqa: PLC0415 - as above
        from newsletter.mailers.sendgrid.transport import HOSTS  # noqa: PLC0415 - as above

        account = settings.sendgrid
        return SendGrid(
            SendGridSettings(
                api_key=account.api_key.read(),
                host=account.stand_in or HOSTS[account.region],
                is_sandbox=account.is_sandbox,
                is_stand_in=account.stand_in is not None,
            )
        )
    return Outbox(settings.directory)


def _door(settings: MailerSettings) -> ProviderDoor | None:
    """Give the door for the notifications of the configured provider, or None where none is to be open."""
    keys = settings.sendgrid.webhook_keys
    return sendgrid_door(*keys) if settings.kind == "sendgrid" and keys else None


def sendgrid_door(*public_keys: str) -> ProviderDoor:
    """Give the door for notifications that are signed with one of these keys of SendGrid's."""
    from newsletter.mailers.sendgrid import notifications as sendgrid  # noqa: PLC0415 - as `_mailer` says

    def told(headers: Mapping[str, str]) -> tuple[str | None, str | None]:
        return headers.get(sendgrid.SIGNATURE_HEADER), headers.get(sendgrid.TIMESTAMP_HEADER)

    def can_be_signed(headers: Mapping[str, str]) -> bool:
        signature, timestamp = told(headers)
        return sendgrid.can_be_signed(signature=signature, timestamp=timestamp, now=SystemClock().now())

    def is_signed(raw: bytes, headers: Mapping[str, str]) -> bool:
        signature, timestamp = told(headers)
        return any(
            sendgrid.is_signed(raw, signature=signature, timestamp=timestamp, public_key=key) for key in public_keys
        )

    return ProviderDoor(
        name="sendgrid", can_be_signed=can_be_signed, is_signed=is_signed, read=sendgrid.read_notifications
    )


def stand_in_sendgrid(webhook: str, *, port: int) -> "FakeSendGrid":
    """Give a SendGrid of our own on this machine, to be served in a `with` block; it tells the webhook what happens.

    Raises:
        UsageError: The port is taken.
    """
    from newsletter.mailers.sendgrid.fake import FakeSendGrid  # noqa: PLC0415 - as `_mailer` says

    try:
        return FakeSendGrid(api_key=STAND_IN_KEY, clock=SystemClock().now, webhook_url=webhook, port=port)
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be used: {error.strerror}.", hint="Choose another --fake-port."
        ) from error


def _browser() -> Chromium:
    """Make the Chromium of this machine ready for the slow checks.

    Raises:
        UsageError: There is none.
    """
    return open_chromium(find_chromium(), undone=UNDONE, otherwise="check without `--slow`")


def lay_out_publication(folder: Path) -> LaidOut:
    """Lay out a new publication with the sample's files, a key of its own and an empty database.

    Raises:
        UsageError: A file of the same name is there already; nothing was written.
    """
    return lay_out(folder, starter=_starter(), prepare=_prepare)


def _prepare(configuration: Path) -> None:
    """Make the key file and the database of a new publication."""
    with open_newsletter(configuration) as newsletter:
        key_file = newsletter.settings.storage.key_file
        if not key_file.exists():
            create_key_file(key_file)
        newsletter.care.migrate()


def web_templates() -> Path:
    """Give the folder of the web pages: the program's own; a publication's copy may be older than the program."""
    return _starter() / "templates" / "web"


def _starter() -> Path:
    """Find the files to lay out: inside an installed package, or around it in a checkout."""
    package = Path(__file__).parent
    checkout = package.parent
    return checkout if (checkout / "newsletter.toml").is_file() else package / "starter"
