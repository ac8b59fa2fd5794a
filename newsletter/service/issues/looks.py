"""An edition of an issue in a look: as it is in light, in dark, and in another organisation's colours.

Door: `show_look`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from newsletter.domain.issue import Message
from newsletter.render.brand import Brand, in_other_colours, read_brand, weakest_pair
from newsletter.render.edition import render_edition
from newsletter.render.pictures import load_pictures
from newsletter.service.issues.service import Rendering
from newsletter.service.resources import Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class LookView:
    """A letter in a look.

    Attributes:
        contrast: The least of its texts.
        weakest: Where that is.
    """

    name: str
    html: str
    is_dark: bool
    contrast: float
    weakest: str


def show_look(
    resources: Resources, rendering: Rendering, look: str, *, as_read: Callable[[Message], str]
) -> tuple[LookView, ...]:
    """Make the first edition of an issue in a look, three times.

    Raises:
        ConfigurationError: There is no such look, or it cannot be read.
        NewsletterError: As rendering an issue.
    """
    settings = resources.settings
    own = read_brand(settings.templates_path / "brand.toml", look=look)
    edition, _ = rendering.editions[0]

    def view(name: str, brand: Brand, *, is_dark: bool = False) -> LookView:
        ratio, weakest = weakest_pair(brand.dark if is_dark else brand.light)
        message = render_edition(
            edition,
            publication=settings.publication,
            brand=brand,
            templates=settings.templates_path,
            pictures=load_pictures(rendering.issue, brand, root=settings.root, editor=settings.publication.editor),
        )
        return LookView(name=name, html=as_read(message), is_dark=is_dark, contrast=ratio, weakest=weakest)

    return (
        view("light", own),
        view("dark", own, is_dark=True),
        view("other colours", in_other_colours(own)),
    )
