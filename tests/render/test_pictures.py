from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from newsletter.domain.issue import Issue
from newsletter.errors import IssueFileError, Place, TemplateError
from newsletter.render.brand import Brand, Logo
from newsletter.render.pictures import FILE_BYTES_MAX, load_picture, load_pictures
from tests.render.samples import ADVISERS, BRAND, ISSUE, ITEMS

PLACE = Place(path=Path("issues/2017-11/issue.toml"), line=12)


def drawn(root: Path, name: str, size: tuple[int, int] = (30, 20)) -> None:
    """Draw a picture into a publication."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, "teal").save(path)


def with_images(*images: str | None) -> Issue:
    """Give an issue whose first items have pictures."""
    items = [replace(item, image=image, image_alt="Kuva") for item, image in zip(ITEMS, images, strict=False)]
    return replace(ISSUE, items={item.key: item for item in items}, order={ADVISERS: tuple(item.key for item in items)})


def test_each_picture_is_loaded_once_at_the_width_it_is_shown(tmp_path: Path) -> None:
    """Two items may share one; the logo is as narrow as it is shown; what nobody gets is not read."""
    drawn(tmp_path, "content/images/iso.jpg", (3000, 1500))
    drawn(tmp_path, "logo.png", (900, 300))
    issue = with_images("content/images/iso.jpg", "content/images/iso.jpg", None, "puuttuu.png")
    issue = replace(issue, order={ADVISERS: tuple(item.key for item in ITEMS[:3])})
    brand = BRAND.model_copy(update={"logo": Logo(file="logo.png", width_pixels=120)})

    pictures = load_pictures(issue, brand, root=tmp_path)

    assert {name: (one.width_pixels, one.height_pixels) for name, one in pictures.items()} == {
        "content/images/iso.jpg": (600, 300),
        "logo.png": (240, 80),
    }


def test_a_logo_on_a_server_and_none_at_all_need_no_file(tmp_path: Path) -> None:
    """Nothing is read where nothing local is named."""
    remote = BRAND.model_copy(update={"logo": Logo(address="https://example.org/logo.png", width_pixels=120)})

    assert [load_pictures(ISSUE, brand, root=tmp_path) for brand in (remote, Brand())] == [{}, {}]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("puuttuu.jpg", "There is no picture 'puuttuu.jpg'."),
        (".", "There is no picture '.'."),
        ("../muualla.jpg", "The picture '../muualla.jpg' lies outside the publication."),
        ("linkki.jpg", "The picture 'linkki.jpg' lies outside the publication."),
        ("kelvoton.jpg", "The picture 'kelvoton.jpg' cannot be read."),
        ("suuri.jpg", f"The picture 'suuri.jpg' has {FILE_BYTES_MAX // 1_000_000} MB; 20 are read."),
    ],
)
def test_a_picture_that_cannot_be_sent_is_named_with_its_line(tmp_path: Path, name: str, message: str) -> None:
    """The editor finds the item whose picture it is."""
    root = tmp_path / "julkaisu"
    root.mkdir()
    drawn(tmp_path, "muualla.jpg")
    (root / "linkki.jpg").symlink_to(tmp_path / "muualla.jpg")
    (root / "kelvoton.jpg").write_bytes(b"no picture")
    with (root / "suuri.jpg").open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)

    with pytest.raises(IssueFileError) as caught:
        load_picture(name, root=root, shown_width_pixels=100, place=PLACE)
    assert (caught.value.message, caught.value.place) == (message, PLACE)


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    """The preview shows what was saved last."""
    drawn(tmp_path, "a.png", (30, 20))
    before = load_picture("a.png", root=tmp_path, shown_width_pixels=100)
    drawn(tmp_path, "a.png", (31, 21))

    after = load_picture("a.png", root=tmp_path, shown_width_pixels=100)

    assert ((before.width_pixels, after.width_pixels), before.content_id == after.content_id) == ((30, 31), False)


def test_a_picture_that_swells_is_stopped(tmp_path: Path) -> None:
    """Decoding has the same limits as a template: forty million see-through pixels do not fit."""
    path = tmp_path / "a.png"
    Image.new("RGBA", (8000, 4999)).save(path, compress_level=1)

    with pytest.raises(TemplateError, match="took more than 300 MiB of memory") as caught:
        load_picture("a.png", root=tmp_path, shown_width_pixels=100, place=PLACE)
    assert caught.value.place == PLACE
