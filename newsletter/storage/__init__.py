"""What happened, kept: SQL for one topic in each module, over SQLAlchemy Core.

`database` opens and guards the database, `tables` says what is in it, `migrate` brings an older one up to date.
SQLite is the default; the same statements run on PostgreSQL. No module here decides anything: rooms above say what to
keep.
"""
