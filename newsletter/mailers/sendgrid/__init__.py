"""SendGrid: all that we know of this one provider.

The doors are `mailer.SendGrid` (hand a batch over, read the provider's own suppression lists), `fake.FakeSendGrid` (the
same service on this machine, for trying the whole path without an account), `notifications.is_signed` and
`notifications.read_notifications` (what its event webhook brings). The sendgrid package is only the transport. Nothing
outside this package knows SendGrid.
"""
