"""The pages strangers see: templates, languages and the colours of the brand. Door: `PublicPages`."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.domain.content import Language
from newsletter.domain.publication import Publication
from newsletter.language.catalogue import MessageId, translate
from newsletter.web.pages import page_templates, spoken

STYLES, ICON = "/leave/styles.css", "/leave/icon.svg"
"""Where they are, below the base of the public pages."""

_REFUSALS = {
    404: MessageId("There is nothing at this address."),
    405: MessageId("This address does not take that."),
    408: MessageId("That took too long. Try again."),
    413: MessageId("That was too much at once."),
    421: MessageId("There is nothing at this address."),
    429: MessageId("That was very often in a short time. Try again in a moment."),
    503: MessageId("There is a lot to do just now. Try again in a moment."),
}
_FAILED = MessageId("Something went wrong here. It is not your fault; try again in a moment.")


class PublicPages:
    """Fills the templates.

    `colours` are the brand's: `light` and `dark`, each by name.
    """

    def __init__(self, folder: Path, publication: Publication, colours: Mapping[str, Mapping[str, str]]) -> None:
        self._publication = publication
        # A proxy may put our pages below a path of another site.
        self._base = urlsplit(publication.links.public_url or "").path.rstrip("/")
        self._environment = page_templates(folder)
        self.styles = self._environment.get_template("public.css.j2").render(colours=colours).encode()
        self.icon = (folder / "icon.svg").read_bytes()

    def page(self, name: str, language: Language, **values: object) -> bytes:
        """Fill a page in a language of the publication."""
        links = self._publication.links
        page = self._environment.get_template(f"{name}.html.j2").render(
            t=partial(translate, language),
            language=language,
            languages=self._publication.languages,
            publication=self._publication.name_in(language),
            organisation=self._publication.sender.organisation,
            site=links.site,
            mailbox=links.unsubscribe_address,
            styles=self._base + STYLES,
            icon=self._base + ICON,
            **values,
        )
        return page.encode()

    def explain(self, status: int, accepted: str) -> bytes:
        """Say in a sentence what a status means."""
        language = self.language([], accepted)
        return self.page("refused", language, message=translate(language, _REFUSALS.get(status, _FAILED)))

    def language(self, wanted: Sequence[str], accepted: str) -> Language:
        """Choose the language of a page: what is wanted first, then what the browser says, then the first of ours."""
        ours = self._publication.languages
        return Language(spoken(wanted, accepted, ours, ours[0]))
