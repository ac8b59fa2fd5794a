"""Who did what stands in a trail of its own."""

import sqlalchemy as sa
from alembic import op

from newsletter.storage import columns

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=True),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_act_at"), "act", ["at"])
    op.create_index(op.f("ix_act_address_hash"), "act", ["address_hash"])
