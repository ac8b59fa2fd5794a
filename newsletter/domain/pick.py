"""What curation says of an item for a segment, and why."""

from dataclasses import dataclass
from enum import StrEnum

from newsletter.domain.content import ItemKey, SectionId, SegmentId, TopicHit


class Offer(StrEnum):
    """As what an item that was left out is offered to the editor, in the order of worth."""

    NEW = "new"
    """It came after the last issue was made, and no issue carried it."""
    UPDATED = "updated"
    OTHERS = "told to others"
    """A special issue told it, but not to this segment."""
    DUPLICATE = "possible duplicate"
    MENTION = "mention"
    NO_TOPIC = "no topic"
    OUTSIDE = "outside"

    @property
    def rank(self) -> int:
        """Give its place in the order."""
        return list(Offer).index(self)


class Cause(StrEnum):
    """Why a segment does not get an item."""

    UPDATED = "updated"
    OTHERS = "told to others"
    DUPLICATE = "duplicate"
    MENTION = "mention"
    UNTOPICAL = "untopical"
    OTHER_TOPIC = "other topic"
    MEANT = "meant for others"
    SECTION = "section"
    TOLD = "told"
    OLD = "old"
    LATER = "later"
    OVER = "over"
    OFF = "off"
    GONE = "gone"
    DAYLESS = "dayless"

    @property
    def offer(self) -> Offer:
        """Give as what the item is offered."""
        return _OFFERS.get(self, Offer.OUTSIDE)


_OFFERS = {
    Cause.UPDATED: Offer.UPDATED,
    Cause.OTHERS: Offer.OTHERS,
    Cause.DUPLICATE: Offer.DUPLICATE,
    Cause.MENTION: Offer.MENTION,
    Cause.UNTOPICAL: Offer.NO_TOPIC,
    Cause.OTHER_TOPIC: Offer.NO_TOPIC,
    Cause.MEANT: Offer.NO_TOPIC,
    Cause.SECTION: Offer.NO_TOPIC,
}


class PickGrade(StrEnum):
    """What curation says of an item for a segment."""

    PICKED = "picked"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """What curation decided about one item for one segment, with its reason for the editor.

    Attributes:
        reason: One English clause: "topic hankinnat: hankintapäivä (title)", "published 13.10.2017, outside 2017-11".
        offer: As what an item that was left out is offered; None for one that is picked.
        cause: Why it was left out, in a word; None likewise.
    """

    key: ItemKey
    segment_id: SegmentId
    grade: PickGrade
    section: SectionId | None = None
    reason: str
    topics: tuple[TopicHit, ...] = ()
    offer: Offer | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutItem:
    """What the comments of a file say of an item that nobody gets.

    Attributes:
        number: That names it, after a plus.
        mark: As what it is offered, as it stands there: "NEW", or empty.
    """

    number: int
    key: ItemKey
    title: str
    mark: str
