"""Mailers: each hands a batch of one message to something, and says for every recipient what became of it.

Every mailer has a `name`, declares its `capabilities` and answers `submit(batch) -> BatchOutcome`. What a server or a
provider answers, however bad, is never an exception. All that we know of one provider is in one place: `outbox`,
`smtp`, `sendgrid`. Nothing here knows the ledger, the clock or the configuration, and nothing here writes an address,
a token or a key into a log or a reason.
"""
