"""One short method per verb, by noun: items, issues, audience, deliveries. Owns the clock and the transactions.

The rooms below decide and know nothing of one another; here they are called in order, with what the one gave handed to
the next. `wiring` builds these services; the command line and the web are doors to the same methods.
"""
