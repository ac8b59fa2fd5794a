"""One rendered edition as the checks see it: parsed once, asked many times.

The door is `read`. Sizes and visibility are those of inline styles, which is where mail templates keep them; what a
style sheet adds is for the checks in a browser. Must not know any check.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from newsletter.check.page import Page, plain, read_page
from newsletter.domain.content import Language
from newsletter.domain.issue import Edition, IssueItem, ItemVariant, Message, Slot
from newsletter.domain.publication import Publication
from newsletter.errors import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFile:
    """An image that travels with the mail or is published for it, as measured by whoever prepared it.

    Attributes:
        source: The `src` under which the HTML shows it.
        size_bytes: Of the file.
        width_pixels: Of the picture itself, not of the place it is shown in.
    """

    source: str
    size_bytes: int
    width_pixels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInput:
    """What the checks are given: one edition, before and after it was rendered.

    Attributes:
        message: What readers will get.
        edition: What it was rendered from; errors are traced back to its issue.toml.
        publication: Whose it is.
        images: What is known of image files; images without a file are judged by their address only.
    """

    message: Message
    edition: Edition
    publication: Publication
    images: tuple[ImageFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A check's view: the input, and the HTML taken apart."""

    message: Message
    edition: Edition
    publication: Publication
    images: tuple[ImageFile, ...]
    page: Page

    @property
    def words_place(self) -> Place:
        """Give the place of the edition's subject, preheader and greeting."""
        return Place(path=self.edition.issue.path, line=self.edition.words.line)

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
        """Trace an address to the item whose link it is, or to the words it stands in."""
        for item in self.edition.items:
            if address in {item.link, *(variant.link for variant in item.variants.values())}:
                return self.place_of_item(item)
        return self.place_of_text(address)

    def place_of_text(self, text: str) -> Place | None:
        """Trace a piece of text to the item or to the edition's words that hold it; None when nobody wrote it."""
        wanted = plain(text)
        if not wanted:
            return None
        for item in self.edition.items:
            if any(wanted in plain(said) for said in _said(item)):
                return self.place_of_item(item)
        words = self.edition.words
        if any(wanted in plain(said) for said in (words.subject, words.preheader, words.greeting)):
            return self.words_place
        return None


def read(given: CheckInput) -> Reading:
    """Take a rendered edition apart, once for all checks."""
    return Reading(
        message=given.message,
        edition=given.edition,
        publication=given.publication,
        images=given.images,
        page=read_page(given.message.html),
    )


def in_language(item: IssueItem, language: Language) -> IssueItem | ItemVariant | None:
    """Give the words of an item in a language: its own, or a variant's; None when it has none in it."""
    return item if item.language == language else item.variants.get(language)


def _said(item: IssueItem) -> Iterator[str]:
    """Give every text of an item, in all its languages."""
    variants: tuple[IssueItem | ItemVariant, ...] = (item, *item.variants.values())
    for words in variants:
        yield from (text for text in (words.title, words.lead, words.body, words.place) if text)
