"""What a person looks at, as the query of an address: it can be kept as a bookmark and survives a reload.

Door: `read_choices` and `Choices.query`. Whatever is unknown in an address falls back to its default, so that an old
bookmark opens something sensible.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self, TypeVar
from urllib.parse import urlencode

WIDTHS = (320, 375, 600, 1024)
"""Pixels: the narrowest phone still in use, a common phone, a mail program's reading pane, a wide one."""

SAMPLE_READER = "sample"
NAMELESS_READER = "nameless"


class View(StrEnum):
    """How an edition is shown."""

    PICTURE = "picture"
    TEXT = "text"
    SOURCE = "source"
    HEADERS = "headers"
    RAW = "raw"
    MJML = "mjml"


class Scheme(StrEnum):
    """The light in which a picture is shown."""

    LIGHT = "light"
    DARK = "dark"
    """The mail's own dark colours (`prefers-color-scheme`)."""
    FORCED = "forced"
    """A mail program that darkens every mail by itself and knows nothing of the mail's own dark colours."""
    GMAIL = "gmail"
    """As Gmail on Android and Outlook on phones and the web do: light grounds and dark words are turned over."""
    OUTLOOK = "outlook"
    """As Outlook on Windows and Gmail on iPhones do: every colour is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a person looks at.

    Attributes:
        edition: One edition, or None for all of them side by side.
        widths: Of the pictures, the narrowest first; never empty.
        is_remote: Pictures may be loaded from the internet; False blocks every one.
        reader: The opaque name of whose mail it is.
    """

    edition: str | None = None
    view: View = View.PICTURE
    widths: tuple[int, ...] = (375, 600)
    scheme: Scheme = Scheme.LIGHT
    has_images: bool = True
    is_remote: bool = False
    reader: str = SAMPLE_READER

    @property
    def query(self) -> str:
        """Write the choices as a query, the defaults left out; empty when all are defaults."""
        default = Choices()
        pairs: list[tuple[str, str]] = []
        if self.edition is not None:
            pairs.append(("edition", self.edition))
        if self.view is not default.view:
            pairs.append(("view", self.view))
        if self.widths != default.widths:
            pairs += [("width", str(width)) for width in self.widths]
        if self.scheme is not default.scheme:
            pairs.append(("scheme", self.scheme))
        if not self.has_images:
            pairs.append(("images", "off"))
        if self.is_remote:
            pairs.append(("remote", "on"))
        if self.reader != default.reader:
            pairs.append(("reader", self.reader))
        return urlencode(pairs)

    @property
    def frame_query(self) -> str:
        """Write only what changes the picture itself, whatever its width."""
        return replace(self, edition=None, view=View.PICTURE, widths=Choices().widths).query

    def toggled(self, width: int) -> Self:
        """Give the choices with a width more, or less; the last one stays."""
        widths = set(self.widths) ^ {width}
        return replace(self, widths=tuple(sorted(widths)) or self.widths)

    def at(self, edition: str | None) -> Self:
        """Give the choices for another edition; its readers are others, so a chosen person is let go."""
        kept = self.reader if self.reader in (SAMPLE_READER, NAMELESS_READER) else SAMPLE_READER
        return replace(self, edition=edition, reader=kept)


def read_choices(query: Mapping[str, Sequence[str]]) -> Choices:
    """Read the query of an address, each name with its values."""
    default = Choices()

    def last(name: str) -> str:
        return (list(query.get(name, ())) or [""])[-1]

    asked = {value for value in query.get("width", ()) if value.isascii() and value.isdigit()}
    widths = tuple(width for width in WIDTHS if str(width) in asked)
    return Choices(
        edition=last("edition") or None,
        view=_member(View, last("view"), default.view),
        widths=widths or default.widths,
        scheme=_member(Scheme, last("scheme"), default.scheme),
        has_images=last("images") != "off",
        is_remote=last("remote") == "on",
        reader=last("reader") or default.reader,
    )


Member = TypeVar("Member", bound=StrEnum)


def _member(kind: type[Member], value: str, default: Member) -> Member:
    return next((member for member in kind if member == value), default)
