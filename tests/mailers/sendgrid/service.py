"""The fake SendGrid as the tests use it, and a mailer that speaks to it."""

from datetime import UTC, datetime

from newsletter.mailers.sendgrid import SendGridTable
from newsletter.mailers.sendgrid.mailer import SendGrid
from tests.fakes.sendgrid import ScriptedSendGrid

API_KEY = "SG.not-a-real-key.0123456789"
NOW = datetime(2017, 11, 1, 9, 0, tzinfo=UTC)


def a_fake() -> ScriptedSendGrid:
    """Give a fake whose clock stands still."""
    return ScriptedSendGrid(api_key=API_KEY, clock=lambda: NOW)


def a_mailer(host: str, *, is_sandbox: bool = False, timeout_seconds: float = 5, api_key: str = API_KEY) -> SendGrid:
    """Give a mailer for a host on this machine."""
    return SendGrid(SendGridTable(sandbox=is_sandbox), api_key=api_key, host=host, timeout_seconds=timeout_seconds)
