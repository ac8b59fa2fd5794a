"""What curation says of an item for a segment, and why."""

from dataclasses import dataclass
from enum import StrEnum

from newsletter.domain.content import ItemKey, SectionId, SegmentId, TopicHit


class Offer(StrEnum):
    """As what an item that was left out is offered to the editor, in the order of worth."""

    NEW = "new"
    """It came after the last issue was made, and no issue carried it."""
    UPDATED = "updated"
    DUPLICATE = "possible duplicate"
    MENTION = "mention"
    NO_TOPIC = "no topic"
    OUTSIDE = "outside"

    @property
    def rank(self) -> int:
        """Give its place in the order."""
        return list(Offer).index(self)


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
    """

    key: ItemKey
    segment_id: SegmentId
    grade: PickGrade
    section: SectionId | None = None
    reason: str
    topics: tuple[TopicHit, ...] = ()
    offer: Offer | None = None


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
