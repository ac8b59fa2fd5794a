"""When a source last had an item; and what each edition told of an item, where an issue only named it."""

import json

import sqlalchemy as sa
from alembic import op

from newsletter.storage import columns

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add what is known from now on, and name each item once for every edition that shows it."""
    op.add_column("item", sa.Column("last_seen_at", columns.Moment(timezone=True), nullable=True))
    op.add_column("item", sa.Column("missed_at", columns.Moment(timezone=True), nullable=True))
    op.add_column("source_report", sa.Column("answer", sa.Text(), nullable=True))
    op.create_table(
        "drafting",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("offered_until", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("label", name=op.f("pk_drafting")),
        sqlite_strict=True,
    )
    connection = op.get_bind()
    fingerprints = {
        (row.approval_hash, row.item_key): row.fingerprint
        for row in connection.execute(sa.text("SELECT approval_hash, item_key, fingerprint FROM approved_item"))
    }
    op.drop_table("approved_item")
    _create_approved_item()
    for row in connection.execute(sa.text("SELECT approval_hash, edition, content FROM approved_message")).all():
        for key in dict.fromkeys(json.loads(row.content)["items"]):
            connection.execute(
                sa.text(
                    "INSERT INTO approved_item (approval_hash, edition, item_key, fingerprint)"
                    " VALUES (:approval, :edition, :key, :fingerprint)"
                ),
                {
                    "approval": row.approval_hash,
                    "edition": row.edition,
                    "key": key,
                    "fingerprint": fingerprints.get((row.approval_hash, key)),
                },
            )


def _create_approved_item() -> None:
    """Create the table as it is from now on."""
    op.create_table(
        "approved_item",
        sa.Column("approval_hash", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("version", columns.Json(), nullable=True),
        sa.ForeignKeyConstraint(["approval_hash"], ["approval.hash"], name=op.f("fk_approved_item_approval_hash")),
        sa.PrimaryKeyConstraint("approval_hash", "edition", "item_key", name=op.f("pk_approved_item")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_approved_item_item_key"), "approved_item", ["item_key"], unique=False)
