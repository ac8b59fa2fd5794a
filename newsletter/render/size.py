"""Keep a letter whole: Gmail cuts off HTML beyond 102 kB, and with it the way out at its end.

Door: `fitted`. Where a letter is too large, items of the lowest rank become short entries, whose link leads to the
rest, as few as it takes; what no link leads to is shortened last, the longest first. The same edition gives the same
letter. It must not know how a letter is made.
"""

from collections.abc import Callable, Collection
from dataclasses import replace

from newsletter.domain.content import ItemKey
from newsletter.domain.forms import shorter
from newsletter.domain.issue import Edition, ItemKind, Message

HTML_BYTES_MAX = 90_000
"""Leaves a tenth of what Gmail shows to what mailers and forwarders add."""


def fitted(edition: Edition, make: Callable[[Edition], Message], *, bytes_max: int = HTML_BYTES_MAX) -> Message:
    """Make the letter of an edition, with as few short entries as it takes to keep its HTML within a size.

    Where even short entries do not fit, all that can be are short, and the checks will say that it is too large.

    A shorter edition never makes a longer letter; its size is that of the HTML in UTF-8.
    """
    message = make(edition)
    if _size(message) <= bytes_max:
        return message
    candidates = _lowest_first(edition)
    # The smallest number of short entries that fits lies above `low` and not above `high`.
    low, high = 0, len(candidates)
    message = _made(edition, candidates, make)
    while high - low > 1:
        middle = (low + high) // 2
        shorter = _made(edition, candidates[:middle], make)
        if _size(shorter) <= bytes_max:
            high, message = middle, shorter
        else:
            low = middle
    return message


def _made(edition: Edition, short: Collection[ItemKey], make: Callable[[Edition], Message]) -> Message:
    """Make the letter with some items as short entries, named in the order they are read."""
    message = make(_with_short(edition, short))
    return replace(message, shortened=tuple(item.key for item in edition.items if item.key in short))


def _size(message: Message) -> int:
    return len(message.html.encode())


def _lowest_first(edition: Edition) -> list[ItemKey]:
    """Give the items that can be shorter: articles from the last one up, then events, which are short anyway.

    Those without a link come after all others, the longest first: their readers have nowhere else to go for what is
    left out, so that as few as possible are cut.
    """
    entries = [item for section in edition.sections for item in section.items]
    can = [item for item in reversed(entries) if shorter(item) != item]
    linked = sorted((item for item in can if item.link), key=lambda item: item.kind is ItemKind.EVENT)
    alone = sorted((item for item in can if not item.link), key=lambda item: -len(item.body.encode()))
    return [item.key for item in (*linked, *alone)]


def _with_short(edition: Edition, keys: Collection[ItemKey]) -> Edition:
    """Give the edition with some items as short entries."""
    sections = tuple(
        replace(section, items=tuple(shorter(item) if item.key in keys else item for item in section.items))
        for section in edition.sections
    )
    return replace(edition, sections=sections)
