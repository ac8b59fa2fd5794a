"""What a reader wants is part of the person, with its record; who wants less is left out of a sending by name."""

import sqlalchemy as sa
from alembic import op

from newsletter.storage import columns

revision = "0012"
down_revision = "0011"

_BEFORE = "'in no segment', 'no items for their segments'"
_AFTER = "'in no segment', 'paused', 'every third, not this one', 'no items for their segments'"


def upgrade() -> None:
    """Add the tables, empty, and two words to the reasons for being left out."""
    op.create_table(
        "reader_wants",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("cadence", sa.Text(), nullable=False),
        sa.Column("counted_from", sa.Integer(), nullable=False),
        sa.Column("paused_until", columns.Moment(timezone=True), nullable=True),
        sa.Column("since", columns.Moment(timezone=True), nullable=False),
        sa.CheckConstraint("cadence IN ('every', 'third')", name=op.f("ck_reader_wants_cadence")),
        _of_a_person("reader_wants"),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_reader_wants")),
        sqlite_strict=True,
    )
    op.create_table(
        "wanted_topic",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        _of_a_person("wanted_topic"),
        sa.PrimaryKeyConstraint("subscriber_id", "topic", name=op.f("pk_wanted_topic")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_wanted_topic_topic_subscriber_id"), "wanted_topic", ["topic", "subscriber_id"])
    op.create_table(
        "wants_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("wants", columns.Json(), nullable=False),
        _of_a_person("wants_change"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wants_change")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_wants_change_subscriber_id"), "wants_change", ["subscriber_id"])
    _add_reasons()


def _of_a_person(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_subscriber_id")
    return sa.ForeignKeyConstraint(["subscriber_id"], ["subscriber.id"], name=name, ondelete="CASCADE")


def _add_reasons() -> None:
    """Write the words into the schema itself, as `0011` does: no row changes."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("ck_exclusion_reason", "exclusion", type_="check")
        known = f"reason IN ('pending', 'unsubscribed', 'suppressed', {_AFTER})"
        op.create_check_constraint("ck_exclusion_reason", "exclusion", known)
        return
    connection = op.get_bind()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = replace(sql, :before, :after) WHERE name = 'exclusion'"),
        {"before": _BEFORE, "after": _AFTER},
    )
    (version,) = connection.exec_driver_sql("PRAGMA schema_version").one()
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
