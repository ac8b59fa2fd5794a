"""Every status, state and reason is one of its words; and an address is one person, whatever key made its hash."""

import logging

import sqlalchemy as sa
from alembic import op

from newsletter.errors import StorageError

log = logging.getLogger(__name__)

revision = "0011"
down_revision = "0010"

_REASONS = ("unsubscribed", "hard bounce", "complaint", "erased", "manual")
_WORDS = {
    ("subscriber", "status"): ("pending", "active", "unsubscribed"),
    ("consent_wording", "ground"): ("consent", "legitimate interest", "public task"),
    ("suppression", "reason"): _REASONS,
    ("suppression_change", "action"): ("added", "lifted"),
    ("suppression_change", "reason"): _REASONS,
    ("sending", "state"): ("sending", "paused", "finished", "cancelled"),
    ("exclusion", "reason"): (
        "pending",
        "unsubscribed",
        "suppressed",
        "in no segment",
        "no items for their segments",
    ),
    ("batch", "state"): ("queued", "sending", "unknown", "accepted", "settled"),
    ("delivery", "state"): (
        "queued",
        "sending",
        "unknown",
        "accepted",
        "deferred",
        "delivered",
        "bounced soft",
        "bounced hard",
        "complained",
        "rejected",
        "skipped",
    ),
    ("notification", "kind"): (
        "processed",
        "deferred",
        "delivered",
        "bounced hard",
        "bounced soft",
        "blocked",
        "dropped",
        "complained",
        "unsubscribed",
        "resubscribed",
        "account changed",
        "set aside",
        "unrecognised",
    ),
}


def upgrade() -> None:
    """Look for words that nobody knows, add the constraints, make one person of those who share an address."""
    for (table, column), words in _WORDS.items():
        _refuse_unknown(table, column, words)
    if op.get_bind().dialect.name == "sqlite":
        _add_on_sqlite()
    else:
        for (table, column), words in _WORDS.items():
            op.create_check_constraint(f"ck_{table}_{column}", table, _condition(column, words))
    doubles = _doubles()
    for normal, kept in doubles:
        _merge(normal, kept)
    if doubles:
        log.warning(
            "Stored twice, and one person each now: %d. Who had left under either record has left.", len(doubles)
        )
    address = "lower(address)" if op.get_bind().dialect.name == "sqlite" else 'lower(address COLLATE "C")'
    op.create_index("uq_subscriber_normal_address", "subscriber", [sa.text(address)], unique=True)


def _condition(column: str, words: tuple[str, ...]) -> str:
    """Write a constraint as `storage.tables` does."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _refuse_unknown(table: str, column: str, words: tuple[str, ...]) -> None:
    """Stop before anything is changed where a row holds another word."""
    named = sa.table(table, sa.column(column))
    found = sa.select(named.c[column]).where(named.c[column].not_in(words)).limit(1)
    unknown = op.get_bind().execute(found).scalar()
    if unknown is not None:
        raise StorageError(
            f"The database holds {unknown!r} as {column} of {table}, which no version of this program writes.",
            hint="Something else has written into it. Keep a copy, and put a backup back (`newsletter db restore`).",
        )


def _add_on_sqlite() -> None:
    """Write the constraints into the schema itself: no row changes, and a table of millions need not be written anew.

    Source: sqlite.org/lang_altertable.html, section 7, on adding CHECK constraints.
    """
    connection = op.get_bind()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for table in dict.fromkeys(table for table, _ in _WORDS):
        added = "".join(
            f", \n\tCONSTRAINT ck_{table}_{column} CHECK ({_condition(column, words)})"
            for (whose, column), words in _WORDS.items()
            if whose == table
        )
        (written,) = connection.execute(
            sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table"), {"table": table}
        ).one()
        body, bracket, options = written.rpartition(")")
        connection.execute(
            sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table"),
            {"sql": f"{body.rstrip()}{added}\n{bracket}{options}", "table": table},
        )
    (version,) = connection.exec_driver_sql("PRAGMA schema_version").one()
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def _doubles() -> list[tuple[str, int]]:
    """Give each address that is stored more than once, as it is compared, with the person who was stored first."""
    found = "SELECT lower(address) AS normal, min(id) AS kept FROM subscriber GROUP BY 1 HAVING count(*) > 1"
    return [(row.normal, row.kept) for row in op.get_bind().execute(sa.text(found))]


def _merge(normal: str, kept: int) -> None:
    """Let the first have what the others have, and have left where one of them has; keep which hash led here."""
    connection = op.get_bind()
    found = sa.text("SELECT id, address_hash, status FROM subscriber WHERE lower(address) = :normal ORDER BY id")
    first, *others = connection.execute(found, {"normal": normal}).all()
    ranks = ("pending", "active", "unsubscribed")
    status = max((one.status for one in (first, *others)), key=ranks.index)
    for other in others:
        values = {"kept": kept, "other": other.id, "new": first.address_hash, "old": other.address_hash}
        for statement in _MERGING:
            connection.execute(sa.text(statement), values)
    connection.execute(
        sa.text("UPDATE subscriber SET status = :status WHERE id = :kept"), {"status": status, "kept": kept}
    )


_MERGING = (
    (
        "UPDATE subscriber_attribute SET subscriber_id = :kept WHERE subscriber_id = :other"
        " AND name NOT IN (SELECT name FROM subscriber_attribute WHERE subscriber_id = :kept)"
    ),
    (
        "UPDATE subscriber_tag SET subscriber_id = :kept WHERE subscriber_id = :other"
        " AND tag NOT IN (SELECT tag FROM subscriber_tag WHERE subscriber_id = :kept)"
    ),
    "DELETE FROM subscriber WHERE id = :other",
    "UPDATE consent SET address_hash = :new WHERE address_hash = :old",
    "UPDATE suppression_change SET address_hash = :new WHERE address_hash = :old",
    (
        "DELETE FROM suppression WHERE address_hash = :new AND reason = 'unsubscribed'"
        " AND EXISTS (SELECT 1 FROM suppression WHERE address_hash = :old)"
    ),
    (
        "UPDATE suppression SET address_hash = :new WHERE address_hash = :old"
        " AND NOT EXISTS (SELECT 1 FROM suppression WHERE address_hash = :new)"
    ),
    "DELETE FROM suppression WHERE address_hash = :old",
    "UPDATE rehashed SET new_hash = :new WHERE new_hash = :old",
    "DELETE FROM rehashed WHERE old_hash = :old",
    "INSERT INTO rehashed (old_hash, new_hash) VALUES (:old, :new)",
)
"""Which row goes where; of two suppressions the one that is more than leaving stays."""
