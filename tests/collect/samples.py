"""Sources and snapshots for the tests of collecting."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from newsletter.domain.content import Language, Snapshot, Source, SourceId, SourceKind

HELSINKI = ZoneInfo("Europe/Helsinki")
FETCHED = datetime(2017, 11, 20, 9, 0, tzinfo=UTC)
ADDRESS = "https://uutiset.example/syote/"


def a_source(kind: SourceKind, location: str = ADDRESS) -> Source:
    """Give a Finnish source in the zone of Helsinki."""
    return Source(id=SourceId("esimerkki"), kind=kind, location=location, language=Language("fi"), zone=HELSINKI)


def a_snapshot(body: bytes | str, *, location: str = ADDRESS, fetched_at: datetime = FETCHED) -> Snapshot:
    """Give what a fetch of 20.11.2017 could have brought."""
    return Snapshot(
        source_id=SourceId("esimerkki"),
        fetched_at=fetched_at,
        location=location,
        media_type="",
        body=body.encode() if isinstance(body, str) else body,
    )
