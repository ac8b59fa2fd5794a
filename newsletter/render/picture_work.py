"""Decodes a picture and encodes it anew, in the process that calls: what `pictures` asks for from within its limits.

Door: `prepared_picture`. The same file gives the same bytes. It must not know what a picture is for.
"""

import io
import re
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from newsletter.domain.picture import Picture
from newsletter.errors import IssueFileError

if TYPE_CHECKING:
    from PIL import Image

PIXELS_MAX: Final = 40_000_000
"""What a good camera makes; more would fill the memory of the process."""
PICTURE_BYTES_MAX: Final = 400_000
"""Of the picture as it is sent: a phone on the road loads it, and every reader's mail carries it."""
COMFORTABLE_BYTES: Final = 100_000
"""What a picture is brought to where it can be, by fewer colours or a plainer photograph."""

_FORMATS: Final = ("JPEG", "PNG", "GIF", "WEBP")
_JPEG_QUALITIES = (82, 70, 58)
"""Tried in turn; below the last one a photograph shows blocks."""


def prepared_picture(path: Path, name: str, width_pixels_max: int) -> Picture:
    """Decode a picture, make it smaller and encode it anew, in the process that calls.

    Raises:
        IssueFileError: It is none that we read, or has too many pixels, or is too heavy in the end.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415 - most letters have no picture

    try:
        with Image.open(io.BytesIO(path.read_bytes()), formats=_FORMATS) as opened:
            is_too_large = opened.width * opened.height > PIXELS_MAX
            is_photograph = opened.format in ("JPEG", "WEBP")
            if not is_too_large:
                # A JPEG can be decoded at half or a quarter of its size, in as much of the time and memory.
                opened.draft("RGB", (width_pixels_max, width_pixels_max))
                drawn = _in_common_colours(ImageOps.exif_transpose(opened))
    except MemoryError:
        raise
    except Exception as cause:  # decoders raise whatever they met
        raise _unfit(name, "cannot be read", "Save it as JPEG or PNG.") from cause
    if is_too_large:
        raise _unfit(name, f"has more than {PIXELS_MAX // 1_000_000} million pixels", "Save it smaller.")
    if drawn.width > width_pixels_max:
        height = max(round(drawn.height * width_pixels_max / drawn.width), 1)
        drawn = drawn.resize((width_pixels_max, height), Image.Resampling.LANCZOS)
    media_type, content = _encoded(drawn, is_photograph=is_photograph)
    if len(content) > PICTURE_BYTES_MAX:
        raise _unfit(name, f"has {len(content) // 1000} kB even when made smaller", "Choose a plainer one.")
    return Picture(
        name=f"{_plain_stem(name)}.{'jpg' if media_type == 'image/jpeg' else 'png'}",
        media_type=media_type,
        content=content,
        width_pixels=drawn.width,
        height_pixels=drawn.height,
    )


def _in_common_colours(picture: "Image.Image") -> "Image.Image":
    """Give a picture in the colours that every mail program assumes, without its camera's notes."""
    from PIL import ImageCms  # noqa: PLC0415 - as above

    profile = picture.info.get("icc_profile")
    if picture.has_transparency_data:
        drawn = picture.convert("RGBA")
    elif picture.mode in ("1", "L", "LA", "I", "I;16", "F"):
        drawn = picture.convert("L")
    elif picture.mode == "RGB" and profile:
        drawn = picture
        # A profile that cannot be read is as good as none.
        with suppress(ImageCms.PyCMSError):
            common = ImageCms.createProfile("sRGB")
            changed = ImageCms.profileToProfile(picture, io.BytesIO(profile), common, outputMode="RGB")
            drawn = changed or picture
    else:
        drawn = picture.convert("RGB")
    drawn.info = {}
    return drawn


def _encoded(picture: "Image.Image", *, is_photograph: bool) -> tuple[str, bytes]:
    """Write a picture as PNG where it is see-through or drawn, as JPEG where it is a photograph or would be heavy."""
    if not is_photograph or picture.mode == "RGBA":
        drawn = _saved(picture, format="PNG")
        if picture.mode == "RGBA" and len(drawn) > COMFORTABLE_BYTES:
            return "image/png", _in_few_colours(picture)
        if picture.mode == "RGBA" or len(drawn) <= COMFORTABLE_BYTES:
            return "image/png", drawn
    for quality in _JPEG_QUALITIES:
        content = _saved(picture, format="JPEG", quality=quality, optimize=True, progressive=True)
        if len(content) <= COMFORTABLE_BYTES:
            break
    return "image/jpeg", content


def _in_few_colours(picture: "Image.Image") -> bytes:
    """Write a see-through picture with 256 colours: a quarter of the weight."""
    from PIL import Image  # noqa: PLC0415 - as above

    return _saved(picture.quantize(256, method=Image.Quantize.FASTOCTREE), format="PNG", optimize=True)


def _saved(picture: "Image.Image", **how: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, **how)  # type: ignore[arg-type]  # each format has names of its own
    return buffer.getvalue()


def _plain_stem(name: str) -> str:
    """Give a file's name without its ending in letters, digits and hyphens that every mail program can show."""
    plain = unicodedata.normalize("NFKD", Path(name).stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "picture"


def _unfit(name: str, fault: str, hint: str) -> IssueFileError:
    return IssueFileError(f"The picture {name!r} {fault}.", hint=hint)
