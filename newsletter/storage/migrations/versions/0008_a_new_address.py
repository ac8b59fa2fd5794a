"""A person whose address changes stays linked to the old one."""

import sqlalchemy as sa
from alembic import op

from newsletter.storage import columns

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "address_change",
        sa.Column("old_hash", sa.Text(), nullable=False),
        sa.Column("new_hash", sa.Text(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("old_hash", name=op.f("pk_address_change")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_address_change_new_hash"), "address_change", ["new_hash"], unique=False)
