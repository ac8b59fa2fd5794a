"""Brand: the colours, fonts and logo that make the same templates another organisation's.

Door: `read_brand`. One file; whatever it leaves out has a quiet default. A pair of colours that people with weak sight
could not read is refused here, before anything is sent. It must not know the templates.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from newsletter.errors import ConfigurationError, Place
from newsletter.toml_file import TomlFile, did_you_mean, faults_of, read_toml

LOOKS = "looks"
"""The folder of looks, beside the brand file."""
CONTRAST_MIN = 4.5
"""WCAG 2.1 success criterion 1.4.3, level AA, for text of any size."""

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$", to_lower=True)]
"""Six hexadecimal digits: the one spelling that every mail program reads."""

PAIRS = (
    *(("ink", behind) for behind in ("paper", "page", "tint")),
    *(("muted", behind) for behind in ("paper", "page", "tint")),
    *(("accent", behind) for behind in ("paper", "page", "tint")),
    ("accent_ink", "accent"),
)
"""Text and what it stands on."""
OTHER_COLOURS = ({"accent": "#8a1c4a", "tint": "#fbeaf1"}, {"accent": "#ff9ec4", "tint": "#3a1f2c"})
"""Of an organisation that is not ours, in light and in dark: a look has to bear them."""

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
        weak = [
            f"{text} on {behind} has {ratio:.1f}:1"
            for text, behind in PAIRS
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
        look: Whose values stand for what the file leaves out: a file of the folder `looks` beside it, or none.
        masthead: The name under a thin line, in a band of the accent, or alone.
        lead: The first article in a tinted box, or open.
        dates: Of events: tinted blocks, or plain.
        light: Colours of the usual scheme.
        dark: Colours of the dark one.
        fonts: For headings and text.
        radius_pixels: Of corners.
        logo: Above the name, or None.
        social: In the footer, in order.
    """

    look: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")] | None = None
    masthead: Literal["line", "band", "plain"] = "line"
    lead: Literal["box", "open"] = "box"
    dates: Literal["block", "plain"] = "block"
    light: LightPalette = Field(default_factory=LightPalette)
    dark: DarkPalette = Field(default_factory=DarkPalette)
    fonts: FontFamilies = Field(default_factory=FontFamilies)
    radius_pixels: Annotated[int, Field(ge=0, le=24)] = 4
    logo: Logo | None = None
    social: tuple[Social, ...] = ()


def read_brand(path: Path, *, look: str | None = None) -> Brand:
    """Read a brand file, over the look that it names.

    Args:
        path: The file.
        look: Another look than the one it names.

    Raises:
        ConfigurationError: The file or its look is missing, no TOML, or holds an unknown key, a wrong value, or colours
            that cannot be read together; all problems at once, each with its line.
    """
    file = read_toml(path, error=ConfigurationError)
    named = look or file.content.get("look")
    if not isinstance(named, str):
        return _checked(file, file.content)
    known = look_names(path)
    if named not in known:
        raise ConfigurationError(
            f"There is no look {named!r} beside {path.name}.",
            place=Place(path=path, line=file.lines.get(("look",))),
            hint=did_you_mean(named, known) or f"Put a file {named}.toml into {LOOKS}.",
        )
    under = read_toml(path.parent / LOOKS / f"{named}.toml", error=ConfigurationError)
    _checked(under, under.content)
    return _checked(file, _over(under.content, file.content) | {"look": named})


def in_other_colours(brand: Brand) -> Brand:
    """Give a look as an organisation of other colours would have it: what it brings beside its own colours."""
    light, dark = OTHER_COLOURS
    return Brand.model_validate(
        brand.model_dump() | {"light": brand.light.model_dump() | light, "dark": brand.dark.model_dump() | dark}
    )


def weakest_pair(palette: Palette) -> tuple[float, str]:
    """Give the least contrast of text in a palette, and where it is."""
    return min(
        (contrast(getattr(palette, text), getattr(palette, behind)), f"{text} on {behind}") for text, behind in PAIRS
    )


def look_names(path: Path) -> tuple[str, ...]:
    """Give the looks that a brand file can name."""
    return tuple(sorted(look.stem for look in (path.parent / LOOKS).glob("*.toml")))


def _checked(file: TomlFile, content: Mapping[str, Any]) -> Brand:
    try:
        return Brand.model_validate(content)
    except ValidationError as cause:
        raise ConfigurationError(
            "The brand file is not right.", hint="Change the lines named.", faults=faults_of(cause, file, Brand)
        ) from cause


def _over(under: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """Lay the tables of a file over those of another."""
    merged = dict(under)
    for name, value in content.items():
        below = merged.get(name)
        merged[name] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


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
