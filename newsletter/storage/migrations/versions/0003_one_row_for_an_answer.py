"""What a batch that was taken whole ended with, and indexes from which a claim reads a few pages only."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column and the indexes; deliveries that have a state of their own keep it."""
    op.add_column("batch", sa.Column("provider_id", sa.Text(), nullable=True))
    op.drop_index("ix_batch_open", "batch")
    op.create_index(op.f("ix_batch_sending_id_state_number"), "batch", ["sending_id", "state", "number"], unique=False)
    op.create_index(
        "ix_subscriber_by_hash",
        "subscriber",
        ["address_hash", "status", "language", "address", "name"],
        unique=False,
    )
