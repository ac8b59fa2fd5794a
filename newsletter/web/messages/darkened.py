"""What mail programs make of a light mail when they darken it by themselves, colour by colour.

Door: `darkened`. A likeness: each program does it in its own way, and changes it without a word. Pictures stay.
"""

import re
from functools import lru_cache

_MIDDLE = 50.0
"""Lightness from which a colour is light."""
_DARKEST, _SPAN = 8.0, 0.9
"""White becomes no black but a dark grey: lightness 8."""
_CHROMA_KEPT = 0.9
_WHITE = (95.047, 100.0, 108.883)
"""The white of daylight (CIE D65)."""
_DECLARED = re.compile(
    r"(?<![\w-])(background(?:-color)?|border(?:-[a-z]+)*|color)(\s*:\s*)([^;\"'{}]*)", re.IGNORECASE
)
_BGCOLOR = re.compile(r"(\bbgcolor=[\"'])(#[0-9a-f]{6})", re.IGNORECASE)
_COLOUR = re.compile(r"#[0-9a-f]{6}\b", re.IGNORECASE)
_HEAD_END = re.compile(r"</head>", re.IGNORECASE)


def darkened(html: str, *, is_whole: bool) -> str:
    """Give a mail in the dark of a program that has colours of its own.

    Args:
        html: As sent.
        is_whole: Every colour is turned over, as Outlook does on Windows; else only light grounds and dark words, as
            Gmail does on Android.
    """

    def declared(match: re.Match[str]) -> str:
        is_ground = match[1].lower() != "color"
        return (
            match[1]
            + match[2]
            + _COLOUR.sub(lambda one: turned(one[0], is_ground=is_ground, is_whole=is_whole), match[3])
        )

    changed = _DECLARED.sub(declared, html)
    changed = _BGCOLOR.sub(lambda match: match[1] + turned(match[2], is_ground=True, is_whole=is_whole), changed)
    ground, words = turned("#ffffff", is_ground=True, is_whole=True), turned("#000000", is_ground=False, is_whole=True)
    return _HEAD_END.sub(f"<style>html{{background:{ground};color:{words}}}</style></head>", changed, count=1)


def turned(colour: str, *, is_ground: bool, is_whole: bool) -> str:
    """Give a colour as a darkening program shows it: of a ground, or of words on one."""
    return _turned(colour.lower(), is_ground, is_whole=is_whole)


@lru_cache(maxsize=256)
def _turned(colour: str, is_ground: bool, *, is_whole: bool) -> str:  # noqa: FBT001 - see `turned`
    lightness, green_red, blue_yellow = _lab(colour)
    if not is_whole and (lightness > _MIDDLE) is not is_ground:
        return colour
    return _hex(_DARKEST + (100 - lightness) * _SPAN, green_red * _CHROMA_KEPT, blue_yellow * _CHROMA_KEPT)


def _lab(colour: str) -> tuple[float, float, float]:
    """Take a colour apart into lightness and two hues (CIE 1976)."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    x = 41.24 * red + 35.76 * green + 18.05 * blue
    y = 21.26 * red + 71.52 * green + 7.22 * blue
    z = 1.93 * red + 11.92 * green + 95.05 * blue
    fx, fy, fz = (_root(value / white) for value, white in zip((x, y, z), _WHITE, strict=True))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def _hex(lightness: float, green_red: float, blue_yellow: float) -> str:
    """Put a colour together; what no screen can show becomes the nearest that it can."""
    fy = (lightness + 16) / 116
    parts = (fy + green_red / 500, fy, fy - blue_yellow / 200)
    x, y, z = (white * _power(part) / 100 for part, white in zip(parts, _WHITE, strict=True))
    linear = (
        3.2406 * x - 1.5372 * y - 0.4986 * z,
        -0.9689 * x + 1.8758 * y + 0.0415 * z,
        0.0557 * x - 0.2040 * y + 1.0570 * z,
    )
    return "#" + "".join(f"{round(255 * _screen(min(max(value, 0.0), 1.0))):02x}" for value in linear)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - sRGB's


def _screen(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else float(1.055 * value ** (1 / 2.4) - 0.055)  # noqa: PLR2004 - sRGB's


def _root(value: float) -> float:
    return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116  # noqa: PLR2004 - CIE's


def _power(value: float) -> float:
    return value**3 if value > 0.206893 else (value - 16 / 116) / 7.787  # noqa: PLR2004 - CIE's
