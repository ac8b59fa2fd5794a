"""Render one edition: from the words an editor left to a message with slots.

Door: `render_edition`. The same edition, publication, brand and templates give the same bytes. Templates are filled and
compiled in a process of their own, within limits of time and memory. It must not know who reads the message; what
differs from reader to reader is a slot.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.domain.issue import Edition, Message
from newsletter.domain.picture import Picture
from newsletter.domain.publication import Publication
from newsletter.language.hyphens import softened
from newsletter.render import HTML_TEMPLATE
from newsletter.render.limits import within_limits
from newsletter.render.placed_picture import PlacedPicture, placed

if TYPE_CHECKING:
    from newsletter.render.brand import Brand


def render_edition(
    edition: Edition,
    *,
    publication: Publication,
    brand: "Brand",
    templates: Path,
    shown_as: Path | None = None,
    pictures: Mapping[str, Picture] | None = None,
) -> Message:
    """Make the message of an edition: MJML, HTML and plain text, with tokens where a reader's values go.

    Errors name the folder of the templates by `shown_as`; pictures are known by the paths that items and brand name.

    Raises:
        TemplateError: A template or the data given to it is wrong; with template, line and column.
    """
    known = pictures or {}
    message = within_limits(
        (shown_as or templates) / HTML_TEMPLATE,
        _made,
        edition,
        publication=publication,
        brand=brand.model_dump(),
        folder=templates,
        shown_as=shown_as or templates,
        # Out here, where it is loaded once: in Python, Voikko fills most of what the process may take.
        soft_headings=_soft_headings(edition, publication),
        pictures={path: placed(picture) for path, picture in known.items()},
    )
    return replace(message, pictures=_shown(message.html, known.values())) if known else message


def _made(
    edition: Edition,
    *,
    publication: Publication,
    brand: Mapping[str, object],
    folder: Path,
    shown_as: Path,
    soft_headings: Mapping[str, str],
    pictures: Mapping[str, PlacedPicture],
) -> Message:
    """Make the message, in the rendering process: here nobody needs the template engine and the compilers."""
    from newsletter.render.make_message import make_message

    return make_message(
        edition,
        publication=publication,
        brand=brand,
        folder=folder,
        shown_as=shown_as,
        soft_headings=soft_headings,
        pictures=pictures,
    )


def _shown(html: str, pictures: Iterable[Picture]) -> tuple[Picture, ...]:
    """Give the pictures that a letter shows, each once, in the order it shows them."""
    places = {html.find(picture.source): picture for picture in pictures}
    return tuple(places[place] for place in sorted(places) if place >= 0)


def _soft_headings(edition: Edition, publication: Publication) -> dict[str, str]:
    """Give the headings of an edition that have long words, with soft hyphens in them."""
    language = edition.key.language
    headings = [(publication.name_in(language), language)]
    headings += [(section.title, language) for section in edition.sections]
    headings += [(block.title, language) for block in edition.blocks]
    headings += [(item.title, item.language) for item in edition.items]
    return {heading: soft for heading, own in headings if (soft := softened(heading, own)) != heading}
