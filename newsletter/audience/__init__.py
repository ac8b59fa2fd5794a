"""People and how they come and go: lists that are imported, segments, unsubscribing, suppressions, tokens, exports.

Each module is a door of its own: `lists` (files of people: read, imported, exported), `subscribers` (one person is
added by hand), `segments` (segments.toml becomes rules), `suppression` (somebody leaves, or must never be mailed),
`tokens` and `key_file` (signed links and the key behind them), `addresses` (the one judgement of what an address is),
`facts` (the form in which anything else is said of a person).

The room knows no SQL, no clock and no configuration: each module declares the few store methods it needs as a Protocol.
"""
