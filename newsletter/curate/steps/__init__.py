"""Change issue.toml one step at a time, as a person would with an editor: every other byte stays.

Its doors: `change` makes of a text and a step the next text; `open_journal` keeps what was changed, to take it back and
do it again. Who calls has the sentences; nothing here knows the database, a clock or the command line.
"""
