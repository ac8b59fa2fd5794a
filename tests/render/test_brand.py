from pathlib import Path

import pytest

from newsletter.errors import ConfigurationError
from newsletter.render.brand import (
    CONTRAST_MIN,
    Brand,
    contrast,
    in_other_colours,
    look_names,
    read_brand,
    weakest_pair,
)
from tests.render.samples import TEMPLATES


def brand_file(folder: Path, text: str) -> Path:
    """Write a brand file."""
    path = folder / "brand.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_empty_file_is_the_quiet_default(tmp_path: Path) -> None:
    """What a file leaves out has a default, and the defaults can be read."""
    assert read_brand(brand_file(tmp_path, "")) == Brand()


def test_sample_brand_is_right() -> None:
    """The repository's own brand file is read without a fault."""
    assert read_brand(TEMPLATES / "brand.toml").light.accent == "#0b5563"


def test_ten_lines_make_another_organisation(tmp_path: Path) -> None:
    """Colours, fonts, corners and logo are all there is to change."""
    brand = read_brand(
        brand_file(
            tmp_path,
            'radius_pixels = 12\n[fonts]\nheading = "Gill Sans, sans-serif"\n[light]\naccent = "#8A1C4A"\n'
            '[logo]\naddress = "https://www.example.org/logo.png"\nwidth_pixels = 120\n',
        )
    )

    assert (brand.radius_pixels, brand.fonts.heading, brand.light.accent) == (12, "'Gill Sans', sans-serif", "#8a1c4a")
    assert brand.logo is not None
    assert (brand.logo.width_pixels, brand.logo.alt) == (120, "")


def test_the_ten_lines_of_the_documentation_are_right() -> None:
    """The second brand of the pictures is read without a fault, and stands so in the templates' README."""
    path = TEMPLATES.parents[1] / "docs" / "another-brand.toml"
    written = path.read_text("utf-8")

    assert read_brand(path).light.accent == "#8a1c4a"
    assert len(written.splitlines()) == 10
    assert f"```toml\n{written}```" in (TEMPLATES / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[light]\naccent = "red;background:url(//x)"', "brand.toml:2: light.accent: String should match pattern"),
        ('[light]\naccent = "#fff"', "brand.toml:2: light.accent: String should match pattern"),
        ('[light]\nmuted = "#aaaaaa"', "brand.toml:1: light: Contrast must be 4.5:1 or more: muted on paper has 2.3:1"),
        ('[fonts]\ntext = "Arial"', "brand.toml:2: fonts.text: End the list with serif or sans-serif"),
        ('[fonts]\ntext = "Ari\\"al, serif"', "brand.toml:2: fonts.text: Write font names of letters"),
        ("radius_pixels = 99", "brand.toml:1: radius_pixels: Input should be less than or equal to 24"),
        ("[lihgt]", "brand.toml:1: lihgt: Unknown key. (Did you mean 'light'?)"),
        ("[logo]\nwidth_pixels = 50", "brand.toml:1: logo: Give the logo either a file or an address."),
        (
            '[logo]\nfile = "a.png"\naddress = "https://x/y"\nwidth_pixels = 50',
            "brand.toml:1: logo: Give the logo either a file or an address.",
        ),
        ('[[social]]\nname = ""\naddress = "https://x"', "brand.toml:2: social[0].name: String should have at least"),
        ('[[social]]\nname = "A"\naddress = "javascript:x"', "brand.toml:3: social[0].address: String should match"),
        ('[logo]\naddress = "http://x/y"\nwidth_pixels = 50', "brand.toml:2: logo.address: String should match"),
    ],
)
def test_wrong_value_is_refused_with_its_line(tmp_path: Path, text: str, fault: str) -> None:
    """A colour, font or size that could break or hide the letter is named with line and key."""
    with pytest.raises(ConfigurationError) as caught:
        read_brand(brand_file(tmp_path, text))

    [found] = caught.value.faults
    assert str(found).removeprefix(f"{tmp_path}/").startswith(fault)


def test_missing_file_is_a_configuration_error(tmp_path: Path) -> None:
    """A brand file that is not there is named."""
    with pytest.raises(ConfigurationError, match="There is no file"):
        read_brand(tmp_path / "brand.toml")


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1.0)]
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    """Black on white is 21:1, and the order of the two does not matter."""
    assert round(contrast(one, other), 2) == ratio == round(contrast(other, one), 2)


LOOKS = ("magazine", "office", "plain")


def test_looks_are_the_files_beside_the_brand() -> None:
    """An organisation adds one by adding a file."""
    assert look_names(TEMPLATES / "brand.toml") == LOOKS


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_is_one_line_away_and_can_be_read_in_every_colour(look: str) -> None:
    """Its own colours and another organisation's have the contrast that is needed, in light and in dark."""
    own = read_brand(TEMPLATES / "brand.toml", look=look)
    other = in_other_colours(own)

    assert own.look == look
    assert (other.light.accent, other.fonts) == ("#8a1c4a", own.fonts)
    palettes = (own.light, own.dark, other.light, other.dark)
    assert [palette for palette in palettes if weakest_pair(palette)[0] < CONTRAST_MIN] == []


def test_the_file_counts_more_than_its_look(tmp_path: Path) -> None:
    """What an organisation writes stays whatever the look; the rest is the look's."""
    (tmp_path / "looks").mkdir()
    (tmp_path / "looks" / "oma.toml").write_text(
        'radius_pixels = 9\ndates = "plain"\n[light]\naccent = "#123456"\ntint = "#f0f0f0"\n', encoding="utf-8"
    )

    brand = read_brand(brand_file(tmp_path, 'look = "oma"\n[light]\naccent = "#8a1c4a"\n'))

    assert (brand.radius_pixels, brand.dates, brand.light.accent, brand.light.tint) == (
        9,
        "plain",
        "#8a1c4a",
        "#f0f0f0",
    )


@pytest.mark.parametrize(
    ("look", "message", "hint"),
    [
        ("omma", "There is no look 'omma' beside brand.toml.", "Did you mean 'oma'?"),
        ("../oma", "There is no look '../oma' beside brand.toml.", "Did you mean 'oma'?"),
    ],
)
def test_a_look_that_is_not_there_is_named(tmp_path: Path, look: str, message: str, hint: str) -> None:
    """With the nearest one, and the line to mend."""
    (tmp_path / "looks").mkdir()
    (tmp_path / "looks" / "oma.toml").write_text("", encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        read_brand(brand_file(tmp_path, f'look = "{look}"\n'))
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert caught.value.place is not None
    assert caught.value.place.line == 1
