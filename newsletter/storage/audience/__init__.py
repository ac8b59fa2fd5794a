"""SQL for people: subscribers with attributes and tags, consents, suppressions. Its door is `AudienceStore`.

Addresses stand in `subscriber` alone; suppressions, their record and consents know the keyed hash, so that they outlive
a person's record and say nothing to whoever has no key. Nothing is decided here: `audience` says what to keep.
"""

from newsletter.storage.audience.counts import CountStore
from newsletter.storage.audience.histories import HistoryStore
from newsletter.storage.audience.people import PeopleStore
from newsletter.storage.audience.suppressions import SuppressionStore


class AudienceStore(PeopleStore, SuppressionStore, CountStore, HistoryStore):
    """People and suppressions, within one transaction."""
