"""The first schema: content, audience, issues, the ledger, notifications."""

import sqlalchemy as sa
from alembic import op

from newsletter.storage import columns

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table and index."""
    op.create_table(
        "approval",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("approved_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("issue_sha256", sa.Text(), nullable=False),
        sa.Column("audience_rule", sa.Text(), nullable=False),
        sa.Column("waivers", columns.Json(), nullable=False),
        sa.Column("sender", columns.Json(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_approval")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_approval_label"), "approval", ["label"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_consent_address_hash"), "consent", ["address_hash"], unique=False)
    op.create_table(
        "item",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("content", columns.Json(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("published_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("starts_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("first_seen_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("changed_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_item")),
        sa.UniqueConstraint("source_id", "identity", name=op.f("uq_item_source_id_identity")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_item_published_at"), "item", ["published_at"], unique=False)
    op.create_index(op.f("ix_item_starts_at"), "item", ["starts_at"], unique=False)
    op.create_table(
        "snapshot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("fetched_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("headers", columns.Json(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_snapshot_source_id"), "snapshot", ["source_id"], unique=False)
    op.create_table(
        "source_report",
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("problems", columns.Json(), nullable=False),
        sa.Column("changed_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_report")),
        sqlite_strict=True,
    )
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("changed_at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("address_hash", name=op.f("uq_subscriber_address_hash")),
        sqlite_strict=True,
    )
    op.create_table(
        "suppression",
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_suppression")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suppression_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression_change")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_suppression_change_address_hash"), "suppression_change", ["address_hash"], unique=False)
    op.create_table(
        "approved_item",
        sa.Column("approval_hash", sa.Text(), nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["approval_hash"], ["approval.hash"], name=op.f("fk_approved_item_approval_hash")),
        sa.PrimaryKeyConstraint("approval_hash", "item_key", name=op.f("pk_approved_item")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_approved_item_item_key"), "approved_item", ["item_key"], unique=False)
    op.create_table(
        "approved_message",
        sa.Column("approval_hash", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", columns.Json(), nullable=False),
        sa.ForeignKeyConstraint(["approval_hash"], ["approval.hash"], name=op.f("fk_approved_message_approval_hash")),
        sa.PrimaryKeyConstraint("approval_hash", "edition", name=op.f("pk_approved_message")),
        sqlite_strict=True,
    )
    op.create_table(
        "sending",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("approval_hash", sa.Text(), nullable=False),
        sa.Column("mailer", sa.Text(), nullable=False),
        sa.Column("is_rehearsal", columns.Flag(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("finished_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["approval_hash"], ["approval.hash"], name=op.f("fk_sending_approval_hash")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sending")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_sending_label"), "sending", ["label"], unique=False)
    op.create_index(
        "uq_sending_real",
        "sending",
        ["label"],
        unique=True,
        sqlite_where=sa.text("is_rehearsal = 0 AND state <> 'cancelled'"),
        postgresql_where=sa.text("NOT is_rehearsal AND state <> 'cancelled'"),
    )
    op.create_table(
        "subscriber_attribute",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_subscriber_attribute_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "name", name=op.f("pk_subscriber_attribute")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_subscriber_attribute_name_value_subscriber_id"),
        "subscriber_attribute",
        ["name", "value", "subscriber_id"],
        unique=False,
    )
    op.create_table(
        "subscriber_tag",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_subscriber_tag_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "tag", name=op.f("pk_subscriber_tag")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_subscriber_tag_tag_subscriber_id"), "subscriber_tag", ["tag", "subscriber_id"], unique=False
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sending_id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("claimed_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("settled_at", columns.Moment(timezone=True), nullable=True),
        sa.Column("not_before", columns.Moment(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sending_id"], ["sending.id"], name=op.f("fk_batch_sending_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_batch_open",
        "batch",
        ["sending_id", "state", "number"],
        unique=False,
        sqlite_where=sa.text("state <> 'settled'"),
        postgresql_where=sa.text("state <> 'settled'"),
    )
    op.create_index(
        op.f("ix_batch_sending_id_edition_number"), "batch", ["sending_id", "edition", "number"], unique=False
    )
    op.create_table(
        "exclusion",
        sa.Column("sending_id", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sending_id"], ["sending.id"], name=op.f("fk_exclusion_sending_id")),
        sa.PrimaryKeyConstraint("sending_id", "address_hash", name=op.f("pk_exclusion")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "delivery",
        sa.Column("sending_id", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("settled_at", columns.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_delivery_batch_id")),
        sa.ForeignKeyConstraint(["sending_id"], ["sending.id"], name=op.f("fk_delivery_sending_id")),
        sa.PrimaryKeyConstraint("sending_id", "address_hash", name=op.f("pk_delivery")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_delivery_batch_id"), "delivery", ["batch_id"], unique=False)
    op.create_index("uq_delivery_key", "delivery", ["key"], unique=True)
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("received_at", columns.Moment(timezone=True), nullable=False),
        sa.Column("delivery_key", sa.Text(), nullable=True),
        sa.Column("sending_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("provider", "natural_key", name=op.f("uq_notification_provider_natural_key")),
        sa.ForeignKeyConstraint(["sending_id"], ["sending.id"], name=op.f("fk_notification_sending_id")),
        sqlite_strict=True,
    )
    op.create_index("uq_notification_event_id", "notification", ["provider", "event_id"], unique=True)
    op.create_index(
        op.f("ix_notification_sending_id_kind_at"), "notification", ["sending_id", "kind", "at"], unique=False
    )
    op.create_index(op.f("ix_notification_kind_at"), "notification", ["kind", "at"], unique=False)
