"""Draw the sample publication's own pictures into content/images: a logo, a face, and two pictures of items.

python docs/make_sample_pictures.py

Flat shapes in the sample's colours, drawn four times too large and made smaller for smooth edges.
"""

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw

IMAGES = Path(__file__).parents[1] / "content" / "images"
TIMES = 4
COLOURS = 32
SKY, PAPER, TEAL, DEEP, MIST, SAND, BRICK, WOOD = (
    *("#dbe9e8", "#ffffff", "#0b5563", "#083f4a", "#9cc3c6", "#efe6d3", "#b5543c", "#7a5a40"),
)

Box = tuple[float, float, float, float]


class Sheet:
    """Something to draw on, in the pixels of the finished picture."""

    def __init__(self, width: int, height: int, ground: str) -> None:
        self._size = (width, height)
        self._image = Image.new("RGB", (width * TIMES, height * TIMES), ground)
        self._draw = ImageDraw.Draw(self._image)

    def box(self, box: Box, colour: str, radius: float = 0) -> None:
        """Fill a rectangle."""
        self._draw.rounded_rectangle(tuple(side * TIMES for side in box), radius * TIMES, fill=colour)

    def round(self, box: Box, colour: str) -> None:
        """Fill an ellipse."""
        self._draw.ellipse(tuple(side * TIMES for side in box), fill=colour)

    def shape(self, points: list[tuple[float, float]], colour: str) -> None:
        """Fill a polygon."""
        self._draw.polygon([(x * TIMES, y * TIMES) for x, y in points], fill=colour)

    def line(self, points: list[tuple[float, float]], colour: str, width: float) -> None:
        """Draw a line with round joints."""
        ends = [(x * TIMES, y * TIMES) for x, y in points]
        self._draw.line(ends, fill=colour, width=int(width * TIMES), joint="curve")

    def arc(self, box: Box, start: float, end: float, colour: str, width: float) -> None:
        """Draw a part of a ring."""
        self._draw.arc(tuple(side * TIMES for side in box), start, end, fill=colour, width=int(width * TIMES))

    def save(self, name: str) -> None:
        """Write the finished picture."""
        small = self._image.resize(self._size, Image.Resampling.LANCZOS)
        path = IMAGES / name
        small.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"{path.name}: {path.stat().st_size:,} bytes")


def logo() -> None:
    """Four towns and the ways between them."""
    sheet = Sheet(96, 96, TEAL)
    towns = [(26, 32), (66, 24), (72, 66), (30, 70)]
    sheet.line([*towns, towns[0]], MIST, 5)
    sheet.line([towns[0], towns[2]], MIST, 5)
    for x, y in towns:
        sheet.round((x - 10, y - 10, x + 10, y + 10), PAPER)
    sheet.save("logo.png")


def face() -> None:
    """An editor who is nobody: a person as a sign of one."""
    sheet = Sheet(96, 96, SKY)
    sheet.round((20, 12, 76, 76), WOOD)
    sheet.box((20, 44, 76, 72), WOOD)
    sheet.round((8, 66, 88, 140), TEAL)
    sheet.box((40, 56, 56, 76), "#e3b894", 6)
    sheet.round((28, 20, 68, 66), "#f0c9a6")
    sheet.shape([(26, 40), (30, 20), (58, 14), (72, 40), (56, 28), (38, 32)], WOOD)
    sheet.arc((38, 42, 58, 58), 25, 155, BRICK, 2)
    sheet.round((38, 38, 42, 43), DEEP)
    sheet.round((54, 38, 58, 43), DEEP)
    sheet.save("toimittaja.png")


def town() -> None:
    """A small town by its river."""
    sheet = Sheet(672, 378, SKY)
    sheet.round((500, 46, 572, 118), "#f4d9a0")
    sheet.shape([(0, 250), (120, 190), (260, 236), (420, 178), (560, 226), (672, 196), (672, 320), (0, 320)], MIST)
    houses = ((60, 84, 92, SAND), (156, 66, 128, PAPER), (380, 92, 104, SAND), (486, 70, 84, PAPER))
    for x, width, height, colour in houses:
        _house(sheet, x, width, height, colour)
    sheet.box((268, 120, 322, 290), PAPER)
    sheet.shape([(258, 122), (295, 40), (332, 122)], TEAL)
    sheet.line([(295, 40), (295, 18)], DEEP, 4)
    sheet.round((283, 140, 307, 164), MIST)
    sheet.box((284, 250, 306, 290), DEEP, 8)
    for x in (22, 236, 350, 590, 636):
        sheet.shape([(x - 20, 290), (x, 196), (x + 20, 290)], DEEP)
    sheet.box((0, 288, 672, 378), TEAL)
    for x, y in ((70, 318), (250, 344), (430, 314), (560, 348)):
        sheet.box((x, y, x + 84, y + 5), MIST, 2)
    sheet.save("seutukaupunki.png")


def _house(sheet: Sheet, x: float, width: float, height: float, colour: str) -> None:
    """Draw a house on the bank."""
    top = 290 - height
    sheet.box((x, top, x + width, 290), colour)
    sheet.shape([(x - 8, top), (x + width / 2, top - 34), (x + width + 8, top)], BRICK)
    for column in (0.22, 0.62):
        for row in range(int(height // 44)):
            left, upper = x + width * column, top + 16 + row * 40
            sheet.box((left, upper, left + 14, upper + 18), MIST)


def cup() -> None:
    """A cup of coffee beside a contract."""
    sheet = Sheet(672, 378, SAND)
    sheet.shape([(330, 60), (590, 96), (556, 338), (296, 302)], PAPER)
    for number in range(5):
        x, y = 352 - number * 5, 108 + number * 36
        sheet.line([(x, y), (x + (190 if number % 2 else 150), y + 24)], MIST, 7)
    sheet.line([(452, 286), (474, 262), (488, 296), (512, 274), (540, 292)], TEAL, 5)
    sheet.round((70, 262, 330, 338), MIST)
    sheet.round((86, 256, 314, 320), PAPER)
    sheet.arc((232, 160, 312, 250), 270, 90, TEAL, 16)
    sheet.shape([(110, 150), (278, 150), (258, 270), (130, 270)], TEAL)
    sheet.round((130, 248, 258, 290), TEAL)
    sheet.round((110, 128, 278, 174), DEEP)
    sheet.round((122, 134, 266, 168), WOOD)
    for x in (164, 208):
        sheet.line([(x, 112), (x + 12, 92), (x - 6, 70), (x + 8, 46)], MIST, 7)
    sheet.save("kahvikuppi.png")


DRAWN: tuple[Callable[[], None], ...] = (logo, face, town, cup)

if __name__ == "__main__":
    IMAGES.mkdir(parents=True, exist_ok=True)
    for draw in DRAWN:
        draw()
