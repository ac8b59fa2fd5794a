"""People and how they come and go: lists that are imported, segments, unsubscribing, suppressions, tokens, exports.

Each module is a door of its own: `people_file` (a CSV file becomes rows), `imports` (rows become subscribers),
`subscribers` (one person is added by hand), `segments` (segments.toml becomes rules), `suppression` (somebody leaves,
or must never be mailed), `tokens` and `key_file` (signed links and the key behind them), `exports` (subscribers become
a CSV file), `addresses` (the one judgement of what an address is).

The room knows no SQL, no clock and no configuration: each module declares the few store methods it needs as a Protocol.
"""
