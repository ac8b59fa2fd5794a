"""What is in the database: tables, columns, indexes. Nothing else knows their names.

A change here needs a migration beside it (`migrations/versions`); a test holds migrated and fresh schema equal.
"""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.schema import SchemaItem

from newsletter.domain.audience import ExclusionReason, Ground, SubscriberStatus, SuppressionAction, SuppressionReason
from newsletter.domain.delivery import BatchState, DeliveryState, SendingState
from newsletter.domain.notification import NotificationKind
from newsletter.domain.wants import Cadence
from newsletter.storage.columns import Flag, Json, Moment, only, texts
from newsletter.storage.search_index import make_index

metadata = MetaData(
    naming_convention={
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, *parts: SchemaItem, is_by_key: bool = False) -> Table:
    """Make a table; SQLite keeps the rows of one that `is_by_key` in the order of their keys."""
    return Table(name, metadata, *parts, sqlite_strict=True, sqlite_with_rowid=not is_by_key)


# Content -------------------------------------------------------------------------------------------------------------

snapshot = _table(
    "snapshot",
    Column("id", Integer, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("fetched_at", Moment, nullable=False),
    *texts("location", "media_type"),
    Column("headers", Json, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index(None, "source_id"),
)

item = _table(
    "item",
    Column("key", Text, primary_key=True),
    *texts("source_id", "identity", "kind"),
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
)

item_pair = _table(
    "item_pair",
    # Keys of items, the lower one first.
    Column("first", Text, primary_key=True),
    Column("second", Text, primary_key=True),
    *texts("verdict", "because"),
    Column("is_by_person", Flag, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "verdict"),
    is_by_key=True,
)

address_look = _table(
    "address_look",
    Column("address", Text, primary_key=True),
    # NULL when there is nothing at the address.
    Column("leads_to", Text),
    Column("at", Moment, nullable=False),
    is_by_key=True,
)

source_report = _table(
    "source_report",
    Column("source_id", Text, primary_key=True),
    Column("found", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("problems", Json, nullable=False),
    Column("changed_at", Moment, nullable=False),
    # NULL in what an older version wrote.
    Column("answer", Text),
    # What the source was read from; NULL: read it again.
    Column("mark", Text),
)

# Audience ------------------------------------------------------------------------------------------------------------

subscriber = _table(
    "subscriber",
    Column("id", Integer, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_hash", Text, nullable=False, unique=True),
    *texts("name", "language", "status"),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    # All that fixing an audience and claiming a batch ask of a person, in the order in which they ask: the hashes of a
    # batch lie side by side here, while their rows in a table of a million lie on as many pages as there are people.
    Index("ix_subscriber_by_hash", "address_hash", "status", "language", "address", "name"),
    only("status", SubscriberStatus),
    # One person per address whatever key made the hashes. On PostgreSQL under COLLATE "C", where only ASCII is folded.
    Index("uq_subscriber_normal_address", text("lower(address)"), unique=True),
)

event.listen(subscriber, "after_create", lambda _table, connection, **_options: make_index(connection))

subscriber_attribute = _table(
    "subscriber_attribute",
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    # As `domain.audience.comparable` gives it: rules compare this, never what somebody wrote.
    Column("form", Text, nullable=False),
    Index(None, "name", "form", "subscriber_id"),
    is_by_key=True,
)

subscriber_tag = _table(
    "subscriber_tag",
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", Text, primary_key=True),
    Column("form", Text, nullable=False),
    Index(None, "form", "subscriber_id"),
    is_by_key=True,
)

# Only of readers who ever said what they want: nearly everybody wants every issue.
reader_wants = _table(
    "reader_wants",
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("cadence", Text, nullable=False),
    # The last sending that had begun when the cadence was said, or 0: issues are counted from there.
    Column("counted_from", Integer, nullable=False),
    Column("paused_until", Moment),
    Column("since", Moment, nullable=False),
    only("cadence", Cadence),
)

wanted_topic = _table(
    "wanted_topic",
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", Text, primary_key=True),
    Index(None, "topic", "subscriber_id"),
    is_by_key=True,
)

wants_change = _table(
    "wants_change",
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("source", Text, nullable=False),
    # What was wanted from then on.
    Column("wants", Json, nullable=False),
    Index(None, "subscriber_id"),
)

# One row a wording, its number being its version: it stood once per person before, and was two fifths of a list of a
# million.
consent_wording = _table(
    "consent_wording",
    Column("id", Integer, primary_key=True),
    *texts("ground", "wording"),
    # NULL where nobody said in which the people read it.
    Column("language", Text),
    UniqueConstraint("ground", "wording"),
    only("ground", Ground),
)

# One row for all that was recorded at once: an import of a million is one.
consent_recording = _table(
    "consent_recording",
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    # Both NULL in what an older version wrote.
    Column("by", Text),
    Column("at", Moment),
    UniqueConstraint("source", "by", "at"),
)

consent = _table(
    "consent",
    Column("id", Integer, primary_key=True),
    Column("address_hash", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("recording_id", ForeignKey("consent_recording.id"), nullable=False),
    # NULL where nobody recorded the ground.
    Column("wording_id", ForeignKey("consent_wording.id")),
    # When the person had asked for it, where the person confirmed it.
    Column("requested_at", Moment),
    Index(None, "address_hash"),
    # PostgreSQL's condition is in the migration, as that of `uq_sending_real`.
    Index("ix_consent_without_ground", "address_hash", sqlite_where=text("wording_id IS NULL")),
)

joining_request = _table(
    "joining_request",
    Column("id", Integer, primary_key=True),
    # What the link of the confirmation mail carries, signed.
    Column("key", Text, nullable=False, unique=True),
    Column("subscriber_id", ForeignKey("subscriber.id", ondelete="CASCADE"), nullable=False),
    Column("wording_id", ForeignKey("consent_wording.id"), nullable=False),
    Column("form", Text, nullable=False),
    # What the person said of himself; nothing of it counts before it is confirmed.
    Column("said", Json, nullable=False),
    Column("requested_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    Index(None, "subscriber_id"),
    Index(None, "requested_at"),
)

suppression = _table(
    "suppression",
    Column("address_hash", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("note", Text, nullable=False),
    only("reason", SuppressionReason),
    is_by_key=True,
)

suppression_change = _table(
    "suppression_change",
    Column("id", Integer, primary_key=True),
    *texts("address_hash", "action", "reason"),
    Column("at", Moment, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "address_hash"),
    only("action", SuppressionAction),
    only("reason", SuppressionReason),
)

publication_key = _table(
    "publication_key",
    Column("id", Text, primary_key=True),
    # The one that makes the hashes; the others look up who is gone.
    Column("is_current", Flag, nullable=False),
    # Whatever two programs do at once.
    Index("uq_publication_key_current", "is_current", unique=True, sqlite_where=text("is_current = 1")),
    is_by_key=True,
)

rehashed = _table(
    "rehashed",
    # Under which hash a person is known since the key was changed: links, deliveries and notifications of before have
    # the old one.
    Column("old_hash", Text, primary_key=True),
    Column("new_hash", Text, nullable=False),
    Index(None, "new_hash"),
    is_by_key=True,
)

address_change = _table(
    "address_change",
    # Who has another address now: leaving by a link in a mail to the old one is meant for the new one too.
    Column("old_hash", Text, primary_key=True),
    Column("new_hash", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "new_hash"),
    is_by_key=True,
)

act = _table(
    "act",
    Column("id", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    *texts("by", "command", "what"),
    # NULL where it was about nobody alone.
    Column("address_hash", Text),
    Column("people", Integer),
    Column("code", Integer, nullable=False),
    Index(None, "at"),
    Index(None, "address_hash"),
)

departures_read = _table(
    "departures_read",
    # One row: how far the departures file beside the key was read or written.
    Column("id", Integer, primary_key=True),
    Column("size_bytes", Integer, nullable=False),
    Column("tail", Text, nullable=False),
)

# Issues --------------------------------------------------------------------------------------------------------------

approval = _table(
    "approval",
    Column("hash", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("approved_at", Moment, nullable=False),
    *texts("approved_by", "issue_sha256", "audience_rule"),
    Column("waivers", Json, nullable=False),
    Column("sender", Json, nullable=False),
    Index(None, "label"),
)

approved_message = _table(
    "approved_message",
    Column("approval_hash", ForeignKey("approval.hash"), primary_key=True),
    Column("edition", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("content", Json, nullable=False),
)

approved_item = _table(
    "approved_item",
    Column("approval_hash", ForeignKey("approval.hash"), primary_key=True),
    Column("edition", Text, primary_key=True),
    Column("item_key", Text, primary_key=True),
    Column("fingerprint", Text),
    # What readers were told of it; NULL in what an older version wrote.
    Column("version", Json),
    Index(None, "item_key"),
    is_by_key=True,
)

drafting = _table(
    "drafting",
    Column("label", Text, primary_key=True),
    # Until when what was collected has been offered to the editor.
    Column("offered_until", Moment, nullable=False),
)

# The ledger ----------------------------------------------------------------------------------------------------------

sending = _table(
    "sending",
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
    only("state", SendingState),
)

exclusion = _table(
    "exclusion",
    Column("sending_id", ForeignKey("sending.id"), primary_key=True),
    Column("address_hash", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    only("reason", ExclusionReason),
    is_by_key=True,
)

batch = _table(
    "batch",
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
    only("state", BatchState),
)

delivery = _table(
    "delivery",
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
    only("state", DeliveryState),
    is_by_key=True,
)

# What providers tell -------------------------------------------------------------------------------------------------

notification = _table(
    "notification",
    Column("id", Integer, primary_key=True),
    Column("provider", Text, nullable=False),
    # The provider's own id, where it gives one; the same thing told again may come with another one.
    Column("event_id", Text),
    *texts("natural_key", "kind"),
    Column("at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    # Both NULL when it is not about a delivery of ours.
    Column("delivery_key", Text),
    Column("sending_id", ForeignKey("sending.id")),
    *texts("reason", "raw"),
    UniqueConstraint("provider", "natural_key"),
    Index("uq_notification_event_id", "provider", "event_id", unique=True),
    Index(None, "sending_id", "kind", "at"),
    Index(None, "kind", "at"),
    only("kind", NotificationKind),
)
