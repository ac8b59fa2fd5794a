"""One module per kind of source, each with one door: `parse(snapshot, source) -> Harvest`.

A parser is pure: it reads the bytes of a snapshot and nothing else, no network, no file, no clock. What it leaves out
it reports; it raises only when the whole snapshot is not what the source promised.
"""
