"""Makes one edition's message in the process that calls: what `edition` asks for from within its limits.

Door: `make_message`. The same edition, publication, brand and templates give the same bytes. It must not know who reads
the message; what differs from reader to reader is a slot.
"""

import hashlib
import json
from collections.abc import Mapping
from html import unescape as html_unescape
from operator import attrgetter
from pathlib import Path

from newsletter.domain.issue import Edition, Message, Slot
from newsletter.domain.publication import Publication
from newsletter.errors import Place, TemplateError
from newsletter.render import HTML_TEMPLATE, TEXT_TEMPLATE
from newsletter.render.compiler.mrml import compile_rendered
from newsletter.render.context import template_context
from newsletter.render.placed_picture import PlacedPicture
from newsletter.render.size import fitted
from newsletter.render.templates.environment import kept_templates

HEADERS = (("X-Auto-Response-Suppress", "OOF, AutoReply"),)
"""The same on every message: automatic answers stay away (RFC 3834 has no better word for lists)."""

_WORDS = attrgetter(
    "key",
    "kind",
    "title",
    "lead",
    "body",
    "link",
    "language",
    "author",
    "published",
    "start",
    "end",
    "form",
    "place",
    "address",
    "registration",
    "image",
    "image_alt",
)


def make_message(
    edition: Edition,
    *,
    publication: Publication,
    brand: Mapping[str, object],
    folder: Path,
    shown_as: Path,
    soft_headings: Mapping[str, str] | None = None,
    pictures: Mapping[str, PlacedPicture] | None = None,
) -> Message:
    """Make the message of an edition from the templates of a folder.

    `soft_headings` are titles and names that hold long words, with soft hyphens in them.

    Raises:
        TemplateError: As `edition.render_edition`.
    """
    templates = kept_templates(folder, shown_as)
    content = _content(edition)
    slots = slot_tokens(content, has_preferences=publication.links.public_url is not None)
    refuse_tokens(content, slots, edition)

    def made(shown: Edition) -> Message:
        context = template_context(
            shown, publication, brand, slots, soft_headings=soft_headings or {}, pictures=pictures or {}
        )
        rendered = templates.rendered(HTML_TEMPLATE, context)
        compiled = compile_rendered(rendered, template_name=str(shown_as / HTML_TEMPLATE))
        text = templates.render(TEXT_TEMPLATE, context).strip("\n") + "\n"
        _require_blocks(edition, rendered.text, text, shown_as)
        return Message(
            edition=edition.key,
            subject=edition.words.subject,
            preheader=edition.words.preheader,
            mjml=rendered.text,
            html=compiled.html,
            text=text,
            headers=HEADERS,
            slots=slots,
            items=tuple(item.key for item in edition.items),
        )

    return fitted(edition, made)


def slot_tokens(content: str, *, has_preferences: bool) -> dict[Slot, str]:
    """Make the tokens of an edition from a digest of all it says.

    Nobody can write a text that holds the digest of itself, so no content holds a token, and the same content has the
    same tokens. Those that stand in an address look like one, so that nothing on the way takes them for a mistake.
    """
    secret = hashlib.sha256(content.encode()).hexdigest()[:20]
    tokens = {Slot.NAME: f"slot{secret}name", Slot.UNSUBSCRIBE: f"https://slot.invalid/{secret}/unsubscribe"}
    if has_preferences:
        tokens[Slot.PREFERENCES] = f"https://slot.invalid/{secret}/preferences"
    return tokens


def refuse_tokens(content: str, slots: Mapping[Slot, str], edition: Edition) -> None:
    """Make sure that no token stands in the content, where it would be filled with a reader's value.

    Raises:
        TemplateError: One does.
    """
    if any(token in content for token in slots.values()):
        raise TemplateError(
            "The content holds a slot token.",
            place=Place(path=edition.issue.path),
            hint="Take the odd word with 20 digits out of the content.",
        )


def _require_blocks(edition: Edition, html: str, text: str, shown_as: Path) -> None:
    """Let no block of the publication be left out by templates that are older than it.

    Raises:
        TemplateError: One is.
    """
    for name, said, block in (
        (name, said, block) for name, said in ((HTML_TEMPLATE, html), (TEXT_TEMPLATE, text)) for block in edition.blocks
    ):
        if _bare(block.title) not in _bare(said):
            raise TemplateError(
                f"This template does not print the block {block.id!r} of newsletter.toml.",
                place=Place(path=shown_as / name),
                hint="Copy the lines with edition.blocks from a new publication's (`newsletter init DIR`).",
            )


def _bare(text: str) -> str:
    """Give the letters and digits of a text alone, in whatever way it is broken, escaped or hyphenated."""
    return "".join(filter(str.isalnum, html_unescape(text).casefold()))


def _content(edition: Edition) -> str:
    """Write all that the edition says, and nothing of where it stands in a file."""
    said = [
        [str(edition.key), str(edition.issue.label), edition.issue.date, edition.segment_names],
        [edition.words.subject, edition.words.preheader, edition.words.greeting],
        [(section.title, [_WORDS(item) for item in section.items]) for section in edition.sections],
    ]
    if edition.blocks:
        said.append([(block.id, block.title, block.text) for block in edition.blocks])
    return json.dumps(said, ensure_ascii=False, default=str)
