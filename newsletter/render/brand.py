"""Brand: the colours, fonts and logo that make the same templates another organisation's.

Door: `read_brand`. One file; whatever it leaves out has a quiet default. A pair of colours that people with weak sight
could not read is refused here, before anything is sent. It must not know the templates.
"""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from newsletter.errors import ConfigurationError
from newsletter.toml_file import faults_of, read_toml

CONTRAST_MIN = 4.5
"""WCAG 2.1 success criterion 1.4.3, level AA, for text of any size."""

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$", to_lower=True)]
"""Six hexadecimal digits: the one spelling that every mail program reads."""

_GENERIC_FONTS = frozenset({"serif", "sans-serif", "monospace", "cursive", "system-ui"})
_FONT_NAME = re.compile(r"-?[A-Za-z][A-Za-z0-9 -]*\Z")


def _fonts(written: str) -> str:
    """Check a list of fonts, and quote the names that need it with the quotes an attribute can hold."""
    names = [name.strip().strip("'\"") for name in written.split(",")]
    if any(_FONT_NAME.match(name) is None for name in names):
        raise ValueError("Write font names of letters, digits and spaces, separated by commas.")
    if names[-1] not in _GENERIC_FONTS:
        raise ValueError("End the list with serif or sans-serif, for readers who have none of the fonts.")
    return ", ".join(f"'{name}'" if " " in name else name for name in names)


Fonts = Annotated[str, AfterValidator(_fonts)]


class _Table(BaseModel):
    """A table of the file: fixed once read, with no key we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Palette(_Table):
    """The colours of one scheme.

    Attributes:
        page: Around the letter.
        paper: Of the letter.
        ink: Text on paper.
        muted: Dates, sources, footer: on paper, page and tint.
        accent: Links and marks, on paper.
        accent_ink: Text on the accent.
        tint: Behind date blocks; ink and accent stand on it.
        rule: Thin lines, which carry no meaning.
    """

    page: Colour
    paper: Colour
    ink: Colour
    muted: Colour
    accent: Colour
    accent_ink: Colour
    tint: Colour
    rule: Colour

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        """Refuse text that does not stand out enough from what is behind it."""
        pairs = (
            ("ink", "paper"),
            ("ink", "page"),
            ("ink", "tint"),
            ("muted", "paper"),
            ("muted", "page"),
            ("muted", "tint"),
            ("accent", "paper"),
            ("accent", "page"),
            ("accent", "tint"),
            ("accent_ink", "accent"),
        )
        weak = [
            f"{text} on {behind} has {ratio:.1f}:1"
            for text, behind in pairs
            if (ratio := contrast(getattr(self, text), getattr(self, behind))) < CONTRAST_MIN
        ]
        if weak:
            raise ValueError(f"Contrast must be {CONTRAST_MIN}:1 or more: {', '.join(weak)}")
        return self


class LightPalette(Palette):
    """The scheme most readers see; a file may change any of it."""

    page: Colour = "#f3f1ec"
    paper: Colour = "#ffffff"
    ink: Colour = "#1d2528"
    muted: Colour = "#5a666b"
    accent: Colour = "#0b5563"
    accent_ink: Colour = "#ffffff"
    tint: Colour = "#eaf1f0"
    rule: Colour = "#dcd9d1"


class DarkPalette(Palette):
    """The scheme of readers whose device is set to dark."""

    page: Colour = "#101517"
    paper: Colour = "#182023"
    ink: Colour = "#e8ecec"
    muted: Colour = "#a5b1b5"
    accent: Colour = "#7fd0dc"
    accent_ink: Colour = "#0d2126"
    tint: Colour = "#20302f"
    rule: Colour = "#334044"


class FontFamilies(_Table):
    """Fonts that readers have already: none is fetched.

    Attributes:
        heading: For titles.
        text: For everything else.
    """

    heading: Fonts = "Georgia, 'Times New Roman', serif"
    text: Fonts = "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"


class Logo(_Table):
    """A picture above the name: a file of the publication, which travels with each mail, or one on a web server.

    Attributes:
        file: Path from the publication's folder, or None.
        address: https, or None.
        width_pixels: As shown.
        alt: What it says; empty when the name below it says the same.
    """

    file: Annotated[str, StringConstraints(min_length=1)] | None = None
    address: Annotated[str, StringConstraints(pattern=r"^https://[!-~]+$")] | None = None
    width_pixels: Annotated[int, Field(ge=16, le=520)]
    alt: str = ""

    @model_validator(mode="after")
    def _is_one_picture(self) -> Self:
        if (self.file is None) == (self.address is None):
            raise ValueError("Give the logo either a file or an address.")
        return self


class Social(_Table):
    """Where else the organisation can be followed; a link of words, for an icon would be fetched from somewhere.

    Attributes:
        name: As readers know it.
        address: https.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    address: Annotated[str, StringConstraints(pattern=r"^https://[!-~]+$")]


class Brand(_Table):
    """One organisation's look.

    Attributes:
        light: Colours of the usual scheme.
        dark: Colours of the dark one.
        fonts: For headings and text.
        radius_pixels: Of corners.
        logo: Above the name, or None.
        social: In the footer, in order.
    """

    light: LightPalette = Field(default_factory=LightPalette)
    dark: DarkPalette = Field(default_factory=DarkPalette)
    fonts: FontFamilies = Field(default_factory=FontFamilies)
    radius_pixels: Annotated[int, Field(ge=0, le=24)] = 4
    logo: Logo | None = None
    social: tuple[Social, ...] = ()


def read_brand(path: Path) -> Brand:
    """Read a brand file.

    Raises:
        ConfigurationError: The file is missing, no TOML, or holds an unknown key, a wrong value, or colours that cannot
            be read together; all problems at once, each with its line.
    """
    file = read_toml(path, error=ConfigurationError)
    try:
        return Brand.model_validate(file.content)
    except ValidationError as cause:
        raise ConfigurationError(
            "The brand file is not right.", hint="Change the lines named.", faults=faults_of(cause, file, Brand)
        ) from cause


def contrast(colour: str, other: str) -> float:
    """Give the contrast of two colours as WCAG 2.1 defines it, from 1 to 21."""
    lighter, darker = sorted((_luminance(colour), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Give the relative luminance of a colour (WCAG 2.1, definitions)."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - WCAG's numbers
        for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
