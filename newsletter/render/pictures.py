"""Local pictures made fit for a mail: checked, turned upright, made smaller, and without what a camera notes in them.

Doors: `load_pictures`, `load_picture`. Decoding runs in the process that makes letters, within its limits. The same
file gives the same bytes. It must not know what a picture is for.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

from newsletter.domain.issue import Issue
from newsletter.domain.picture import Picture
from newsletter.domain.publication import Editor
from newsletter.errors import ContentError, IssueFileError, Place
from newsletter.render.brand import Brand
from newsletter.render.limits import within_limits
from newsletter.render.picture_work import prepared_picture

SHOWN_WIDTH_PIXELS = 300
"""Of an item's picture: beside its text two thirds of it, on a phone as wide as the text, which is a little more."""
FACE_WIDTH_PIXELS = 44
SHARPNESS = 2
"""Pixels of the picture for each pixel it is shown in: good screens have so many."""
FILE_BYTES_MAX: Final = 20_000_000


def load_picture(name: str, *, root: Path, shown_width_pixels: int, place: Place | None = None) -> Picture:
    """Read a picture of the publication and make it fit for a mail.

    JPEG, PNG, GIF and WebP can be read; what is sent is JPEG, or PNG where parts are see-through or it is lighter so. A
    picture keeps its own size where it is smaller than twice what it is shown in.

    `name` is its path as the editor wrote it, seen from `root`.

    Raises:
        IssueFileError: It is missing, outside the publication, no picture, or too large; with the place.
        TemplateError: It takes too long or too much memory.
    """
    path = (root / name).resolve()
    try:
        if not path.is_relative_to(root.resolve()):
            raise IssueFileError(
                f"The picture {name!r} lies outside the publication.", hint="Copy it into content/images."
            )
        if not path.is_file():
            raise IssueFileError(
                f"There is no picture {name!r}.", hint="Write its path from the folder of newsletter.toml."
            )
        status = path.stat()
        return _prepared(path, status.st_mtime_ns, status.st_size, name, shown_width_pixels)
    except ContentError as error:
        error.place = place or error.place
        raise


def load_pictures(issue: Issue, brand: Brand, *, root: Path, editor: Editor | None = None) -> dict[str, Picture]:
    """Read every picture that an issue, a brand and an editor name, by the paths they name them by.

    Raises:
        IssueFileError: As `load_picture`, for the first that cannot be sent.
        TemplateError: As `load_picture`.
    """
    placed = {key for keys in issue.order.values() for key in keys}
    wanted = {
        item.image: (SHOWN_WIDTH_PIXELS, Place(path=issue.path, line=item.line))
        for item in issue.items.values()
        if item.image is not None and item.key in placed
    }
    if brand.logo is not None and brand.logo.file is not None:
        wanted.setdefault(brand.logo.file, (brand.logo.width_pixels, Place(path=Path("brand.toml"))))
    if editor is not None and editor.picture is not None:
        wanted.setdefault(editor.picture, (FACE_WIDTH_PIXELS, Place(path=Path("newsletter.toml"))))
    return {
        name: load_picture(name, root=root, shown_width_pixels=width, place=place)
        for name, (width, place) in wanted.items()
    }


@lru_cache(maxsize=32)
def _prepared(path: Path, _modified_ns: int, size_bytes: int, name: str, shown_width_pixels: int) -> Picture:
    """Prepare a picture once for all editions and renderings, until its file changes."""
    if size_bytes > FILE_BYTES_MAX:
        raise IssueFileError(
            f"The picture {name!r} has {size_bytes // 1_000_000} MB; {FILE_BYTES_MAX // 1_000_000} are read.",
            hint="Save it smaller.",
        )
    return within_limits(Path(name), prepared_picture, path, name, shown_width_pixels * SHARPNESS)
