"""Each wording of a consent stands once, with its ground; what the program itself had invented is no ground."""

import sqlalchemy as sa
from alembic import op

from newsletter.storage import columns

revision = "0007"
down_revision = "0006"

INVENTED = (
    "added by the project manager; the person asked for the newsletter",
    "imported list; the people on it asked for the newsletter",
)
"""What earlier versions wrote down where nobody had said anything."""


def upgrade() -> None:
    """Make the table of consents anew; whoever said a wording said what people had agreed to."""
    op.execute("CREATE TABLE held_consent AS SELECT id, address_hash, at, source, wording FROM consent")
    op.drop_table("consent")
    op.create_table(
        "consent_wording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_wording")),
        sa.UniqueConstraint("ground", "wording", name=op.f("uq_consent_wording_ground_wording")),
        sqlite_strict=True,
    )
    said = sa.text(
        "INSERT INTO consent_wording (ground, wording)"
        " SELECT DISTINCT 'consent', wording FROM held_consent WHERE wording NOT IN :invented ORDER BY wording"
    )
    op.get_bind().execute(said.bindparams(sa.bindparam("invented", INVENTED, expanding=True)))
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("at", columns.Moment(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("wording_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["wording_id"], ["consent_wording.id"], name=op.f("fk_consent_wording_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO consent (id, address_hash, at, source, wording_id)"
        " SELECT held.id, held.address_hash, held.at, held.source, said.id"
        " FROM held_consent held LEFT JOIN consent_wording said ON said.wording = held.wording"
    )
    op.drop_table("held_consent")
    op.create_index(op.f("ix_consent_address_hash"), "consent", ["address_hash"], unique=False)
    op.create_index(
        "ix_consent_without_ground",
        "consent",
        ["address_hash"],
        unique=False,
        sqlite_where=sa.text("wording_id IS NULL"),
        postgresql_where=sa.text("wording_id IS NULL"),
    )
