import pytest

from newsletter.domain.picture import Picture
from newsletter.render.placed_picture import PlacedPicture, placed

PICTURE = Picture(name="a.png", media_type="image/png", content=b"x", width_pixels=400, height_pixels=300)


@pytest.mark.parametrize(
    ("width", "size"), [(500, (400, 300)), (400, (400, 300)), (200, (200, 150)), (100, (100, 75)), (1, (1, 1))]
)
def test_a_picture_is_no_wider_than_its_place_and_keeps_its_shape(width: int, size: tuple[int, int]) -> None:
    """A narrow place makes it smaller, a wide one no larger."""
    assert placed(PICTURE).within(width) == PlacedPicture(
        source=PICTURE.source, width_pixels=size[0], height_pixels=size[1]
    )
