"""What a person can name in an issue: its items by number, and what was left out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from newsletter.domain.content import ItemKey, SegmentId
from newsletter.domain.issue import Issue
from newsletter.domain.item_names import chosen_key
from newsletter.domain.period import day_of
from newsletter.domain.pick import LeftOutItem


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """An item of an issue.

    Attributes:
        number: By the order of the tables in the file, which no verb changes.
        day: On which an event begins; None for news.
        segments: Whose lists it is in; none where nobody gets it.
    """

    number: int
    key: ItemKey
    title: str
    day: date | None
    segments: tuple[SegmentId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueListing:
    """The items of an issue and what was left out of it, as the file says.

    Attributes:
        items: By number.
        left_out: By number, as "+1"; without what was taken in since.
    """

    items: tuple[ListedItem, ...]
    left_out: tuple[LeftOutItem, ...]
    _numbers: Mapping[str, ItemKey] = field(default_factory=dict)

    @property
    def titles(self) -> dict[ItemKey, str]:
        """Give the title of each, by key."""
        return {one.key: one.title for one in self.items} | {one.key: one.title for one in self.left_out}

    def knows(self, name: str) -> bool:
        """Tell whether a name fits anything here."""
        return name in self._numbers or any(name and name.lower() in key for key in self.titles)

    def key(self, name: str) -> ItemKey:
        """Give the key of what is named, whether it is in the issue or was left out.

        Raises:
            UsageError: Nothing has this name, or several have.
        """
        return chosen_key(name, self.titles, numbers=self._numbers, titles=self.titles)

    def item_key(self, name: str) -> ItemKey:
        """Give the key of an item that has a table.

        Raises:
            UsageError: None has this name, or several have.
        """
        titles = {one.key: one.title for one in self.items}
        numbers = {number: key for number, key in self._numbers.items() if key in titles}
        return chosen_key(name, titles, numbers=numbers, titles=titles)


def listing_of(issue: Issue, text: str, zone: ZoneInfo) -> IssueListing:
    """Give what can be named in an issue.

    Args:
        issue: As it was read.
        text: Of its file, where what was left out stands in comments.
        zone: Decides on which day an event begins.
    """
    items = tuple(
        ListedItem(
            number=number,
            key=key,
            title=item.title,
            day=None if item.start is None else day_of(item.start, zone),
            segments=tuple(segment for segment, keys in issue.order.items() if key in keys),
        )
        for number, (key, item) in enumerate(issue.items.items(), start=1)
    )
    from newsletter.curate.issue_text import left_out_in  # noqa: PLC0415 - checking needs no words for drafts

    left_out = left_out_in(text)
    numbers = {str(one.number): one.key for one in items} | {f"+{one.number}": one.key for one in left_out}
    still = tuple(one for one in left_out if one.key not in issue.items)
    return IssueListing(items=items, left_out=still, _numbers=numbers)
