"""Read newsletter.toml and the environment into values of the house. The only room that looks at the environment.

Its door is `read_settings`. It builds nothing: `wiring` does.
"""

from newsletter.config.secret import Secret
from newsletter.config.settings import (
    MailerSettings,
    SendGridAccount,
    Settings,
    SmtpServer,
    StorageSettings,
    find_configuration,
    read_settings,
)

__all__ = [
    "MailerSettings",
    "Secret",
    "SendGridAccount",
    "Settings",
    "SmtpServer",
    "StorageSettings",
    "find_configuration",
    "read_settings",
]
