"""Render one edition: from the words an editor left to a message with slots.

Door: `render_edition`. The same edition, publication, brand and templates give the same bytes. Templates are filled and
compiled in a process of their own, within limits of time and memory. It must not know who reads the message; what
differs from reader to reader is a slot.
"""

from newsletter.domain.issue import Edition, Message
from newsletter.domain.publication import Publication
from newsletter.language.hyphens import softened
from newsletter.render.brand import Brand
from newsletter.render.letter import HTML_TEMPLATE, letter_of
from newsletter.render.limits import within_limits
from newsletter.render.templates import Templates


def render_edition(edition: Edition, *, publication: Publication, brand: Brand, templates: Templates) -> Message:
    """Make the message of an edition: MJML, HTML and plain text, with tokens where a reader's values go.

    Raises:
        TemplateError: A template or the data given to it is wrong; with template, line and column.
    """
    return within_limits(
        templates.shown_as / HTML_TEMPLATE,
        letter_of,
        edition,
        publication=publication,
        brand=brand.model_dump(),
        folder=templates.folder,
        shown_as=templates.shown_as,
        # Out here, where it is loaded once: in Python, Voikko fills most of what the process may take.
        soft_headings=_soft_headings(edition, publication),
    )


def _soft_headings(edition: Edition, publication: Publication) -> dict[str, str]:
    """Give the headings of an edition that have long words, with soft hyphens in them."""
    language = edition.key.language
    headings = [(publication.name_in(language), language)]
    headings += [(section.title, language) for section in edition.sections]
    headings += [(item.title, item.language) for item in edition.items]
    return {heading: soft for heading, own in headings if (soft := softened(heading, own)) != heading}
