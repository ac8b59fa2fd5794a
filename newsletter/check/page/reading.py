"""One rendered edition as the checks see it: parsed once, asked many times.

The door is `read`. Sizes and visibility are those of inline styles, which is where mail templates keep them; what a
style sheet adds is for the checks in a browser.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from newsletter.check.page.html import Page, plain, read_page
from newsletter.domain.issue import Edition, IssueItem, ItemVariant, Message, Slot
from newsletter.domain.publication import Publication
from newsletter.errors import Place

_BETWEEN_BRACKETS = re.compile(r"[^\s<>()\[\]\"]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """An image that travels with the mail or is published for it, as measured by whoever prepared it.

    Attributes:
        name: What its editor knows it by; the source by default.
        width_pixels: Of the picture itself, not of the place it is shown in.
    """

    source: str
    name: str = ""
    size_bytes: int
    width_pixels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInput:
    """What the checks are given: one edition, before and after it was rendered.

    Attributes:
        edition: What it was rendered from; errors are traced back to its issue.toml.
        images: What is known of image files; images without a file are judged by their address only.
    """

    message: Message
    edition: Edition
    publication: Publication
    images: tuple[ImageFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """A check's view: the input, and the HTML taken apart; one of its own, so that what is drawn from it is kept."""

    message: Message
    edition: Edition
    publication: Publication
    images: tuple[ImageFile, ...]
    page: Page

    @property
    def words_place(self) -> Place:
        """Give the place of the edition's subject, preheader and greeting."""
        return Place(path=self.edition.issue.path, line=self.edition.words.line)

    def written(self) -> Iterator[tuple[str, Place]]:
        """Give every text of this edition as its editor wrote it, with its place: subject to greeting, then items."""
        words = self.edition.words
        yield from ((said, self.words_place) for said in (words.subject, words.preheader, words.greeting) if said)
        for item in self.edition.items:
            place = self.place_of_item(item)
            texts = [item.title, item.lead, item.body, item.place, item.author, item.image_alt, item.link]
            texts += [item.address, item.registration]
            yield from ((said, place) for said in texts if said)

    def holds_slot(self, text: str) -> bool:
        """Tell whether a text holds a value that is filled in per person."""
        return any(token in text for token in self.message.slots.values())

    def without_slots(self, text: str) -> str:
        """Give a text without the tokens of its per-person values."""
        for token in self.message.slots.values():
            text = text.replace(token, "")
        return text

    def slot_address(self, slot: Slot) -> str | None:
        """Give the token under which a slot stands in the mail, or None when the mail has no such slot."""
        return self.message.slots.get(slot)

    def place_of_item(self, item: IssueItem) -> Place:
        """Give the place of an item's table."""
        return Place(path=self.edition.issue.path, line=item.line)

    def place_of_address(self, address: str) -> Place | None:
        """Trace an address to the item whose link it is, or to the item or words whose text spells it out."""
        for item in self.edition.items:
            if address in {item.link, item.registration, *(variant.link for variant in item.variants.values())}:
                return self.place_of_item(item)
        return self._place_of(lambda said: address in _addresses(said)) if address else None

    def place_of_text(self, text: str) -> Place | None:
        """Trace a piece of text to the item or to the edition's words that hold it; None when nobody wrote it."""
        wanted = plain(text)
        return self._place_of(lambda said: wanted in plain(said)) if wanted else None

    def _place_of(self, holds: Callable[[str], bool]) -> Place | None:
        """Give the place of the first item with such a text, or else of the edition's words."""
        for item in self.edition.items:
            if any(holds(said) for said in _said(item)):
                return self.place_of_item(item)
        words = self.edition.words
        return self.words_place if any(map(holds, (words.subject, words.preheader, words.greeting))) else None


def read(given: CheckInput) -> Reading:
    """Take a rendered edition apart, once for all checks."""
    return Reading(
        message=given.message,
        edition=given.edition,
        publication=given.publication,
        images=given.images,
        page=read_page(given.message.html),
    )


def _said(item: IssueItem) -> Iterator[str]:
    variants: tuple[IssueItem | ItemVariant, ...] = (item, *item.variants.values())
    for words in variants:
        yield from (text for text in (words.title, words.lead, words.body, words.place) if text)


def _addresses(text: str) -> set[str]:
    """Give all words of a text that may be addresses, without Markdown's brackets and the stops after them."""
    return {word.rstrip(".,;:!?") for word in _BETWEEN_BRACKETS.findall(text)}
