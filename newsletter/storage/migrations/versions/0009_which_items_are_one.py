"""Which items are one thing, and what their addresses answer; a pasted article of before 1990 is known by its day."""

import re
from datetime import date

import sqlalchemy as sa
from alembic import op

from newsletter.storage import columns

revision = "0009"
down_revision = "0008"

_DATED = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(19[0-8]\d) (.+)", re.DOTALL)


def upgrade() -> None:
    """Add both tables, and give articles that were undated the name that their source gives them from now on."""
    op.create_table(
        "item_pair",
        sa.Column("first", sa.Text(), nullable=False),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("is_by_person", columns.Flag(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("first", "second", name=op.f("pk_item_pair")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_item_pair_verdict"), "item_pair", ["verdict"], unique=False)
    op.create_table(
        "address_look",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("leads_to", sa.Text(), nullable=True),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_address_look")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    _name_by_day()


def _name_by_day() -> None:
    """Change `1.2.1985 Otsikko` to `1985-02-01 Otsikko`; the key, which stands in issues, stays."""
    item = sa.table("item", *map(sa.column, ("key", "source_id", "identity", "kind", "published_at")))
    connection = op.get_bind()
    known = {(row.source_id, row.identity) for row in connection.execute(sa.select(item.c.source_id, item.c.identity))}
    undated = sa.select(item).where(item.c.kind == "article", item.c.published_at.is_(None))
    for row in connection.execute(undated).all():
        named = _by_day(row.identity)
        if named is not None and (row.source_id, named) not in known:
            connection.execute(sa.update(item).where(item.c.key == row.key).values(identity=named))


def _by_day(identity: str) -> str | None:
    """Give the identity of a pasted article with its day as it is written from now on, or None for any other."""
    match = _DATED.match(identity)
    try:
        return match and f"{date(int(match[3]), int(match[2]), int(match[1]))} {match[4]}"
    except ValueError:
        return None
