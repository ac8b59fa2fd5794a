"""The database knows which key made its hashes, and who was known under which hash before the key was changed."""

import sqlalchemy as sa
from alembic import op

from newsletter.storage import columns

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add both tables, empty: the key is written into them once it has reproduced the hashes there are."""
    op.create_table(
        "publication_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("is_current", columns.Flag(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_key")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "uq_publication_key_current",
        "publication_key",
        ["is_current"],
        unique=True,
        sqlite_where=sa.text("is_current = 1"),
        postgresql_where=sa.text("is_current"),
    )
    op.create_table(
        "rehashed",
        sa.Column("old_hash", sa.Text(), nullable=False),
        sa.Column("new_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("old_hash", name=op.f("pk_rehashed")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_rehashed_new_hash"), "rehashed", ["new_hash"], unique=False)
