"""People are found by how a word of their name or address begins, by an index of SQLite's."""

from alembic import op

from newsletter.storage.search_index import make_index

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the index of whoever is stored."""
    make_index(op.get_bind())
