"""A picture that travels with a message."""

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath


def is_picture_path(written: str) -> bool:
    """Tell whether a path can name a picture: it leads from the publication's folder and stays in it."""
    path = PurePosixPath(written)
    return not (path.is_absolute() or ".." in path.parts or "\\" in written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image file as it is sent.

    Attributes:
        name: Of the file, in ASCII; some mail programs show it.
        media_type: `image/jpeg` or `image/png`.
        width_pixels: Of the picture itself, not of the place it is shown in.
        height_pixels: Likewise.
    """

    name: str
    media_type: str
    content: bytes
    width_pixels: int
    height_pixels: int

    @property
    def content_id(self) -> str:
        """Give the name under which the HTML shows it (RFC 2392): the same bytes have the same one."""
        return f"{hashlib.sha256(self.content).hexdigest()[:32]}@picture"

    @property
    def source(self) -> str:
        """Give the address that stands in the HTML."""
        return f"cid:{self.content_id}"
