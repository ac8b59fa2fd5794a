"""Mailers: each hands a batch of one message to something, and says for every recipient what became of it.

Every mailer has a `name`, declares its `capabilities` and answers `submit(batch) -> BatchOutcome`. What a server or a
provider answers, however bad, is never an exception. All that we know of one provider is in one place: its folder,
which opens with its table of newsletter.toml and says how it is built. Nothing here knows the ledger, and nothing here
writes an address, a token or a key into a log or a reason.
"""

from collections.abc import Mapping

from newsletter.mailers.sendgrid import SendGridTable
from newsletter.mailers.smtp import SmtpTable
from newsletter.table import MailerTable

MAILERS: Mapping[str, type[MailerTable]] = {"smtp": SmtpTable, "sendgrid": SendGridTable}
"""What may be chosen as `kind` in [mailer], beside the outbox: that one needs no table and is always there."""
