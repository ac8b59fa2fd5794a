"""What is in the database: tables, columns, indexes. Nothing else knows their names.

A change here needs a migration beside it (`migrations/versions`); a test holds migrated and fresh schema equal.
"""

from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from newsletter.domain.audience import ExclusionReason, Ground, SubscriberStatus, SuppressionAction, SuppressionReason
from newsletter.domain.delivery import BatchState, DeliveryState, SendingState
from newsletter.domain.notification import NotificationKind
from newsletter.domain.wants import Cadence
from newsletter.storage.columns import Flag, Json, Moment

metadata = MetaData(
    naming_convention={
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _only(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Let a column hold these words alone: what another program writes is refused, not read as something else.

    A new word needs a migration; `0009_only_known_words` shows how it is written without touching a row.
    """
    known = ", ".join(repr(word.value) for word in words)
    return CheckConstraint(f"{column} IN ({known})", name=column)


# Content -------------------------------------------------------------------------------------------------------------

snapshot = Table(
    "snapshot",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("fetched_at", Moment, nullable=False),
    Column("location", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("headers", Json, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "source_id"),
    sqlite_strict=True,
)

item = Table(
    "item",
    metadata,
    Column("key", Text, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("content", Json, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("published_at", Moment),
    Column("starts_at", Moment),
    Column("first_seen_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    # Both NULL as long as its source has it: so a source that says the same again costs no write.
    Column("last_seen_at", Moment),
    Column("missed_at", Moment),
    UniqueConstraint("source_id", "identity"),
    Index(None, "published_at"),
    Index(None, "starts_at"),
    sqlite_strict=True,
)

item_pair = Table(
    "item_pair",
    metadata,
    # Keys of items, the lower one first.
    Column("first", Text, primary_key=True),
    Column("second", Text, primary_key=True),
    Column("verdict", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("is_by_person", Flag, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "verdict"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

address_look = Table(
    "address_look",
    metadata,
    Column("address", Text, primary_key=True),
    # NULL when there is nothing at the address.
    Column("leads_to", Text),
    Column("at", Moment, nullable=False),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

source_report = Table(
    "source_report",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("found", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("problems", Json, nullable=False),
    Column("changed_at", Moment, nullable=False),
    # NULL in what an older version wrote.
    Column("answer", Text),
    # What the source was read from; NULL: read it again.
    Column("mark", Text),
    sqlite_strict=True,
)

# Audience ------------------------------------------------------------------------------------------------------------

subscriber = Table(
    "subscriber",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_hash", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    # All that fixing an audience and claiming a batch ask of a person, in the order in which they ask: the hashes of a
    # batch lie side by side here, while their rows in a table of a million lie on as many pages as there are people.
    Index("ix_subscriber_by_hash", "address_hash", "status", "language", "address", "name"),
    _only("status", SubscriberStatus),
    # One person per address whatever key made the hashes. On PostgreSQL under COLLATE "C", where only ASCII is folded.
    Index("uq_subscriber_normal_address", text("lower(address)"), unique=True),
    sqlite_strict=True,
)

subscriber_attribute = Table(
    "subscriber_attribute",
    metadata,
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    # As `domain.audience.comparable` gives it: rules compare this, never what somebody wrote.
    Column("form", Text, nullable=False),
    Index(None, "name", "form", "subscriber_id"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

subscriber_tag = Table(
    "subscriber_tag",
    metadata,
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", Text, primary_key=True),
    Column("form", Text, nullable=False),
    Index(None, "form", "subscriber_id"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Only of readers who ever said what they want: nearly everybody wants every issue.
reader_wants = Table(
    "reader_wants",
    metadata,
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("cadence", Text, nullable=False),
    # The last sending that had begun when the cadence was said, or 0: issues are counted from there.
    Column("counted_from", Integer, nullable=False),
    Column("paused_until", Moment),
    Column("since", Moment, nullable=False),
    _only("cadence", Cadence),
    sqlite_strict=True,
)

wanted_topic = Table(
    "wanted_topic",
    metadata,
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", Text, primary_key=True),
    Index(None, "topic", "subscriber_id"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

wants_change = Table(
    "wants_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("source", Text, nullable=False),
    # What was wanted from then on.
    Column("wants", Json, nullable=False),
    Index(None, "subscriber_id"),
    sqlite_strict=True,
)

# One row a wording: it stood once per person before, and was two fifths of a list of a million.
consent_wording = Table(
    "consent_wording",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ground", Text, nullable=False),
    Column("wording", Text, nullable=False),
    UniqueConstraint("ground", "wording"),
    _only("ground", Ground),
    sqlite_strict=True,
)

consent = Table(
    "consent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address_hash", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("source", Text, nullable=False),
    # NULL where nobody recorded the ground.
    Column("wording_id", ForeignKey("consent_wording.id")),
    Index(None, "address_hash"),
    # PostgreSQL's condition is in the migration, as that of `uq_sending_real`.
    Index("ix_consent_without_ground", "address_hash", sqlite_where=text("wording_id IS NULL")),
    sqlite_strict=True,
)

suppression = Table(
    "suppression",
    metadata,
    Column("address_hash", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("note", Text, nullable=False),
    _only("reason", SuppressionReason),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

suppression_change = Table(
    "suppression_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address_hash", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "address_hash"),
    _only("action", SuppressionAction),
    _only("reason", SuppressionReason),
    sqlite_strict=True,
)

publication_key = Table(
    "publication_key",
    metadata,
    Column("id", Text, primary_key=True),
    # The one that makes the hashes; the others look up who is gone.
    Column("is_current", Flag, nullable=False),
    # Whatever two programs do at once.
    Index("uq_publication_key_current", "is_current", unique=True, sqlite_where=text("is_current = 1")),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

rehashed = Table(
    "rehashed",
    metadata,
    # Under which hash a person is known since the key was changed: links, deliveries and notifications of before have
    # the old one.
    Column("old_hash", Text, primary_key=True),
    Column("new_hash", Text, nullable=False),
    Index(None, "new_hash"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

address_change = Table(
    "address_change",
    metadata,
    # Who has another address now: leaving by a link in a mail to the old one is meant for the new one too.
    Column("old_hash", Text, primary_key=True),
    Column("new_hash", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "new_hash"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

departures_read = Table(
    "departures_read",
    metadata,
    # One row: how far the departures file beside the key was read or written.
    Column("id", Integer, primary_key=True),
    Column("size_bytes", Integer, nullable=False),
    Column("tail", Text, nullable=False),
    sqlite_strict=True,
)

# Issues --------------------------------------------------------------------------------------------------------------

approval = Table(
    "approval",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("approved_at", Moment, nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("issue_sha256", Text, nullable=False),
    Column("audience_rule", Text, nullable=False),
    Column("waivers", Json, nullable=False),
    Column("sender", Json, nullable=False),
    Index(None, "label"),
    sqlite_strict=True,
)

approved_message = Table(
    "approved_message",
    metadata,
    Column("approval_hash", ForeignKey("approval.hash"), primary_key=True),
    Column("edition", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("content", Json, nullable=False),
    sqlite_strict=True,
)

approved_item = Table(
    "approved_item",
    metadata,
    Column("approval_hash", ForeignKey("approval.hash"), primary_key=True),
    Column("edition", Text, primary_key=True),
    Column("item_key", Text, primary_key=True),
    Column("fingerprint", Text),
    # What readers were told of it; NULL in what an older version wrote.
    Column("version", Json),
    Index(None, "item_key"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

drafting = Table(
    "drafting",
    metadata,
    Column("label", Text, primary_key=True),
    # Until when what was collected has been offered to the editor.
    Column("offered_until", Moment, nullable=False),
    sqlite_strict=True,
)

# The ledger ----------------------------------------------------------------------------------------------------------

sending = Table(
    "sending",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("label", Text, nullable=False),
    Column("approval_hash", ForeignKey("approval.hash"), nullable=False),
    Column("mailer", Text, nullable=False),
    Column("is_rehearsal", Flag, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("pause_reason", Text),
    # When a person last let it go on after a pause.
    Column("resumed_at", Moment),
    Column("candidates", Integer, nullable=False),
    # At most one real sending per issue that is not cancelled, whatever two operators do at once.
    Index(
        "uq_sending_real",
        "label",
        unique=True,
        # PostgreSQL's condition is in the first migration: named here it would load that dialect for every command.
        sqlite_where=text("is_rehearsal = 0 AND state <> 'cancelled'"),
    ),
    Index(None, "label"),
    _only("state", SendingState),
    sqlite_strict=True,
)

exclusion = Table(
    "exclusion",
    metadata,
    Column("sending_id", ForeignKey("sending.id"), primary_key=True),
    Column("address_hash", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    _only("reason", ExclusionReason),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

batch = Table(
    "batch",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sending_id", ForeignKey("sending.id"), nullable=False),
    Column("edition", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("owner", Text),
    Column("claimed_at", Moment),
    Column("settled_at", Moment),
    Column("reason", Text, nullable=False),
    # What the provider calls the call, for the deliveries that have no end of their own.
    Column("provider_id", Text),
    # Finding the next one must not slow down as a sending of a million grows.
    Index(None, "sending_id", "state", "number"),
    # By number too: fixing an audience of a million looks each delivery's batch up.
    Index(None, "sending_id", "edition", "number"),
    _only("state", BatchState),
    sqlite_strict=True,
)

delivery = Table(
    "delivery",
    metadata,
    Column("sending_id", ForeignKey("sending.id"), primary_key=True),
    Column("address_hash", Text, primary_key=True),
    Column("key", Text, nullable=False),
    # A whole number without a foreign key: the ledger outlives an erased person.
    Column("subscriber_id", Integer),
    Column("batch_id", ForeignKey("batch.id"), nullable=False),
    # NULL as long as it stands where its batch stands: queued, sending, unknown, or accepted with all the others; then
    # the batch has the reason, the provider's id and the moment, too.
    Column("state", Text),
    Column("reason", Text),
    Column("provider_id", Text),
    Column("settled_at", Moment),
    Index("uq_delivery_key", "key", unique=True),
    Index(None, "batch_id"),
    _only("state", DeliveryState),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What providers tell -------------------------------------------------------------------------------------------------

notification = Table(
    "notification",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("provider", Text, nullable=False),
    # The provider's own id, where it gives one; the same thing told again may come with another one.
    Column("event_id", Text),
    Column("natural_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    # Both NULL when it is not about a delivery of ours.
    Column("delivery_key", Text),
    Column("sending_id", ForeignKey("sending.id")),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
    UniqueConstraint("provider", "natural_key"),
    Index("uq_notification_event_id", "provider", "event_id", unique=True),
    Index(None, "sending_id", "kind", "at"),
    Index(None, "kind", "at"),
    _only("kind", NotificationKind),
    sqlite_strict=True,
)
