"""Attributes and tags get the form in which they are compared, so that capitals keep nobody out of a segment."""

import sqlalchemy as sa
from alembic import op

from newsletter.domain.audience import comparable

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make both tables anew with the form beside what was written, which stays; names of attributes take their form.

    A person who has an attribute under two spellings of its name keeps both: only the compared one ever counted.
    """
    op.execute("CREATE TABLE held_attribute AS SELECT subscriber_id, name, value FROM subscriber_attribute")
    op.execute("CREATE TABLE held_tag AS SELECT subscriber_id, tag FROM subscriber_tag")
    op.create_table(
        "held_form", sa.Column("written", sa.Text(), primary_key=True), sa.Column("form", sa.Text(), nullable=False)
    )
    _rename_attributes()
    _keep_forms()
    op.drop_table("subscriber_attribute")
    op.drop_table("subscriber_tag")
    _create_tables()
    op.execute(
        "INSERT INTO subscriber_attribute (subscriber_id, name, value, form) SELECT subscriber_id, name, value, form"
        " FROM held_attribute JOIN held_form ON written = value"
    )
    op.execute(
        "INSERT INTO subscriber_tag (subscriber_id, tag, form)"
        " SELECT subscriber_id, tag, form FROM held_tag JOIN held_form ON written = tag"
    )
    for held in ("held_attribute", "held_tag", "held_form"):
        op.drop_table(held)


def _rename_attributes() -> None:
    """Give each attribute the form of its name, where the person has no other under that."""
    connection = op.get_bind()
    for (name,) in connection.execute(sa.text("SELECT DISTINCT name FROM held_attribute ORDER BY name")).all():
        if comparable(name) != name:
            connection.execute(
                sa.text(
                    "UPDATE held_attribute SET name = :form WHERE name = :name AND subscriber_id NOT IN"
                    " (SELECT subscriber_id FROM held_attribute WHERE name = :form)"
                ),
                {"name": name, "form": comparable(name)},
            )


def _keep_forms() -> None:
    """Keep the form of every text there is, each once."""
    connection = op.get_bind()
    written = "SELECT value FROM held_attribute UNION SELECT tag FROM held_tag"
    forms = [{"written": text, "form": comparable(text)} for (text,) in connection.execute(sa.text(written))]
    if forms:
        connection.execute(sa.text("INSERT INTO held_form (written, form) VALUES (:written, :form)"), forms)


def _create_tables() -> None:
    """Create both tables as they are from now on."""
    op.create_table(
        "subscriber_attribute",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_subscriber_attribute_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "name", name=op.f("pk_subscriber_attribute")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_subscriber_attribute_name_form_subscriber_id"),
        "subscriber_attribute",
        ["name", "form", "subscriber_id"],
        unique=False,
    )
    op.create_table(
        "subscriber_tag",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_subscriber_tag_subscriber_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "tag", name=op.f("pk_subscriber_tag")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_subscriber_tag_form_subscriber_id"), "subscriber_tag", ["form", "subscriber_id"], unique=False
    )
