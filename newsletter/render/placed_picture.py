"""A picture as a template sees it: where it is, and how large to show it.

Door: `PlacedPicture`, `placed`. It must not know files.
"""

from dataclasses import dataclass, replace

from newsletter.domain.picture import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedPicture:
    """A picture as a template sees it.

    Attributes:
        source: What stands in `src`.
        width_pixels: To show it in.
        height_pixels: Likewise.
    """

    source: str
    width_pixels: int
    height_pixels: int

    def within(self, width_pixels_max: int) -> "PlacedPicture":
        """Give the same picture in a place that may be narrower."""
        if self.width_pixels <= width_pixels_max:
            return self
        height = max(round(self.height_pixels * width_pixels_max / self.width_pixels), 1)
        return replace(self, width_pixels=width_pixels_max, height_pixels=height)


def placed(picture: Picture) -> PlacedPicture:
    """Give a picture at its own size, a pixel a pixel."""
    return PlacedPicture(source=picture.source, width_pixels=picture.width_pixels, height_pixels=picture.height_pixels)
