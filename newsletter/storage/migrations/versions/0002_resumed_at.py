"""When a person last let a paused sending go on; batches lose a column that nothing used."""

import sqlalchemy as sa
from alembic import op

from newsletter.storage import columns

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the one column and drop the other."""
    op.add_column("sending", sa.Column("resumed_at", columns.Moment(timezone=True), nullable=True))
    op.drop_column("batch", "not_before")
