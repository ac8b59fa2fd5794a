import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageDraw

from newsletter.errors import IssueFileError
from newsletter.render.picture_work import COMFORTABLE_BYTES, prepared_picture


def written(path: Path, picture: Image.Image, **how: object) -> Path:
    """Write a picture as an editor's file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **how)  # type: ignore[arg-type]  # each format has names of its own
    return path


def noise(width: int, height: int) -> Image.Image:
    """Make a picture that compresses badly, as a photograph does; always the same one."""
    bands = [
        Image.radial_gradient("L").resize((width, height)).point(lambda v, n=n: (v * 37 * n) % 251) for n in (1, 2, 3)
    ]
    return Image.merge("RGB", bands)


def opened(content: bytes) -> Image.Image:
    """Look at what would be sent."""
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "mode", "sent", "sent_mode"),
    [
        ("kuva.jpg", "RGB", "image/jpeg", "RGB"),
        ("kuva.jpg", "CMYK", "image/jpeg", "RGB"),
        ("kuva.jpg", "L", "image/jpeg", "L"),
        ("kuva.webp", "RGB", "image/jpeg", "RGB"),
        ("kuva.webp", "RGBA", "image/png", "RGBA"),
        ("kuva.png", "RGB", "image/png", "RGB"),
        ("kuva.png", "RGBA", "image/png", "RGBA"),
        ("kuva.png", "I;16", "image/png", "L"),
        ("kuva.png", "P", "image/png", "RGB"),
        ("kuva.gif", "RGB", "image/png", "RGB"),
    ],
)
def test_every_kind_is_sent_as_one_that_all_programs_show(
    tmp_path: Path, name: str, mode: str, sent: str, sent_mode: str
) -> None:
    """Photographs become JPEG, drawings and what is see-through PNG, in the colours of a screen."""
    path = written(tmp_path / name, Image.new(mode, (40, 20)))

    picture = prepared_picture(path, name, 1040)

    assert (picture.media_type, picture.width_pixels, picture.height_pixels) == (sent, 40, 20)
    assert (picture.name, opened(picture.content).mode) == (
        f"kuva.{'jpg' if sent == 'image/jpeg' else 'png'}",
        sent_mode,
    )


def test_a_large_picture_is_made_smaller_and_stays_itself(tmp_path: Path) -> None:
    """Width and height shrink together, and never below a pixel."""
    wide = written(tmp_path / "a.jpg", noise(2080, 1000))
    line = written(tmp_path / "b.png", Image.new("RGB", (3000, 1)))

    sizes = [
        (one.width_pixels, one.height_pixels) for one in (prepared_picture(path, "x", 1040) for path in (wide, line))
    ]

    assert sizes == [(1040, 500), (1040, 1)]
    assert opened(prepared_picture(wide, "x", 1040).content).size == (1040, 500)


def test_nothing_a_camera_notes_is_sent(tmp_path: Path) -> None:
    """Place, time and comment stay at home; a picture taken sideways stands upright."""
    notes = Image.Exif()
    notes[0x0112], notes[0x010E] = 6, "Kauppakatu 1"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sideways = Image.new("RGB", (40, 20), "white")
    ImageDraw.Draw(sideways).rectangle((0, 0, 19, 19), "black")
    path = written(tmp_path / "a.jpg", sideways, exif=notes, comment=b"oma huomio", icc_profile=profile, quality=95)
    drawn = written(tmp_path / "b.png", sideways, exif=notes, icc_profile=profile)

    pictures = [prepared_picture(one, "x", 1040) for one in (path, drawn)]

    for picture in pictures:
        sent = opened(picture.content)
        assert (sent.size, dict(sent.getexif())) == ((20, 40), {})
        assert {"exif", "comment", "icc_profile"}.isdisjoint(sent.info)
        dark, light = (
            sent.convert("L").crop(box).resize((1, 1)).tobytes()[0] for box in ((0, 0, 20, 18), (0, 22, 20, 40))
        )
        assert (dark < 20, light > 235) == (True, True)


def test_colours_of_another_profile_are_told_as_those_of_a_screen(tmp_path: Path) -> None:
    """A profile that cannot be read changes nothing."""
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    grey = Image.new("RGB", (8, 8), (120, 130, 140))
    broken = written(tmp_path / "a.png", grey, icc_profile=b"no profile")
    unfit = written(tmp_path / "b.png", grey, icc_profile=lab)

    seen = [opened(prepared_picture(path, "x", 8).content).getpixel((1, 1)) for path in (broken, unfit)]

    assert seen == [(120, 130, 140)] * 2


def test_a_heavy_drawing_is_sent_as_a_photograph(tmp_path: Path) -> None:
    """A photograph saved as PNG would weigh many times as much."""
    path = written(tmp_path / "a.png", Image.effect_noise((500, 500), 80).convert("RGB"))

    picture = prepared_picture(path, "a.png", 1040)

    assert path.stat().st_size > COMFORTABLE_BYTES
    assert picture.media_type == "image/jpeg"


def test_a_picture_is_brought_to_a_hundred_kilobytes(tmp_path: Path) -> None:
    """A detailed photograph is made plainer, and a see-through drawing gets fewer colours."""
    detailed = written(tmp_path / "a.jpg", noise(600, 400))
    drawing = Image.effect_noise((280, 280), 90).convert("RGB")
    drawing.putalpha(Image.effect_noise((280, 280), 90))
    see_through = written(tmp_path / "b.png", drawing)

    photograph, drawn = (prepared_picture(path, path.name, 600) for path in (detailed, see_through))

    assert (photograph.media_type, len(photograph.content) <= COMFORTABLE_BYTES) == ("image/jpeg", True)
    assert see_through.stat().st_size > COMFORTABLE_BYTES
    assert (drawn.media_type, len(drawn.content) <= COMFORTABLE_BYTES) == ("image/png", True)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    """What is approved is what would be made again."""
    path = written(tmp_path / "a.jpg", noise(300, 200))

    assert prepared_picture(path, "a.jpg", 200) == prepared_picture(path, "a.jpg", 200)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The picture 'x.jpg' cannot be read."),
        (b"<svg/>", "The picture 'x.jpg' cannot be read."),
        (b"\xff\xd8\xff\xe0 no more", "The picture 'x.jpg' cannot be read."),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Whatever a decoder stumbles over ends in one kind of error."""
    path = tmp_path / "x.jpg"
    path.write_bytes(content)

    with pytest.raises(IssueFileError) as caught:
        prepared_picture(path, "x.jpg", 100)
    assert caught.value.message == message


def test_a_cut_picture_is_refused(tmp_path: Path) -> None:
    """A file that was not copied whole would show half a picture."""
    path = written(tmp_path / "a.jpg", noise(300, 200))
    path.write_bytes(path.read_bytes()[:-2000])

    with pytest.raises(IssueFileError, match="cannot be read"):
        prepared_picture(path, "a.jpg", 100)


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    """A small file can hold a picture that fills the memory."""
    path = written(tmp_path / "a.png", Image.new("1", (8000, 5001)))

    with pytest.raises(IssueFileError, match="has more than 40 million pixels"):
        prepared_picture(path, "a.png", 100)


def test_a_picture_that_stays_heavy_is_refused(tmp_path: Path) -> None:
    """A tall see-through picture cannot be made light."""
    picture = Image.effect_noise((400, 1300), 90).convert("RGB")
    picture.putalpha(Image.effect_noise((400, 1300), 90))
    path = written(tmp_path / "a.png", picture)

    with pytest.raises(IssueFileError, match=r"has \d+ kB even when made smaller"):
        prepared_picture(path, "a.png", 1040)
