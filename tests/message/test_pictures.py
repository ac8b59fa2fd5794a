from newsletter.domain.picture import Picture
from newsletter.message.pictures import with_data_addresses

PICTURE = Picture(name="a.png", media_type="image/png", content=b"\x89PNG", width_pixels=1, height_pixels=1)


def test_pictures_stand_in_the_html_where_it_names_them() -> None:
    """Each place is filled, in an attribute and in a style; an unknown name, and HTML without pictures, stay."""
    html = f'<img src="{PICTURE.source}"><td style="background:url({PICTURE.source})"><img src="cid:other@picture">'

    assert with_data_addresses(html, [PICTURE]) == (
        '<img src="data:image/png;base64,iVBORw=="><td style="background:url(data:image/png;base64,iVBORw==)">'
        '<img src="cid:other@picture">'
    )
    assert with_data_addresses(html, []) == html


def test_the_name_of_a_picture_follows_its_bytes() -> None:
    """The same picture is the same part of every mail; another one has another name."""
    other = Picture(name="a.png", media_type="image/png", content=b"x", width_pixels=1, height_pixels=1)

    assert PICTURE.content_id == "0f4636c78f65d3639ece5a064b5ae753@picture"
    assert other.content_id != PICTURE.content_id
