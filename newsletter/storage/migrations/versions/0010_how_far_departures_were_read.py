"""The database knows how far it has read the departures file beside the key."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table, empty: whatever opens the database next notes in the file who has left so far."""
    op.create_table(
        "departures_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("tail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departures_read")),
        sqlite_strict=True,
    )
