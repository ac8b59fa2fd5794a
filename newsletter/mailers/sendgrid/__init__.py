"""SendGrid: all that we know of this one provider.

The doors are `mailer.SendGrid` (hand a batch over), `notifications.is_signed` and `notifications.read_notifications`
(what its event webhook brings), `suppressions.fetch_suppressions` (its own lists), and `fake.FakeSendGrid` (the same
service on this machine, for trying the whole path without an account). The sendgrid package is only the transport: its
mail helpers cost twice the time of a plain dictionary. Nothing outside this package knows SendGrid.
"""
