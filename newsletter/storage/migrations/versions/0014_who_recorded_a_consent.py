"""A consent says who recorded it and when, its wording in which language; and whoever asks to join can confirm it."""

import sqlalchemy as sa
from alembic import op

from newsletter.storage import columns

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Keep what was recorded at once in one row, and make the table of consents anew, in its order."""
    op.add_column("consent_wording", sa.Column("language", sa.Text(), nullable=True))
    op.create_table(
        "consent_recording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("at", columns.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_recording")),
        sa.UniqueConstraint("source", "by", "at", name=op.f("uq_consent_recording_source_by_at")),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO consent_recording (source) SELECT DISTINCT source FROM consent ORDER BY source")
    op.execute("CREATE TABLE held_consent AS SELECT id, address_hash, at, source, wording_id FROM consent")
    op.drop_table("consent")
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("recording_id", sa.Integer(), nullable=False),
        sa.Column("wording_id", sa.Integer(), nullable=True),
        sa.Column("requested_at", columns.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["recording_id"], ["consent_recording.id"], name=op.f("fk_consent_recording_id")),
        sa.ForeignKeyConstraint(["wording_id"], ["consent_wording.id"], name=op.f("fk_consent_wording_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO consent (address_hash, at, recording_id, wording_id)"
        " SELECT held.address_hash, held.at, consent_recording.id, held.wording_id"
        " FROM held_consent held JOIN consent_recording ON consent_recording.source = held.source ORDER BY held.id"
    )
    op.drop_table("held_consent")
    op.create_index(op.f("ix_consent_address_hash"), "consent", ["address_hash"], unique=False)
    op.create_index(
        "ix_consent_without_ground",
        "consent",
        ["address_hash"],
        unique=False,
        sqlite_where=sa.text("wording_id IS NULL"),
        postgresql_where=sa.text("wording_id IS NULL"),
    )
    _create_requests()


def _create_requests() -> None:
    op.create_table(
        "joining_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("wording_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("said", columns.Json(), nullable=False),
        sa.Column("requested_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("confirmed_at", columns.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_joining_request_subscriber_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["wording_id"], ["consent_wording.id"], name=op.f("fk_joining_request_wording_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joining_request")),
        sa.UniqueConstraint("key", name=op.f("uq_joining_request_key")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_joining_request_subscriber_id"), "joining_request", ["subscriber_id"])
    op.create_index(op.f("ix_joining_request_requested_at"), "joining_request", ["requested_at"])
