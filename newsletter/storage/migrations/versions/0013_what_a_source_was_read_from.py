"""A source that is as it was is not read again."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column, empty: every source is read once more."""
    op.add_column("source_report", sa.Column("mark", sa.Text(), nullable=True))
