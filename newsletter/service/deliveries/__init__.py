"""The verbs of sending and reporting, the guard against a second sending, and what differs from reader to reader."""
